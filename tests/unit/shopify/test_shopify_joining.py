"""Rows of a bulk result, in whatever order they come, become parents with all their children."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Permanent
from connectors.shopify import joining
from connectors.shopify.bulk import BulkUnusable
from connectors.shopify.joining import Joined


def lines(orders: int, *, each: int = 3) -> list[bytes]:
    found: list[dict[str, Any]] = []
    for number in range(orders):
        parent = f"gid://shopify/Order/{number}"
        found.append({"id": parent, "name": f"#{number}"})
        found += [
            {"id": f"gid://shopify/LineItem/{number * 10 + place}", "__parentId": parent}
            for place in range(each)
        ]
    return [json.dumps(row).replace("/", r"\/").encode() for row in found]


def joined(rows: list[bytes], *, expected: int | None = None) -> list[dict[str, Any]]:
    with Joined("kettles", expected=expected or len(rows), children="lineItems") as result:
        result.fill(iter(rows))
        assert (result.rows, result.roots) == (len(rows), sum(b"__parentId" not in r for r in rows))
        return list(result.nodes())


def content(nodes: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {
        node["id"]: sorted(child["id"] for child in node["lineItems"]["nodes"]) for node in nodes
    }


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "_ROWS_IN_A_PART", 7)


@pytest.mark.usefixtures("small_parts")
def test_children_find_their_parents_wherever_they_stand() -> None:
    rows = lines(60)
    expected = content(joined(rows))
    assert all(len(children) == 3 for children in expected.values())
    random.Random(5).shuffle(rows)
    assert content(joined(rows)) == expected
    assert content(joined(rows[::-1])) == expected


@pytest.mark.usefixtures("small_parts")
def test_the_same_rows_come_in_the_same_order_again() -> None:
    rows = lines(60)
    assert joined(rows) == joined(rows)


def test_a_parent_without_children_has_an_empty_complete_list() -> None:
    (node,) = joined(lines(1, each=0))
    assert node["lineItems"] == {"nodes": [], "pageInfo": {"hasNextPage": False}}


def test_a_parent_that_comes_twice_has_its_children_both_times() -> None:
    rows = lines(1)
    assert [len(node["lineItems"]["nodes"]) for node in joined([*rows, rows[0]])] == [3, 3]


def test_children_whose_parent_is_missing_spoil_the_result() -> None:
    with pytest.raises(BulkUnusable, match="Order/0"):
        joined(lines(1)[1:])


@pytest.mark.parametrize("row", [b"[]", b"7", b'{"id": ', b"<Error/>"])
def test_a_line_that_is_no_row_spoils_the_result(row: bytes) -> None:
    with pytest.raises(BulkUnusable, match="no JSON object"):
        joined([*lines(1), row])


def test_half_a_character_is_left_for_the_records_own_check() -> None:
    rows = [b'{"id":"gid:\\/\\/shopify\\/Order\\/1","name":"\\ud83d"}']
    assert [node["name"] for node in joined(rows)] == ["\ud83d"]


def test_filling_begins_anew_after_a_download_that_broke_off() -> None:
    rows = lines(4)

    def broken() -> Iterator[bytes]:
        yield from rows[:3]
        raise ConnectionResetError

    with Joined("kettles", expected=len(rows), children="lineItems") as result:
        with pytest.raises(ConnectionResetError):
            result.fill(broken())
        result.fill(iter(rows))
        assert result.rows == len(rows)
        assert len(list(result.nodes())) == 4


def test_a_full_disk_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with Joined("kettles", expected=1, children=None) as result:
        monkeypatch.setattr(Path, "open", full)
        with pytest.raises(Permanent, match=r"No space left.*TMPDIR"):
            result.fill(iter(lines(1)))
