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
from connectors.shopify.grants import with_implied
from connectors.shopify.versions import version_warnings

NEEDED_SCOPES: Final = ("read_customers", "read_products", "read_orders")
_ALL_ORDERS: Final = "read_all_orders"


def probe(api: ShopifyApi, config: StoreConfig, *, version: str) -> StoreProbe:
    """Ask the store who it is and what we may read; raises a StoreError saying what to do."""
    answer = api.run("shop")
    shop = answer.data.get("shop")
    if not isinstance(shop, Mapping) or not isinstance(shop.get("currencyCode"), str):
        raise Transient("Shopify does not say which shop this is.", store=config.key)
    scopes = _usable_scopes(granted_scopes(answer.data), api.token_scopes, store=config.key)
    api.sees_all_orders = scopes is not None and _ALL_ORDERS in scopes
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
    """Tell whether orders older than 60 days are visible, asking once."""
    if api.sees_all_orders is None:
        scopes = granted_scopes(api.run("shop").data)
        api.sees_all_orders = scopes is not None and _ALL_ORDERS in scopes
    return api.sees_all_orders


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
    return with_implied(frozenset(handles))


def _usable_scopes(
    app: frozenset[str] | None, token: frozenset[str] | None, *, store: str
) -> frozenset[str] | None:
    """Return what both the app and the token may do, None when nobody tells.

    `app`: as installed now; `token`: as its grant said, which may be older. Raises ScopeMissing
    naming what is not enough for the three streams, and where to change that.
    """
    told = [scopes for scopes in (app, token) if scopes is not None]
    if not told:
        return None
    usable = frozenset.intersection(*told)
    missing = [scope for scope in NEEDED_SCOPES if scope not in usable]
    if missing:
        if app is not None and all(scope in app for scope in missing):
            todo = "The app has got it since: install it anew on the store for a token that has it."
        else:
            todo = (
                "Grant it to the app, install the app anew on the store and, for a static token, "
                "copy the new one."
            )
        granted = ", ".join(sorted(usable)) or "nothing"
        raise ScopeMissing(
            f"the token lacks {', '.join(missing)}. {todo} It may do: {granted}.", store=store
        )
    return usable


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
    found += version_warnings(version, answered, today)
    configured, own = currencies
    if configured and configured != own:
        found.append(
            f"The store's currency is {own}, but it is registered with {configured}. Correct the "
            "registration."
        )
    return found
