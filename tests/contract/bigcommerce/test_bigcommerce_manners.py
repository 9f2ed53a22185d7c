"""The allowance is kept, and every refusal says what to do."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
import pytest
from fixtures.bigcommerce import payloads
from fixtures.bigcommerce.store import END, TOKEN, Store, connect, orders, told
from fixtures.http.scripted import Told

from connectors.base import Window
from connectors.bigcommerce.api import store_root
from connectors.bigcommerce.client import BigCommerceConnector
from connectors.errors import AuthFailed, Permanent, StoreError, Transient
from connectors.records import Stream


def limit(left: int, reset_ms: int, quota: int = 150) -> dict[str, str]:
    return {
        "X-Rate-Limit-Time-Window-Ms": "30000",
        "X-Rate-Limit-Time-Reset-Ms": str(reset_ms),
        "X-Rate-Limit-Requests-Quota": str(quota),
        "X-Rate-Limit-Requests-Left": str(left),
    }


def read(connector: Any) -> list[str]:
    pages = connector.read(Stream.ORDERS, Window(end=END))
    return [record.external_id for page in pages for record in page.records]


def test_a_nearly_used_up_window_is_waited_for() -> None:
    store = Store(*orders(1))
    store.headers = limit(left=5, reset_ms=12_000)
    waits: list[float] = []
    with store.serve() as server:
        connector = connect(server, waits=waits)
        assert read(connector) == ["101"]
        connector.close()
    assert waits
    assert all(11 < wait <= 12 for wait in waits)


def test_a_window_with_room_in_it_is_not_waited_for() -> None:
    store = Store(*orders(*range(20)))
    store.headers = limit(left=100, reset_ms=12_000)
    waits: list[float] = []
    with store.serve() as server:
        connector = connect(server, waits=waits)
        assert len(set(read(connector))) == 20
        connector.close()
    assert waits == []


def test_more_of_the_window_can_be_left_to_the_stores_other_apps() -> None:
    store = Store(*orders(1))
    store.headers = limit(left=60, reset_ms=9_000)
    waits: list[float] = []
    with store.serve() as server:
        connector = connect(server, waits=waits, leave_requests=75)
        read(connector)
        connector.close()
    assert waits


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        (limit(left=0, reset_ms=7_000), 7.0, 8.0),
        ({"X-Retry-After": "15"}, 15.0, 16.0),
        ({}, 0.0, 30.0),
        ({"X-Rate-Limit-Time-Reset-Ms": "soon"}, 0.0, 30.0),
    ],
)
def test_too_many_requests_are_sent_again_when_the_window_ends(
    headers: dict[str, str], least: float, most: float
) -> None:
    store = Store(*orders(1))
    refusals = [Told(b"{}", 429, headers)]

    def refuse_once(path: str, _query: dict[str, str]) -> None:
        if refusals:
            store.answers[path] = refusals.pop()
        else:
            store.answers.clear()

    store.before = refuse_once
    waits: list[float] = []
    with store.serve() as server:
        connector = connect(server, waits=waits)
        assert read(connector) == ["101"]
        connector.close()
    assert least <= max(waits) <= most


def test_fewer_orders_are_asked_for_where_the_store_chokes_on_many() -> None:
    store = Store(*orders(*range(0, 120, 2)))
    too_many = Told(b"", 500)

    def choke(path: str, query: dict[str, str]) -> None:
        is_choking = path == "v2/orders" and int(query["limit"]) > 10
        store.answers = {"v2/orders": too_many} if is_choking else {}

    store.before = choke
    with store.serve() as server:
        connector = connect(server, page_size=250)
        assert read(connector) == [str(number) for number in range(101, 161)]
        connector.close()


def test_a_list_that_gives_no_pages_that_large_is_read_in_smaller_ones() -> None:
    store = Store(*orders(*range(0, 240, 2)))
    refused = told({"status": 413}, status=413)

    def limit_pages(path: str, query: dict[str, str]) -> None:
        store.answers = {path: refused} if int(query.get("limit", 50)) > 100 else {}

    store.before = limit_pages
    with store.serve() as server:
        connector = connect(server, page_size=250)
        assert read(connector) == [str(number) for number in range(101, 221)]
        assert len(list(connector.list_ids(Stream.ORDERS))) == 120
        connector.close()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, AuthFailed, "refused the token"),
        (403, AuthFailed, "scope Orders"),
        (404, Permanent, "is not there"),
        (422, Permanent, "422"),
        (500, Transient, "try again"),
        (503, Transient, "try again"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, kind: type[StoreError], words: str) -> None:
    store = Store(*orders(1))
    store.answers["v2/orders"] = told({"status": status, "title": f"no {TOKEN}"}, status=status)
    with store.serve() as server:
        connector = connect(server)
        with pytest.raises(kind, match=words) as caught:
            read(connector)
        assert TOKEN not in str(caught.value)
        connector.close()


@pytest.mark.parametrize("body", [b"", b"[{", b"<html>Maintenance</html>", b'{"data": []}'])
def test_an_answer_that_is_no_whole_list_is_no_empty_list(body: bytes) -> None:
    store = Store(*orders(1))
    store.answers["v2/orders"] = Told(body)
    with store.serve() as server:
        connector = connect(server)
        with pytest.raises(StoreError):
            read(connector)
        connector.close()


def test_no_token_no_connector() -> None:
    bare = msgspec.structs.replace(payloads.config(), credentials={})
    with pytest.raises(AuthFailed, match="access_token"):
        BigCommerceConnector(bare)


def test_the_token_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(*orders(1))
    with caplog.at_level(logging.DEBUG), store.serve() as server:
        connector = connect(server)
        read(connector)
        assert TOKEN not in f"{connector!r} {connector.config!r} {vars(connector)!r}"
        connector.close()
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "written",
    [
        "https://api.bigcommerce.com/stores/abc123",
        "https://api.bigcommerce.com/stores/abc123/v3/",
        "api.bigcommerce.com/stores/abc123/v2",
        "abc123",
    ],
)
def test_an_address_is_understood_as_it_is_pasted(written: str) -> None:
    config = msgspec.structs.replace(payloads.config(), base_url=written)
    assert store_root(config) == "https://api.bigcommerce.com/stores/abc123"


@pytest.mark.parametrize("written", ["https://shop.example", "https://a:b@x.example/stores/y", ""])
def test_an_address_that_is_not_the_apis_is_refused(written: str) -> None:
    config = msgspec.structs.replace(payloads.config(), base_url=written)
    with pytest.raises(Permanent, match="API path"):
        store_root(config)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("page_size", 251), ("page_size", 0), ("concurrency", "four"), ("leave_requests", -1)],
)
def test_a_setting_that_makes_no_sense_is_refused_at_once(setting: str, value: object) -> None:
    with Store().serve() as server, pytest.raises(Permanent, match=setting):
        connect(server, **{setting: value})
