"""The first look at a store: may we read it, in what currency and zone, on what plan, what time.

A missing scope is told by a 403 on the resource and by nothing else, so each is asked for once and
all that are missing are named together: an API account's scopes cannot be changed afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.base import StoreConfig, StoreProbe
from connectors.bigcommerce.api import RecordMissing, ScopeMissing, StoreApi
from connectors.bigcommerce.orders import REFUNDS
from connectors.bigcommerce.values import text
from connectors.errors import AuthFailed, Permanent

_SKEW_SECONDS: Final = 300
_ISO_LENGTH: Final = 3
_LISTS: Final = ("v2/orders", "v3/customers", "v3/catalog/products", REFUNDS)
_LIVE: Final = frozenset({"live", "prelaunch", ""})


def probe(api: StoreApi, config: StoreConfig) -> StoreProbe:
    """Ask for what the store says of itself and for one record of each resource."""
    missing: list[str] = []
    store: Mapping[str, Any] = {}
    try:
        store = api.object("v2/store")
    except ScopeMissing as error:
        missing.append(error.scope)
    except RecordMissing as error:
        raise Permanent(
            "no store answers under this store hash (404). Copy the API path from the page of the "
            "API account.",
            store=config.key,
        ) from error
    for path in _LISTS:
        try:
            _ = api.rows(path, {"limit": 1}) if path[:2] == "v2" else api.listed(path, {"limit": 1})
        except ScopeMissing as error:
            missing.append(error.scope)
    if missing:
        scopes = ", ".join(dict.fromkeys(missing))
        raise AuthFailed(
            f"the API account lacks the scope {scopes} (read-only will do). Scopes are fixed when "
            "an account is made: make a new one with Orders, Customers, Products and Information & "
            f"Settings, then run `storeloom store check {config.key}`.",
            store=config.key,
        )
    currency = currency_of(store) or config.currency
    if currency is None:
        raise Permanent(
            "it does not tell its currency. Set `currency` in the store's settings.",
            store=config.key,
        )
    now = server_time(api)
    zone, plan = store.get("timezone"), text(store.get("plan_level"))
    return StoreProbe(
        name=text(store.get("name")) or config.key,
        currency=currency,
        time_zone=text(zone.get("name")) if isinstance(zone, Mapping) else None,
        api_version=f"v2 and v3, {plan} plan" if plan else "v2 and v3",
        server_time=now,
        warnings=tuple(_warnings(config, store, currency, now)),
    )


def currency_of(store: Mapping[str, Any]) -> str | None:
    """Return the store's default currency as v2/store tells it."""
    code = text(store.get("currency"))
    return code.upper() if code and len(code) == _ISO_LENGTH else None


def server_time(api: StoreApi) -> datetime | None:
    """Return the store's clock, by its own time resource or by the Date header."""
    answer = api.date()
    try:
        told = answer.json()
    except ValueError:
        told = None
    seconds = told.get("time") if isinstance(told, dict) else None
    try:
        if type(seconds) is int:
            return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        pass
    return answer.server_time


def _warnings(
    config: StoreConfig,
    store: Mapping[str, Any],
    currency: str,
    now: datetime | None,
) -> list[str]:
    found = []
    if now is not None:
        skew = (now - datetime.now(UTC)).total_seconds()
        if abs(skew) > _SKEW_SECONDS:
            found.append(
                f"The store's clock is {abs(skew) / 60:.0f} minutes "
                f"{'ahead of' if skew > 0 else 'behind'} ours: set ours by NTP."
            )
    if config.currency and config.currency != currency:
        found.append(
            f"The store's default currency is {currency}, it is configured with {config.currency}: "
            "product prices would be labelled wrongly. Correct the store's currency."
        )
    status = text(store.get("status")) or ""
    if status.casefold() not in _LIVE:
        found.append(f'The store is "{status}", not live: its numbers may stand still.')
    if store.get("plan_is_trial") is True:
        found.append("The store is on a trial plan, whose API ends with it.")
    return found
