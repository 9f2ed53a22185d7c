"""What is left of a payload whose person was erased: the figures and the goods, and nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from fixtures.bigcommerce import payloads as bigcommerce
from fixtures.files.stores import mapping_of
from fixtures.medusa import payloads as medusa
from fixtures.shopify import payloads as shopify
from fixtures.woocommerce import payloads as woocommerce

from connectors.base import StoreConfig
from connectors.crm.privacy_payload import Marks, strip_payload, strip_rows
from connectors.crm.privacy_records import without_person
from connectors.crm.refusals import payload_text
from connectors.decoding import decode
from connectors.files.kept_columns import kept_columns
from connectors.records import Address, Customer, Order, Record, Stream
from connectors.registry import remap
from tests.unit.vendure import test_vendure_mapping as vendure

PAYLOADS: dict[str, tuple[str, Stream, Callable[[], Any]]] = {
    "woocommerce order": ("woocommerce", Stream.ORDERS, woocommerce.order),
    "woocommerce customer": ("woocommerce", Stream.CUSTOMERS, woocommerce.customer),
    "shopify order": ("shopify", Stream.ORDERS, shopify.order),
    "shopify customer": ("shopify", Stream.CUSTOMERS, shopify.customer),
    "vendure order": ("vendure", Stream.ORDERS, vendure.order_payload),
    "medusa order": ("medusa", Stream.ORDERS, medusa.order),
    "medusa customer": ("medusa", Stream.CUSTOMERS, medusa.customer),
    "bigcommerce order": ("bigcommerce", Stream.ORDERS, bigcommerce.order),
    "bigcommerce customer": ("bigcommerce", Stream.CUSTOMERS, bigcommerce.customer),
}


def config(platform: str, **settings: Any) -> StoreConfig:
    return StoreConfig(
        id="1",
        organization_id="1",
        key="shop",
        platform=platform,
        base_url="https://shop.example",
        currency="EUR",
        settings=settings,
    )


def mapped(platform: str, stream: Stream, text: str) -> Record:
    record = remap(platform, stream, decode(text.encode()), config(platform))
    assert record is not None
    return record


def personal_texts(record: Record) -> set[str]:
    assert isinstance(record, (Customer, Order))
    parts = [record.email, record.phone, record.full_name, record.company_name]
    addresses = (
        [record.address]
        if isinstance(record, Customer)
        else [record.billing_address, record.shipping_address]
    )
    for one in addresses:
        told = msgspec.structs.asdict(one or Address())
        parts += [text for name, text in told.items() if name != "country_code"]
    return {word for text in parts if text for word in text.split() if len(word) > 2}


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_figures_and_the_goods_stay_and_the_person_goes(name: str) -> None:
    platform, stream, make = PAYLOADS[name]
    text = payload_text(make())
    whole = mapped(platform, stream, text)

    stripped = strip_payload(text)

    left = without_person(mapped(platform, stream, stripped))
    if platform == "bigcommerce" and isinstance(left, Order) and isinstance(whole, Order):
        # "Awaiting Fulfillment" could be anybody's words; the number beside it says the same.
        assert left.source_status == "status_id 11"
        left = msgspec.structs.replace(left, source_status=whole.source_status)
    assert left == without_person(whole)
    assert [word for word in sorted(personal_texts(whole)) if word in stripped] == []
    assert strip_payload(stripped) == stripped


@pytest.mark.parametrize(
    "payload",
    [
        {"id": 5, "note_attributes": [{"name": "whatsapp", "value": "15005550199"}]},
        {"id": 5, "meta_data": [{"key": "_billing_ann", "value": "Zxqv"}]},
        {"id": "ann@example.com", "number": "+15005550199", "status": "for Ann, Zxqv"},
        {"id": 5, "total": "15005550199 Zxqv", "buyer": {"called": "Zxqv"}, "tel": 15005550199},
        {"id": 5, "billing": "Zxqv", "shipping": {"state": "CA", "city": "Zxqv"}},
        ["Zxqv", {"line_items": "Zxqv"}, 15005550199],
        "Zxqv",
    ],
)
def test_nothing_of_unknown_shape_is_left(payload: Any) -> None:
    left = strip_payload(json.dumps(payload))

    assert [mark for mark in ("Zxqv", "15005550199", "ann@", "CA") if mark in left] == []


def test_of_a_files_row_only_mapped_columns_that_are_nobodys_keep_what_they_hold() -> None:
    kept = kept_columns(config("files", mapping=mapping_of("shop")), Stream.ORDERS)
    row = {"Bestellnr": "7", "Bestellt": "01.03.2026 10:00", "Summe": "9,90"}
    payload = {
        "rows": [{**row, "E-Mail": "z@x.y", "Bemerkung": "Zxqv"}],
        "lines": [{"Bestellnr": "7", "Artikelnr": "A1", "Gravur": "Zxqv"}],
        "places": ["zxqv.csv:2"],
    }

    assert json.loads(strip_rows(json.dumps(payload), kept)) == {
        "rows": [{**row, "E-Mail": "", "Bemerkung": ""}],
        "lines": [{"Bestellnr": "7", "Artikelnr": "A1", "Gravur": ""}],
    }


MARKS = Marks(
    emails=frozenset({"ann@example.com"}),
    phones=frozenset({"005550199"}),
    customers=frozenset({("s1", "7")}),
)


@pytest.mark.parametrize(
    "payload",
    [
        {"billing": {"email": "Ann@Example.com"}},
        {"note": "write to ann@example.com"},
        {"phone": "+1 (500) 555-0199"},
        {"phone": "500 555 0199"},
        {"phone": "50 05 55 01 99"},
        {"customer_id": 7},
        {"customer": {"id": "gid://shopify/Customer/7"}},
        {"customer_external_id": "7"},
    ],
)
def test_a_payload_of_hers_is_recognised(payload: Any) -> None:
    text = json.dumps(payload)

    assert MARKS.of_store("s1").are_in(text)
    # As privacy/quarantine_find looks for them.
    digits = "".join(one for one in text if one.isdigit())
    assert any(needle in text.lower() for needle in MARKS.needles) or any(
        phone in digits for phone in MARKS.phones
    )


@pytest.mark.parametrize(
    "payload",
    [{"id": 7, "total": "7"}, {"customer_id": 77}, {"phone": "+1 500 555 0198"}, {"qty": 7}],
)
def test_a_payload_of_somebody_else_is_not(payload: Any) -> None:
    assert not MARKS.of_store("s1").are_in(json.dumps(payload))


def test_an_id_is_somebodys_in_its_own_store_only() -> None:
    assert not MARKS.of_store("s2").are_in('{"customer_id": 7}')
