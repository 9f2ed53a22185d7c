"""The shop of connectors/template: an adapter to copy together with the connector."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from contract.conformance.shops import Ability, Mischief, NewOrder, Shop, Trouble
from contract.conformance.template_server import TOKEN, Row, TemplateServer

from connectors.base import Connector, StoreConfig
from connectors.records import Stream
from connectors.template.client import TemplateConnector

_BROKEN = {Stream.CUSTOMERS: "created_at", Stream.PRODUCTS: "price", Stream.ORDERS: "total"}


class TemplateShop(Shop):
    platform = "template"
    cannot: ClassVar[Mapping[Ability, str]] = {
        Ability.GLANCES: "its API has no filter by creation",
    }

    def __init__(self, server: TemplateServer) -> None:
        self._server = server
        self._tables = server.tables
        self._numbers = itertools.count(1)
        self._broken: set[tuple[Stream, str]] = set()
        for number in range(12):
            buyer = self.put_customer(email=f"first{number}@example.com")
            self.put_product(name=f"First {number}")
            self.put_order(NewOrder(customer=buyer))

    @classmethod
    @contextmanager
    def opened(cls, request: pytest.FixtureRequest) -> Iterator[Shop]:  # noqa: ARG003 - needs none
        server = TemplateServer({stream.value: {} for stream in Stream})
        try:
            yield cls(server)
        finally:
            server.close()

    def config(self, **settings: Any) -> StoreConfig:
        return StoreConfig(
            id="a-store",
            organization_id="an-organization",
            key="a-template-shop",
            platform=self.platform,
            base_url=self._server.url,
            settings={"allow_http": True, **settings},
            credentials={"token": TOKEN},
        )

    def connector(self, config: StoreConfig) -> Connector:
        return TemplateConnector(config, sleep=lambda _seconds: None)

    def ids(self, stream: Stream) -> frozenset[str]:
        return frozenset(
            one for one in self._tables[stream.value] if (stream, one) not in self._broken
        )

    def put_customer(self, *, email: str, name: str = "Nora Neu", bare: bool = False) -> str:
        full = {"name": name, "phone": "+49 731 1", "address": {"city": "Ulm", "country": "DE"}}
        return self._put(Stream.CUSTOMERS, {"email": email, **({} if bare else full)})

    def put_product(self, *, name: str, price: Decimal = Decimal("10.00")) -> str:
        return self._put(
            Stream.PRODUCTS, {"name": name, "price": str(price), "currency": "EUR", "sku": None}
        )

    def put_order(self, order: NewOrder) -> str:
        line = {"name": "A thing", "price": str(order.total), "total": str(order.total)}
        return self._put(
            Stream.ORDERS,
            {
                "state": order.status or "paid",
                "currency": order.currency or "EUR",
                "total": str(order.total),
                "customer_id": order.customer,
                "email": None if order.bare else order.email,
                "placed_at": (order.placed_at or datetime.now(UTC)).isoformat(),
                "lines": None if order.bare else [line],
                "refunds": [],
            },
        )

    def edit(self, stream: Stream, external_id: str) -> None:
        column = "number" if stream is Stream.ORDERS else "name"
        self._change(stream, external_id, {column: f"Edited {next(self._numbers)}"})

    def delete(self, stream: Stream, external_id: str) -> None:
        with self._server.lock:
            del self._tables[stream.value][external_id]

    def refund(self, order_id: str, amount: Decimal) -> None:
        refunds = self._tables["orders"][order_id]["refunds"]
        refund = {"id": f"r{next(self._numbers)}", "amount": str(amount)}
        self._change(Stream.ORDERS, order_id, {"refunds": [*refunds, refund]})

    def redact(self, customer_id: str) -> None:
        self._change(
            Stream.CUSTOMERS, customer_id, dict.fromkeys(("email", "name", "phone", "address"))
        )

    def tie(self, stream: Stream, external_ids: Sequence[str]) -> datetime:
        at = datetime.now(UTC).replace(microsecond=0)
        with self._server.lock:
            for one in external_ids:
                self._tables[stream.value][one]["changed_at"] = at.isoformat()
        return at

    def break_record(self, stream: Stream, external_id: str) -> None:
        self._change(stream, external_id, {_BROKEN[stream]: "rubbish"})
        self._broken.add((stream, external_id))

    @contextmanager
    def misbehave(self, trouble: Trouble, *, always: bool = False) -> Iterator[Mischief]:
        server, mischief = self._server, Mischief()
        before = server.troubles
        server.trouble, server.fails_always = trouble, always
        try:
            yield mischief
        finally:
            server.trouble, server.fails_always = None, False
            mischief.count = server.troubles - before

    def _put(self, stream: Stream, row: Row) -> str:
        external_id = f"{next(self._numbers):04}"
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        with self._server.lock:
            self._tables[stream.value][external_id] = {
                "id": external_id, "created_at": now, "changed_at": now, **row,
            }  # fmt: skip
        return external_id

    def _change(self, stream: Stream, external_id: str, changes: Row) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        with self._server.lock:
            table = self._tables[stream.value]
            table[external_id] = {**table[external_id], "changed_at": now, **changes}
