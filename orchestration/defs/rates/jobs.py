"""When rates are loaded: after the ECB has published, and once more by the night."""

from typing import Final

from dagster import DefaultScheduleStatus, ScheduleDefinition, define_asset_job

from orchestration.defs.rates.assets import exchange_rates

load_exchange_rates: Final = define_asset_job(
    "load_exchange_rates",
    selection=[exchange_rates],
    description="Load the ECB's reference rates and give orders the rate of their day.",
    tags={"dagster/retry_on_asset_or_op_failure": "false"},
)

exchange_rates_schedule: Final = ScheduleDefinition(
    name="exchange_rates_schedule",
    job=load_exchange_rates,
    # Published at about 16:00 CET: 14:00 UTC in summer, 15:00 in winter.
    cron_schedule="30 16 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
    description="The ECB's rates every day at 16:30 UTC.",
)
