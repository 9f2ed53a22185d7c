"""Platform name -> connector. A new platform adds one entry here and one folder beside it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, cast

import msgspec

from connectors.base import Connector, StoreConfig
from connectors.errors import ConfigurationError
from connectors.records import Record, Stream
from connectors.services import Services
from connectors.unreadable import refuse_unreadable


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a platform before any store of it is opened.

    `module`, `connector`: imported on first use, since a sync of one platform should not pay for
    the libraries of the others; the module's package holds `mapping.remap`. `credentials`: sets of
    names, any of which will do; the first is asked for where nothing is in the environment; one
    without names where none are needed.
    """

    module: str
    connector: str
    credentials: tuple[tuple[str, ...], ...]


_CONNECTORS: Final[Mapping[str, Platform]] = {
    "files": Platform(
        module="connectors.files.client",
        connector="FilesConnector",
        credentials=((),),
    ),
    "shopify": Platform(
        module="connectors.shopify.client",
        connector="ShopifyConnector",
        credentials=(
            ("access_token",),
            ("client_id", "client_secret"),
            ("client_id", "client_secret", "refresh_token"),
        ),
    ),
    "woocommerce": Platform(
        module="connectors.woocommerce.client",
        connector="WooCommerceConnector",
        credentials=(("consumer_key", "consumer_secret"),),
    ),
    "vendure": Platform(
        module="connectors.vendure.client",
        connector="VendureConnector",
        credentials=(("api_token",), ("username", "password")),
    ),
    "medusa": Platform(
        module="connectors.medusa.client",
        connector="MedusaConnector",
        credentials=(("api_key",), ("email", "password")),
    ),
    "bigcommerce": Platform(
        module="connectors.bigcommerce.client",
        connector="BigCommerceConnector",
        credentials=(("access_token",),),
    ),
}

PLATFORMS: Final = tuple(sorted(_CONNECTORS))


def platform(name: str) -> Platform:
    """Return what is known of a platform; raises ConfigurationError for an unknown one."""
    try:
        return _CONNECTORS[name]
    except KeyError:
        raise ConfigurationError(
            f'unknown platform "{name}"; known are {", ".join(PLATFORMS)}'
        ) from None


def open_connector(config: StoreConfig, services: Services | None = None) -> Connector:
    """Build the connector for `config.platform`.

    `services`: what the connector may use of the database's; None for a look at a store that is not
    saved yet. Raises ConfigurationError for an unknown platform.
    """
    try:
        found = platform(config.platform)
    except ConfigurationError as error:
        raise ConfigurationError(f'store "{config.key}": {error}') from None
    kind = getattr(import_module(found.module), found.connector)
    return cast(Connector, kind(config, services=services or Services()))


def remap(name: str, stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map a payload that was put aside with the platform's mapping of today.

    Returns None for what is no business of the CRM; raises BadRecord when it still cannot be.
    """
    refuse_unreadable(payload)
    package = platform(name).module.rpartition(".")[0]
    return cast(Record | None, import_module(f"{package}.mapping").remap(stream, payload, config))
