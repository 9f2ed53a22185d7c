"""Stores: added, listed, paused, removed, and what belongs to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.keys import KeyRing
from connectors.crm.stores import (
    add_store,
    ensure_organization,
    list_stores,
    load_config,
    set_status,
)
from connectors.crm.sync import StoreResult
from connectors.errors import ConfigurationError
from tests.integration.load.memory_store import MemoryStore

Rows = Callable[..., list[tuple[Any, ...]]]
Connection = psycopg.Connection[Any]


def test_credentials_are_stored_sealed_and_come_back_whole(
    make_store: Callable[..., StoreConfig], rows: Rows
) -> None:
    config = make_store("shop", credentials={"token": "shpat_very_secret"}, currency="EUR")

    assert config.credentials == {"token": "shpat_very_secret"}
    assert config.currency == "EUR"
    stored = rows("select envelope::text from sync.store_credentials")
    assert "secret" not in str(stored)
    assert "secret" not in repr(config)


def test_plain_text_cannot_be_stored_as_credentials(config: StoreConfig, rows: Rows) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        rows('update sync.store_credentials set envelope = \'{"token": "x"}\' returning 1')


def test_credentials_moved_to_another_store_do_not_open(
    make_store: Callable[..., StoreConfig], connection: Connection, keys: KeyRing
) -> None:
    first, second = make_store("one"), make_store("two")
    connection.execute(
        "update sync.store_credentials set envelope = "
        "(select envelope from sync.store_credentials where store_id = %s) where store_id = %s",
        [first.id, second.id],
    )
    with pytest.raises(ConfigurationError, match=r'store "two".*moved from another store'):
        load_config(connection, keys, "two")


def test_only_an_organizations_first_store_goes_without_a_prefix(
    make_store: Callable[..., StoreConfig],
    make_organization: Callable[[str], str],
    connection: Connection,
) -> None:
    make_store("one")
    make_store("two")
    make_store("other", organization_id=make_organization("Other"))

    assert {
        row.key: (row.id_prefix, row.order_number_prefix) for row in list_stores(connection)
    } == {
        "one": ("", ""),
        "two": ("two:", "two:"),
        "other": ("", ""),
    }
    with pytest.raises(ConfigurationError, match="id prefix"):
        make_store("three", id_prefix="two:")


def test_adding_a_store_again_renews_it_and_keeps_its_prefix(
    make_store: Callable[..., StoreConfig], connection: Connection
) -> None:
    make_store("one")
    first = make_store("two")
    again = make_store(
        "two", base_url="https://new.example/", credentials={"a": "b"}, id_prefix="other:"
    )

    assert again.id == first.id
    assert (again.base_url, again.credentials) == ("https://new.example", {"a": "b"})
    assert [row.id_prefix for row in list_stores(connection)] == ["", "two:"]


def test_a_key_belongs_to_one_organization(
    make_store: Callable[..., StoreConfig], make_organization: Callable[[str], str]
) -> None:
    make_store("shop")
    with pytest.raises(ConfigurationError, match="belongs to another organization"):
        make_store("shop", organization_id=make_organization("Other"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": "My Shop"}, "lower-case"),
        ({"base_url": "shop.example"}, "https://"),
        ({"organization_id": "00000000-0000-0000-0000-000000000000"}, "no organization"),
    ],
)
def test_what_is_wrong_with_a_store_is_said(
    connection: Connection,
    keys: KeyRing,
    organization: str,
    fields: dict[str, str],
    message: str,
) -> None:
    parameters: dict[str, Any] = {
        "organization_id": organization,
        "key": "shop",
        "platform": "woocommerce",
        "base_url": "https://shop.example",
        "credentials": {},
        **fields,
    }
    with pytest.raises(ConfigurationError, match=message):
        add_store(connection, keys, **parameters)


def test_a_removed_store_keeps_its_rows_and_loses_its_credentials(
    config: StoreConfig, connection: Connection, keys: KeyRing, rows: Rows
) -> None:
    set_status(connection, "shop", "paused")
    assert [row.status for row in list_stores(connection)] == ["paused"]
    assert list_stores(connection, status="active") == []

    set_status(connection, "shop", "removed")
    assert list_stores(connection) == []
    assert [row.key for row in list_stores(connection, status="removed")] == ["shop"]
    assert rows("select count(*) from sync.store_credentials") == [(0,)]
    with pytest.raises(ConfigurationError, match="has no credentials"):
        load_config(connection, keys, "shop")
    with pytest.raises(ConfigurationError, match='no store "shoe"; known: none yet'):
        load_config(connection, keys, "shoe")


def test_an_organization_is_made_once(connection: Connection, rows: Rows) -> None:
    first = ensure_organization(connection, "Globex", "EUR")

    assert ensure_organization(connection, "Globex") == first
    assert ensure_organization(connection, "Globex", "GBP") == first
    assert rows("select reporting_currency from organizations where name = 'Globex'") == [("GBP",)]
    rows("insert into organizations (name) values ('Globex') returning id")
    with pytest.raises(ConfigurationError, match='2 organizations are called "Globex"'):
        ensure_organization(connection, "Globex")


def test_what_the_store_says_of_itself_is_kept_where_nobody_said_otherwise(
    make_store: Callable[..., StoreConfig],
    sync: Callable[..., StoreResult],
    connection: Connection,
) -> None:
    sync(MemoryStore(make_store("told", currency="EUR")))
    sync(MemoryStore(make_store("untold")))

    assert {row.key: row.currency for row in list_stores(connection)} == {
        "told": "EUR",
        "untold": "USD",
    }


def test_nothing_in_schema_sync_is_open_to_the_api(rows: Rows) -> None:
    assert (
        rows(
            """
        select c.relname, r.rolname
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        cross join pg_roles as r
        where
          n.nspname = 'sync'
          and c.relkind in ('r', 'p', 'v', 'm')
          and r.rolname in ('anon', 'authenticated')
          and (
            has_schema_privilege(r.oid, n.oid, 'usage')
            or has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')
            or (c.relkind in ('r', 'p') and not c.relrowsecurity)
          )
        """
        )
        == []
    )


def test_every_reference_out_of_schema_sync_has_an_index_that_leads_with_it(rows: Rows) -> None:
    assert (
        rows(
            """
        select k.conname
        from pg_constraint as k
        join pg_class as c on c.oid = k.conrelid
        where
          k.contype = 'f'
          and c.relnamespace = 'sync'::regnamespace
          and not exists (
            select
            from pg_index as i
            where
              i.indrelid = k.conrelid
              and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
          )
        """
        )
        == []
    )
