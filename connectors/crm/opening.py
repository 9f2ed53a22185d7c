"""A store's configuration as the load path needs it, held against what the database says of it."""

from __future__ import annotations

from connectors.base import StoreConfig
from connectors.crm.database import Connection
from connectors.crm.revision import revision_of
from connectors.crm.shared_addresses import SharedAddresses, declared
from connectors.crm.stores import find_store
from connectors.crm.target import CRM_WINS, STORE_WINS, Target
from connectors.errors import ConfigurationError


def target_of(connection: Connection, config: StoreConfig, run_id: str) -> Target:
    """Return the store as the load path needs it. Raises ConfigurationError when it changed."""
    store = find_store(connection, config.key)
    if store.id != config.id or store.organization_id != config.organization_id:
        raise ConfigurationError(
            f'store "{config.key}" is another one by now; read its configuration again'
        )
    country = config.settings.get("country")
    return Target(
        organization_id=store.organization_id,
        store_id=store.id,
        key=store.key,
        platform=store.platform,
        id_prefix=store.id_prefix,
        order_number_prefix=store.order_number_prefix,
        country=str(country) if country else None,
        run_id=run_id,
        revision=revision_of(config),
        edits=edits_of(config),
        shared=SharedAddresses(declared=declared(config.settings.get("shared_emails", ()))),
    )


def edits_of(config: StoreConfig) -> str:
    """Return whose value stays where a person changed one. Raises ConfigurationError for others."""
    chosen = str(config.settings.get("edits", STORE_WINS))
    if chosen not in (STORE_WINS, CRM_WINS):
        raise ConfigurationError(
            f'store "{config.key}": setting "edits" is "{chosen}", which is neither '
            f'"{STORE_WINS}" nor "{CRM_WINS}": storeloom store set {config.key} edits={STORE_WINS}'
        )
    return chosen
