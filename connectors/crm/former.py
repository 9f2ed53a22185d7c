"""Buyers whom nobody knows, of orders that we already have.

WooCommerce turns the orders of a deleted customer into guest orders, and a shop corrects the
address of one. Either way the order has a buyer that no client answers to, and making one for him
would double the person who has been behind the order all along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from connectors.crm.database import Connection
from connectors.crm.identity import Stay
from connectors.crm.people import GUESTS, WALK_IN, Person
from connectors.crm.people_rows import Key
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target

# A guest who is known by one order only leaves nobody behind when that order names another buyer.
_OF_ONE_ORDER = "order:"


def stays(
    connection: Connection,
    target: Target,
    strangers: Iterable[Person],
    orders: Mapping[Key, Sequence[UUID]],
) -> dict[Key, Stay]:
    """Return for each stranger the client to stay with where nobody else is found.

    `orders`: the CRM orders of the batch that are known already, by buyer.
    """
    wanted = {
        order_id: person
        for person in strangers
        if person.key != (GUESTS, WALK_IN)
        for order_id in orders.get(person.key, ())
    }
    if not wanted:
        return {}
    rows = connection.execute(
        load("identity/present_clients"), {**target.scope, "order_ids": array(map(str, wanted))}
    )
    found: dict[Key, Stay] = {}
    for order_id, external_id, client_id, entity, former_id, is_gone in rows:
        person = wanted[order_id]
        if person.is_shared_email and not is_gone:
            # His own by name, though the order came before the address was known to be shared.
            continue
        # A customer whom the store knows is somebody else, unless the former one has gone.
        if (
            person.entity == GUESTS
            or is_gone
            or (entity == GUESTS and former_id.startswith(_OF_ONE_ORDER))
        ):
            found.setdefault(person.key, Stay(client_id, external_id))
    return found
