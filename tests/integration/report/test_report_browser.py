"""The report as people see it: in Debian's Chromium, on a desk and on a phone, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from fixtures.looked_at import HOSTILE, LONG, NAME, Reported
from playwright.sync_api import Browser, Page

from connectors.crm.database import connect
from connectors.report.building import Built, Organization, build_report

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("report")]

# Screenshots for whoever wants to look: test-results/ is not in the repository.
SHOTS = Path(__file__).resolve().parents[3] / "test-results"
SIZES = {"desk": (1280, 900), "phone": (390, 844), "small": (360, 640)}


@pytest.fixture(scope="module")
def pages(reported: Reported, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    home = tmp_path_factory.mktemp("pages")
    with connect(reported.deployed.url) as connection:
        return {
            one: build_report(connection, Organization(one, one), home)
            for one in reported.everybody
        }


@contextmanager
def opened(browser: Browser, built: Built, size: str, scheme: str = "light") -> Iterator[Page]:
    """The page, with everything it asked for or complained of checked at the end."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
    )
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    address = Path(built.path).as_uri()
    page.goto(address)
    yield page
    context.close()
    assert [url for url in asked if url != address and not url.startswith("data:")] == []
    assert said == []


@pytest.mark.parametrize("size", SIZES)
def test_nothing_scrolls_sideways_or_comes_from_elsewhere(
    browser: Browser, pages: dict[str, Built], size: str
) -> None:
    for number, built in enumerate(pages.values()):
        with opened(browser, built, size, "dark" if number % 2 else "light") as page:
            # Opened too: a table is wider than its summary.
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
            if number == 0:
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
                SHOTS.mkdir(exist_ok=True)
                page.screenshot(path=SHOTS / f"report_{size}.png", full_page=True)


def test_text_in_figures_is_large_enough_to_read_on_a_phone(
    browser: Browser, reported: Reported, pages: dict[str, Built]
) -> None:
    with opened(browser, pages[reported.looked_at], "small") as page:
        heights = page.evaluate(
            """[...document.querySelectorAll('svg')].filter(svg => svg.checkVisibility())
               .flatMap(svg => [...svg.querySelectorAll('text')].map(text =>
                 parseFloat(getComputedStyle(text).fontSize)
                 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))"""
        )
        assert len(heights) > 50
        assert min(heights) >= 9.5


def test_no_text_of_a_figure_is_cut_off(
    browser: Browser, reported: Reported, pages: dict[str, Built]
) -> None:
    for size in SIZES:
        with opened(browser, pages[reported.looked_at], size) as page:
            outside = page.evaluate(
                """[...document.querySelectorAll('svg')].filter(svg => svg.checkVisibility())
                   .flatMap(svg => { const box = svg.getBoundingClientRect();
                     return [...svg.querySelectorAll('text')].filter(text => {
                       const t = text.getBoundingClientRect();
                       return t.left < box.left - 2 || t.right > box.right + 2
                         || t.top < box.top - 2 || t.bottom > box.bottom + 2;
                     }).map(text => text.textContent); })"""
            )
            assert outside == []


def test_figures_shown_are_those_of_the_database(
    browser: Browser, reported: Reported, pages: dict[str, Built]
) -> None:
    ask = reported.deployed.one
    with opened(browser, pages[reported.looked_at], "desk") as page:
        shown = page.eval_on_selector_all(
            "data", "all => Object.fromEntries(all.map(d => [d.dataset.figure, d.value]))"
        )
        table = page.eval_on_selector_all(
            "[data-table=months] tr", "all => all.map(r => [...r.cells].map(c => c.textContent))"
        )
        text = page.inner_text("main")
    last = "date_trunc('month', now() at time zone 'UTC') - interval '1 month'"
    of_month = (
        "from crm_orders where organization_id = %s and status not in ('cancelled', 'refunded') "
        f"and date_trunc('month', order_date at time zone 'UTC') = {last}"
    )
    net = ask(f"select sum(net_revenue) {of_month}", reported.looked_at)
    assert Decimal(shown["net_revenue"]) == net
    average = ask(f"select avg(net_revenue) {of_month}", reported.looked_at)
    assert abs(Decimal(shown["average_order_value"]) - average) < Decimal("1e-9")
    assert Decimal(shown["win_rate"]) == ask("select calculate_win_rate(%s)", reported.looked_at)
    repeat = ask(
        "select avg((total_orders >= 2)::int) from crm_clients "
        "where organization_id = %s and total_orders > 0",
        reported.looked_at,
    )
    assert abs(Decimal(shown["repeat_rate"]) - repeat) < Decimal("1e-9")
    assert abs(Decimal(shown["sync_completeness"]) - Decimal(50) / 60) < Decimal("1e-9")
    # The month is in the table as well, to the cent.
    assert f"{net:,.2f}" in {row[1] for row in table}
    assert HOSTILE in text
    assert NAME in text
    assert "no exchange rate to EUR" in text
    assert 'Store "loom-shop" differs from the CRM' in text


def test_names_are_text_and_never_elements(
    browser: Browser, reported: Reported, pages: dict[str, Built]
) -> None:
    with opened(browser, pages[reported.looked_at], "phone") as page:
        assert page.locator("script, img, iframe, object, embed, foreignObject").count() == 0
        assert page.title().startswith(NAME)
        assert page.locator("h1").inner_text() == NAME
        assert page.get_by_text(LONG).is_visible()


def test_every_figure_has_a_name_and_a_summary_to_be_read_aloud(
    browser: Browser, reported: Reported, pages: dict[str, Built]
) -> None:
    with opened(browser, pages[reported.looked_at], "desk") as page:
        figures = page.get_by_role("img")
        names = [figures.nth(n).get_attribute("aria-labelledby") for n in range(figures.count())]
        assert len(names) == 7
        for name in names:
            assert name is not None
            for part in name.split():
                assert len(page.locator(f"[id='{part}']").text_content() or "") > 10
        repeated = page.evaluate(
            "[...document.querySelectorAll('[id]')].map(e => e.id)"
            ".filter((id, at, all) => all.indexOf(id) !== at)"
        )
        assert repeated == []


def test_an_empty_organization_says_so_instead_of_drawing(
    browser: Browser, reported: Reported, pages: dict[str, Built]
) -> None:
    with opened(browser, pages[reported.empty], "phone") as page:
        text = page.inner_text("main")
        assert page.locator("svg").count() == 0
    for sentence in ("No orders yet", "No client has bought yet", "No chat in the last 12 weeks"):
        assert sentence in text
    assert "nan" not in text.lower()
    assert "None" not in text


def test_dark_and_light_differ_in_paper_and_ink(
    browser: Browser, reported: Reported, pages: dict[str, Built]
) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        with opened(browser, pages[reported.looked_at], "desk", scheme) as page:
            colours.add(
                page.evaluate(
                    "[getComputedStyle(document.body).backgroundColor,"
                    " getComputedStyle(document.querySelector('#revenue svg text')).fill]+''"
                )
            )
    assert len(colours) == 2


def test_a_printed_report_has_all_figures_and_few_pages(
    browser: Browser, reported: Reported, pages: dict[str, Built], tmp_path: Path
) -> None:
    with opened(browser, pages[reported.looked_at], "desk", "dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        printed = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 5
