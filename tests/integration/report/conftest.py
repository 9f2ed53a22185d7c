"""One deployment for this package: awkward random organizations, one made to be looked at, marts.

Built by dbt once; tests read it. Each module's mark keeps the package in one xdist worker.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from fixtures.dbt_runs import Dbt
from fixtures.deployments import deployment
from fixtures.looked_at import Reported, fill_looked_at
from fixtures.random_crm import fill
from playwright.sync_api import Browser, sync_playwright

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.metrics import compute_client_ltv, compute_win_rates

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="package")
def reported(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reported]:
    with deployment(server, template, tmp_path_factory.mktemp("report") / "home") as made:
        with psycopg.connect(made.url, autocommit=True) as connection:
            *random, empty = fill(connection, seed=7, organizations=2)
            # The deployment's own organization; dates end yesterday, as a night leaves them.
            fill_looked_at(connection, made.organization_id)
            today = datetime.now(UTC).date()
            compute_client_ltv(connection, today)
            compute_win_rates(connection, today)
        Dbt(made.url, tmp_path_factory.mktemp("report_dbt")).run("run")
        yield Reported(made, made.organization_id, tuple(random), empty)


# Without __init__.py a package fixture lives to the end of the session, and playwright with it; the
# next browser of this process would find its loop running.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium (CI does)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
