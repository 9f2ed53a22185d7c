"""Who is whose, as the record maps of an organization's stores have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.records import Order
from tests.chaos.model_identity import NOBODY
from tests.chaos.model_rows import Client, Key, OrderRow, Seen


@dataclass
class ModelStore:
    """A store as Storeloom knows it. `prefix`: before its ids and numbers in the CRM."""

    platform: str
    prefix: str = ""
    seen: dict[Key, Seen] = field(default_factory=dict)
    # What waits in quarantine.
    waiting: set[Key] = field(default_factory=set)


def customers(stores: Iterable[ModelStore], client: Client) -> Iterable[Seen]:
    """Yield what is remembered of the customers that a client is."""
    for store in stores:
        for (entity, _), seen in store.seen.items():
            if entity == "customers" and seen.row is client:
                yield seen


def followed(stores: Iterable[ModelStore], client: Client) -> str | None:
    """Return the customer that the client follows: none once that one is gone."""
    for store in stores:
        for (entity, external_id), seen in store.seen.items():
            is_theirs = store.prefix + external_id == client.ecommerce_customer_id
            if entity == "customers" and seen.row is client and seen.is_gone and is_theirs:
                return None
    return client.ecommerce_customer_id


def unverified(stores: Sequence[ModelStore], clients: Iterable[Client]) -> dict[Client, set[str]]:
    """Return the addresses that clients' own customer records do not vouch for."""
    found: dict[Client, set[str]] = {}
    for client in clients:
        for seen in customers(stores, client):
            if seen.unverified:
                found.setdefault(client, set()).add(seen.unverified)
    return found


def stays(
    stores: Iterable[ModelStore], store: ModelStore, orders: Iterable[tuple[Key, Order]]
) -> dict[Key, Client]:
    """With whom a buyer stays whom nobody knows: the client of an order that we have.

    Unless that is the walk-ins' client, or the new buyer is a customer of the store's and the
    former one is still there.
    """
    found: dict[Key, Client] = {}
    walk_ins = [seen.row for one in stores for key, seen in one.seen.items() if key == NOBODY]
    for key, order in sorted(orders, key=lambda one: one[1].external_id):
        seen = store.seen.get(("orders", order.external_id))
        if seen is None or seen.person is None or key == NOBODY or key in found:
            continue
        assert isinstance(seen.row, OrderRow)
        former = store.seen.get(seen.person)
        is_theirs = (
            key[0] == "guests"
            or (former is not None and former.is_gone)
            or (seen.person[0] == "guests" and seen.person[1].startswith("order:"))
        )
        if is_theirs and seen.row.client not in walk_ins:
            found[key] = seen.row.client
    return found


def handed_over(store: ModelStore, external_id: str) -> None:
    """A customer is still there although an order has left: it was handed over, nobody merged."""
    for seen in store.seen.values():
        if seen.former == ("customers", external_id):
            seen.former = None
