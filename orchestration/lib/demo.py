"""What the demo is made of: its home, its two sandbox stores, and the proof at its end."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from connectors.crm.counts import store_totals
from connectors.crm.database import connect
from connectors.crm.demo import load_demo_rates, seed_demo
from connectors.crm.embedded import EmbeddedServer
from connectors.crm.keys import KeyRing
from connectors.crm.metrics import kpis
from connectors.crm.migrations import status
from connectors.crm.provision import drop_database, ensure_database
from connectors.crm.stores import add_store, ensure_organization
from connectors.rates import OFF
from connectors.records import Stream
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import SandboxSpec
from orchestration.settings import CRM_DATABASE, Settings

ORGANIZATION: Final = "Storeloom Demo"
REPORTING_CURRENCY: Final = "EUR"
# Store key -> platform. One organization on purpose: people who buy in both are one client, and the
# dollars of one are reported in euros by dated rates.
STORES: Final[Mapping[str, str]] = {"demo-woocommerce": "woocommerce", "demo-shopify": "shopify"}


@dataclass(frozen=True)
class DemoSpec:
    """What a demo was made with, kept so that the next one finds the same stores.

    `as_of`: where the stores' history ends; fixed at the first run, because a history that moves
    with the calendar would be another history tomorrow. `port`: where the stores were last.
    """

    orders: int
    as_of: str
    port: int = 0

    @property
    def day(self) -> datetime:
        """`as_of` as a moment, UTC."""
        return datetime.fromisoformat(self.as_of).replace(tzinfo=UTC)


def enter_demo(environment: MutableMapping[str, str], home: Path) -> None:
    """Point the settings at the demo's own home and embedded server, whatever they said before."""
    for name in ("STORELOOM_DATABASE_URL", "STORELOOM_DAGSTER_DATABASE_URL"):
        environment.pop(name, None)
    environment["STORELOOM_HOME"] = str(home)
    # Its rates are its own, so that everybody's demo shows the same figures.
    environment.setdefault("STORELOOM_RATES_URL", OFF)


def read_spec(home: Path) -> DemoSpec | None:
    """Return what the last demo under `home` was made with, None at the first."""
    file = home / "demo.json"
    return DemoSpec(**json.loads(file.read_text())) if file.exists() else None


def write_spec(home: Path, spec: DemoSpec) -> None:
    """Remember `spec` for the next run."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "demo.json").write_text(json.dumps(asdict(spec)) + "\n")


def plan(home: Path, orders: int) -> tuple[DemoSpec, bool]:
    """Return the spec to use and whether the data of an earlier, different demo must go."""
    last = read_spec(home)
    if last is not None and last.orders == orders:
        return last, False
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spec = DemoSpec(orders=orders, as_of=(today - timedelta(days=1)).date().isoformat())
    return spec, last is not None


def is_outdated(settings: Settings) -> bool:
    """Whether the demo's database was made by migrations that have changed since.

    Refusing, as for a real database, would only teach people to delete the directory.
    """
    if not (settings.home / "pgdata").exists():
        return False
    with EmbeddedServer(settings.home) as server:
        ensure_database(server.url(), CRM_DATABASE)
        found = status(server.url(CRM_DATABASE))
    return any(entry.state in {"changed", "missing"} for entry in found)


def start_over(settings: Settings) -> None:
    """Drop the CRM database of an earlier demo; the runs in Dagster's own stay."""
    with EmbeddedServer(settings.home) as server:
        drop_database(server.url(), CRM_DATABASE)


def open_sandbox(spec: DemoSpec) -> SandboxServer:
    """Make the two stores, at the port they had if it is still free."""
    wanted = SandboxSpec(orders=spec.orders, as_of=spec.day, port=spec.port)
    try:
        return SandboxServer(wanted)
    except OSError:
        return SandboxServer(replace(wanted, port=0))


def connect_stores(url: str, settings: Settings, sandbox: SandboxServer, spec: DemoSpec) -> str:
    """Add organization, rates, stores and what no store brings; return the organization's id."""
    keys = KeyRing.load(settings.home, os.environ)
    with connect(url) as connection:
        organization_id = ensure_organization(connection, ORGANIZATION, REPORTING_CURRENCY)
        load_demo_rates(connection)
        for key, platform in STORES.items():
            add_store(
                connection,
                keys,
                organization_id=organization_id,
                key=key,
                platform=platform,
                base_url=sandbox.base_url(platform),
                credentials=sandbox.credentials(platform),
                # The sandbox speaks plain http on the loopback address.
                settings={"allow_http": True},
                currency=sandbox.truth(platform).currency,
            )
        seed_demo(connection, organization_id, spec.day.date())
    return organization_id


@dataclass(frozen=True)
class Line:
    """One store and entity on both sides; sums as text, empty where there is nothing to sum."""

    store: str
    stream: str
    store_rows: int
    crm_rows: int
    store_sums: str
    crm_sums: str

    @property
    def is_equal(self) -> bool:
        """Whether rows and sums agree, to the cent."""
        return (self.store_rows, self.store_sums) == (self.crm_rows, self.crm_sums)


def compare(url: str, sandbox: SandboxServer) -> list[Line]:
    """Count both sides: the sandbox's own books, no connector involved, and the CRM's own rows."""
    lines = []
    with connect(url) as connection:
        for key, platform in STORES.items():
            truth = sandbox.truth(platform)
            held = store_totals(connection, key)
            lines += [
                Line(key, stream.value, truth.kept_rows[stream.value], held[stream].rows, "", "")
                for stream in (Stream.CUSTOMERS, Stream.PRODUCTS)
            ]
            orders = held[Stream.ORDERS]
            rows = (truth.kept_rows[Stream.ORDERS.value], orders.rows)
            lines.append(
                Line(key, "orders", *rows, money(truth.kept_order_totals), money(orders.totals))
            )
            refunded = (money(truth.kept_refunded), money(orders.refunded))
            lines.append(Line(key, "orders: refunded", *rows, *refunded))
    return lines


def headline(url: str, organization_id: str) -> dict[str, str]:
    """Return the KPIs as text, amounts with two places."""
    with connect(url) as connection:
        figures = kpis(connection, organization_id)
    return {
        name.replace("_", " "): _plain(value)
        for name, value in figures.items()
        if name != "organization_id"
    }


def money(sums: Mapping[str, Decimal]) -> str:
    """Amounts by currency as people write them."""
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sums.items()))


def _plain(value: str | int | Decimal | None) -> str:
    if value is None:
        return "-"
    return (
        value
        if isinstance(value, str)
        else f"{value:,.2f}"
        if isinstance(value, Decimal)
        else f"{value:,}"
    )
