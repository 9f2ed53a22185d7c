"""Putting a store's values back where people changed them, and telling which rows that were.

At every sync, whatever is in the ledger of edits and not settled is looked at: totals are added up
again, the store's records behind the other edits are put in line to be read by name and written by
force, and what no store has a say in is closed. Where the store lets the CRM win, edits are held.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.crm.database import Connection
from connectors.crm.loader import Loader
from connectors.crm.ownership import SYNCED, Rule
from connectors.crm.rereads import note
from connectors.crm.results import Repair
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import CRM_WINS, Target
from connectors.records import Stream

_CELLS: Final = [(table, one) for table, many in SYNCED.items() for one in many]
# Noted, and neither held nor added up.
_KEYS: Final = array(one.name for _, one in _CELLS if one.rule in (Rule.KEY, Rule.RATE))
_TOTALS: Final = array(one.name for _, one in _CELLS if one.rule is Rule.DERIVED)
_HOLDABLE: Final = [(table, one.name) for table, one in _CELLS if one.is_holdable]
# Named in a report; the rest is in sync.field_edits.
_SHOWN: Final = 20


def queue_edits(loader: Loader) -> None:
    """See to everything people changed in the store's rows since the last sync."""
    if loader.ask("edits/first", {}):
        loader.within(_queue)


def repairs(loader: Loader) -> list[Repair]:
    """Return what this run has put back."""
    return [
        Repair(stream=Stream(stream), external_id=external_id, columns=tuple(columns))
        for stream, external_id, columns in loader.ask("edits/repairs", {})
    ]


def told(found: Sequence[Repair]) -> str | None:
    """Return one sentence about repairs, for a run's warnings; None without any."""
    if not found:
        return None
    named = ", ".join(
        f"{one.stream.value} {one.external_id} ({', '.join(one.columns) or 'row removed'})"
        for one in found[:_SHOWN]
    )
    more = f" and {len(found) - _SHOWN:,} more (sync.field_edits)" if len(found) > _SHOWN else ""
    return (
        f"{len(found):,} rows had been changed in the CRM behind the store's back and were put "
        f"back: {named}{more}"
    )


def _queue(connection: Connection, target: Target) -> None:
    crm_wins = target.edits == CRM_WINS
    if crm_wins:
        connection.execute(
            load("edits/hold"),
            {
                **target.scope,
                "tables": array(table for table, _ in _HOLDABLE),
                "columns": array(name for _, name in _HOLDABLE),
            },
        )
    # An edit that is still held when the store wins again is overwritten like any other.
    states = "{released}" if crm_wins else "{open,held,released}"
    scope = {**target.scope, "states": states, "keys": _KEYS, "totals": _TOTALS}
    # By itself: what is added up afterwards is what stands while the clients are held.
    connection.execute(load("edits/lock_totals"), {**target.scope, "columns": _TOTALS})
    connection.execute(load("edits/totals"), {**scope, "columns": _TOTALS})
    connection.execute(load("edits/buried_orders"), scope)
    connection.execute(load("edits/buried_products"), scope)
    connection.execute(load("edits/without_store"), scope)
    waiting: dict[Stream, list[str]] = {}
    for stream, external_id in connection.execute(
        load("edits/to_read"), {**scope, "id_prefix": target.id_prefix}
    ):
        waiting.setdefault(Stream(stream), []).append(external_id)
    for stream, external_ids in waiting.items():
        note(connection, target, stream, external_ids, reason="edited", is_forced=True)
