"""A merge of clients undone: the losing row comes back under its id, with all that came with it.

What has happened since is respected. A column that somebody changed after the merge stays changed,
a row that was moved on stays where it is, and every order follows the person behind it, also the
orders that were loaded after the merge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from connectors.crm.client_columns import put_added
from connectors.crm.client_merge import hold
from connectors.crm.client_references import Reference, move_back, put_back, references
from connectors.crm.database import Connection
from connectors.crm.statements import load
from connectors.errors import ConfigurationError

CONTACT_COLUMNS: Final = ("email", "phone", "full_name", "company_name", "address")
# Not given back by hand: the totals follow the orders, the other two are the row itself.
_ITS_OWN: Final = frozenset(
    {"id", "organization_id", "updated_at", "total_orders", "total_revenue", "average_order_value"}
)
UNLINKED: Final = "unlinked"
_PERSONS: Final = "sync.record_map_clients"


def undo_merge(connection: Connection, organization_id: str, merge_id: int, *, run_id: str) -> UUID:
    """Take a merge apart inside the caller's signed transaction, under `lock_clients`.

    Returns the id of the client that is back; the two are pinned apart. Raises ConfigurationError
    when the merge was undone before, or the data of its person was erased.
    """
    scope: dict[str, Any] = {"organization_id": organization_id, "merge_id": merge_id}
    row = connection.execute(load("identity/merge_of"), scope).fetchone()
    if row is None:
        raise ConfigurationError(f"merge {merge_id} is not there any more, or was undone before")
    _, winner_id, loser_id, loser, before, after, moved, aside = row
    if not loser:
        raise ConfigurationError(
            f"merge {merge_id} cannot be undone: the personal data of client {loser_id} was erased"
        )
    (present,) = hold(connection, organization_id, winner_id)
    kept, back = apart(present, before, after, loser)
    connection.execute(
        load("identity/write_image"), {**scope, "client_id": winner_id, "image": Jsonb(kept)}
    )
    # The winner's first: what is back may be one client's only.
    put_added(connection, organization_id, winner_id, kept)
    connection.execute(load("identity/insert_image"), {**scope, "image": Jsonb(back)})
    put_added(connection, organization_id, loser_id, back)
    places = {(place.name, place.column): place for place in references(connection)}
    _move_back(connection, places, organization_id, moved, source=winner_id, to=loser_id)
    for entry in aside:
        place = places.get((entry["table"], entry["column"]))
        if place is not None:
            put_back(connection, place, entry["rows"])
    connection.execute(
        load("identity/orders_follow"), {**scope, "one_id": winner_id, "other_id": loser_id}
    )
    connection.execute(load("identity/forward"), {**scope, "client_ids": [winner_id, loser_id]})
    connection.execute(
        load("identity/copy_pins"), {**scope, "winner_id": winner_id, "loser_id": loser_id}
    )
    connection.execute(
        load("identity/pin"), {**scope, "client_id": winner_id, "other_ids": [loser_id]}
    )
    persons = [key for entry in moved if entry["table"] == _PERSONS for key in entry["rows"]]
    connection.execute(
        load("identity/relink"),
        {
            **scope,
            "client_id": loser_id,
            "keys": Jsonb(persons),
            "reason": UNLINKED,
            "evidence": Jsonb({}),
            "run_id": run_id,
        },
    )
    connection.execute(load("identity/end_merge"), scope)
    return UUID(str(loser_id))


def apart(
    present: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    loser: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the winner and the loser as they should be, from the winner as it is now.

    `before`, `after`: the winner at the merge. A column it got from the loser and that nobody has
    touched goes back. Pure.
    """
    kept, back = dict(present), dict(loser)
    for column in after.keys() - _ITS_OWN:
        if after[column] != before.get(column) and present.get(column) == after[column]:
            kept[column] = before.get(column)
    shop_id = loser.get("ecommerce_customer_id")
    if (
        shop_id
        and before.get("ecommerce_customer_id") is None
        and (present.get("ecommerce_customer_id") == shop_id)
    ):
        # Since then the winner has followed the loser's customer record: what came is the loser's.
        for column in CONTACT_COLUMNS:
            if present.get(column) != after.get(column):
                back[column], kept[column] = present.get(column), before.get(column)
    return kept, back


def _move_back(
    connection: Connection,
    places: Mapping[tuple[str, str], Reference],
    organization_id: str,
    moved: list[dict[str, Any]],
    *,
    source: UUID,
    to: UUID,
) -> None:
    for entry in moved:
        place = places.get((entry["table"], entry["column"]))
        if place is not None:
            move_back(connection, place, organization_id, source=source, to=to, keys=entry["rows"])
