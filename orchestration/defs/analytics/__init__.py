"""The CRM into views."""

from dagster import Definitions

from orchestration.defs.analytics.assets import analytics_models, source_tables
from orchestration.defs.analytics.jobs import (
    build_analytics,
    hourly_refresh_schedule,
    refresh_analytics,
)

defs = Definitions(
    assets=[*source_tables(), analytics_models],
    jobs=[refresh_analytics, build_analytics],
    schedules=[hourly_refresh_schedule],
)
