"""What to know of a store before reading it: name, money, clock, version, scopes.

A store without `read_all_orders` answers the last 60 days of orders and not a word about the rest;
somebody counted 392 of 8,000 orders before noticing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.base import StoreConfig, StoreProbe
from connectors.errors import Transient
from connectors.shopify.api import ShopifyApi
from connectors.shopify.failures import ScopeMissing

NEEDED_SCOPES: Final = ("read_customers", "read_products", "read_orders")
_ALL_ORDERS: Final = "read_all_orders"
# A version is answered for twelve months; afterwards another one answers in its place.
_MONTHS_SUPPORTED: Final = 12
_MONTHS_WARNED: Final = 2


def probe(api: ShopifyApi, config: StoreConfig, *, version: str) -> StoreProbe:
    """Ask the store who it is and what we may read; raises a StoreError saying what to do."""
    answer = api.run("shop")
    shop = answer.data.get("shop")
    if not isinstance(shop, Mapping) or not isinstance(shop.get("currencyCode"), str):
        raise Transient("Shopify does not say which shop this is.", store=config.key)
    scopes = granted_scopes(answer.data)
    missing = [scope for scope in NEEDED_SCOPES if scopes is not None and scope not in scopes]
    if missing:
        raise ScopeMissing(
            f"the token lacks {', '.join(missing)}. Grant it to the app, install the app anew on "
            "the store and, for a static token, copy the new one.",
            store=config.key,
        )
    zone = shop.get("ianaTimezone")
    return StoreProbe(
        name=str(shop.get("name") or shop.get("myshopifyDomain") or config.key),
        currency=shop["currencyCode"],
        time_zone=zone if isinstance(zone, str) else None,
        api_version=answer.api_version,
        server_time=answer.server_time,
        warnings=tuple(
            _warnings(
                scopes,
                version=version,
                answered=answer.api_version,
                today=answer.server_time or datetime.now(UTC),
                currencies=(config.currency, shop["currencyCode"]),
            )
        ),
    )


def sees_all_orders(api: ShopifyApi) -> bool:
    """Tell whether orders older than 60 days are visible."""
    scopes = granted_scopes(api.run("shop").data)
    return scopes is not None and _ALL_ORDERS in scopes


def granted_scopes(data: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the scopes the token has, None when Shopify does not tell.

    `write_…` contains `read_…`, and only the former is listed where both were asked for.
    """
    installation = data.get("currentAppInstallation")
    listed = installation.get("accessScopes") if isinstance(installation, Mapping) else None
    if not isinstance(listed, list):
        return None
    handles = {
        str(scope["handle"]) for scope in listed if isinstance(scope, Mapping) and "handle" in scope
    }
    implied = {
        f"read_{handle.removeprefix('write_')}" for handle in handles if handle.startswith("write_")
    }
    return frozenset(handles | implied)


def _warnings(
    scopes: frozenset[str] | None,
    *,
    version: str,
    answered: str | None,
    today: datetime,
    currencies: tuple[str | None, str],
) -> list[str]:
    found = []
    if scopes is None:
        found.append("Shopify does not tell which scopes the token has; the first sync will.")
    elif _ALL_ORDERS not in scopes:
        found.append(
            "Only orders of the last 60 days are visible: the app lacks read_all_orders. Request "
            "it from Shopify, then run a full sync."
        )
    if answered and answered != version:
        found.append(
            f"Shopify answered in version {answered} instead of {version}: that one is not "
            f"available. Set `api_version` to {answered} or newer."
        )
    left = _months_left(answered or version, today)
    if left is not None and left <= _MONTHS_WARNED:
        found.append(
            f"API version {answered or version} is about to retire. Set `api_version` to a newer "
            "one."
        )
    configured, own = currencies
    if configured and configured != own:
        found.append(
            f"The store's currency is {own}, but it is registered with {configured}. Correct the "
            "registration."
        )
    return found


def _months_left(version: str, today: datetime) -> int | None:
    year, _, month = version.partition("-")
    if not (year.isdigit() and month.isdigit()):
        return None
    age = (today.year - int(year)) * 12 + today.month - int(month)
    return _MONTHS_SUPPORTED - age
