"""Whatever bytes a store sends: loaded + put aside + skipped = fetched, and each is to be found."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from fixtures.platforms import Payload, numbered, payloads
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.lease import Lease
from connectors.crm.load import Batch
from connectors.crm.loader import Loader
from connectors.crm.refusals import refusal_of
from connectors.crm.stores import add_store, load_config
from connectors.decoding import decode
from connectors.errors import BadRecord
from connectors.records import Record, Rejected, Stream
from connectors.registry import remap

PLATFORMS = sorted({platform for platform, _ in payloads()})
_TOKEN = "\u0001here\u0001"
_NOISE = "".join(random.Random(2).choices(string.ascii_letters, k=3_500))
LITERALS = (
    b"null", b"true", b"[]", b"{}", b"[null]", b'[{"id": NaN}]', b'""', b'"0"', b"0", b"-1",
    b"-0.0", b"NaN", b"-Infinity", b"1e400", b"-1e-400", b"1e99999999999999999999", b"9" * 4_400,
    b"9223372036854775808", b"99999999999.99", b'"99999999999.99"', b'"9999999999.99"',
    b'"-5.00"', b'"1e5000"', b'"NaN"', b'"euro"', b'"XXX"', b'"0000-00-00T00:00:00"',
    b'"9999-12-31T23:59:59.999Z"', b'"0001-01-01T00:00:00+14:00"', b'"\\ud800"', b'"\\u0000"',
    b'"\xff\xfe"', b'"a\x00b"', b'"\x01\n"', b'"' + b"z" * 120_000 + b'"',
    f'"{_NOISE}@example.com"'.encode(), b'"\\u202e\\ufeff"', b'"gid://shopify/Order/1"',
)  # fmt: skip


def paths(node: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if here:
        yield here
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for step, value in items:
        if isinstance(value, (dict, list)):
            yield from paths(value, (*here, step))
        else:
            yield (*here, step)


@st.composite
def pages(draw: st.DrawFn, payload: Payload) -> bytes:
    """A page of three records, the one in the middle spoilt; sometimes bytes of it as well."""
    number = draw(st.integers(1_000, 9_999_000))
    good = [json.dumps(numbered(payload, number + place)).encode() for place in (0, 1)]
    bad = numbered(payload, number + 2)
    literals = st.sampled_from(LITERALS) | st.text(max_size=20).map(
        lambda t: json.dumps(t).encode()
    )
    put_in = []
    for path in draw(st.lists(st.sampled_from(list(paths(payload))), min_size=1, max_size=3)):
        place: Any = bad
        for step in path[:-1]:
            place = place[step] if isinstance(place, (dict, list)) else None
        if isinstance(place, (dict, list)):
            place[path[-1]] = f"{_TOKEN}{len(put_in)};"
            put_in.append(draw(literals))
    spoilt = json.dumps(bad).encode()
    for place, literal in enumerate(put_in):
        spoilt = spoilt.replace(json.dumps(f"{_TOKEN}{place};").encode(), literal)
    body = bytearray(b"[" + b",".join([good[0], spoilt, good[1]]) + b"]")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


@pytest.fixture
def store(
    connection: psycopg.Connection[Any], organization: str, tmp_path: Any
) -> Callable[[str], StoreConfig]:
    def make(platform: str) -> StoreConfig:
        keys = KeyRing.load(tmp_path, {})
        add_store(
            connection,
            keys,
            organization_id=organization,
            key="shop",
            platform=platform,
            base_url="https://shop.example",
            credentials={"key": "secret"},
            currency="EUR",
        )
        return load_config(connection, keys, "shop")

    return make


@pytest.mark.parametrize("stream", Stream)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_is_lost_on_the_way_whatever_the_store_sends(
    platform: str,
    stream: Stream,
    store: Callable[[str], StoreConfig],
    database: str,
    connection: psycopg.Connection[Any],
) -> None:
    config = store(platform)
    payload = payloads()[platform, stream]

    with (
        Lease(database, config, run_id="any") as lease,
        Loader(database, config, lease, run_id="any") as loader,
    ):

        @settings(max_examples=25, deadline=None)
        @given(pages(payload))
        def check(body: bytes) -> None:
            try:
                elements = decode(body)
            except ValueError:
                # No page at all, which the store's connection reports; the cursor stays.
                return
            if not isinstance(elements, list):
                return
            batch = mapped(config, stream, elements)
            loaded = loader.load(batch, None)
            told = loaded.inserted + loaded.updated + loaded.unchanged
            assert told + loaded.quarantined + loaded.skipped == len(elements)
            find_each(connection, batch)

        check()


def mapped(config: StoreConfig, stream: Stream, elements: list[Any]) -> Batch:
    records: list[Record] = []
    rejected: list[Rejected] = []
    for element in elements:
        try:
            record = remap(config.platform, stream, element, config)
        except BadRecord as error:
            rejected.append(
                Rejected(stream=stream, payload=element, reason=error.reason, code=error.code)
            )
            continue
        if record is not None:
            records.append(record)
    return Batch(
        stream=stream,
        records=records,
        rejected=rejected,
        skipped=len(elements) - len(records) - len(rejected),
        fetched=len(elements),
    )


def find_each(connection: psycopg.Connection[Any], batch: Batch) -> None:
    """Each record stands in the CRM or waits; each refused payload waits with its reason."""
    waiting = dict(
        connection.execute(
            "select fingerprint, reason from sync.quarantine where stream = %s and state = 'open'",
            [batch.stream.value],
        ).fetchall()
    )
    known = {
        one
        for (one,) in connection.execute(
            "select external_id from sync.record_map"
            " where entity = %s and content_hash is not null",
            [batch.stream.value],
        ).fetchall()
    }
    for record in batch.records:
        assert record.external_id in known or f"id:{record.external_id}" in waiting
    for rejected in batch.rejected:
        assert waiting[refusal_of(rejected).fingerprint].endswith(".")
