"""One organization as it should be, told in plain Python.

The model is given what a store has told (`Told`), in order, and what people and chats have done; it
knows nothing of SQL, hashes, cursors or the product's code. What the rules are is written in docs/;
where a rule is ambiguous, docs/reliability.md says which way was taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.records import Customer, Order, Product, Record, Stream
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
from tests.chaos.model_map import ModelStore, customers, followed, handed_over, stays, unverified
from tests.chaos.model_records import client_of, content, least, most, newest, order_fields
from tests.chaos.model_rows import Client, Key, OrderRow, ProductRow, Seen

_EARLY: Final = (None, "lead", "mql", "sql", "opportunity")


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
            kind = one.stream.value
            store.waiting |= {(kind, external_id) for external_id in one.refused}
            store.waiting -= {(kind, external_id) for external_id in one.gone}
            store.waiting -= {(kind, record.external_id) for record in one.records}
            if one.by_name and one.stream is Stream.CUSTOMERS:
                for record in one.records:
                    if not record.is_deleted:
                        handed_over(store, record.external_id)
            if one.gone:
                self._bury(store, one.stream, one.gone)
            else:
                self._load(store, one)

    def _load(self, store: ModelStore, told: Told) -> None:
        changes = [
            one
            for one in newest(told.records)
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
        return content(seen.record) != content(record) or (by_name and seen.row.is_edited)

    def _meet(
        self,
        store: ModelStore,
        people: dict[Key, Person],
        orders: Iterable[tuple[Key, Order]] = (),
    ) -> dict[Key, Client]:
        strangers = [one for key, one in people.items() if key not in store.seen]
        decisions = decide(
            strangers,
            self.clients,
            store.prefix,
            unverified(self.stores, self.clients),
            stays(self.stores, store, orders),
        )
        follows: dict[int, str | None] = {}
        unmade = {id(one.client) for one in decisions.values() if one.is_new}
        found: dict[Key, Client] = {}
        is_filled = {key for key in people if (seen := store.seen.get(key)) and seen.record}
        for key in sorted(people):
            person = people[key]
            decision = decisions.get(key)
            client = client_of(store.seen[key]) if decision is None else decision.client
            found[key] = client
            if decision is not None:
                store.seen[key] = Seen(client, reason=decision.reason)
            if id(client) not in follows:
                follows[id(client)] = followed(self.stores, client)
            shop_id = store.prefix + key[1] if key[0] == "customers" else None
            if shop_id is not None and follows[id(client)] is None:
                follows[id(client)] = shop_id
            is_owner = person.record is not None and follows[id(client)] == shop_id
            if id(client) in unmade:
                # Whoever comes first by key makes the client, be it another who was decided first.
                self._make(client, store, person, shop_id)
                unmade.remove(id(client))
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
        elif (
            is_owner
            and client.client_type == "inactive"
            and any(one.is_gone for one in customers(self.stores, client))
        ):
            is_customer = person.has_ordered or self.totals(client)[0] > 0
            client.client_type = "customer" if is_customer else "lead"
        elif person.has_ordered and client.client_type in ("lead", "prospect"):
            client.client_type = "customer"
        if person.has_ordered and client.lifecycle_stage in _EARLY:
            client.lifecycle_stage = "customer"
        if is_owner or client.ecommerce_customer_id is None:
            client.ecommerce_customer_id = shop_id or client.ecommerce_customer_id
        client.source = client.source or store.platform
        client.first_contact_date = least(client.first_contact_date, person.first_seen)
        client.last_contact_date = most(client.last_contact_date, person.last_seen)

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
        said = order_fields(record)
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
            elif not any(not one.is_gone for one in customers(self.stores, row)):
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
