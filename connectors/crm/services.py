"""What a connector of a saved store may use of the database's."""

from __future__ import annotations

from connectors.base import StoreConfig
from connectors.crm.allowance import StoreAllowance
from connectors.crm.keys import KeyRing
from connectors.crm.vault import StoreVault
from connectors.services import Services


def services_for(database_url: str, keys: KeyRing, config: StoreConfig) -> Services:
    """Return the services for `config`, a store as `load_config` returns it.

    Opens nothing until it is needed; the connector that gets them closes them.
    """
    return Services(
        vault=StoreVault(database_url, keys, config),
        allowance=StoreAllowance(database_url, config),
    )
