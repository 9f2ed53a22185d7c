"""The declared list of synced columns, and the statements and pages that say the same."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.crm.edits import is_told, outcome
from connectors.crm.ownership import (
    CLIENTS,
    ORDERS,
    PRODUCTS,
    SYNCED,
    TABLE_OF,
    Rule,
    as_markdown,
    column,
    columns,
)
from connectors.crm.people import Person
from connectors.crm.staging import ORDER_COLUMNS, PRODUCT_COLUMNS
from connectors.records import Address, Customer, Order, Product, Stream
from tests.integration.load.memory_store import order, product

ROOT = Path(__file__).resolve().parents[3]
RECORDS = {Stream.CUSTOMERS: Customer, Stream.PRODUCTS: Product, Stream.ORDERS: Order}


def statement(name: str) -> str:
    text = (ROOT / "connectors/crm/sql" / f"{name}.sql").read_text()
    return " ".join(re.sub(r"--[^\n]*", " ", text).split())


def assignments(clause: str) -> dict[str, str]:
    """The expression by column of "a = x, b = f(y, z)"."""
    found: dict[str, str] = {}
    for part in split(clause):
        name, _, expression = part.partition(" = ")
        found[name.strip()] = expression.strip()
    return found


def split(text: str) -> list[str]:
    """Cut at the commas outside of parentheses."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def between(text: str, start: str, end: str) -> str:
    found = re.search(re.escape(start) + "(.*?)" + re.escape(end), text)
    assert found is not None, f"no {start!r} … {end!r}"
    return found[1].strip()


def inside(text: str, start: str) -> str:
    """What stands in the parenthesis that opens after `start`."""
    opened = text.index(start) + len(start)
    depth, place = 1, opened
    while depth:
        depth += (text[place] == "(") - (text[place] == ")")
        place += 1
    return text[opened : place - 1].strip()


def merged(table: str, alias: str) -> dict[str, str]:
    """What the merge of products and orders has to do with each column, by the list."""
    expressions = {
        Rule.OVERWRITE: "excluded.{0}",
        Rule.RATE: "excluded.{0}",
        # Worked out beforehand, from the order's earlier state.
        Rule.DATED: "excluded.{0}",
        Rule.KNOWN: f"coalesce(excluded.{{0}}, {alias}.{{0}})",
    }
    return {
        one.name: expressions[one.rule].format(one.name)
        for one in SYNCED[table]
        if one.rule in expressions
    }


@pytest.mark.parametrize(
    ("table", "name", "alias"), [(PRODUCTS, "products/merge", "p"), (ORDERS, "orders/merge", "r")]
)
def test_a_merge_writes_each_column_as_declared_and_no_other(
    table: str, name: str, alias: str
) -> None:
    sql = statement(name)
    expected = merged(table, alias)
    made = split(inside(sql, f"insert into public.{table} as {alias} ("))
    assert sorted(made) == sorted(["organization_id", *columns(table)])
    assert assignments(between(sql, "do update set ", " where ")) == expected

    # A row is written when one of these differs: a column left out would never be repaired.
    condition = sql[sql.index("do update set ") :]
    present = split(inside(condition, " where ("))
    wanted = split(inside(condition, "is distinct from ("))
    assert sorted(present) == sorted(f"{alias}.{one}" for one in expected)
    assert wanted == [expected[one.removeprefix(f"{alias}.")] for one in present]


