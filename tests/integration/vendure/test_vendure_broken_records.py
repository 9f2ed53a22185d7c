from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest
from fixtures.vendure.server import VendureServer
from fixtures.vendure.truth import truth

from connectors.base import Page, StoreConfig, Window
from connectors.records import Stream
from connectors.vendure.client import VendureConnector


@pytest.fixture
def damaged(changing_vendure: VendureServer) -> VendureServer:
    """The shop after somebody took a variant's only name out of the database by hand."""
    with psycopg.connect(changing_vendure.database_url, autocommit=True) as connection:
        connection.execute('delete from product_variant_translation where "baseId" = 6')
    return changing_vendure


def test_a_record_the_server_chokes_on_goes_to_quarantine_and_the_others_arrive(
    damaged: VendureServer, store: Callable[..., StoreConfig]
) -> None:
    with closing(VendureConnector(store(damaged, page_size=30))) as connector:

        def read(stream: Stream) -> list[Page]:
            return list(connector.read(stream, Window(end=datetime.now(UTC))))

        variants, orders = read(Stream.PRODUCTS), read(Stream.ORDERS)
        ids = set(connector.list_ids(Stream.PRODUCTS))

    broken = [one for page in variants for one in page.rejected]
    arrived = [one.external_id for page in variants for one in page.records]
    assert [(one.external_id, one.code) for one in broken] == [("6", "store_error")]
    assert "null" in broken[0].reason
    assert {*arrived, "6"} == ids

    with psycopg.connect(damaged.database_url) as connection:
        rows = connection.execute(
            'select distinct l."orderId"::text from order_line as l inner join "order" as o '
            'on l."orderId" = o.id where l."productVariantId" = 6 and '
            'o."orderPlacedAt" is not null'
        ).fetchall()
    affected = {str(row[0]) for row in rows}
    assert affected
    assert {one.external_id for page in orders for one in page.rejected} == affected
    read_orders = [one.external_id for page in orders for one in page.records]
    every = [row[0] for row in truth(damaged.database_url, "orders")]
    assert read_orders == [one for one in every if one not in affected]
