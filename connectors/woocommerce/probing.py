"""The first look at a shop: may we read it, and in what currency, zone, version and at what time.

A read key whose user is no shop manager is refused the settings, so the currency is looked for in
three places. A clock that is wrong spoils signatures and windows alike, and is worth a sentence
before it costs a night.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from connectors.base import StoreConfig, StoreProbe
from connectors.errors import AuthFailed, Permanent
from connectors.http import Response
from connectors.woocommerce.abilities import Abilities
from connectors.woocommerce.api import RecordMissing, RouteMissing, ShopApi
from connectors.woocommerce.auth import Way

_CURRENCY: Final = "woocommerce_currency"
_COUNTRY: Final = "woocommerce_default_country"
_CURRENCY_PLACES: Final = (
    ("data/currencies/current", "code"),
    ("settings/general/woocommerce_currency", "value"),
)
_SKEW_SECONDS: Final = 300
_OLDEST_WITH_DATES: Final = (5, 8)
_ISO_LENGTH: Final = 3
_COUNTRY_LENGTH: Final = 2


def probe(api: ShopApi, config: StoreConfig, abilities: Abilities) -> StoreProbe:
    """Ask for one record of each stream and for what the shop says of itself.

    What all streams need to know of the shop is found out here too, once, and kept in `abilities`.
    """
    for path in ("orders", "customers", "products"):
        api.page(path, {"per_page": 1, "_fields": "id"})
    site = api.site()
    index = _object(site)
    abilities.learn(index)
    system = _optional(api, "system_status", _fields="environment,settings")
    environment = system.get("environment") if isinstance(system.get("environment"), dict) else {}
    version = str(environment.get("version") or "") if isinstance(environment, dict) else ""
    general = _general(api)
    currency = (
        _code(general.get(_CURRENCY), _ISO_LENGTH)
        or store_currency(api, system)
        or _configured(config)
    )
    if currency is None:
        raise Permanent(
            "the key may not read the shop's currency. Give its user the role Shop manager, or "
            "set `currency` in the store's settings.",
            store=config.key,
        )
    return StoreProbe(
        name=str(index.get("name") or config.key),
        currency=currency,
        time_zone=_time_zone(index),
        country=_country(general),
        api_version=version or None,
        server_time=site.server_time,
        warnings=(
            *_warnings(api, config, version, currency, site.server_time),
            *_inabilities(abilities),
        ),
    )


def store_currency(api: ShopApi, system: dict[str, Any] | None = None) -> str | None:
    """Return the shop's own currency, None when the key may not know it."""
    for path, name in _CURRENCY_PLACES:
        if code := _code(_optional(api, path).get(name), _ISO_LENGTH):
            return code
    if system is None:
        system = _optional(api, "system_status", _fields="settings")
    settings = system.get("settings")
    return _code(settings.get("currency") if isinstance(settings, dict) else None, _ISO_LENGTH)


def _general(api: ShopApi) -> dict[str, Any]:
    """Return the shop's general settings by name, {} where the key may not see them."""
    try:
        found = api.get("settings/general", {"_fields": "id,value"}).json()
    except (AuthFailed, RouteMissing, RecordMissing, ValueError):
        return {}
    entries = found if isinstance(found, list) else []
    return {str(one.get("id")): one.get("value") for one in entries if isinstance(one, dict)}


def _country(general: dict[str, Any]) -> str | None:
    """Return where the shop is; with its state the setting reads "US:CA"."""
    value = general.get(_COUNTRY)
    return _code(value.partition(":")[0] if isinstance(value, str) else None, _COUNTRY_LENGTH)


def _code(value: Any, length: int) -> str | None:
    return value.upper() if isinstance(value, str) and len(value) == length else None


def _configured(config: StoreConfig) -> str | None:
    return config.currency or config.settings.get("currency") or None


def _optional(api: ShopApi, path: str, **query: str) -> dict[str, Any]:
    """GET an object the key may be refused, {} then."""
    try:
        return _object(api.get(path, query))
    except (AuthFailed, RouteMissing, RecordMissing):
        return {}


def _object(response: Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _time_zone(index: dict[str, Any]) -> str | None:
    """Return the zone's IANA name; a shop set to a bare offset has one only for whole hours."""
    name = index.get("timezone_string")
    if isinstance(name, str) and name:
        return name
    try:
        offset = float(index.get("gmt_offset", ""))
    except (TypeError, ValueError):
        return None
    if offset == 0:
        return "UTC"
    # POSIX counts westward: UTC+2 is called Etc/GMT-2.
    return f"Etc/GMT{-int(offset):+d}" if offset == int(offset) else None


def _warnings(
    api: ShopApi, config: StoreConfig, version: str, currency: str, server_time: datetime | None
) -> list[str]:
    found = []
    if not api.is_https:
        found.append(
            "Customer data travels unencrypted over http: use https as soon as the shop has it."
        )
    if api.auth.way is Way.QUERY:
        found.append(
            "The shop's web server drops the Authorization header, so the key travels in the URL "
            "and into its access log: have the header passed on (Apache: CGIPassAuth On)."
        )
    if server_time is not None:
        skew = (server_time - datetime.now(UTC)).total_seconds()
        if abs(skew) > _SKEW_SECONDS:
            found.append(
                f"The shop's clock is {abs(skew) / 60:.0f} minutes "
                f"{'ahead of' if skew > 0 else 'behind'} ours: set the wrong one by NTP."
            )
    if version and _numbers(version) < _OLDEST_WITH_DATES:
        found.append(
            f"WooCommerce {version} cannot be asked for changes (5.8 can): every sync reads all."
        )
    if config.currency and config.currency != currency:
        found.append(
            f"The shop's currency is {currency}, the store is configured with {config.currency}: "
            "product prices would be labelled wrongly. Correct the store's currency."
        )
    return found


def _inabilities(abilities: Abilities) -> list[str]:
    """Say what the shop cannot do that other shops of its kind can."""
    found = []
    if not abilities.compares_utc(abilities.orders.all[-1]):
        found.append(
            "The shop compares times in its own zone although it is asked for UTC, so what changed "
            "is read with half a day's overlap. Update WooCommerce, or look for the plugin that "
            "changes its queries."
        )
    if not abilities.has_refunds:
        found.append(
            "The shop has no list of all refunds for this key (WooCommerce 9.0 has): a refund that "
            "is deleted there is only noticed when its order changes or everything is read again."
        )
    # Asked now, so that no stream has to.
    _ = abilities.has_variations
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdigit())