def test_clients_are_written_as_declared_and_in_no_other_column() -> None:
    sql, made = statement("clients/update"), statement("clients/insert")
    written = [one.name for one in SYNCED[CLIENTS] if one.rule is not Rule.DERIVED]
    assert sorted(split(inside(made, "insert into public.crm_clients ("))) == sorted(
        ["id", "organization_id", *written]
    )
    # An update that names a key locks the client against new orders: it has a statement of its own.
    keys = [one.name for one in SYNCED[CLIENTS] if one.rule is Rule.KEY]
    assert assignments(between(statement("clients/follow"), "as c set ", " from pg_temp")) == {
        one: f"s.{one}" for one in keys
    }
    written = [one for one in written if one not in keys]
    assert assignments(between(sql, "as c set ", " from wanted as w")) == {
        one: f"w.{one}" for one in written
    }
    compared = sql[sql.index("from wanted as w") :]
    assert split(inside(compared, "and (")) == [
        f"c.{one.removeprefix('w.')}" for one in split(inside(compared, "is distinct from ("))
    ]
    assert sorted(split(inside(compared, "and ("))) == sorted(f"c.{one}" for one in written)

    wanted = {
        one.rpartition(" as ")[2]: one.rpartition(" as ")[0]
        for one in split(between(sql, "select c.id, ", " from pg_temp.staged_people"))
    }
    for one in written:
        expression, rule = wanted[one], column(CLIENTS, one).rule
        if rule is Rule.CONTACT:
            assert expression == (
                f"case when s.is_owner then coalesce(s.{one}, c.{one}) "
                f"else coalesce(c.{one}, s.{one}) end"
            )
        elif rule in (Rule.FILL, Rule.EARLIEST, Rule.LATEST):
            begins = {Rule.FILL: "coalesce", Rule.EARLIEST: "least", Rule.LATEST: "greatest"}[rule]
            assert expression.startswith(f"{begins}(c.{one}, ")
        elif rule in (Rule.FORWARD, Rule.ONCE):
            assert expression.endswith(f"else c.{one} end")


def test_what_may_be_held_can_be_held_back_where_rows_are_staged() -> None:
    assert set(columns(PRODUCTS, Rule.OVERWRITE, Rule.KNOWN)) <= set(PRODUCT_COLUMNS)
    assert set(columns(ORDERS, Rule.OVERWRITE, Rule.KNOWN, Rule.DATED)) <= set(ORDER_COLUMNS)
    assert set(columns(CLIENTS, Rule.CONTACT)) <= set(Person.__struct_fields__)


@pytest.mark.parametrize("stream", Stream)
def test_fields_named_in_the_list_exist(stream: Stream) -> None:
    named = {one.field for one in SYNCED[TABLE_OF[stream]] if one.field}
    assert named <= set(RECORDS[stream].__struct_fields__)


def test_the_documentation_shows_the_list() -> None:
    assert as_markdown() in (ROOT / "docs/ownership.md").read_text(), (
        "docs/ownership.md differs from connectors/crm/ownership.py; its table is what "
        "connectors.crm.ownership.as_markdown() returns"
    )


@pytest.mark.parametrize(
    ("name", "before", "after", "earlier", "told", "expected"),
    [
        # The store's value was put back.
        ("total", 1, 100, 100, True, "overwritten"),
        # Somebody had put it back himself.
        ("total", 100, 100, 100, True, "same"),
        # The store has it as well by now.
        ("tracking_number", "T2", "T2", "T1", True, "same"),
        # The store has nothing to say.
        ("tracking_number", "T2", "T2", None, False, "kept"),
        # A value was emptied, and the store's has filled the gap.
        ("tracking_number", None, "T1", "T1", True, "overwritten"),
        # The number was taken, so the order keeps the one with its id behind it.
        ("order_number", "#1-1", "#1-1", "#1", False, "same"),
    ],
)
def test_an_edit_ends_as_what_happened_to_the_cell(
    name: str, before: object, after: object, earlier: object, told: bool, expected: str
) -> None:
    assert (
        outcome(column(ORDERS, name), before=before, after=after, earlier=earlier, is_told=told)
        == expected
    )


def test_an_empty_list_or_address_tells_nothing() -> None:
    bare = order("1", lines=(), shipping_address=Address())
    assert not is_told(column(ORDERS, "items"), bare)
    assert not is_told(column(ORDERS, "shipping_address"), bare)
    assert is_told(column(ORDERS, "items"), order("1"))
    assert is_told(column(PRODUCTS, "cost"), product("1", cost=Decimal(0))), "free is a price too"
