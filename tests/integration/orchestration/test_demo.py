"""`storeloom demo --no-ui` as a newcomer runs it, and what it says when the two sides differ."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from connectors.crm.embedded import EmbeddedServer
from orchestration.settings import CRM_DATABASE, PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nightly")]


@pytest.fixture
def home() -> Iterator[Path]:
    # Not under pytest's directory: another session that starts shuts it for PostgreSQL's account.
    directory = Path(tempfile.mkdtemp(prefix="storeloom demo "))
    directory.chmod(0o755)
    yield directory / "home"
    shutil.rmtree(directory)


def demo(home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("STORELOOM_")
    }
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "demo", "--no-ui", "--orders", "60"],
        cwd=PROJECT,
        # The demo keeps off a database of one's own: this one does not even exist.
        env={
            **environment,
            "STORELOOM_HOME": str(home),
            "STORELOOM_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/mine",
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_it_proves_that_both_sides_are_equal_and_fails_when_they_are_not(home: Path) -> None:
    first = demo(home)

    assert first.returncode == 0, first.stderr
    for word in ("demo-woocommerce", "demo-shopify", "customers", "products", "orders", "refunded"):
        assert word in first.stdout
    assert first.stdout.count("yes") == 8
    for word in ("total revenue", "win rate", "nightly_sync"):
        assert word in first.stdout

    with (
        EmbeddedServer(home / "demo") as server,
        psycopg.connect(server.url(CRM_DATABASE)) as connection,
    ):
        for view in (
            "deal_metrics",
            "client_metrics",
            "revenue_metrics",
            "chatbot_effectiveness",
            "channel_performance",
        ):
            rows = connection.execute(f"select count(*) from analytics_{view}").fetchone()
            assert rows is not None
            assert rows[0] > 0, view
        without_rate = connection.execute(
            "select count(*) from crm_orders where net_revenue is null"
        ).fetchone()
        assert without_rate == (0,)
        # A cent that no sync can put right: a trigger of somebody's adds it to whatever is written.
        connection.execute(
            "create function public.falsify() returns trigger language plpgsql as"
            " $$ begin new.total := new.total + 0.01; return new; end $$"
        )
        (falsified,) = connection.execute(
            "select crm_id::text from sync.record_map where entity = 'orders' order by 1 limit 1"
        ).fetchone() or ("",)
        connection.execute(
            f"create trigger falsify before update on crm_orders for each row"
            f" when (old.id = '{falsified}') execute function public.falsify()"
        )
        connection.execute("update crm_orders set total = total where id = %s", [falsified])

    second = demo(home)

    assert second.returncode == 1
    assert "differ" in second.stderr.strip().splitlines()[-1]
    assert second.stdout.count("NO") == 1
