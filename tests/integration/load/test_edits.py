"""What people change in a store's rows behind its back: noted, put back, told; or held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.results import StoreResult
from connectors.errors import ConfigurationError
from connectors.records import OrderStatus, Stream
from tests.integration.load.memory_store import DAY, MemoryStore, customer, order, product

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
LATER = DAY + timedelta(hours=2)
LEDGER = "select column_name, state from sync.field_edits order by id"


@pytest.fixture
def store(config: StoreConfig, sync: Sync) -> MemoryStore:
    """A store with one of each, loaded."""
    store = MemoryStore(config)
    sync(
        store,
        customer("1", phone="+15125550123", company_name="Acme"),
        product("1", sku="MUG"),
        order("1", customer_external_id="1", tracking_number="T1"),
    )
    return store


def named(result: StoreResult) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.stream.value, one.external_id, one.columns) for one in result.repairs]


def test_a_value_that_somebody_changed_comes_back_and_the_run_says_where(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_clients set email = 'x@example.com', phone = null")
    connection.execute("update crm_products set price = 1, name = 'Cup'")
    connection.execute("update crm_orders set total = 1, status = 'cancelled', items = null")
    result = sync(store, full=False)

    assert rows("select email, phone, total_orders, total_revenue from crm_clients") == [
        ("c1@example.com", "+15125550123", 1, Decimal(100))
    ]
    assert rows("select price, name from crm_products") == [(Decimal("9.90"), "Product 1")]
    assert rows("select total, status, items is null from crm_orders") == [
        (Decimal(100), "processing", False)
    ]
    assert named(result) == [
        ("customers", "1", ("email", "phone")),
        ("orders", "1", ("items", "status", "total")),
        ("products", "1", ("name", "price")),
    ]
    assert rows(
        "select table_name, column_name, earlier_value, new_value, state, run_id is not null, "
        "login = session_user, author_id from sync.field_edits where column_name = 'price'"
    ) == [("crm_products", "price", 9.9, 1, "overwritten", True, True, None)]
    assert named(sync(store, full=False)) == []


def test_nothing_is_read_again_once_edits_are_settled(
    store: MemoryStore, sync: Sync, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_orders set total = 1")
    sync(store, full=False)
    store.asked.clear()
    sync(store, full=False)
    assert store.asked == []


def test_a_sync_notes_nothing_of_its_own(store: MemoryStore, sync: Sync, rows: Rows) -> None:
    sync(
        store,
        customer("1", email="new@example.com", source_updated_at=LATER),
        product("1", price=Decimal(12), source_updated_at=LATER),
        order("1", customer_external_id="1", total=Decimal(7), source_updated_at=LATER),
    )
    store.remove(store.records[Stream.ORDERS]["1"], store.records[Stream.PRODUCTS]["1"])
    sync(store, accept_deletes=True)
    assert rows("select status from crm_orders") == [("cancelled",)]
    assert rows(LEDGER) == []


def test_a_rate_that_comes_in_late_is_nobodys_edit(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    sync(store, order("2", currency="EUR"))
    connection.execute(
        "insert into sync.exchange_rates (base_currency, quote_currency, rate_date, rate) "
        "values ('EUR', 'USD', %s, 2)",
        [DAY.date()],
    )
    sync(store, full=False)
    assert rows("select exchange_rate from crm_orders where currency = 'EUR'") == [(Decimal(2),)]
    assert rows(LEDGER) == []


def test_who_restores_the_stores_value_has_nothing_repaired(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_products set price = 1")
    connection.execute("update crm_products set price = 9.90")
    assert named(sync(store, full=False)) == []
    assert rows(LEDGER) == [("price", "same"), ("price", "same")]


def test_a_value_the_store_has_by_now_as_well_is_the_same(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_products set price = 12, sku = 'CUP'")
    sync(store, product("1", price=Decimal(12), sku="CUP", source_updated_at=LATER), full=False)
    assert rows(LEDGER) == [("sku", "same"), ("price", "same")]


def test_where_the_store_has_no_value_the_persons_stays(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_products set description = 'Blue', cost = 3")
    assert named(sync(store, full=False)) == []
    assert rows("select description, cost from crm_products") == [("Blue", Decimal(3))]
    assert rows(LEDGER) == [("description", "kept"), ("cost", "kept")]


def test_a_guests_contact_belongs_to_whoever_knows_better(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    sync(store, order("2", email="g@example.com", phone=None))
    connection.execute("update crm_clients set full_name = 'Grace' where email = 'g@example.com'")
    sync(store, order("2", email="g@example.com", full_name="G.", source_updated_at=LATER))
    assert rows("select full_name from crm_clients where email = 'g@example.com'") == [("Grace",)]
    assert rows(LEDGER) == [("full_name", "kept")]


def test_totals_typed_over_are_added_up_again(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_clients set total_revenue = 5000, total_orders = 9")
    assert named(sync(store, full=False)) == [("customers", "1", ("total_orders", "total_revenue"))]
    assert rows("select total_orders, total_revenue from crm_clients") == [(1, Decimal(100))]


def test_an_order_that_people_add_moves_totals_without_being_an_edit(
    store: MemoryStore, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(
        "insert into crm_orders (organization_id, client_id, order_number, total) "
        "select organization_id, id, 'typed', 50 from crm_clients"
    )
    assert rows("select total_revenue from crm_clients") == [(Decimal(150),)]
    assert rows(LEDGER) == []


def test_what_only_moves_forward_is_peoples_to_move(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    change = (
        "lifecycle_stage = 'churned', client_type = 'partner', source = 'fair', "
        "last_contact_date = '2026-09-01Z', first_contact_date = '2020-01-01Z'"
    )
    connection.execute(f"update crm_clients set {change}".encode())
    assert named(sync(store, full=False)) == []
    assert rows(
        "select lifecycle_stage, client_type, source, extract(year from first_contact_date), "
        "extract(month from last_contact_date) from crm_clients"
    ) == [("churned", "partner", "fair", 2020, 9)]
    assert rows(LEDGER) == []


@pytest.mark.parametrize("change", ["null", "'zzz'"])
def test_a_changed_shop_id_doubles_nothing(
    store: MemoryStore,
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
    change: str,
) -> None:
    connection.execute(f"update crm_orders set ecommerce_order_id = {change}".encode())
    connection.execute(f"update crm_products set ecommerce_product_id = {change}".encode())
    connection.execute(f"update crm_clients set ecommerce_customer_id = {change}".encode())
    result = sync(
        store,
        customer("1", full_name="New", source_updated_at=LATER),
        product("1", price=Decimal(12), source_updated_at=LATER),
        order("1", customer_external_id="1", total=Decimal(7), source_updated_at=LATER),
        full=False,
    )
    assert rows("select ecommerce_order_id, total from crm_orders") == [("1", Decimal(7))]
    assert rows("select ecommerce_product_id, price from crm_products") == [("1", Decimal(12))]
    assert rows("select ecommerce_customer_id, full_name, total_revenue from crm_clients") == [
        ("1", "New", Decimal(7))
    ]
    assert sorted(one.stream for one in result.repairs) == ["customers", "orders", "products"]


def test_two_orders_whose_shop_ids_were_swapped_get_their_own_back(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    sync(store, order("2", customer_external_id="1", total=Decimal(7)))
    connection.execute("update crm_orders set ecommerce_order_id = 'x' where total = 7")
    connection.execute("update crm_orders set ecommerce_order_id = '2' where total = 100")
    connection.execute("update crm_orders set ecommerce_order_id = '1' where total = 7")
    sync(store, full=False)
    assert rows("select ecommerce_order_id, total from crm_orders order by 1") == [
        ("1", Decimal(100)),
        ("2", Decimal(7)),
    ]


def test_an_order_moved_to_another_client_goes_back_and_so_do_the_totals(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    sync(store, customer("2"))
    connection.execute(
        "update crm_orders set client_id = "
        "(select id from crm_clients where ecommerce_customer_id = '2')"
    )
    sync(store, full=False)
    assert rows("select ecommerce_customer_id, total_revenue from crm_clients order by 1") == [
        ("1", Decimal(100)),
        ("2", Decimal(0)),
    ]


@pytest.mark.parametrize("can_count", [True, False])
def test_a_removed_row_comes_back_and_is_told(
    store: MemoryStore,
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
    can_count: bool,
) -> None:
    store.can_count = can_count
    connection.execute("delete from crm_clients")
    connection.execute("delete from crm_products")
    result = sync(store, full=False)

    assert rows("select email, total_revenue from crm_clients") == [
        ("c1@example.com", Decimal(100))
    ]
    assert rows("select count(*) from crm_orders") == [(1,)]
    assert rows("select count(*) from crm_products") == [(1,)]
    assert named(result) == [
        ("customers", "1", ()),
        ("orders", "1", ()),
        ("products", "1", ()),
    ]


def test_a_removed_client_whom_an_order_names_first_is_asked_for_once(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("delete from crm_clients")
    changed_at, store.now = store.now, store.now + timedelta(hours=1)
    changed = order("1", customer_external_id="1", total=Decimal(120), source_updated_at=changed_at)
    sync(store, changed, full=False)

    assert rows("select email, total_revenue from crm_clients") == [
        ("c1@example.com", Decimal(120))
    ]
    assert rows("select distinct state from sync.field_edits") == [("restored",)]
    written = rows("select xmin::text from sync.record_map_clients")
    sync(store, full=False)
    assert rows("select xmin::text from sync.record_map_clients") == written


def test_a_removed_organization_leaves_no_note(
    store: MemoryStore, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("delete from organizations")
    assert rows(LEDGER) == []


def test_a_deleted_order_that_people_make_stand_again_is_cancelled_again(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    store.remove(store.records[Stream.ORDERS]["1"])
    sync(store)
    connection.execute("update crm_orders set status = 'delivered', tracking_number = 'T2'")
    sync(store, full=False)
    assert rows("select status, tracking_number from crm_orders") == [("cancelled", "T2")]
    assert rows(LEDGER) == [("status", "overwritten"), ("tracking_number", "kept")]


def test_a_store_may_let_the_crm_win_column_by_column(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    store = MemoryStore(make_store("shop", settings={"edits": "crm_wins"}))
    sync(store, customer("1"), product("1"), order("1", customer_external_id="1"))
    connection.execute("update crm_clients set email = 'x@example.com'")
    connection.execute("update crm_products set price = 1")
    connection.execute("update crm_orders set total = 1, tax = null, ecommerce_order_id = null")
    sync(
        store,
        customer("1", email="new@example.com", full_name="New", source_updated_at=LATER),
        product("1", price=Decimal(12), name="Cup", source_updated_at=LATER),
        order(
            "1", customer_external_id="1", total=Decimal(7), tax=Decimal(2),
            status=OrderStatus.SHIPPED, source_updated_at=LATER,
        ),
    )  # fmt: skip
    assert rows("select email, full_name, total_revenue from crm_clients") == [
        ("x@example.com", "New", Decimal(1))
    ]
    assert rows("select price, name from crm_products") == [(Decimal(1), "Cup")]
    assert rows("select total, tax, status, ecommerce_order_id from crm_orders") == [
        (Decimal(1), None, "shipped", "1")
    ]
    assert sorted(rows(LEDGER)) == [
        ("ecommerce_order_id", "overwritten"),
        ("email", "held"),
        ("price", "held"),
        ("tax", "held"),
        ("total", "held"),
    ]

    connection.execute("update sync.field_edits set state = 'released' where state = 'held'")
    sync(store, full=False)
    assert rows("select email from crm_clients") == [("new@example.com",)]
    assert rows("select total, tax from crm_orders") == [(Decimal(7), Decimal(2))]


@pytest.mark.parametrize("is_synced_between", [False, True])
def test_a_guests_client_that_somebody_changed_stays_so_when_the_guest_registers(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
    is_synced_between: bool,
) -> None:
    store = MemoryStore(make_store("shop", settings={"edits": "crm_wins"}))
    sync(store, order("1", email="c1@example.com", full_name="Guest"))
    connection.execute("update crm_clients set full_name = 'Renamed'")
    if is_synced_between:
        sync(store, full=False)

    sync(store, customer("1", full_name="Ann", phone="+15125550123"))

    assert rows("select full_name, email, phone from crm_clients") == [
        ("Renamed", "c1@example.com", "+15125550123")
    ]
    assert rows(LEDGER) == [("full_name", "held")]


def test_a_store_does_not_close_the_edits_of_another_ones_guests(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    other = MemoryStore(make_store("other"))
    store = MemoryStore(make_store("shop", settings={"edits": "crm_wins"}))
    sync(store, order("1", email="c1@example.com", full_name="Guest"))
    connection.execute("update crm_clients set full_name = 'Renamed'")
    sync(other, product("1"))

    sync(store, customer("1", full_name="Ann"))

    assert rows("select full_name from crm_clients") == [("Renamed",)]
    assert rows(LEDGER) == [("full_name", "held")]


def test_an_edit_of_a_store_that_lets_the_crm_win_is_held_though_nothing_changed_there(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    store = MemoryStore(make_store("shop", settings={"edits": "crm_wins"}))
    sync(store, product("1"))
    connection.execute("update crm_products set price = 1")
    sync(store, full=False)
    assert (rows(LEDGER), store.asked) == ([("price", "held")], [])


def test_a_setting_nobody_knows_is_refused(
    make_store: Callable[..., StoreConfig], sync: Sync
) -> None:
    store = MemoryStore(make_store("shop", settings={"edits": "both"}))
    with pytest.raises(ConfigurationError, match='"edits" is "both"'):
        sync(store)


def test_a_change_that_no_trigger_saw_is_put_back_when_the_record_is_read_by_force(
    store: MemoryStore,
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
    organization: str,
) -> None:
    connection.execute("set session_replication_role = replica")
    connection.execute("update crm_orders set total = 1, ecommerce_order_id = null, deal_id = null")
    connection.execute("update crm_clients set email = 'x@example.com'")
    connection.execute("set session_replication_role = default")
    assert named(sync(store)) == [], "the payloads are the same, so nothing is written"

    for stream in ("customers", "products", "orders"):
        connection.execute(
            "insert into sync.rereads (organization_id, store_id, stream, external_id, reason, "
            "is_forced, run_id) values (%s, %s, %s, '1', 'differs', true, 'test')",
            [organization, store.config.id, stream],
        )
    result = sync(store, full=False)
    assert named(result) == [
        ("customers", "1", ("email",)),
        ("orders", "1", ("ecommerce_order_id", "total")),
    ]
    assert rows("select ecommerce_order_id, total from crm_orders") == [("1", Decimal(100))]
    assert rows(
        "select earlier_value, new_value, login, author_id from sync.field_edits "
        "where column_name = 'total'"
    ) == [(100, 1, None, None)]


def test_who_is_signed_in_is_noted(
    store: MemoryStore, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    user = "5f0a4b0e-0f51-4b3c-9b57-2f9f9d6f3c11"
    with connection.transaction():
        connection.execute(
            "select set_config('request.jwt.claims', %s, true)", [f'{{"sub": "{user}"}}']
        )
        connection.execute("update crm_products set price = 1")
    assert rows("select author_id::text from sync.field_edits") == [(user,)]


def test_nobody_passes_for_storeloom_through_the_api(
    store: MemoryStore, rows: Rows, connection: psycopg.Connection[Any], organization: str
) -> None:
    with connection.transaction():
        connection.execute(
            "insert into auth.users (id, aud, role, raw_user_meta_data) values "
            "('5f0a4b0e-0f51-4b3c-9b57-2f9f9d6f3c11', 'authenticated', 'authenticated', '{}')"
        )
        connection.execute("update profiles set organization_id = %s", [organization])
        connection.execute(
            "select set_config('request.jwt.claims', "
            '\'{"sub": "5f0a4b0e-0f51-4b3c-9b57-2f9f9d6f3c11"}\', true), '
            "set_config('storeloom.writer', 'forged', true)"
        )
        connection.execute("set local role authenticated")
        changed = connection.execute("update crm_products set price = 1 returning id").fetchall()
        removed = connection.execute("delete from crm_orders returning id").fetchall()
        assert (len(changed), len(removed)) == (1, 1)
    assert rows(LEDGER) == [("price", "open"), (None, "open")]


def test_one_organizations_edits_are_nobody_elses(
    store: MemoryStore,
    make_store: Callable[..., StoreConfig],
    make_organization: Callable[[str], str],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    other = MemoryStore(
        make_store("other", organization_id=make_organization("Bolt")), product("1"), order("1")
    )
    sync(other)
    connection.execute("update crm_products set price = 1")
    result = sync(store, full=False)
    assert named(result) == [("products", "1", ("price",))]
    assert sorted(
        rows(
            "select o.name, e.state, p.price from sync.field_edits as e "
            "join organizations as o on o.id = e.organization_id "
            "join crm_products as p on p.organization_id = e.organization_id"
        )
    ) == [("Acme", "overwritten", Decimal("9.90")), ("Bolt", "open", Decimal(1))]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_the_ledger_and_the_origins_are_not_in_the_api(
    connection: psycopg.Connection[Any], role: str
) -> None:
    connection.execute(f"set role {role}".encode())
    for name in ("field_edits", "row_origins"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"select from sync.{name}".encode())


def test_a_deletion_at_the_store_leaves_a_held_column_alone(
    make_store: Callable[..., StoreConfig],
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    store = MemoryStore(
        make_store("shop", settings={"edits": "crm_wins"}), product("1"), order("1"), order("2")
    )
    sync(store)
    connection.execute("update crm_orders set status = 'delivered' where ecommerce_order_id = '1'")
    connection.execute("update crm_products set is_active = false")
    connection.execute("update crm_products set is_active = true")
    sync(store)
    store.remove(*store.records[Stream.ORDERS].values(), *store.records[Stream.PRODUCTS].values())
    sync(store, accept_deletes=True)
    assert rows("select status from crm_orders order by ecommerce_order_id") == [
        ("delivered",),
        ("cancelled",),
    ]
    assert rows("select is_active from crm_products") == [(True,)]


def test_a_removed_row_whose_record_the_store_deleted_as_well_is_asked_for_once(
    store: MemoryStore, sync: Sync, rows: Rows, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("delete from crm_products")
    store.remove(store.records[Stream.PRODUCTS]["1"])
    assert named(sync(store, full=False)) == []
    assert rows(LEDGER) == [(None, "gone")]
    store.asked.clear()
    sync(store, full=False)
    assert store.asked == []


def test_what_somebody_is_changing_while_a_batch_waits_is_held(
    make_store: Callable[..., StoreConfig],
    database: str,
    sync: Sync,
    rows: Rows,
    connection: psycopg.Connection[Any],
) -> None:
    store = MemoryStore(make_store("shop", settings={"edits": "crm_wins"}), product("1"))
    sync(store)
    connection.execute("update crm_products set price = 1")
    sync(store)
    store.put(product("1", price=Decimal(12), name="Cup", source_updated_at=LATER))
    with psycopg.connect(database) as person:
        person.execute("update crm_products set price = 2")
        syncing = threading.Thread(target=sync, args=(store,))
        syncing.start()
        wait_until_blocked(connection, by=person.info.backend_pid)
        person.commit()
    syncing.join()
    assert rows("select price, name from crm_products") == [(Decimal(2), "Cup")]


def wait_until_blocked(connection: psycopg.Connection[Any], *, by: int) -> None:
    query = "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    deadline = time.monotonic() + 60
    while connection.execute(query, [by]).fetchone() == (0,):
        assert time.monotonic() < deadline, "nobody waits"
        threading.Event().wait(0.01)
