"""What people changed in a store's rows, while its records are being loaded.

Before a batch is written its known rows are looked up in the ledger (sync.field_edits, which the
triggers of the three tables write). Afterwards each change found there is settled: the store's
value is back, or both agree, or the store has nothing to say. Rows read again by force that differ
although their payload does not were changed where no trigger saw it, and are entered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from connectors.crm.database import Connection
from connectors.crm.ownership import ORDERS, Column, Rule, column, noted
from connectors.crm.staging import address_text, array, flag, json_text
from connectors.crm.statements import load
from connectors.crm.target import CRM_WINS, Change, Target
from connectors.records import Address, Record

Image = Mapping[str, Any]
Cell = tuple[UUID, str]
# By row and column, as COPY takes it.
Held = Mapping[UUID, Mapping[str, str | None]]


class Edit(msgspec.Struct, frozen=True):
    """A line of the ledger that waits. `earlier_value`: JSON, None once it was erased."""

    id: int
    row_id: UUID
    column: str
    earlier_value: str | None
    state: str


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one table that a batch will write and that need a look afterwards.

    `before`: as they were. `edits`: what waits for each cell, oldest first. `forced`: rows that are
    written although their payload is the same.
    """

    table: str
    before: Mapping[UUID, Image] = {}
    edits: Mapping[Cell, Sequence[Edit]] = {}
    forced: frozenset[UUID] = frozenset()


def watch(connection: Connection, target: Target, table: str, changes: Sequence[Change]) -> Watch:
    """Look at the rows behind `changes` before they are written."""
    known = {change.crm_id for change in changes if change.crm_id is not None}
    if not known:
        return Watch(table=table)
    if table == ORDERS or (target.edits == CRM_WINS and table in _LOCKS):
        # Orders in any case, and before their clients: whoever edits one holds it and then waits
        # for its client, whose totals follow. The other way round his edit was lost to a deadlock.
        # Of a client nothing is copied back: a column without news is left alone by itself.
        connection.execute(load(_LOCKS[table]), {**target.scope, "row_ids": array(map(str, known))})
    edits: dict[Cell, list[Edit]] = {}
    for row in connection.execute(
        load("edits/unsettled"), {**target.scope, "row_ids": array(map(str, known))}
    ):
        edit = Edit(*row)
        edits.setdefault((edit.row_id, edit.column), []).append(edit)
    forced = {change.crm_id for change in changes if change.is_forced and change.crm_id is not None}
    rows = forced.union(row_id for row_id, _ in edits)
    return Watch(
        table=table,
        before=_images(connection, target, table, rows),
        edits=edits,
        forced=frozenset(forced),
    )


def held(target: Target, watched: Watch) -> Held:
    """Return what stays although the store says otherwise.

    None stands for "the store has nothing to say", where a null never overwrites.
    """
    found: dict[UUID, dict[str, str | None]] = {}
    for (row_id, name), edits in watched.edits.items():
        ruled = column(watched.table, name)
        if _is_held(target, ruled, edits):
            value = (
                watched.before.get(row_id, {}).get(name) if ruled.rule is Rule.OVERWRITE else None
            )
            found.setdefault(row_id, {})[name] = _copied(value)
    return found


def held_of_clients(
    connection: Connection, target: Target, client_ids: Iterable[UUID]
) -> dict[UUID, set[str]]:
    """Return the columns of clients that people changed and that stay, the rows being locked.

    Asked by client and not by record: a customer or guest may become this client only now.
    """
    if target.edits != CRM_WINS:
        return {}
    states: dict[Cell, str] = {}
    for _, row_id, name, _, state in connection.execute(
        load("edits/unsettled"), {**target.scope, "row_ids": array(map(str, client_ids))}
    ):
        states[row_id, name] = state
    found: dict[UUID, set[str]] = {}
    for (row_id, name), state in states.items():
        if state != "released" and column("crm_clients", name).is_holdable:
            found.setdefault(row_id, set()).add(name)
    return found


