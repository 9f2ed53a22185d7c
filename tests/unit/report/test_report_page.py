"""Pages of shops that are hard to draw, without a database or a browser."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from connectors.report.figures import (
    Buyers,
    Cohort,
    CurrencyLine,
    Day,
    Month,
    Product,
    Report,
    SyncDay,
    WinRate,
)
from connectors.report.key_figures import key_figures
from connectors.report.page import render
from connectors.report.writing import report_path, write_report

EMPTY = Report(
    organization_id="00000000-0000-0000-0000-000000000001",
    name="Acme",
    currency="EUR",
    read_at=datetime(2026, 11, 26, 2, 30, tzinfo=UTC),
    first_day=None,
    last_day=None,
    buyers=Buyers(buyers=0, repeat_buyers=0),
)
YESTERDAY = date(2026, 11, 25)
ONE_ORDER = msgspec.structs.replace(
    EMPTY,
    first_day=YESTERDAY,
    last_day=YESTERDAY,
    months=(
        Month(
            order_month=date(2026, 11, 1), net_revenue=Decimal("19.90"), orders=1, rated_orders=1,
            unrated_orders=0,
        ),
    ),
    days=(Day(order_day=YESTERDAY, status="pending", orders=1, amount=Decimal("19.90")),),
    buyers=Buyers(buyers=1, repeat_buyers=0),
    cohorts=(
        Cohort(
            cohort_month=date(2026, 11, 1), months_since=0, cohort_size=1, active_clients=1,
            retention_rate=Decimal(1), cumulative_net_revenue_per_client=Decimal("19.90"),
        ),
    ),
)  # fmt: skip


class Elements(HTMLParser):
    """Names of all elements, and all attributes that could ask for something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "action"}
        ]


@pytest.fixture(scope="module")
def one_order() -> str:
    return render(ONE_ORDER)


def test_one_order_is_a_figure_and_no_change_of_a_month_that_never_was(one_order: str) -> None:
    figures = {one.key: one for one in key_figures(ONE_ORDER)}
    assert figures["net_revenue"].value is None
    assert figures["repeat_rate"].value == 0
    assert "1 client who" in figures["repeat_rate"].means
    assert one_order.count("<svg") == 2
    assert "Shown from the month after the first order on" in one_order


def test_nothing_of_a_page_could_be_fetched(one_order: str) -> None:
    elements = Elements(one_order)
    assert not {"script", "img", "iframe", "object"} & set(elements.names)
    assert [one for one in elements.addresses if not one.startswith(("#", "data:,"))] == []
    assert re.findall(r"@import|url\((?!#)", one_order) == []


def test_the_same_figures_give_the_same_page(one_order: str) -> None:
    assert render(ONE_ORDER) == one_order


def test_colours_are_roles_of_the_page_and_none_is_left_over(one_order: str) -> None:
    assert "#0102" not in one_order
    used = set(re.findall(r"var\(--([\w-]+)\)", one_order))
    declared = set(re.findall(r"--([\w-]+):", one_order.split("</style>", maxsplit=1)[0]))
    assert used <= declared


def test_names_that_look_like_markup_are_text() -> None:
    product = Product(
        name="<script>alert(1)</script>", sku='"><b>', units=1, revenue=Decimal(5),
        margin_rate=None, products_sold=1, revenue_of_all=Decimal(5),
    )  # fmt: skip
    report = msgspec.structs.replace(EMPTY, name="<i>A&B</i>", products=(product,))
    page = render(report)
    assert not {"script", "i", "b"} & (set(Elements(page).names) - {"body"})
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_month_without_a_rate_shows_what_was_left_out() -> None:
    line = CurrencyLine(
        currency="GBP", orders=3, net_amount=Decimal(120), net_reporting=None, unrated_orders=2
    )
    page = render(msgspec.structs.replace(EMPTY, last_day=YESTERDAY, currencies=(line,)))
    assert "2 orders in GBP of the last 90 days have no exchange rate to EUR" in page
    assert "120.00 GBP" in page


def test_a_month_between_two_without_orders_is_zero_and_not_missing() -> None:
    report = msgspec.structs.replace(ONE_ORDER, first_day=date(2026, 9, 3))
    net = key_figures(report)[0]
    assert (net.value, net.shown, net.change) == (Decimal(0), "0.00 EUR", None)


def test_marts_that_nobody_built_for_days_are_said_to_be_old() -> None:
    report = msgspec.structs.replace(ONE_ORDER, last_day=date(2026, 11, 20), days=())
    assert "Orders are known up to 20 Nov 2026 only" in render(report)


def test_a_hundred_stores_are_drawn_worst_first_and_counted() -> None:
    days = tuple(
        SyncDay(
            store_key=f"store-{number:03}", day=YESTERDAY - timedelta(days=age),
            state="differs" if number == 99 else "complete", checked_at=EMPTY.read_at,
        )
        for number in range(100)
        for age in range(2)
    )  # fmt: skip
    page = render(msgspec.structs.replace(EMPTY, sync_days=days))
    assert "75 more stores in the table" in page
    drawn = page.split('id="sync"')[1].split("<details>")[0]
    assert "store-099" in drawn
    assert "store-098" not in drawn


def test_deals_without_a_month_closed_are_no_win_rate() -> None:
    rate = WinRate(
        dimension="overall", close_month=None, as_of=YESTERDAY, won_count=0, lost_count=0,
        win_rate=None, win_rate_by_value=None,
    )  # fmt: skip
    page = render(msgspec.structs.replace(EMPTY, win_rates=(rate,)))
    assert "No deal has been closed yet" in page


def test_a_file_is_replaced_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    path = report_path(tmp_path, EMPTY.organization_id)
    write_report(path, "first")
    with pytest.raises(UnicodeEncodeError):
        # What no encoding can write: the draft goes, the report stays.
        write_report(path, "second \ud800")
    assert path.read_text() == "first"
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
