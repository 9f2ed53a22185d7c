"""Platform name -> connector. A new platform adds one line here and one folder beside it."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from connectors.base import Connector, StoreConfig
from connectors.errors import ConfigurationError

# Imported on first use: a sync of one platform should not pay for the libraries of the others.
_CONNECTORS: Final = {
    "shopify": ("connectors.shopify.client", "ShopifyConnector"),
    "woocommerce": ("connectors.woocommerce.client", "WooCommerceConnector"),
    "vendure": ("connectors.vendure.client", "VendureConnector"),
}

PLATFORMS: Final = tuple(sorted(_CONNECTORS))


def open_connector(config: StoreConfig) -> Connector:
    """Build the connector for `config.platform`; raises ConfigurationError for an unknown one."""
    try:
        module, name = _CONNECTORS[config.platform]
    except KeyError:
        raise ConfigurationError(
            f'store "{config.key}": unknown platform "{config.platform}"; '
            f"known are {', '.join(PLATFORMS)}"
        ) from None
    return cast(Connector, getattr(import_module(module), name)(config))