def settle(
    connection: Connection, target: Target, watched: Watch, changes: Sequence[Change]
) -> None:
    """Say what became of the edits of rows that were just written."""
    stream = _STREAM_OF[watched.table]
    if changes:
        # Also those with a row: an order that names a removed customer makes one before the record
        # comes.
        connection.execute(
            load("edits/restored"),
            {
                **target.scope,
                "stream": stream,
                "external_ids": array(change.record.external_id for change in changes),
            },
        )
    if not watched.before:
        return
    after = _images(connection, target, watched.table, watched.before)
    told_by = _spokesmen(target, watched.table, changes, after)
    settled: list[tuple[int, str, str]] = []
    for (row_id, name), edits in watched.edits.items():
        record = told_by.get(row_id)
        if record is None or row_id not in after:
            continue
        ruled = column(watched.table, name)
        state = (
            "held"
            if _is_held(target, ruled, edits)
            else outcome(
                ruled,
                before=watched.before[row_id].get(name),
                after=after[row_id].get(name),
                earlier=_decoded(edits[0].earlier_value),
                is_told=is_told(ruled, record),
            )
        )
        settled += [(edit.id, state, record.external_id) for edit in edits]
    if settled:
        connection.execute(
            load("edits/settle"),
            {
                **target.scope,
                "ids": array(str(edit_id) for edit_id, _, _ in settled),
                "states": array(state for _, state, _ in settled),
                "streams": array(stream for _ in settled),
                "external_ids": array(external_id for _, _, external_id in settled),
            },
        )
    _enter_unseen(connection, target, watched, after, told_by)


def outcome(ruled: Column, *, before: Any, after: Any, earlier: Any, is_told: bool) -> str:
    """Return the state of an edit whose row the store has written since.

    `before`, `after`: the cell when the store came and now. `earlier`: before the first edit that
    waits. `is_told`: whether the store has a value for the column at all.
    """
    if after != before:
        return "overwritten"
    if after == earlier or is_told or ruled.rule in (Rule.KEY, Rule.OVERWRITE, Rule.RATE):
        return "same"
    return "kept"


def is_told(ruled: Column, record: Record) -> bool:
    """Return whether a record has a value for the column."""
    if ruled.field is None:
        return False
    value = getattr(record, ruled.field)
    if isinstance(value, Address):
        return address_text(value) is not None
    return value is not None and value != ()


def _is_held(target: Target, ruled: Column, edits: Sequence[Edit]) -> bool:
    return target.edits == CRM_WINS and ruled.is_holdable and edits[-1].state != "released"


def _images(
    connection: Connection, target: Target, table: str, row_ids: Iterable[UUID]
) -> dict[UUID, Image]:
    ids = array(map(str, row_ids))
    if ids == "{}":
        return {}
    rows = connection.execute(
        load("edits/images"),
        {"organization_id": target.organization_id, "table_name": table, "row_ids": ids},
    )
    return {row_id: _decoded(image) for row_id, image in rows}


def _spokesmen(
    target: Target, table: str, changes: Sequence[Change], after: Mapping[UUID, Image]
) -> dict[UUID, Record]:
    """Return the record that speaks for each row: of a client, the customer that it follows."""
    spoken: dict[UUID, Record] = {}
    for change in changes:
        if change.crm_id is None or change.crm_id not in after:
            continue
        follows = after[change.crm_id].get("ecommerce_customer_id")
        if table != "crm_clients" or follows == target.id_prefix + change.record.external_id:
            spoken[change.crm_id] = change.record
    return spoken


def _enter_unseen(
    connection: Connection,
    target: Target,
    watched: Watch,
    after: Mapping[UUID, Image],
    told_by: Mapping[UUID, Record],
) -> None:
    found = [
        (row_id, name)
        for row_id in sorted(watched.forced)
        if row_id in after and row_id in told_by and row_id in watched.before
        for name in noted(watched.table)
        if (row_id, name) not in watched.edits
        # A rate may have come in since.
        and column(watched.table, name).rule is not Rule.RATE
        and after[row_id].get(name) != watched.before[row_id].get(name)
    ]
    if found:
        connection.execute(
            load("edits/unseen"),
            {
                **target.scope,
                "table_name": watched.table,
                "stream": _STREAM_OF[watched.table],
                "row_ids": array(str(row_id) for row_id, _ in found),
                "columns": array(name for _, name in found),
                "earlier_values": array(
                    json_text(after[row_id].get(name)) for row_id, name in found
                ),
                "new_values": array(
                    json_text(watched.before[row_id].get(name)) for row_id, name in found
                ),
                "external_ids": array(told_by[row_id].external_id for row_id, _ in found),
            },
        )


def _decoded(text: str | None) -> Any:
    return None if text is None else json.loads(text, parse_float=Decimal)


def _copied(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return flag(value) if isinstance(value, bool) else str(value)


_LOCKS: Final = {"crm_products": "edits/lock_products", "crm_orders": "edits/lock_orders"}
_STREAM_OF: Final = {
    "crm_clients": "customers",
    "crm_products": "products",
    "crm_orders": "orders",
}
