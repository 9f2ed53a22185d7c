"""Two stores of one organization synced at once, while people edit and the application sells.

`STORELOOM_SOAK_SECONDS` makes it run longer than the few seconds of the suite.
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from connectors.base import StoreConfig
from connectors.crm import clients
from connectors.crm.database import connect
from connectors.crm.sync import StoreResult, sync_store
from connectors.records import Order, OrderStatus, Refund, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]

MINUTE: Final = timedelta(minutes=1)
SECONDS: Final = float(os.environ.get("STORELOOM_SOAK_SECONDS", "4"))
PEOPLE: Final = 12
TOTALS: Final = """
    select c.id, c.total_orders, count(o.id), c.total_revenue, coalesce(sum(o.net_revenue), 0)
    from crm_clients as c
    left join crm_orders as o
      on o.organization_id = c.organization_id and o.client_id = c.id
      and o.status not in ('cancelled', 'refunded')
    group by c.id
    having c.total_orders <> count(o.id) or c.total_revenue <> coalesce(sum(o.net_revenue), 0)
"""


def test_an_order_the_application_sells_while_its_client_begins_to_follow_a_customer_waits(
    config: StoreConfig,
    organization: str,
    database: str,
    sync: Sync,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was the victim of a deadlock: the order's lock on the client against our key column."""
    store = MemoryStore(config, order("1", email="guest@example.com"))
    sync(store, full=False)
    (client_id,) = rows("select id::text from crm_clients")[0]
    failures: list[BaseException] = []

    def sell() -> None:
        try:
            with connect(database, autocommit=True) as app:
                app.execute(
                    "insert into crm_orders (organization_id, client_id, order_number, status,"
                    " total, currency, order_date)"
                    " values (%s, %s, 'by phone', 'processing', 3, 'USD', now())",
                    [organization, client_id],
                )
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    seller = threading.Thread(target=sell)
    stage_people = clients.stage_people

    def while_selling(*arguments: Any) -> Any:
        """Go on when the application waits for our lock."""
        if not seller.is_alive():
            seller.start()
            waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
            while rows(waiting) == [(0,)]:
                time.sleep(0.01)
        return stage_people(*arguments)

    monkeypatch.setattr(clients, "stage_people", while_selling)
    store.now += timedelta(days=1)
    sync(store, customer("1", email="guest@example.com", source_updated_at=store.now - MINUTE),
         full=False)  # fmt: skip
    seller.join(30)

    assert failures == []
    assert rows("select ecommerce_customer_id, total_orders from crm_clients") == [("1", 2)]


class Shop:
    """A store whose staff works between two syncs; both shops have the same people."""

    def __init__(self, config: StoreConfig, seed: int) -> None:
        self.dice = random.Random(seed)
        self.store = MemoryStore(
            msgspec.structs.replace(config, settings={**config.settings, "batch_records": 7}),
            *(customer(str(n), email=f"person{n}@example.com") for n in range(PEOPLE)),
            *(product(str(n)) for n in range(5)),
            *(order(str(n), customer_external_id=str(n % PEOPLE)) for n in range(40)),
        )
        self.made = 40

    def work(self) -> None:
        """Edit, refund, sell, delete, hand over: some with a date, some without."""
        store, dice = self.store, self.dice
        store.now += timedelta(minutes=10)
        orders = store.records[Stream.ORDERS]
        for _ in range(8):
            chosen = orders[dice.choice(sorted(orders))]
            assert isinstance(chosen, Order)
            at = store.now - timedelta(seconds=1) if dice.random() < 0.7 else DAY
            changed: dict[str, Any] = dice.choice(
                [
                    {"total": Decimal(dice.randrange(1, 500))},
                    {"status": dice.choice(list(OrderStatus))},
                    {"customer_external_id": str(dice.randrange(PEOPLE))},
                    {
                        "refunded_total": Decimal(1),
                        "refunds": (Refund(external_id="r", amount=Decimal(1)),),
                    },
                    {"is_deleted": True},
                ]
            )
            one = msgspec.structs.replace(chosen, **changed, source_updated_at=at)
            store.put(one)
            # What moves no date is known from a hint.
            store.hinted[Stream.ORDERS].append(one.external_id)
        for _ in range(3):
            buyer = str(dice.randrange(PEOPLE))
            self.made += 1
            store.put(
                order(
                    str(self.made),
                    customer_external_id=buyer if dice.random() < 0.6 else None,
                    email=f"person{buyer}@example.com",
                    source_updated_at=store.now - timedelta(seconds=1),
                )
            )
        if dice.random() < 0.3 and len(orders) > 20:
            store.remove(orders[dice.choice(sorted(orders))])
        if dice.random() < 0.3:
            person = str(dice.randrange(PEOPLE))
            there = store.records[Stream.CUSTOMERS]
            if there.pop(person, None) is None:
                store.put(
                    customer(
                        person,
                        email=f"person{person}@example.com",
                        source_updated_at=store.now - timedelta(seconds=1),
                    )
                )


