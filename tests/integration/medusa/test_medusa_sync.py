from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fixtures.medusa.api import Shop, ShopError
from fixtures.medusa.crm import Crm
from fixtures.medusa.server import MedusaServer
from fixtures.medusa.staff import COUNTRIES
from fixtures.medusa.truth import truth

from connectors.records import Stream

# As many edits as fit: each is one to seven calls to the shop.
EDITS = 300
SECONDS = 120.0
VARIANTS_KEPT = 6


@pytest.fixture
def crm(database: str, tmp_path: Path, organization: str, medusa: MedusaServer) -> Crm:
    return Crm(database, tmp_path, organization, medusa)


@pytest.fixture
def changing_crm(
    database: str, tmp_path: Path, organization: str, changing_medusa: MedusaServer
) -> Crm:
    return Crm(database, tmp_path, organization, changing_medusa)


def orders(shop: MedusaServer, status: str) -> list[str]:
    """Ids of the orders of that CRM status with no refunds."""
    return [
        str(row[0])
        for row in truth(shop.database_url, "orders")
        if row[5] == status and row[4] == 0
    ]


def in_crm(crm: Crm, order_id: str) -> tuple[str, Decimal, Decimal]:
    status, total, refunded = next(
        row[1:]
        for row in crm.rows(
            "select ecommerce_order_id, status, total, refunded_total from crm_orders"
        )
        if row[0] == order_id
    )
    return status, total, refunded


def test_the_crm_equals_the_shop_and_a_second_sync_writes_no_row(
    crm: Crm, medusa: MedusaServer
) -> None:
    crm.sync()
    crm.assert_equals_the_shop()
    seen = truth(medusa.database_url, "orders")
    assert {row[2] for row in seen} == {one.upper() for one in COUNTRIES}
    assert {row[5] for row in seen} == {
        "pending", "processing", "shipped", "delivered", "cancelled", "refunded",
    }  # fmt: skip
    written = crm.version()

    second = crm.sync()

    assert crm.version() == written
    assert {one.inserted + one.updated for one in second.streams.values()} == {0}


def test_captures_and_refunds_that_move_no_order_arrive(
    changing_crm: Crm, changing_medusa: MedusaServer
) -> None:
    crm, staff = changing_crm, changing_medusa.staff()
    crm.sync()
    unpaid = next(
        one
        for one in orders(changing_medusa, "processing")
        if staff.order(one, "payment_status")["payment_status"] == "authorized"
    )
    delivered = orders(changing_medusa, "delivered")[0]
    owed = staff.take_back(delivered)
    crm.sync()
    before = {one: staff.order(one, "updated_at")["updated_at"] for one in (unpaid, delivered)}

    staff.capture(unpaid, 1)
    staff.refund(delivered, owed)
    result = crm.sync()

    for one, moment in before.items():
        assert staff.order(one, "updated_at")["updated_at"] == moment, "then it is no trap"
    assert result.streams[Stream.ORDERS].updated == 2
    assert in_crm(crm, delivered)[2] > 0
    crm.assert_equals_the_shop()


def test_an_increment_with_one_changed_order_costs_three_calls_a_stream(
    database: str, tmp_path: Path, organization: str, changing_medusa: MedusaServer
) -> None:
    # Without a lookback, in which the work of other tests would lie.
    crm = Crm(database, tmp_path, organization, changing_medusa, lookback_seconds=0)
    staff = changing_medusa.staff()
    crm.sync()
    crm.sync()
    staff.ship(orders(changing_medusa, "processing")[0])

    result = crm.sync()

    assert result.streams[Stream.ORDERS].updated == 1
    calls = {stream.value: one.api_calls for stream, one in result.streams.items()}
    assert max(calls.values()) <= 3, calls


def test_a_price_a_name_and_an_address_arrive_though_what_shows_them_does_not_move(
    changing_crm: Crm, changing_medusa: MedusaServer
) -> None:
    crm, staff = changing_crm, changing_medusa.staff()
    crm.sync()
    variant, product, *_ = truth(changing_medusa.database_url, "variants")[0]
    place = f"/admin/products/{product}"
    staff.admin.post(place, title="Renamed")
    staff.admin.post(
        f"{place}/variants/{variant}", prices=[{"currency_code": "eur", "amount": 77.755}]
    )
    crm.sync()
    found = crm.rows(
        f"select name, price from crm_products where ecommerce_product_id = '{variant}'"
    )
    assert found[0][0].startswith("Renamed")
    assert found[0][1] == Decimal("77.76")
    crm.assert_equals_the_shop()


def test_what_is_deleted_becomes_inactive_and_keeps_its_last_price(
    changing_crm: Crm, changing_medusa: MedusaServer
) -> None:
    crm, staff = changing_crm, changing_medusa.staff()
    crm.sync()
    variant, product, _, _, price, _ = truth(changing_medusa.database_url, "variants")[-1]
    customer = truth(changing_medusa.database_url, "customers")[-1][0]
    staff.admin.delete(f"/admin/products/{product}")
    staff.admin.delete(f"/admin/customers/{customer}")

    result = crm.sync()

    assert result.streams[Stream.CUSTOMERS].deleted == 1
    assert result.streams[Stream.PRODUCTS].deleted >= 1
    assert crm.rows(
        f"select is_active, price from crm_products where ecommerce_product_id = '{variant}'"
    ) == [(False, price)]
    crm.assert_equals_the_shop()
    written = crm.version()
    crm.sync()
    assert crm.version() == written


