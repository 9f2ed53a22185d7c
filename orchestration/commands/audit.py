"""`storeloom audit`: which run wrote a row, from what payload, and what people changed in it."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table

from connectors.crm.audit import Origin, origin
from connectors.records import Stream
from orchestration.commands.shared import json_option, open_crm, out, print_json

_STREAMS = {"client": Stream.CUSTOMERS, "product": Stream.PRODUCTS, "order": Stream.ORDERS}


@click.command()
@click.argument("kind", type=click.Choice(list(_STREAMS)))
@click.argument("store")
@click.argument("record")
@json_option
def audit(kind: str, store: str, record: str, *, as_json: bool) -> None:
    """Say where the CRM row of a record comes from: RECORD is its id at STORE.

    Shows the values that people changed, which may be personal data.
    """
    with open_crm().connection() as connection:
        found = origin(connection, store, _STREAMS[kind], record)
    if as_json:
        print_json(found)
        return
    for name, value in _lines(found):
        out.print(f"{name:<20} {value}", markup=False)
    if not found.edits:
        return
    table = Table("column", "from", "to", "when (UTC)", "by", "state", "run", box=None)
    for edit in found.edits:
        table.add_row(
            edit.column or "(removed)", escape(edit.earlier_value or "-"),
            escape(edit.new_value or "-"),
            f"{edit.edited_at:%Y-%m-%d %H:%M}", edit.edited_by or "nobody the CRM saw", edit.state,
            edit.run_id or "-",
        )  # fmt: skip
    out.print(table)


def _lines(found: Origin) -> list[tuple[str, object]]:
    unknown = "not known (before Storeloom kept it)"
    lines: list[tuple[str, object]] = [
        ("row", found.crm_id),
        ("written by run", found.run_id or unknown),
        ("load", found.load_id or unknown),
        ("written at", found.loaded_at or unknown),
        ("payload hash", found.payload_hash or "none: deleted, or only named by an order"),
        ("changed at the store", found.source_updated_at or "the store does not say"),
    ]
    if found.source_status is not None:
        lines.append(("status at the store", found.source_status))
    if found.link_reason is not None:
        lines.append(("this client because", found.link_reason))
    if found.deleted_at is not None:
        lines.append(("gone since", found.deleted_at))
    return lines
