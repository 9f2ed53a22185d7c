"""What a person does on the first day, done in Debian's Chromium.

The demo runs as a person starts it, with its UI; the browser then opens the lineage, launches the
nightly job by a click, and looks at an asset's plots. Screenshots go to test-results/.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from dagster_graphql import DagsterGraphQLClient
from playwright.sync_api import Page, expect, sync_playwright

from orchestration.lib.processes import LOCATION, free_port
from orchestration.settings import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("browser")]

RESULTS = PROJECT / "test-results"
# First paint of the lineage takes ten seconds on two busy cores.
PATIENCE_MS = 120_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
RUNS = """
query { runsOrError(filter: {pipelineName: "nightly_sync"}, limit: 20) {
  ... on Runs { results { runId status } } } }
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium (CI does)")
    return found


@pytest.fixture(scope="module")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The UI of a running `storeloom demo`, ended by Ctrl-C without leaving a process."""
    del chromium
    home = tmp_path_factory.mktemp("demo")
    port = free_port("127.0.0.1")
    said = home / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "orchestration.cli",
                "demo", "--orders", "150", "--port", str(port),
            ],
            cwd=PROJECT,
            env={**os.environ, "STORELOOM_HOME": str(home / "home")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 420
        while "The UI is at" not in said.read_text():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.5)
        children = psutil.Process(process.pid).children(recursive=True)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    _, alive = psutil.wait_procs(children, timeout=20)
    assert [child.cmdline() for child in alive] == []


@pytest.fixture
def page(chromium: str, address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1500, "height": 950}, base_url=address)
        opened.set_default_timeout(PATIENCE_MS)
        yield opened
        browser.close()


def shoot(page: Page, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png")


def runs(address: str) -> dict[str, str]:
    client = DagsterGraphQLClient("127.0.0.1", port_number=int(address.rsplit(":", 1)[1]))
    found = client._execute(RUNS)
    return {run["runId"]: run["status"] for run in found["runsOrError"]["results"]}


def see(page: Page, text: str) -> None:
    expect(page.get_by_text(text, exact=True).first).to_be_visible(timeout=PATIENCE_MS)


def test_the_lineage_leads_from_stores_to_views(page: Page) -> None:
    groups = ("stores", "crm", "staging", "analytics", "metrics")
    page.goto("/asset-groups")
    for group in groups:
        see(page, group)
    shoot(page, "lineage_groups")
    # The whole graph is more than the window shows, and what it shows first is Dagster's choice.
    page.goto("/assets/crm_orders?view=lineage&lineageScope=upstream&lineageDepth=9")
    for name in ("stores", "crm_orders"):
        see(page, name)
    shoot(page, "lineage")


def test_a_view_knows_the_stores_it_comes_from(page: Page) -> None:
    page.goto("/assets/analytics_revenue_metrics?view=lineage&lineageScope=upstream&lineageDepth=9")
    for name in ("stg_crm__orders", "crm_orders", "stores"):
        see(page, name)
    shoot(page, "view_lineage")


def test_a_click_launches_the_nightly_job_and_it_succeeds(page: Page, address: str) -> None:
    before = set(runs(address))
    page.goto(f"/locations/{LOCATION}/jobs/nightly_sync/playground")
    page.get_by_role("button", name="Launch Run").last.click()

    deadline = time.monotonic() + 300
    while not (new := {run: state for run, state in runs(address).items() if run not in before}):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    (run_id,) = new
    page.goto(f"/runs/{run_id}")
    while (state := runs(address)[run_id]) not in {"SUCCESS", "FAILURE", "CANCELED"}:
        assert time.monotonic() < deadline
        time.sleep(1)
    assert state == "SUCCESS"
    # The list of events shows what fits the window, so the mark of the whole run is looked for.
    see(page, "Success")
    shoot(page, "nightly_run")


def test_an_asset_page_shows_its_numbers_as_plots(page: Page) -> None:
    page.goto("/assets/crm_orders?view=overview")
    see(page, "fetched")
    page.get_by_role("button", name="Plots").click()
    see(page, "api_calls")
    expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE_MS)
    shoot(page, "asset_plots")


def test_an_asset_page_shows_its_checks(page: Page) -> None:
    page.goto("/assets/crm_orders?view=checks")
    see(page, "matches_stores")
    see(page, "quarantine_is_empty")
    shoot(page, "asset_checks")


def test_nothing_asks_for_a_file_from_elsewhere(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/overview")
    see(page, "nightly_sync")
    shoot(page, "overview")

    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