def test_after_random_edits_one_sync_makes_it_equal_and_the_next_writes_nothing(
    changing_crm: Crm, changing_medusa: MedusaServer
) -> None:
    crm = changing_crm
    crm.sync()
    done = Edits(changing_medusa).make(EDITS, within=SECONDS)
    assert sum(done.values()) >= 40, done
    assert len(done) >= 12, done

    crm.sync()
    crm.assert_equals_the_shop()
    written = crm.version()

    third = crm.sync()

    assert crm.version() == written
    assert {one.inserted + one.updated + one.deleted for one in third.streams.values()} == {0}


class Edits:
    """Random work in a shop, the same each time up to what the clock lets through."""

    def __init__(self, shop: MedusaServer) -> None:
        self._shop = shop
        self._staff = shop.staff()
        self._storefront: Shop = shop.storefront(self._staff.fittings)
        self._dice = random.Random(3)

    def make(self, number: int, *, within: float) -> dict[str, int]:
        """Do up to `number` things; return how often each was done."""
        deadline = time.monotonic() + within
        done: dict[str, int] = {}
        kinds: list[Callable[[], None]] = [
            self._buy, self._capture, self._capture_in_part, self._refund, self._refund_all,
            self._ship, self._deliver, self._cancel, self._take_back, self._draft,
            self._rename_customer, self._delete_customer, self._rename_product, self._reprice,
            self._delete_variant, self._complete, self._register,
        ]  # fmt: skip
        for turn in range(number * 3):
            if sum(done.values()) == number or time.monotonic() > deadline:
                break
            kind = kinds[turn % len(kinds)]
            try:
                kind()
            except ShopError:
                # Refused for the state it is in, as the staff would be: nothing happened.
                continue
            done[kind.__name__] = done.get(kind.__name__, 0) + 1
        return done

    def _order(self) -> str:
        return str(self._one_of(truth(self._shop.database_url, "orders"))[0])

    def _variant(self) -> tuple[str, str]:
        row = self._one_of(truth(self._shop.database_url, "variants"))
        return str(row[0]), str(row[1])

    def _customer(self) -> str:
        return str(self._one_of(truth(self._shop.database_url, "customers"))[0])

    def _one_of(self, rows: list[Any]) -> Any:
        """Choose a row; raises ShopError where the shop has none left, and nothing happens."""
        if not rows:
            raise ShopError("there is none left")
        return self._dice.choice(rows)

    def _buy(self) -> None:
        variant, _ = self._variant()
        currency = self._dice.choice(list(COUNTRIES))
        email = f"late{self._dice.randint(1, 9)}@example.com"
        self._staff.buy(self._storefront, email, currency, [(variant, 2)])

    def _capture(self) -> None:
        self._staff.capture(self._order())

    def _capture_in_part(self) -> None:
        self._staff.capture(self._order(), 0.25)

    def _refund(self) -> None:
        # Medusa takes less than a currency's smallest unit for nothing, and forgets to credit it.
        order = self._order()
        currency = self._staff.order(order, "currency_code")["currency_code"]
        self._staff.refund(order, 7 if currency == "jpy" else 0.125)

    def _refund_all(self) -> None:
        self._staff.refund_all(self._order())

    def _ship(self) -> None:
        self._staff.ship(self._order())

    def _deliver(self) -> None:
        self._staff.deliver(self._order())

    def _cancel(self) -> None:
        self._staff.cancel(self._order())

    def _complete(self) -> None:
        self._staff.complete(self._order())

    def _take_back(self) -> None:
        order = self._one_of(
            [row[0] for row in truth(self._shop.database_url, "orders") if row[5] == "delivered"]
        )
        self._staff.refund(order, self._staff.take_back(order))

    def _draft(self) -> None:
        variant, _ = self._variant()
        lines = [{"variant_id": variant, "quantity": 1}]
        draft = self._staff.draft("phone@example.com", "eur", lines)
        self._staff.convert(draft)
        self._staff.mark_paid(draft)

    def _rename_customer(self) -> None:
        name = f"Renamed {self._dice.randint(1, 999)}"
        self._staff.admin.post(f"/admin/customers/{self._customer()}", first_name=name)

    def _delete_customer(self) -> None:
        self._staff.admin.delete(f"/admin/customers/{self._customer()}")

    def _register(self) -> None:
        self._staff.admin.post(
            "/admin/customers", email=f"New{self._dice.randint(1, 9**9)}@example.com"
        )

    def _rename_product(self) -> None:
        _, product = self._variant()
        title = f"Table {self._dice.randint(1, 999)}"
        self._staff.admin.post(f"/admin/products/{product}", title=title)

    def _reprice(self) -> None:
        variant, product = self._variant()
        price = {"currency_code": "eur", "amount": self._dice.randint(1, 99_999) / 1000}
        self._staff.admin.post(f"/admin/products/{product}/variants/{variant}", prices=[price])

    def _delete_variant(self) -> None:
        if len(truth(self._shop.database_url, "variants")) <= VARIANTS_KEPT:
            raise ShopError("a shop needs something to sell")
        variant, product = self._variant()
        self._staff.admin.delete(f"/admin/products/{product}/variants/{variant}")
