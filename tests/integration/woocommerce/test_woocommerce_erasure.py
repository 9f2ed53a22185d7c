"""A shop's own personal data eraser, followed by the next sync."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.traces import rows_with
from fixtures.woocommerce.synced import Synced

from connectors.sandbox import SandboxServer, SandboxSpec


def test_orders_that_the_shop_has_erased_lose_their_person_and_keep_amounts_and_client(
    synced: Callable[..., Synced],
) -> None:
    with SandboxServer(SandboxSpec(orders=60, seed=5)) as sandbox:
        shop = synced(sandbox)
        shop.sync()
        # Mostly one customer has several orders.
        ((customer, client),) = shop.rows(
            "select m.person_external_id, o.client_id from crm_orders as o"
            " join sync.record_map as m on m.crm_id = o.id"
            " where m.person_entity = 'customers' and o.shipping_address is not null"
            " group by 1, 2 order by count(*) desc, 1 limit 1"
        )
        before = shop.rows("select count(*), sum(total), sum(net_revenue) from crm_orders")
        clients = shop.rows("select id, client_id from crm_orders order by id")
        count = shop.rows("select count(*) from crm_clients")

        sandbox.store("woocommerce").redact_customer(int(customer))
        shop.sync()

        assert shop.rows("select count(*), sum(total), sum(net_revenue) from crm_orders") == before
        assert shop.rows("select id, client_id from crm_orders order by id") == clients
        assert shop.rows("select count(*) from crm_clients") == count
        left = shop.rows(
            "select count(*) from crm_orders where client_id = %s and shipping_address is not null",
            client,
        )
        assert left == [(0,)]
        assert rows_with(shop.database, ["[deleted]", "deleted@site.invalid"]) == []
        ((scope, said),) = shop.rows("select distinct scope, requested_by from sync.erasures")
        assert (scope, said) == ("redacted", "the store")
        erasures = shop.rows("select count(*) from sync.erasures")
        shop.sync(full=True)
        assert shop.rows("select count(*) from sync.erasures") == erasures
        assert shop.rows("select id, client_id from crm_orders order by id") == clients
