"""The ECB's exchange rates, and orders that follow them."""

from dagster import Definitions

from orchestration.defs.rates.assets import CHECKS, exchange_rates
from orchestration.defs.rates.jobs import exchange_rates_schedule, load_exchange_rates

defs = Definitions(
    assets=[exchange_rates],
    asset_checks=CHECKS,
    jobs=[load_exchange_rates],
    schedules=[exchange_rates_schedule],
)
