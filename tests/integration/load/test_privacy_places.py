"""The one list of places names every column there is, and each place on it is dealt with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.crm.privacy_harmless import HOLDS_NOTHING
from connectors.crm.privacy_places import PLACES
from connectors.crm.statements import load

Rows = Callable[..., list[tuple[Any, ...]]]

# What comes by an inherited column of a partition is the parent's.
COLUMNS = """
    select n.nspname || '.' || c.relname, a.attname
    from pg_attribute as a
    join pg_class as c on c.oid = a.attrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition
      and (
        n.nspname = 'sync'
        or (n.nspname = 'public' and c.relname in ('crm_clients', 'crm_products', 'crm_orders'))
      )
"""


def personal() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for place in PLACES:
        found.setdefault(place.table.partition(" ")[0], set()).update(place.columns)
    return found


def test_every_column_of_ours_is_declared_personal_or_not(rows: Rows) -> None:
    declared = {(table, one) for table, columns in personal().items() for one in columns}
    declared |= {(table, one) for table, columns in HOLDS_NOTHING.items() for one in columns}

    assert sorted(set(rows(COLUMNS)) - declared) == []


def test_what_is_declared_exists(rows: Rows) -> None:
    every = set(
        rows(
            "select table_schema || '.' || table_name, column_name from information_schema.columns"
        )
    )
    declared = {(table, one) for table, columns in personal().items() for one in columns}
    declared |= {(table, one) for table, columns in HOLDS_NOTHING.items() for one in columns}

    assert sorted(declared - every) == []


def test_no_statement_forgets_a_column_of_its_place() -> None:
    missing = [
        (place.erase, column)
        for place in PLACES
        if place.erase
        for column in place.columns
        if f"{column} =" not in load(f"privacy/{place.erase}").as_string()
        and "delete from" not in load(f"privacy/{place.erase}").as_string()
    ]

    assert missing == []


def test_every_place_can_be_exported_but_those_that_another_one_shows() -> None:
    unexported = {place.table for place in PLACES if not place.export}

    assert unexported == {"sync.record_map (who ordered)", "sync.quarantine"}
