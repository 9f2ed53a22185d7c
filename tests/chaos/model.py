"""One organization as it should be, told in plain Python.

The model is given what a store has told (`Told`), in order, and what people and chats have done; it
knows nothing of SQL, hashes, cursors or the product's code. What the rules are is written in docs/;
where a rule is ambiguous, docs/reliability.md says which way was taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from connectors.records import Address, Customer, Order, Product, Record, Stream
from tests.chaos.counter import Told
from tests.chaos.model_identity import (
    CONTACT,
    NOBODY,
    Person,
    buyer,
    customer_person,
    decide,
    together,
)
from tests.chaos.model_rows import Client, Key, OrderRow, ProductRow, Seen

_EARLY: Final = (None, "lead", "mql", "sql", "opportunity")


@dataclass
class ModelStore:
    """A store as Storeloom knows it. `prefix`: before its ids and numbers in the CRM."""

    platform: str
    prefix: str = ""
    seen: dict[Key, Seen] = field(default_factory=dict)


@dataclass
class Model:
    """An organization."""

    stores: list[ModelStore] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    orders: list[OrderRow] = field(default_factory=list)
    products: list[ProductRow] = field(default_factory=list)
    # Numbers of the joins that the model has followed.
    joined: set[int] = field(default_factory=set)

    def hear(self, store: ModelStore, told: Iterable[Told]) -> None:
        """Take in what a sync has been told and has committed."""
        for one in told:
            if one.gone:
                self._bury(store, one.stream, one.gone)
            else:
                self._load(store, one)

    def _load(self, store: ModelStore, told: Told) -> None:
        changes = [
            one
            for one in _newest(told.records)
            if self._is_news(store, told.stream, one, by_name=told.by_name)
        ]
        if told.stream is Stream.CUSTOMERS:
            records = [one for one in changes if isinstance(one, Customer)]
            self._meet(store, {p.key: p for p in map(customer_person, records)})
        elif told.stream is Stream.PRODUCTS:
            for one in changes:
                assert isinstance(one, Product)
                self._load_product(store, one)
        else:
            self._load_orders(store, [one for one in changes if isinstance(one, Order)])

    def _is_news(self, store: ModelStore, stream: Stream, record: Record, *, by_name: bool) -> bool:
        seen = store.seen.get((stream.value, record.external_id))
        if seen is None or seen.record is None:
            return True
        at, before = record.source_updated_at, seen.updated_at
        if not by_name and at is not None and before is not None and at < before:
            return False
        seen.updated_at = at or before
        return _content(seen.record) != _content(record) or (by_name and seen.row.is_edited)

    def _meet(
        self,
        store: ModelStore,
        people: dict[Key, Person],
        orders: Iterable[tuple[Key, Order]] = (),
    ) -> dict[Key, Client]:
        strangers = [one for key, one in people.items() if key not in store.seen]
        decisions = decide(
            strangers, self.clients, store.prefix, self._unverified(), self._stays(store, orders)
        )
        followed: dict[int, str | None] = {}
        made: set[int] = set()
        found: dict[Key, Client] = {}
        is_filled = {key for key in people if (seen := store.seen.get(key)) and seen.record}
        for key in sorted(people):
            person = people[key]
            decision = decisions.get(key)
            client = _client(store.seen[key]) if decision is None else decision.client
            found[key] = client
            if decision is not None:
                store.seen[key] = Seen(client, reason=decision.reason)
            if id(client) not in followed:
                followed[id(client)] = self._followed(client)
            shop_id = store.prefix + key[1] if key[0] == "customers" else None
            if shop_id is not None and followed[id(client)] is None:
                followed[id(client)] = shop_id
            is_owner = person.record is not None and followed[id(client)] == shop_id
            if decision is not None and decision.is_new and id(client) not in made:
                self._make(client, store, person, shop_id)
                made.add(id(client))
            else:
                is_mute = person.record is None and key in is_filled
                self._update(client, store, person, shop_id, is_owner=is_owner, is_mute=is_mute)
        # The rows see the map as it was before the batch; only now it moves on.
        for key, person in people.items():
            if person.record is not None:
                seen = store.seen[key]
                if found[key].ecommerce_customer_id == store.prefix + key[1]:
                    found[key].is_edited = False
                seen.record, seen.updated_at = person.record, person.record.source_updated_at
                seen.is_gone = person.record.is_deleted
                one = person.record
                seen.unverified = (
                    one.email.lower() if one.email and not one.email_verified else None
                )
        return found

    def _make(self, client: Client, store: ModelStore, person: Person, shop_id: str | None) -> None:
        client.contact = dict(person.contact)
        client.ecommerce_customer_id = shop_id
        client.source = store.platform
        client.client_type = "customer" if person.has_ordered else "lead"
        if person.record is not None and person.record.is_deleted:
            client.client_type = "inactive"
        client.lifecycle_stage = "customer" if person.has_ordered else "lead"
        client.first_contact_date, client.last_contact_date = person.first_seen, person.last_seen
        client.order_of_making = len(self.clients)
        self.clients.append(client)

    def _update(
        self,
        client: Client,
        store: ModelStore,
        person: Person,
        shop_id: str | None,
        *,
        is_owner: bool,
        is_mute: bool,
    ) -> None:
        said = dict.fromkeys(CONTACT) if is_mute else person.contact
        for name in CONTACT:
            mine, theirs = client.contact[name], said[name]
            if name in client.held and person.record is not None:
                theirs = None
            first, second = (theirs, mine) if is_owner else (mine, theirs)
            client.contact[name] = second if first is None else first
        is_deleted = person.record is not None and person.record.is_deleted
        if is_owner and is_deleted:
            client.client_type = "inactive"
        elif is_owner and client.client_type == "inactive" and self._has_gone(client):
            is_customer = person.has_ordered or self.totals(client)[0] > 0
            client.client_type = "customer" if is_customer else "lead"
        elif person.has_ordered and client.client_type in ("lead", "prospect"):
            client.client_type = "customer"
        if person.has_ordered and client.lifecycle_stage in _EARLY:
            client.lifecycle_stage = "customer"
        if is_owner or client.ecommerce_customer_id is None:
            client.ecommerce_customer_id = shop_id or client.ecommerce_customer_id
        client.source = client.source or store.platform
        client.first_contact_date = _least(client.first_contact_date, person.first_seen)
        client.last_contact_date = _most(client.last_contact_date, person.last_seen)

    def _load_product(self, store: ModelStore, record: Product) -> None:
        key = ("products", record.external_id)
        said = {
            "name": record.name,
            "price": record.price,
            "is_active": record.is_active and not record.is_deleted,
        }
        seen = store.seen.get(key)
        if seen is None:
            row = ProductRow(store.prefix + record.external_id, said)
            self.products.append(row)
            seen = store.seen[key] = Seen(row)
        assert isinstance(seen.row, ProductRow)
        seen.row.fields = {**said, **{name: seen.row.fields[name] for name in seen.row.held}}
        seen.row.is_edited = False
        seen.record, seen.updated_at = record, record.source_updated_at
        seen.is_gone = record.is_deleted

    def _load_orders(self, store: ModelStore, records: list[Order]) -> None:
        buyers = [buyer(one) for one in records]
        keys = [one.key for one in buyers]
        # An order that names nobody any more stays with whom it is.
        named = [
            who
            for who, record in zip(buyers, records, strict=True)
            if who.key != NOBODY or ("orders", record.external_id) not in store.seen
        ]
        clients = self._meet(store, together(named), list(zip(keys, records, strict=True)))
        # An order keeps its number; among new ones of one number the first by id has it.
        turns = sorted(
            zip(records, keys, strict=True),
            key=lambda one: (
                ("orders", one[0].external_id) not in store.seen,
                store.prefix + one[0].external_id,
            ),
        )
        for record, key in turns:
            self._load_order(store, record, key, clients.get(key))

    def _load_order(
        self, store: ModelStore, record: Order, person: Key, client: Client | None
    ) -> None:
        key = ("orders", record.external_id)
        said = _order_fields(record)
        seen = store.seen.get(key)
        if seen is None:
            assert client is not None
            shop_id = store.prefix + record.external_id
            row = OrderRow(client, shop_id, "", said)
            row.number = self._number(store.prefix + record.order_number, shop_id, row)
            self.orders.append(row)
            seen = store.seen[key] = Seen(row, person=person)
        row = seen.row  # type: ignore[assignment]
        assert isinstance(row, OrderRow)
        if person != NOBODY and client is not None:
            if person != seen.person:
                seen.former = seen.person
            row.client, seen.person = client, person
        assert row.ecommerce_order_id is not None
        row.number = self._number(store.prefix + record.order_number, row.ecommerce_order_id, row)
        # What the store does not say any more stays as it was.
        row.fields = {
            name: row.fields[name] if value is None or name in row.held else value
            for name, value in said.items()
        }
        row.is_edited = False
        seen.record, seen.updated_at = record, record.source_updated_at
        seen.is_gone = record.is_deleted

    def _number(self, number: str, shop_id: str, row: OrderRow) -> str:
        if row.number in (number, f"{number}-{shop_id}"):
            return row.number
        is_taken = any(one.number == number for one in self.orders if one is not row)
        return f"{number}-{shop_id}" if is_taken else number

    def _stays(self, store: ModelStore, orders: Iterable[tuple[Key, Order]]) -> dict[Key, Client]:
        """With whom a buyer stays whom nobody knows: the client of an order that we have.

        Unless that is the walk-ins' client, or the new buyer is a customer of the store's and the
        former one is still there.
        """
        found: dict[Key, Client] = {}
        walk_ins = [
            seen.row for one in self.stores for key, seen in one.seen.items() if key == NOBODY
        ]
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

    def _bury(self, store: ModelStore, stream: Stream, external_ids: Iterable[str]) -> None:
        marked = []
        for external_id in external_ids:
            seen = store.seen.get((stream.value, external_id))
            if seen is None or (seen.is_gone and seen.record is None):
                continue
            seen.is_gone, seen.record = True, None
            marked.append(seen)
        for seen in marked:
            row = seen.row
            if isinstance(row, OrderRow):
                row.fields["status"] = "cancelled"
            elif isinstance(row, ProductRow):
                row.fields["is_active"] = False
            elif not any(not one.is_gone for one in self.customers(row)):
                row.client_type = "inactive"

    def forget(self, rows: Iterable[Any]) -> None:
        """People delete rows: what the map knew of them goes along, a client's orders too."""
        doomed = {id(row) for row in rows}
        doomed |= {id(one) for one in self.orders if id(one.client) in doomed}
        for store in self.stores:
            store.seen = {key: one for key, one in store.seen.items() if id(one.row) not in doomed}
        self.clients = [one for one in self.clients if id(one) not in doomed]
        self.orders = [one for one in self.orders if id(one) not in doomed]
        self.products = [one for one in self.products if id(one) not in doomed]

    def totals(self, client: Client) -> tuple[int, Any, Any]:
        """Return the number of orders that stand, their worth, and the average."""
        standing = [one for one in self.orders if one.client is client and not one.is_lost]
        worth = sum(one.net or 0 for one in standing)
        return len(standing), worth, worth / len(standing) if standing else 0

    def customers(self, client: Client) -> Iterable[Seen]:
        """Yield what is remembered of the customers that a client is."""
        for store in self.stores:
            for (entity, _), seen in store.seen.items():
                if entity == "customers" and seen.row is client:
                    yield seen

    def _has_gone(self, client: Client) -> bool:
        return any(one.is_gone for one in self.customers(client))

    def _followed(self, client: Client) -> str | None:
        """Return the customer that the client follows: none once that one is gone."""
        for store in self.stores:
            for (entity, external_id), seen in store.seen.items():
                is_theirs = store.prefix + external_id == client.ecommerce_customer_id
                if entity == "customers" and seen.row is client and seen.is_gone and is_theirs:
                    return None
        return client.ecommerce_customer_id

    def _unverified(self) -> dict[Client, set[str]]:
        found: dict[Client, set[str]] = {}
        for client in self.clients:
            for seen in self.customers(client):
                if seen.unverified:
                    found.setdefault(client, set()).add(seen.unverified)
        return found


def _client(seen: Seen) -> Client:
    assert isinstance(seen.row, Client)
    return seen.row


def _newest(records: Iterable[Record]) -> list[Record]:
    found: dict[str, Record] = {}
    for one in records:
        other = found.get(one.external_id)
        if other is None or _at(one) >= _at(other):
            found[one.external_id] = one
    return list(found.values())


def _at(record: Record) -> Any:
    return record.source_updated_at


def _content(record: Record) -> Record:
    return msgspec.structs.replace(record, source_updated_at=None)


def _order_fields(order: Order) -> dict[str, Any]:
    return {
        "status": "cancelled" if order.is_deleted else order.status.value,
        "currency": order.currency,
        "total": order.total,
        "refunded_total": order.refunded_total,
        "tracking_number": order.tracking_number,
        "shipping_address": _address(order.shipping_address),
        "order_date": order.order_date,
    }


def _address(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {key: one for key, one in msgspec.structs.asdict(address).items() if one} or None


def _least(one: Any, other: Any) -> Any:
    return min(filter(None, (one, other)), default=None)


def _most(one: Any, other: Any) -> Any:
    return max(filter(None, (one, other)), default=None)
