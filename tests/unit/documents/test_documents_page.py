"""dbt's page made fit for a machine without a network, and the picture of the marts."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from connectors.documents.diagram import entities, entity_diagram, hub_column, hub_columns
from connectors.documents.page import DocumentsError, settle
from connectors.documents.serving import page_server
from connectors.errors import ConfigurationError


def mart(name: str, key: list[str], *columns: str, folder: str = "shop") -> dict[str, object]:
    return {
        "resource_type": "model",
        "name": name,
        "fqn": ["storeloom", "marts", folder, name],
        "config": {"unique_key": ["organization_id", *key]},
        "columns": {one: {} for one in ("organization_id", *key, *columns)},
    }


MANIFEST = {
    "nodes": {
        "1": mart("fct_orders", ["order_id"], "client_id"),
        "2": mart("fct_order_items", ["order_id", "line_number"], "product_id"),
        "3": mart("dim_clients", ["client_id"], folder="clients"),
        "4": mart("fct_client_ltv", ["client_id"], folder="clients"),
        "5": mart("fct_products", ["product_id", "currency"]),
        "6": mart("fct_chats", ["turn_id"], "client_id", "first_order_id", folder="chat"),
    }
}


def test_a_column_leads_to_the_mart_it_identifies() -> None:
    found = {one.name: one for one in entities(MANIFEST)}
    hubs = hub_columns({name: one.key for name, one in found.items()})
    assert hubs["client_id"] == "dim_clients"
    assert hubs["product_id"] == "fct_products"
    assert found["fct_chats"].links == ("client_id", "first_order_id")
    assert hub_column("first_order_id", hubs) == "order_id"
    assert hub_column("border_id", hubs) is None
    assert found["fct_client_ltv"].links == ("client_id",)
    assert found["dim_clients"].links == ()


def test_the_picture_names_every_mart_and_draws_every_link() -> None:
    root = ElementTree.fromstring(entity_diagram(MANIFEST))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {node["name"] for node in MANIFEST["nodes"].values()} <= set(texts)
    lines = [element for element in root.iter() if element.tag.endswith("path")]
    # Orders, lines twice, lifetime value, chats twice.
    assert len(lines) == 6


def test_a_page_of_another_dbt_is_refused_and_not_half_settled() -> None:
    with pytest.raises(DocumentsError, match=r"connectors/documents/page\.py"):
        settle("<html><head><title>dbt Docs 2</title></head></html>", MANIFEST)


def test_a_taken_port_is_said_in_one_line() -> None:
    with (
        page_server("page", "127.0.0.1", 0) as first,
        pytest.raises(ConfigurationError, match="choose another --port"),
    ):
        page_server("page", "127.0.0.1", first.server_port)
