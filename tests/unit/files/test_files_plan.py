"""A slip of the pen in `mapping` is told when the store is opened, with the place it is at."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from fixtures.files.stores import mapping_of, store

from connectors.errors import Permanent
from connectors.files.plan import plans_of


def changed(path: str, value: Any) -> Any:
    """Return the example's mapping with one place changed."""
    mapping = deepcopy(mapping_of("shop"))
    *way, last = path.split("/")
    place: Any = mapping
    for key in way:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return mapping


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        (None, r"`mapping` is missing"),
        ({}, r"names no stream"),
        (changed("orders/fields/id", None), r"mapping\.orders\.fields\.id is missing"),
        (changed("orders/fields/order_date", None), r"mapping\.orders\.fields\.order_date is miss"),
        (changed("orders/fields/totl", "Summe"), r"mapping\.orders\.fields\.totl is no field"),
        (changed("orders/fields/total", {}), r"orders\.fields\.total: write exactly one of"),
        (changed("orders/fields/total", {"colum": "Summe"}), r"unknown field `colum`"),
        (changed("orders/fields/total", 5), r"mapping\.orders"),
        (changed("orders/file", "x.csv"), r"unknown field `file`"),
        (changed("orders/lines/order", None), r"mapping\.orders\.lines\.order is missing"),
        (changed("orders/lines/rows", True), r"exactly one of"),
        (changed("products/lines", {"rows": True, "fields": {}}), r"only orders have lines"),
        (changed("time_zone", "Mars/Olympus"), r"'Mars/Olympus' is no time zone"),
        (changed("currency", None), r"currency is missing"),
        (
            changed("orders/skip_rows", [{"column": "Summe", "matches": "("}]),
            r"skip_rows: '\(' is no pattern",
        ),
    ],
)
def test_a_wrong_mapping_is_told_with_its_place(mapping: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=told) as failed:
        plans_of(store(tmp_path, mapping))
    assert 'store "my-files"' in str(failed.value)


def test_what_a_stream_says_counts_before_what_is_said_for_all(tmp_path: Path) -> None:
    mapping = changed("orders/decimal", ".")
    plans = plans_of(store(tmp_path, mapping))
    by_name = {stream.value: plan for stream, plan in plans.items()}
    assert by_name["orders"].fields["total"].decimal == "."
    assert by_name["products"].fields["price"].decimal == ","
