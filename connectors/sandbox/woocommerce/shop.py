"""What a WooCommerce shop says of itself: index, settings, currency, system status."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.woocommerce.payloads import SYMBOLS
from connectors.sandbox.world import World


def index(world: World, base_url: str, patterns: Iterable[str]) -> dict[str, Any]:
    """Return the public /wp-json index; `routes` tell what this shop's version can do."""
    offset = datetime.fromtimestamp(world.clock.now(), UTC).astimezone(world.zone).utcoffset()
    routes = [f"/wc/v3/{pattern}".replace(r"(\d+)", r"(?P<id>[\d]+)") for pattern in patterns]
    return {
        "name": world.name,
        "description": "A sandbox store",
        "url": base_url,
        "home": base_url,
        "gmt_offset": offset.total_seconds() / 3600 if offset else 0,
        "timezone_string": world.time_zone,
        "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wp/v2"],
        "authentication": {},
        "routes": {route: {"namespace": "wc/v3", "methods": ["GET"]} for route in routes},
    }


def description(pattern: str, statuses: Iterable[str]) -> dict[str, Any]:
    """Return what OPTIONS says of a list: the statuses it takes are what is wanted of it."""
    allowed = list(statuses)
    arguments: dict[str, Any] = {"page": {"type": "integer", "default": 1}}
    if pattern == "orders" and allowed:
        items = {"type": "string", "enum": ["any", "trash", *allowed]}
        arguments["status"] = {"type": "array", "items": items, "default": "any"}
    return {
        "namespace": "wc/v3",
        "methods": ["GET", "POST"],
        "endpoints": [
            {"methods": ["GET"], "args": arguments},
            {"methods": ["POST"], "args": {}},
        ],
    }


def order_totals(world: World, statuses: Iterable[str]) -> list[dict[str, Any]]:
    """Return GET /reports/orders/totals."""
    return [
        {
            "slug": status,
            "name": status.capitalize(),
            "total": sum(order.state == status for order in world.orders),
        }
        for status in statuses
    ]


def settings(world: World, _base_url: str) -> list[dict[str, Any]]:
    """Return GET /settings/general."""
    values = {
        "woocommerce_default_country": "DE",
        "woocommerce_currency": world.currency,
        "woocommerce_price_num_decimals": "2",
    }
    return [_setting(name, value) for name, value in values.items()]


def currency_setting(world: World, _base_url: str) -> dict[str, Any]:
    """Return GET /settings/general/woocommerce_currency."""
    return _setting("woocommerce_currency", world.currency)


def currency(world: World, _base_url: str) -> dict[str, Any]:
    """Return GET /data/currencies/current."""
    code = world.currency
    return {"code": code, "name": code, "symbol": SYMBOLS.get(code, code)}


def system_status(world: World, base_url: str) -> dict[str, Any]:
    """Return the parts of GET /system_status that say anything about the data."""
    return {
        "environment": {
            "home_url": base_url,
            "site_url": base_url,
            "version": "11.0.1",
            "wp_version": "6.9",
            "default_timezone": "UTC",
        },
        "settings": {
            "api_enabled": False,
            "currency": world.currency,
            "currency_symbol": SYMBOLS.get(world.currency, ""),
            "number_of_decimals": 2,
            "HPOS_enabled": True,
        },
    }


def _setting(name: str, value: str) -> dict[str, Any]:
    label = name.removeprefix("woocommerce_").replace("_", " ").capitalize()
    return {"id": name, "label": label, "type": "select", "value": value, "default": ""}
