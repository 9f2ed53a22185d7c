"""`storeloom analytics` and `storeloom metrics`: the views and the measures, now."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from connectors.crm.lifetime import compute_ltv_predictions
from connectors.crm.metrics import MetricResult, compute_client_ltv, compute_win_rates
from connectors.crm.metrics import refresh_analytics as refresh_views
from connectors.errors import DatabaseError
from orchestration.commands.shared import json_option, notes, open_crm, out, print_json
from orchestration.lib.dbt import DbtError
from orchestration.lib.dbt import build as build_views


@click.group()
def analytics() -> None:
    """The five analytics_* views: build them with dbt, or refresh what is built."""


@analytics.command()
@click.option("--select", multiple=True, help="dbt selection, e.g. analytics_revenue_metrics+.")
@click.option("--verbose", is_flag=True, help="Everything dbt says.")
def build(select: tuple[str, ...], *, verbose: bool) -> None:
    """dbt build: create or refresh the views and test them.

    After a change of the models, and once on a new database. Readers are not locked out.
    """
    crm = open_crm()
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if verbose:
            notes.print(line, style="dim", markup=False)
        else:
            status.update(line[:100].replace("[", r"\["))

    with notes.status("dbt build") as status:
        built = build_views(crm.url, crm.settings.home, select=select, on_line=tell)
    if built.error is not None:
        raise DbtError(built.error)
    summary = [line for line in told if "Done. PASS=" in line]
    out.print(summary[-1].split("Done. ")[-1] if summary else "built")


@analytics.command()
@json_option
def refresh(*, as_json: bool) -> None:
    """refresh_all_analytics(): the five views from today's rows, in a tenth of a second."""
    crm = open_crm()
    with crm.connection() as connection:
        seconds = refresh_views(connection)
    if as_json:
        print_json({"seconds": round(seconds, 3)})
    else:
        out.print(f"five views refreshed in {seconds:.2f} s")


@click.command()
@json_option
def metrics(*, as_json: bool) -> None:
    """Compute lifetime value, predictions and win rates of every organization, as of today.

    A row is written only where a figure changed. History is kept, but of predictions: those are
    today's, with the models behind them in sync.ltv_fits.
    """
    crm = open_crm()
    today = datetime.now(UTC).date()
    with crm.connection() as connection:
        results: list[MetricResult] = [
            compute_client_ltv(connection, today),
            compute_win_rates(connection, today),
        ]
        predicted = compute_ltv_predictions(connection, today)
        results.append(predicted)
    if as_json:
        print_json(results)
    else:
        for result in results:
            out.print(
                f"{result.metric}: {result.measured} measured, {result.written} changed, "
                f"{result.organizations} organizations, {result.seconds:.2f} s"
            )
        for one in predicted.fits:
            if one.fit.reason is not None:
                name = one.organization_name
                out.print(f"no predictions for {name}: {one.fit.reason}", markup=False)
    if predicted.failures:
        raise DatabaseError("\n".join(predicted.failures))
