from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixtures.vendure.crm import Crm
from fixtures.vendure.seed import Seeder
from fixtures.vendure.server import VendureServer
from fixtures.vendure.truth import truth

from connectors.records import Stream


@pytest.fixture
def crm(database: str, tmp_path: Path, organization: str, vendure: VendureServer) -> Crm:
    return Crm(database, tmp_path, organization, vendure)


@pytest.fixture
def changing_crm(
    database: str, tmp_path: Path, organization: str, changing_vendure: VendureServer
) -> Crm:
    return Crm(database, tmp_path, organization, changing_vendure)


def order_in(shop: VendureServer, state: str, currency: str = "USD") -> str:
    """Id of an untouched order in that state."""
    return next(
        str(row[0])
        for row in truth(shop.database_url, "orders")
        if row[2] == state and row[3] == currency and row[5] == 0 and row[6] != "cancelled"
    )


def statuses(crm: Crm) -> dict[str, tuple[Any, ...]]:
    return {
        row[0]: row[1:]
        for row in crm.rows("select ecommerce_order_id, status, refunded_total from crm_orders")
    }


def test_the_crm_equals_the_shop_and_a_second_sync_writes_no_row(crm: Crm) -> None:
    first = crm.sync()
    crm.assert_equals_the_shop()
    crm.assert_the_buyers_are_right()
    written = crm.version()

    second = crm.sync()

    assert crm.version() == written
    assert {one.inserted + one.updated for one in second.streams.values()} == {0}
    assert [one.fetched for one in second.streams.values()] == [
        one.fetched for one in first.streams.values()
    ]
    assert first.streams[Stream.ORDERS].watermark_after is not None


def test_what_happens_to_orders_arrives_although_vendure_leaves_their_updated_at_alone(
    changing_crm: Crm, changing_vendure: VendureServer
) -> None:
    crm, shop = changing_crm, changing_vendure
    clerk = Seeder(shop, number=1001)
    crm.sync()
    refunded, partly, sent, cancelled = [
        clerk.placed(method="card", currency=currency) for currency in ("USD", "EUR", "USD", "EUR")
    ]
    crm.sync()
    before = statuses(crm)
    assert {before[order["id"]][0] for order in (refunded, partly, sent, cancelled)} == {
        "processing"
    }

    clerk.refund(refunded, refunded["totalWithTax"])
    clerk.refund(partly, 100)
    clerk.fulfill(sent, "Delivered")
    clerk.cancel(cancelled)
    result = crm.sync()

    after = statuses(crm)
    assert after[refunded["id"]][0] == "refunded"
    assert after[partly["id"]][0] == "processing"
    assert str(after[partly["id"]][1]) == "1.00"
    assert after[sent["id"]][0] == "delivered"
    assert after[cancelled["id"]][0] == "cancelled"
    assert result.streams[Stream.ORDERS].updated == 4
    crm.assert_equals_the_shop()
    assert crm.sync().streams[Stream.ORDERS].updated == 0


def test_a_cart_paid_after_a_sync_arrives(
    changing_crm: Crm, changing_vendure: VendureServer
) -> None:
    crm, shop = changing_crm, changing_vendure
    clerk = Seeder(shop, number=1101)
    cart = clerk.checkout(method=None)
    crm.sync()
    assert cart["id"] not in statuses(crm)

    admin = shop.admin()
    admin.run(
        'mutation($id:ID!){transitionOrderToState(id:$id,state:"ArrangingPayment")'
        "{__typename ... on ErrorResult{message}}"
        'addManualPaymentToOrder(input:{orderId:$id,method:"bank",transactionId:"1",metadata:{}})'
        "{__typename ... on ErrorResult{message}}}",
        id=cart["id"],
    )
    crm.sync()

    assert statuses(crm)[cart["id"]][0] == "processing"
    crm.assert_equals_the_shop()


def test_a_refund_that_waited_counts_once_the_money_went_back(
    changing_crm: Crm, changing_vendure: VendureServer
) -> None:
    crm, shop = changing_crm, changing_vendure
    admin = shop.admin()
    listed = admin.run("{orders(options:{take:1000}){items{id payments{refunds{id state}}}}}")[
        "orders"
    ]["items"]
    order, refund = next(
        (order["id"], refund["id"])
        for order in listed
        for payment in order["payments"] or []
        for refund in payment["refunds"]
        if refund["state"] == "Pending"
    )
    crm.sync()
    assert statuses(crm)[order][0] == "processing"

    admin.run(
        'mutation($id:ID!){settleRefund(input:{id:$id,transactionId:"back"})'
        "{__typename ... on ErrorResult{message}}}",
        id=refund,
    )
    crm.sync()

    assert statuses(crm)[order][0] == "refunded"
    crm.assert_equals_the_shop()


def test_edits_of_prices_names_and_addresses_arrive(
    changing_crm: Crm, changing_vendure: VendureServer
) -> None:
    crm, admin = changing_crm, changing_vendure.admin()
    crm.sync()
    address = admin.run("{customers(options:{sort:{id:ASC}}){items{id addresses{id}}}}")
    customer = next(one for one in address["customers"]["items"] if len(one["addresses"]) == 1)

    admin.run("mutation{updateProductVariants(input:[{id:20,price:4242}]){id}}")
    admin.run("mutation{updateProduct(input:{id:3,enabled:false}){id}}")
    admin.run(
        'mutation($id:ID!){updateCustomerAddress(input:{id:$id,city:"Graz",'
        'streetLine1:"Neue Gasse 1"}){id}}',
        id=customer["addresses"][0]["id"],
    )
    admin.run(
        'mutation($id:ID!){updateCustomer(input:{id:$id,lastName:"Newname"}){__typename}}',
        id=customer["id"],
    )
    crm.sync()

    crm.assert_equals_the_shop()
    found = crm.rows(
        "select address ->> 'city', full_name from crm_clients "
        f"where ecommerce_customer_id = '{customer['id']}'"
    )
    assert found[0][0] == "Graz"
    assert found[0][1].endswith("Newname")


def test_a_deleted_customers_orders_keep_their_client_and_the_list_of_ids_shows_it_gone(
    changing_crm: Crm, changing_vendure: VendureServer
) -> None:
    crm, shop = changing_crm, changing_vendure
    clerk = Seeder(shop, number=1201)
    order = clerk.placed()
    crm.sync()
    buyer = crm.rows(
        "select c.id, c.ecommerce_customer_id from crm_orders as o inner join crm_clients as c "
        f"on o.client_id = c.id where o.ecommerce_order_id = '{order['id']}'"
    )[0]

    shop.admin().run("mutation($id:ID!){deleteCustomer(id:$id){result}}", id=buyer[1])
    clerk.refund(order, order["totalWithTax"])
    crm.sync()

    assert crm.rows(
        f"select client_id, status from crm_orders where ecommerce_order_id = '{order['id']}'"
    ) == [(buyer[0], "refunded")]
    assert buyer[1] not in [row[0] for row in truth(shop.database_url, "customers")]
