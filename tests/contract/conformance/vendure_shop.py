"""A real Vendure, behind a proxy that can misbehave, in the conformance suite.

What staff can do goes through Vendure's Admin API; what no API does (a moment long ago, a state of
a plugin, a row that lost its name) is written into the shop's own database.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import psycopg
import pytest
from contract.conformance.shops import Ability, Mischief, NewOrder, Shop, Trouble
from fixtures.http.proxy import FaultyProxy
from fixtures.vendure.install import HERE, missing_tools
from fixtures.vendure.seed import Seeder
from fixtures.vendure.server import PASSWORD, USERNAME, VendureServer

from connectors.base import Connector, StoreConfig
from connectors.records import OrderStatus, Stream
from connectors.vendure.client import VendureConnector

_TABLES: Mapping[Stream, str] = {
    Stream.CUSTOMERS: "customer",
    Stream.PRODUCTS: "product_variant",
    Stream.ORDERS: '"order"',
}
_LIVE: Mapping[Stream, str] = {
    Stream.CUSTOMERS: '"deletedAt" is null',
    Stream.PRODUCTS: '"deletedAt" is null',
    Stream.ORDERS: '"orderPlacedAt" is not null',
}
# What a test begins with: few orders, their customers, and the variants that seeded orders hold.
_BEGINNING = (
    ("product_variant", '"deletedAt" = now()', '"deletedAt" is null', 12),
    ('"order"', '"orderPlacedAt" = null', '"orderPlacedAt" is not null', 8),
)
_PLACE_ORDER = HERE / "place_order.sql"


def _marks() -> tuple[pytest.MarkDecorator, ...]:
    marks = [pytest.mark.vendure, pytest.mark.xdist_group("vendure")]
    missing = missing_tools()
    if missing:
        marks.append(pytest.mark.skip(reason=f"needs {' and '.join(missing)} to run Vendure"))
    return tuple(marks)


class VendureShop(Shop):
    """One server for the session; every test begins with the same few records."""

    platform = "vendure"
    cannot: ClassVar[Mapping[Ability, str]] = {
        Ability.GUESTS: "a guest is a customer without a login, so every order names a customer",
        Ability.REDACTION: "a customer is deleted or stays; nothing is erased of one that stays",
        Ability.THREE_DECIMALS: "amounts have the server's two decimals, whatever the currency",
        Ability.DELETE_ORDERS: "an order that was placed can be cancelled and not deleted",
    }
    marks = _marks()
    unknown_becomes = frozenset({OrderStatus.PROCESSING})

    def __init__(self, server: VendureServer, proxy: FaultyProxy) -> None:
        self._server = server
        self._proxy = proxy
        self._admin = server.admin()
        self._clerk = Seeder(server)
        self._numbers = itertools.count(1)
        self._broken: set[tuple[Stream, str]] = set()
        for table, hidden, live, kept in _BEGINNING:
            self._sql(
                f"update {table} set {hidden} where {live} and id not in "
                f"(select id from {table} where {live} order by id limit {kept})"
            )
        self._sql(
            'update customer set "deletedAt" = now() where "deletedAt" is null and id not in '
            '(select "customerId" from "order" where "orderPlacedAt" is not null)'
        )
        self._template = self._sql(
            "select min(id) from \"order\" where state = 'PaymentSettled' and "
            '"currencyCode" = \'USD\' and "orderPlacedAt" is not null'
        )[0][0]

    @classmethod
    @contextmanager
    def opened(cls, request: pytest.FixtureRequest) -> Iterator[Shop]:
        server: VendureServer = request.getfixturevalue("vendure_server")
        with FaultyProxy(server.url) as proxy:
            yield cls(server, proxy)

    def config(self, **settings: Any) -> StoreConfig:
        return StoreConfig(
            id="a-store",
            organization_id="an-organization",
            key="a-vendure-shop",
            platform=self.platform,
            base_url=self._proxy.url,
            settings={"allow_http": True, **settings},
            credentials={"username": USERNAME, "password": PASSWORD},
        )

    def connector(self, config: StoreConfig) -> Connector:
        return VendureConnector(config, sleep=lambda _seconds: None)

    def ids(self, stream: Stream) -> frozenset[str]:
        rows = self._sql(f"select id::text from {_TABLES[stream]} where {_LIVE[stream]}")
        return frozenset(one for (one,) in rows if (stream, one) not in self._broken)

    def put_customer(self, *, email: str, name: str = "Nora Neu", bare: bool = False) -> str:
        # An address belongs to one customer, and tests use the same ones again.
        user, _, host = email.partition("@")
        first, _, last = ("", "", "") if bare else name.partition(" ")
        made = self._admin.run(
            "mutation($c:CreateCustomerInput!){createCustomer(input:$c)"
            "{__typename ... on Customer{id} ... on ErrorResult{message}}}",
            c={
                "firstName": first,
                "lastName": last,
                "emailAddress": f"{user}+{self._word()}@{host}",
                "phoneNumber": None if bare else "+49 731 1234567",
            },
        )
        return str(made["createCustomer"]["id"])

    def put_product(self, *, name: str, price: Decimal = Decimal("10.00")) -> str:
        word = self._word()
        text = {"languageCode": "en", "name": name}
        product = self._admin.run(
            "mutation($p:CreateProductInput!){createProduct(input:$p){id}}",
            p={"translations": [{**text, "slug": word, "description": ""}]},
        )["createProduct"]["id"]
        variants = self._admin.run(
            "mutation($v:[CreateProductVariantInput!]!){createProductVariants(input:$v){id}}",
            v=[{"productId": product, "sku": word, "price": _units(price), "translations": [text]}],
        )["createProductVariants"]
        return str(variants[0]["id"])

    def put_order(self, order: NewOrder) -> str:
        rows = self._sql(
            _PLACE_ORDER.read_text(),
            template=self._template,
            code=self._word().upper(),
            units=_units(order.total),
            currency=order.currency,
            state=order.status,
            customer=int(order.customer) if order.customer else None,
            placed_at=order.placed_at,
            bare=order.bare,
        )
        return str(rows[0][0])

    def edit(self, stream: Stream, external_id: str) -> None:
        if stream is Stream.CUSTOMERS:
            self._admin.run(
                "mutation($id:ID!,$n:String!){updateCustomer(input:{id:$id,lastName:$n})"
                "{__typename ... on ErrorResult{message}}}",
                id=external_id,
                n=self._word(),
            )
        elif stream is Stream.PRODUCTS:
            self._admin.run(
                "mutation($id:ID!,$s:String!){updateProductVariants(input:[{id:$id,sku:$s}]){id}}",
                id=external_id,
                s=self._word(),
            )
        else:
            self.refund(external_id, Decimal("0.01"))

    def delete(self, stream: Stream, external_id: str) -> None:
        what = {Stream.CUSTOMERS: "deleteCustomer", Stream.PRODUCTS: "deleteProductVariant"}
        self._admin.run(f"mutation($id:ID!){{{what[stream]}(id:$id){{result}}}}", id=external_id)

    def refund(self, order_id: str, amount: Decimal) -> None:
        self._clerk.refund(self._clerk.order(order_id), _units(amount))

    def tie(self, stream: Stream, external_ids: Sequence[str]) -> datetime:
        at = datetime.now(UTC).replace(microsecond=0)
        self._sql(
            f"update {_TABLES[stream]} set \"updatedAt\" = %(at)s at time zone 'UTC' "
            "where id = any(%(ids)s)",
            at=at,
            ids=[int(one) for one in external_ids],
        )
        return at

    def break_record(self, stream: Stream, external_id: str) -> None:
        if stream is Stream.CUSTOMERS:
            self._admin.run(
                'mutation($id:ID!){createCustomerAddress(customerId:$id,input:{streetLine1:"Weg",'
                'countryCode:"AT"}){id}}',
                id=external_id,
            )
            # A country taken out by hand: Vendure then fails on the whole customer.
            statement = 'update address set "countryId" = null where "customerId" = %(id)s'
        elif stream is Stream.PRODUCTS:
            statement = 'delete from product_variant_translation where "baseId" = %(id)s'
        else:
            statement = 'update "order" set "subTotalWithTax" = -100 where id = %(id)s'
        self._sql(statement, id=int(external_id))
        self._broken.add((stream, external_id))

    @contextmanager
    def misbehave(self, trouble: Trouble, *, always: bool = False) -> Iterator[Mischief]:
        mischief = Mischief()
        self._proxy.misbehave(trouble.value, always=always)
        try:
            yield mischief
        finally:
            mischief.count = self._proxy.happened
            self._proxy.misbehave(None)

    def _word(self) -> str:
        # Customers and SKUs of earlier tests are still there.
        return f"w{id(self):x}{next(self._numbers)}"

    def _sql(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._server.database_url) as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(2))
