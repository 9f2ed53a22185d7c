"""What a sandbox is asked to be: how much of it, and how badly it should behave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

PLATFORMS = ("woocommerce", "shopify")
# Served like the others, but no part of the demo and of what the command prints.
FURTHER_PLATFORMS = ("bigcommerce", "medusa")


@dataclass(frozen=True, kw_only=True)
class BulkFaults:
    """How Shopify's bulk operations misbehave, as numbers of operations or links from the first on.

    `polls`: looks before an operation is done. `failures`: operations that fail with `error_code`
    half-way. `expired_links`: links that are dead when they are followed. `miscounts`: operations
    that claim one object more than they deliver. `empty_results`: operations that count objects and
    deliver no file; `blank_results`: operations that count none either. `children_first`: rows in
    disorder, children before parents.
    """

    polls: int = 1
    failures: int = 0
    error_code: str = "INTERNAL_SERVER_ERROR"
    expired_links: int = 0
    miscounts: int = 0
    empty_results: int = 0
    blank_results: int = 0
    children_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Misbehaviour, as rates between 0 and 1 of all requests, or switched on for good.

    Whether a request fails depends on the seed, on what is asked and on how often it was asked
    before, not on the order of arrival: a test with four threads sees the same faults every time.
    No request fails more than `most_in_a_row` times, so a client that tries often enough gets on.
    """

    throttle_rate: float = 0.0
    error_rate: float = 0.0
    reset_rate: float = 0.0
    truncate_rate: float = 0.0
    notice_rate: float = 0.0
    most_in_a_row: int = 4
    retry_after_seconds: int = 0
    latency_seconds: float = 0.0
    # Answers of a shop that has too few workers: 503 for more requests at once than this (needs
    # `latency_seconds`, or none ever meet), 0 for no limit.
    most_at_once: int = 0
    # WooCommerce's own: what shared hosting and security plugins do to a shop. `largest_page`: more
    # rows at once end in 503, 0 for no limit. `unreadable`: ids of orders that the key may not see,
    # left out of lists and refused by name. `hidden_statuses`: statuses of orders that `any` leaves
    # out. `without_statuses`: neither OPTIONS nor the report tells which statuses there are.
    drop_authorization: bool = False
    ignored_parameters: frozenset[str] = frozenset()
    short_pages: bool = False
    largest_page: int = 0
    unreadable: frozenset[int] = frozenset()
    hidden_statuses: frozenset[str] = frozenset()
    without_variations_route: bool = False
    without_refunds_route: bool = False
    without_statuses: bool = False
    # Shopify's own.
    bulk: BulkFaults = field(default_factory=BulkFaults)


@dataclass(frozen=True, kw_only=True)
class SandboxSpec:
    """A sandbox with one store of each platform, of `orders` orders each.

    The same spec gives the same stores, id for id. `as_of`: the moment the history ends, default
    the last midnight UTC (then the day belongs to the spec). `time_zone`: where the WooCommerce
    store stands. `certificate` and `private_key`: PEM files; with both it serves https.
    `clock_offset_seconds`: how wrong the stores' clocks are. `scopes`: what the Shopify token may
    read. `bucket_size` and `restore_per_second`: Shopify's query cost bucket. `same_second`: how
    many orders a bulk edit left with one modification time. `foreign_currency_rate`: share of
    WooCommerce orders in a currency other than the store's.
    """

    orders: int = 2000
    products: int = 60
    years: int = 3
    seed: int = 1
    as_of: datetime | None = None
    port: int = 0
    host: str = "127.0.0.1"
    certificate: Path | None = None
    private_key: Path | None = None
    clock_offset_seconds: int = 0
    woocommerce_currency: str = "EUR"
    shopify_currency: str = "USD"
    bigcommerce_currency: str = "USD"
    medusa_currency: str = "EUR"
    time_zone: str = "Europe/Berlin"
    shopify_time_zone: str = "America/New_York"
    bigcommerce_time_zone: str = "America/Chicago"
    same_second: int = 120
    foreign_currency_rate: float = 0.0
    scopes: tuple[str, ...] = ("read_customers", "read_orders", "read_all_orders", "read_products")
    # A real store's bucket (2,000 points, 100 a second) makes a first sync of 2,000 orders last a
    # quarter of an hour. Tests of throttling ask for it; everybody else has better things to do.
    bucket_size: int = 1_000_000
    restore_per_second: int = 100_000
    token_lifetime_seconds: int = 86_399
    # BigCommerce's own: scopes of the API account, and requests in 30 seconds (Plus allows 150).
    bigcommerce_scopes: tuple[str, ...] = ("orders", "customers", "products", "information")
    bigcommerce_quota: int = 1_000_000
    faults: Faults = field(default_factory=Faults)
