"""Refused records are tried again when what refused them has changed; the discarded stay aside."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm import revision
from connectors.crm.keys import KeyRing
from connectors.crm.quarantine import discard, find, list_quarantine, list_reasons
from connectors.crm.replay import replay
from connectors.crm.shortening import SHORTENED
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import StoreResult, sync_store
from connectors.decoding import decode
from connectors.errors import ConfigurationError
from connectors.records import Rejected, Stream
from tests.integration.load.memory_store import MemoryStore, customer, order

Sync = Callable[[MemoryStore], StoreResult]
MENDED = {
    "id": 5,
    "number": "5",
    "status": "completed",
    "currency": "USD",
    "total": "12.50",
    "date_created_gmt": "2026-03-01T12:00:00",
}


def refused(external_id: str | None = "5", **fields: Any) -> Rejected:
    """A payload that today's mapping would take: as if yesterday's had not."""
    return Rejected(
        stream=Stream.ORDERS,
        payload={**MENDED, **fields},
        reason="total is no amount",
        code="bad_amount",
        external_id=external_id,
    )


@pytest.fixture
def keys(tmp_path: Any) -> KeyRing:
    return KeyRing.load(tmp_path, {})


@pytest.fixture
def configure(
    connection: psycopg.Connection[Any], organization: str, keys: KeyRing
) -> Callable[..., StoreConfig]:
    def make(**settings: Any) -> StoreConfig:
        add_store(
            connection,
            keys,
            organization_id=organization,
            key="shop",
            platform="woocommerce",
            base_url="https://shop.example",
            credentials={"key": "secret"},
            settings={"country": "US", **settings},
        )
        return load_config(connection, keys, "shop")

    return make


@pytest.fixture
def sync(database: str) -> Sync:
    def run(store: MemoryStore) -> StoreResult:
        result = sync_store(database, store.config, run_id=uuid.uuid4().hex, connector=store)
        assert result.error is None, result.error
        return result

    return run


def test_a_new_version_tries_once_what_the_old_one_refused_before_it_reads(
    configure: Callable[..., StoreConfig],
    sync: Sync,
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore(configure(), order("1"))
    # The payloads are no orders of this store any more, and nobody is to find that out.
    store.can_count = False
    store.rejected = [refused(), refused("6", id=6, total="much")]
    assert sync(store).replayed.attempted == 0
    store.rejected = []
    first, second = list_quarantine(connection)
    assert first.version == revision.revision_of(store.config).version
    assert sync(store).replayed.attempted == 0

    monkeypatch.setattr(revision, "_version", lambda: "9.9.9")
    upgraded = sync(store)

    assert (upgraded.replayed.attempted, upgraded.replayed.loaded) == (2, 1)
    assert [one.id for one in upgraded.replayed.failures] == [second.id]
    settled = find(connection, first.id)
    assert (settled.state, settled.resolution) == ("resolved", "replayed")
    waiting = find(connection, second.id)
    assert (waiting.state, waiting.version, waiting.attempts) == ("open", "9.9.9", 2)
    assert "total is no amount: 'much'" in waiting.reason
    assert connection.execute(
        "select total from crm_orders where ecommerce_order_id = '5'"
    ).fetchall() == [(Decimal("12.50"),)]
    assert sync(store).replayed.attempted == 0
    books = connection.execute(
        "select stream, fetched, inserted, quarantined from sync.loads"
        " where fetched > 0 order by id"
    ).fetchall()
    assert books == [("orders", 3, 1, 2), ("orders", 1, 1, 0)]


def test_changed_settings_of_the_store_have_its_refusals_tried_again(
    configure: Callable[..., StoreConfig], sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(configure())
    store.rejected = [refused()]
    sync(store)
    store.rejected = []
    store.config = configure(status_map={"wc-odd": "processing"})

    assert sync(store).replayed.loaded == 1
    assert list_quarantine(connection) == []


def test_another_mapping_tries_again_and_the_digest_is_of_the_platform_s_own_sources() -> None:
    def config(platform: str, **settings: Any) -> StoreConfig:
        return StoreConfig(
            id="1", organization_id="1", key="k", platform=platform, base_url="", settings=settings
        )

    woo = revision.revision_of(config("woocommerce"))
    assert woo == revision.revision_of(config("woocommerce"))
    assert woo.mapping != revision.revision_of(config("shopify")).mapping
    assert woo.settings != revision.revision_of(config("woocommerce", minor_units="x")).settings
    assert woo.settings != revision.revision_of(config("woocommerce"), currency="EUR").settings


def test_a_discarded_record_stays_aside_until_it_changes(
    configure: Callable[..., StoreConfig], sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(configure(), order("1"))
    store.rejected = [refused(total="much")]
    assert sync(store).degraded
    (waiting,) = list_quarantine(connection)
    (gone,) = discard(connection, [waiting.id], by="Ann", reason="a test of the shop's")
    assert (gone.state, gone.resolved_by, gone.resolved_reason) == (
        "discarded", "Ann", "a test of the shop's",
    )  # fmt: skip
    listed = len(store.listed)

    again = sync(store)
    assert not again.degraded
    assert (again.streams[Stream.ORDERS].quarantined, again.streams[Stream.ORDERS].skipped) == (
        0,
        1,
    )
    assert find(connection, waiting.id).state == "discarded"
    assert list_quarantine(connection) == []
    assert len(store.listed) == listed, "both sides count as before, so no ids are compared"

    store.rejected = [refused(total="more")]
    assert sync(store).degraded
    assert find(connection, waiting.id).state == "open"
    with pytest.raises(ConfigurationError, match="say why"):
        discard(connection, [waiting.id], by="Ann", reason=" ")


def test_a_discarded_record_that_arrives_whole_or_is_replayed_is_loaded(
    configure: Callable[..., StoreConfig],
    sync: Sync,
    database: str,
    connection: psycopg.Connection[Any],
) -> None:
    store = MemoryStore(configure())
    store.rejected = [refused(), refused("6", id=6)]
    sync(store)
    rows = list_quarantine(connection)
    discard(connection, [one.id for one in rows], by="Ann", reason="not needed")
    with pytest.raises(ConfigurationError, match="is discarded; nothing was discarded"):
        discard(connection, [rows[0].id], by="Ann", reason="twice")

    assert replay(database, store.config, run_id="all").attempted == 0
    assert replay(database, store.config, run_id="one", numbers=[rows[0].id]).loaded == 1
    store.rejected = []
    store.put(order("6", source_updated_at=store.now - timedelta(minutes=1)))
    sync(store)

    assert find(connection, rows[0].id).resolution == "replayed"
    assert find(connection, rows[1].id).resolution == "arrived"


def test_a_record_that_the_store_has_no_more_is_settled_as_deleted(
    configure: Callable[..., StoreConfig], sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(configure(), order("1"))
    store.rejected = [refused(total="much")]
    sync(store)
    (waiting,) = list_quarantine(connection)
    store.rejected = []
    store.feed[Stream.ORDERS] = ["5"]
    sync(store)

    assert find(connection, waiting.id).resolution == "deleted"


def test_a_text_of_megabytes_is_kept_in_part_and_the_record_read_again_instead(
    configure: Callable[..., StoreConfig],
    sync: Sync,
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore(configure())
    store.rejected = [refused(note="y" * 3_000_000)]
    sync(store)
    (waiting,) = list_quarantine(connection)
    (size, cut) = connection.execute(
        "select length(payload::text), payload -> %s from sync.quarantine", [SHORTENED]
    ).fetchone() or (0, None)
    assert size < 10_000
    assert cut == ["note"]

    store.rejected = []
    store.put(order("5"))
    store.now = store.now.replace(year=2027)
    monkeypatch.setattr(revision, "_version", lambda: "9.9.9")
    assert sync(store).replayed.loaded == 0

    assert (Stream.ORDERS, ("5",)) in store.asked
    assert find(connection, waiting.id).resolution == "arrived"


def test_what_the_database_refuses_is_said_in_words_and_costs_only_its_record(
    configure: Callable[..., StoreConfig], sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(
        """
        create function no_bob() returns trigger language plpgsql as $$
        begin
          if new.full_name = 'Bob' then raise exception 'no % here', new.email; end if;
          return new;
        end $$;
        create trigger no_bob before insert on crm_clients for each row execute function no_bob();
        alter table crm_orders add constraint no_thirteen check (total <> 13);
        """
    )
    most = Decimal("9999999999.99")
    store = MemoryStore(
        configure(),
        customer("1", full_name="Bob", email="bob@example.com"),
        customer("2", email=f"{''.join(uuid.uuid4().hex for _ in range(110))}@example.com"),
        customer("3"),
        order("10", total=most, customer_external_id="3"),
        order("11", total=most, customer_external_id="3", order_number="11"),
        order("13", total=Decimal(13)),
        order("14", total=Decimal(14)),
    )
    result = sync(store)

    assert result.streams[Stream.CUSTOMERS].inserted == 1
    assert result.streams[Stream.ORDERS].inserted == 2
    told = {one.external_id: (one.code, one.reason) for one in list_quarantine(connection)}
    assert told["1"][0] == "database_P0001"
    assert "no_bob" in told["1"][1]
    assert "example" not in told["1"][1]
    assert told["2"][0] == "database_54000"
    assert "too long to be found by the index" in told["2"][1]
    (over,) = {"10", "11"} & told.keys()
    assert told[over][0] == "database_22003"
    assert "total_revenue would pass 9,999,999,999.99" in told[over][1]
    assert "rule no_thirteen of crm_orders" in told["13"][1]
    assert len(told) == 4
    reasons = {one.code: one.records for one in list_reasons(connection, store="shop")}
    assert reasons["database_23514"] == 1


def test_a_record_whose_very_fields_are_no_text_can_be_tried_again(
    configure: Callable[..., StoreConfig],
    sync: Sync,
    database: str,
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore(configure())
    store.can_count = False
    payload = decode(b'{"id": 5, "a\\ud800\\u0000b": NaN}')
    store.rejected = [
        Rejected(
            stream=Stream.ORDERS,
            payload=payload,
            reason="no proper JSON",
            code="unreadable",
            external_id="5",
        ),
        refused("6", id=6, line_items=[{"id": 1, "name": "Mug", "quantity": "x" * 90_000}]),
    ]
    sync(store)
    store.rejected = []

    assert replay(database, store.config, run_id="by hand").loaded == 0
    monkeypatch.setattr(revision, "_version", lambda: "9.9.9")
    assert sync(store).replayed.attempted == 2

    first, second = list_quarantine(connection)
    assert "NaN is no number" in first.reason
    assert "\N{REPLACEMENT CHARACTER}b" in first.reason
    assert (first.attempts, second.attempts) == (3, 3)
    assert len(second.reason) <= 2_000


def test_an_id_that_no_index_holds_costs_its_record_and_not_the_store(
    configure: Callable[..., StoreConfig], sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    store = MemoryStore(configure(), order("1"))
    noise = "".join(random.Random(1).choices(string.ascii_letters, k=9_000))
    store.rejected = [
        refused(noise, id=noise),
        refused(noise, id=noise, total="another"),
    ]

    for _ in range(2):
        sync(store)

    waiting = list_quarantine(connection)
    assert [(one.external_id, one.attempts) for one in waiting] == [(None, 2), (None, 2)]
    assert connection.execute("select count(*) from crm_orders").fetchone() == (1,)