def test_two_stores_at_once_with_people_at_work_lose_nothing_and_lock_up_never(
    make_store: Callable[..., StoreConfig],
    organization: str,
    database: str,
    rows: Rows,
) -> None:
    shops = [
        Shop(
            make_store(key, id_prefix=prefix, order_number_prefix=prefix,
                       settings={"country": "US", "delete_guard": 1_000}),
            seed,
        )
        for seed, (key, prefix) in enumerate([("east", "e-"), ("west", "w-")])
    ]  # fmt: skip
    ends = time.monotonic() + SECONDS
    failures: list[BaseException] = []
    syncs: list[StoreResult] = []
    tags: dict[str, str] = {}
    sold: list[str] = []

    def guarded(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                while time.monotonic() < ends and not failures:
                    work()
            except BaseException as error:  # noqa: BLE001 - told by the main thread
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def sync(shop: Shop) -> None:
        shop.work()
        result = sync_store(
            database, shop.store.config, run_id=uuid.uuid4().hex, connector=shop.store
        )
        assert result.error is None, result.error
        shop.store.hinted[Stream.ORDERS].clear()
        syncs.append(result)

    # Two transactions of people, as the application opens them.
    with connect(database, autocommit=True) as staff, connect(database, autocommit=True) as app:
        dice = random.Random(7)

        def edit() -> None:
            found = staff.execute(
                "select id::text from crm_clients where organization_id = %s order by random()"
                " limit 3",
                [organization],
            ).fetchall()
            mark = uuid.uuid4().hex
            with staff.transaction():
                for (client_id,) in sorted(found):
                    staff.execute(
                        "update crm_clients set lead_score = %s, tags = array[%s] where id = %s",
                        [dice.randrange(100), mark, client_id],
                    )
            tags.update((client_id, mark) for (client_id,) in found)

        def sell() -> None:
            found = app.execute(
                "select id::text from crm_clients where organization_id = %s order by random()"
                " limit 1",
                [organization],
            ).fetchone()
            if found is None:
                return
            number = f"phone-{uuid.uuid4().hex}"
            app.execute(
                "insert into crm_orders (organization_id, client_id, order_number, status, total,"
                " currency, order_date) values (%s, %s, %s, 'processing', 3, 'USD', now())",
                [organization, found[0], number],
            )
            sold.append(number)
            time.sleep(0.02)

        threads = [
            *(guarded(lambda shop=shop: sync(shop)) for shop in shops),  # type: ignore[misc]
            guarded(edit),
            guarded(sell),
        ]
        for thread in threads:
            thread.join(SECONDS + 120)
            assert not thread.is_alive(), "locked up"

    if failures:
        raise failures[0]
    for shop in shops:
        # What was left undone by the last round.
        sync(shop)
    assert len(syncs) > len(shops) * 2
    check(rows, shops, tags, sold)


def check(rows: Rows, shops: Sequence[Shop], tags: dict[str, str], sold: Sequence[str]) -> None:
    """Hold the CRM against both shops and against what people did."""
    assert rows(TOTALS) == []
    for shop, prefix in zip(shops, ("e-", "w-"), strict=True):
        expected = {
            prefix + one.external_id: (
                "cancelled" if one.is_deleted else one.status.value,
                one.total,
                one.refunded_total,
            )
            for one in shop.store.records[Stream.ORDERS].values()
            if isinstance(one, Order)
        }
        found = {
            external_id: tuple(rest)
            for external_id, *rest in rows(
                "select ecommerce_order_id, status, total, refunded_total from crm_orders"
                " where starts_with(ecommerce_order_id, %s)",
                prefix,
            )
        }
        assert {name: found.get(name) for name in expected} == expected
    assert rows("select count(*) from crm_orders where order_number = any(%s)",
                list(sold)) == [(len(sold),)]  # fmt: skip
    kept = dict(rows("select id::text, tags[1] from crm_clients where tags is not null"))
    assert all(kept[client_id] == mark for client_id, mark in tags.items() if client_id in kept)
    doubled = rows(
        "select lower(c.email), m.entity, m.external_id, m.link_reason, c.id"
        " from crm_clients as c left join sync.record_map_clients as m on m.crm_id = c.id"
        " where exists (select from crm_clients as o where o.id <> c.id"
        "   and lower(o.email) = lower(c.email) and not exists (select"
        "   from sync.identity_reviews as v where v.status = 'open' and ("
        "     (v.client_id = c.id and o.id = any(v.candidate_ids))"
        "     or (v.client_id = o.id and c.id = any(v.candidate_ids))))) order by 1, 5"
    )
    assert doubled == [], "nobody is doubled without a person being asked"
    assert rows("select count(*) from sync.rereads") == [(0,)]
    assert rows("select count(*) from pg_class where relname like 'staged%%'") == [(0,)]
