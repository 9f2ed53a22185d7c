"""The documentation page: complete, and fit for a machine without a network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fixtures.looked_at import Reported
from playwright.sync_api import Browser, expect

from orchestration.lib.processes import free_port
from orchestration.settings import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("report")]
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def page_file(reported: Reported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built and served by the command; the server is asked, then ended by Ctrl-C."""
    file = tmp_path_factory.mktemp("docs") / "docs.html"
    port = free_port("127.0.0.1")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "orchestration.cli",
            "docs", "--output", str(file), "--serve", "--no-open", "--port", str(port),
        ],
        cwd=PROJECT,
        env={**os.environ, **reported.deployed.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if f"http://127.0.0.1:{port}/" in line:
            break
    try:
        assert process.poll() is None, said
        answer = httpx.get(f"http://127.0.0.1:{port}/", timeout=30)
        assert answer.text == file.read_text()
        assert httpx.get(f"http://127.0.0.1:{port}/etc/passwd", timeout=30).status_code == 404
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    return file


def test_the_page_works_without_a_network_and_shows_marts_owners_and_readers(
    browser: Browser, page_file: Path
) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = page_file.as_uri()

    page.goto(address)
    expect(page.get_by_text("what every table and column means").first).to_be_visible()
    picture = page.locator("img[src^='data:image/svg']").last
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 500

    page.goto(f"{address}#!/exposure/exposure.storeloom.organization_report")
    expect(page.get_by_text("fct_client_cohorts").first).to_be_visible()
    expect(page.get_by_text("Storeloom, analytics").first).to_be_visible()

    page.goto(f"{address}#!/model/model.storeloom.fct_orders")
    expect(page.get_by_role("heading", name="fct_orders")).to_be_visible()
    # A column's type is the database's own: the catalog was read.
    expect(page.get_by_text("timestamp with time zone").first).to_be_visible()

    page.goto(f"{address}#!/source/source.storeloom.crm.crm_orders")
    expect(page.get_by_text("Written by the sync of orders").first).to_be_visible()
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert said == []
