"""The reports by hand; the night makes them by itself."""

from typing import Final

from dagster import define_asset_job

from orchestration.defs.reports.assets import organization_reports

build_reports_now: Final = define_asset_job(
    "build_reports",
    selection=[organization_reports],
    description="Write every organization's report again, from the marts as they are.",
    tags={"dagster/retry_on_asset_or_op_failure": "false"},
)
