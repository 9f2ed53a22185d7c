"""`python -m connectors.sandbox`: serve two seeded stores until Ctrl-C.

Prints one line for people and one JSON line for programs, both before the first request is needed:
the socket already listens by then.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click

from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import FURTHER_PLATFORMS, PLATFORMS, Faults, SandboxSpec

RATE = click.FloatRange(0, 1)


@click.command()
@click.option("--port", default=8765, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--orders", default=2000, show_default=True, help="Orders in each store.")
@click.option("--products", default=60, show_default=True, help="Products in each store.")
@click.option("--years", default=3, show_default=True, help="How far the history goes back.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same stores.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day (UTC) the history ends; default today."
)
@click.option("--certificate", type=click.Path(exists=True, path_type=Path), help="PEM, for https.")
@click.option("--private-key", type=click.Path(exists=True, path_type=Path), help="PEM, for https.")
@click.option("--bucket", default=1_000_000, show_default=True, help="Shopify cost bucket.")
@click.option("--restore", default=100_000, show_default=True, help="Points restored a second.")
@click.option("--throttle-rate", type=RATE, default=0.0, help="Share of 429 and THROTTLED.")
@click.option("--error-rate", type=RATE, default=0.0, help="Share of 500 and 503.")
@click.option("--reset-rate", type=RATE, default=0.0, help="Share of reset connections.")
@click.option("--truncate-rate", type=RATE, default=0.0, help="Share of answers that end early.")
@click.option("--notice-rate", type=RATE, default=0.0, help="Share with PHP notices before JSON.")
@click.option("--latency", type=float, default=0.0, help="Seconds every answer takes longer.")
@click.option(
    "--foreign-currency-rate",
    type=RATE,
    default=0.0,
    help="Share of WooCommerce orders in another currency than the store's.",
)
@click.option("--drop-authorization", is_flag=True, help="Lose the Authorization header.")
@click.option("--ignore-parameter", multiple=True, help="Query parameter WooCommerce ignores.")
@click.option("--time-zone", default="Europe/Berlin", help="Where the WooCommerce store stands.")
@click.option("--clock-offset", default=0, help="Seconds the stores' clocks are wrong by.")
@click.option("--most-at-once", default=0, help="503 for more requests at once (with --latency).")
@click.option("--largest-page", default=0, help="WooCommerce answers 503 to more rows at once.")
@click.option("--unreadable", multiple=True, type=int, help="Id the WooCommerce key may not see.")
@click.option("--hidden-status", multiple=True, help="Order status that `any` leaves out.")
@click.option("--without-statuses", is_flag=True, help="No list of order statuses.")
@click.option("--short-pages", is_flag=True, help="Hide rows, but count them.")
@click.option("--without-variations", is_flag=True, help="No global /variations (before 10.3).")
@click.option("--without-refunds", is_flag=True, help="No global /refunds (before 9.0).")
def main(
    *,
    port: int,
    host: str,
    orders: int,
    products: int,
    years: int,
    seed: int,
    as_of: datetime | None,
    certificate: Path | None,
    private_key: Path | None,
    bucket: int,
    restore: int,
    throttle_rate: float,
    error_rate: float,
    reset_rate: float,
    truncate_rate: float,
    notice_rate: float,
    latency: float,
    foreign_currency_rate: float,
    drop_authorization: bool,
    ignore_parameter: tuple[str, ...],
    time_zone: str,
    clock_offset: int,
    most_at_once: int,
    largest_page: int,
    unreadable: tuple[int, ...],
    hidden_status: tuple[str, ...],
    without_statuses: bool,
    short_pages: bool,
    without_variations: bool,
    without_refunds: bool,
) -> None:
    """Serve a WooCommerce and a Shopify store with made-up people, goods and orders."""
    faults = Faults(
        throttle_rate=throttle_rate,
        error_rate=error_rate,
        reset_rate=reset_rate,
        truncate_rate=truncate_rate,
        notice_rate=notice_rate,
        latency_seconds=latency,
        drop_authorization=drop_authorization,
        ignored_parameters=frozenset(ignore_parameter),
        short_pages=short_pages,
        most_at_once=most_at_once,
        largest_page=largest_page,
        unreadable=frozenset(unreadable),
        hidden_statuses=frozenset(hidden_status),
        without_statuses=without_statuses,
        without_variations_route=without_variations,
        without_refunds_route=without_refunds,
    )
    spec = SandboxSpec(
        port=port,
        host=host,
        orders=orders,
        products=products,
        years=years,
        seed=seed,
        certificate=certificate,
        private_key=private_key,
        time_zone=time_zone,
        clock_offset_seconds=clock_offset,
        bucket_size=bucket,
        restore_per_second=restore,
        foreign_currency_rate=foreign_currency_rate,
        faults=faults,
    )
    if as_of is not None:
        spec = replace(spec, as_of=as_of.replace(tzinfo=UTC))
    serve(spec)


def serve(spec: SandboxSpec) -> None:
    """Serve until SIGINT or SIGTERM, both of which end it with exit code 0."""
    try:
        server = SandboxServer(spec)
    except OSError as error:
        click.echo(f"cannot listen on {spec.host}:{spec.port} ({error}); try --port 0", err=True)
        sys.exit(1)
    for platform in PLATFORMS:
        # Built now, or the first request would wait for it.
        server.world(platform)
    stores = {
        platform: {
            "base_url": server.base_url(platform),
            "credentials": server.credentials(platform),
        }
        for platform in (*PLATFORMS, *FURTHER_PLATFORMS)
    }
    click.echo(f"Sandbox stores at {server.url} (Ctrl-C stops them)")
    click.echo(json.dumps({"url": server.url, "stores": stores}))
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, _stop)
    try:
        server.serve()
    except KeyboardInterrupt:
        # Uvicorn raises the signal it was stopped by once more, when all is closed.
        return


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
