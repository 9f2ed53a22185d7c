"""The Dagster code location: everything, merged. Areas live in `orchestration/defs/`."""

from __future__ import annotations

from dagster import Definitions, in_process_executor

from orchestration.defs import analytics, maintenance, metrics, rates, reports, sync
from orchestration.lib.resources import Crm, dbt_resource

defs = Definitions.merge(
    sync.defs,
    rates.defs,
    analytics.defs,
    metrics.defs,
    reports.defs,
    maintenance.defs,
    Definitions(
        resources={"crm": Crm(), "dbt": dbt_resource},
        # A process per step costs two seconds each and saves nothing: the work is waiting.
        executor=in_process_executor,
    ),
)
