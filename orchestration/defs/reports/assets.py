"""`organization_reports`: a page for each organization, from the marts.

One asset without partitions: organizations come and go with their stores, a run serves all of them
at once, and the table of its materialization says where each page lies.
"""

from collections.abc import Iterator
from typing import Final

from dagster import AssetExecutionContext, Failure, MaterializeResult, asset

from orchestration.lib.reporting import REPORTS, build_reports, report_metadata
from orchestration.lib.resources import Crm
from orchestration.lib.translator import OWNER

# What the page shows, by the marts' own names.
MARTS: Final = (
    "fct_orders", "fct_daily_shop", "fct_products", "dim_clients", "fct_client_cohorts",
    "fct_client_ltv", "fct_lifecycle_funnel", "fct_win_rates", "fct_response_times",
    "fct_sync_reconciliation",
)  # fmt: skip


@asset(
    name=REPORTS,
    deps=list(MARTS),
    group_name="reports",
    owners=[OWNER],
    kinds={"html"},
    tags={"storeloom/layer": "reports"},
)
def organization_reports(
    context: AssetExecutionContext, crm: Crm
) -> Iterator[MaterializeResult[None]]:
    """One HTML page per organization: key figures and plots, under STORELOOM_HOME/reports.

    The page needs nothing but a browser; only its owner may read the file. `storeloom report`
    makes and opens one now.
    """
    reported = build_reports(crm, context.log)
    yield MaterializeResult(metadata=report_metadata(reported))
    if reported.troubles:
        raise Failure("\n".join(reported.troubles), allow_retries=False)
