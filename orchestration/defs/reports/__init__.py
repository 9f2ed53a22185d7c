"""What the marts say, as pages people open."""

from dagster import Definitions

from orchestration.defs.reports.assets import organization_reports
from orchestration.defs.reports.jobs import build_reports_now

defs = Definitions(assets=[organization_reports], jobs=[build_reports_now])
