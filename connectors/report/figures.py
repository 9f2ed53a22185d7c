"""What a report is made of: the marts' figures of one organization, read at one moment.

Money is Decimal in `Report.currency` unless a field says otherwise; days are UTC; shares are 0..1
and rates of won deals percent, as the marts have them. None: nothing is under the figure.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

LOST_STATUSES = frozenset({"cancelled", "refunded"})


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A UTC month. `orders`: revenue orders; `rated_orders`: those whose amount counts."""

    order_month: date
    net_revenue: Decimal
    orders: int
    rated_orders: int
    unrated_orders: int

    @property
    def average_order_value(self) -> Decimal | None:
        """Net revenue per order that has an exchange rate."""
        return self.net_revenue / self.rated_orders if self.rated_orders else None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of a day in one status. `amount`: net for revenue orders, the full total for lost."""

    order_day: date
    status: str
    orders: int
    amount: Decimal


class CurrencyLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold in one currency. `net_amount` is in `currency`; None: no rate at all."""

    currency: str
    orders: int
    net_amount: Decimal
    net_reporting: Decimal | None
    unrated_orders: int


class Buyers(msgspec.Struct, frozen=True, kw_only=True):
    """Clients with at least one, and at least two, revenue orders."""

    buyers: int
    repeat_buyers: int

    @property
    def repeat_rate(self) -> Decimal | None:
        """Share of buyers who came back."""
        return Decimal(self.repeat_buyers) / self.buyers if self.buyers else None


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """Clients who first bought in `cohort_month`, `months_since` months later."""

    cohort_month: date
    months_since: int
    cohort_size: int
    active_clients: int
    retention_rate: Decimal | None
    cumulative_net_revenue_per_client: Decimal | None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A lifecycle stage; None: clients without one. `clients_reached` is None apart the funnel."""

    lifecycle_stage: str | None
    clients: int
    clients_reached: int | None
    conversion_from_previous: Decimal | None


class WinRate(msgspec.Struct, frozen=True, kw_only=True):
    """Closed deals, of all (`close_month` None) or of a month. Rates in percent."""

    dimension: str
    close_month: date | None
    as_of: date
    won_count: int
    lost_count: int
    win_rate: Decimal | None
    win_rate_by_value: Decimal | None


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product that was sold, and what all products came to."""

    name: str | None
    sku: str | None
    units: Decimal | int
    revenue: Decimal | None
    margin_rate: Decimal | None
    products_sold: int
    revenue_of_all: Decimal | None


class Decile(msgspec.Struct, frozen=True, kw_only=True):
    """A tenth of the clients by lifetime value; averages are per client."""

    ltv_decile: int
    clients: int
    historic: Decimal
    historic_average: Decimal
    predicted_clients: int
    predicted_average: Decimal | None
    predicted_as_of: date | None


class SyncDay(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the CRM holds what a store has of a day: complete, open, differs or unchecked."""

    store_key: str
    day: date
    state: str
    checked_at: datetime | None


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """Customers' questions of a week by who answered; `answered_by` None: nobody did."""

    week: date
    answered_by: str | None
    turns: int
    median_seconds: float | None
    p90_seconds: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one page shows. `first_day` and `last_day`: what orders are known for.

    `misdated_orders` are dated before 1990 or in the future, and in no figure by time.
    """

    organization_id: str
    name: str
    currency: str
    read_at: datetime
    first_day: date | None
    last_day: date | None
    misdated_orders: int = 0
    months: tuple[Month, ...] = ()
    days: tuple[Day, ...] = ()
    currencies: tuple[CurrencyLine, ...] = ()
    buyers: Buyers
    cohorts: tuple[Cohort, ...] = ()
    funnel: tuple[Stage, ...] = ()
    win_rates: tuple[WinRate, ...] = ()
    products: tuple[Product, ...] = ()
    deciles: tuple[Decile, ...] = ()
    sync_days: tuple[SyncDay, ...] = ()
    responses: tuple[Response, ...] = ()

    @property
    def last_complete_month(self) -> date | None:
        """First day of the newest month whose every day is over and known."""
        return last_complete_month(self.last_day, self.read_at.date())

    def month(self, first: date | None) -> Month | None:
        """The figures of the month beginning at `first`; None when nothing was ordered in it."""
        return next((one for one in self.months if one.order_month == first), None)

    @property
    def win_rate(self) -> WinRate | None:
        """The rate over all closed deals."""
        return next((one for one in self.win_rates if one.dimension == "overall"), None)


def last_complete_month(last_day: date | None, today: date) -> date | None:
    """Return the first day of the newest month of which every day is over and known.

    On the first of a month, after a night that read to yesterday, that is the month just ended; on
    its last evening it is still the one before.
    """
    if last_day is None:
        return None
    return month_before(min(today, last_day + timedelta(days=1)))


def month_before(day: date) -> date:
    """Return the first day of the month before the one `day` lies in."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_end(first: date) -> date:
    """Return the last day of the month beginning at `first`."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
