"""Syncing and counting one store inside a run."""

from __future__ import annotations

import logging
import time
from typing import Final

from connectors.crm.counts import store_rows
from connectors.crm.sync import sync_store
from connectors.errors import ConfigurationError, DatabaseError, LeaseLost
from connectors.records import Stream
from orchestration.lib.outcomes import StoreOutcome, from_result
from orchestration.lib.resources import Crm

_log: Final = logging.getLogger(__name__)


def sync_one(
    crm: Crm,
    key: str,
    *,
    run_id: str,
    full: bool = False,
    accept_deletes: bool = False,
) -> StoreOutcome:
    """Sync one store; what is wrong with this store is in the outcome, not raised.

    Raises DatabaseError: that is everybody's trouble, and worth another try.
    """
    began = time.monotonic()
    try:
        config = crm.store(key)
        return from_result(
            sync_store(
                crm.url,
                config,
                run_id=run_id,
                full=full,
                accept_deletes=accept_deletes,
                services=crm.services(config),
                sessions=crm.sessions,
            )
        )
    except (ConfigurationError, LeaseLost) as error:
        return StoreOutcome(
            store=key,
            organization_id="",
            seconds=time.monotonic() - began,
            error=str(error),
            is_permanent=isinstance(error, ConfigurationError),
        )
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - told in the outcome, and the run ends as failed
        # A fault of ours that one store's data laid open must not take the other stores' night. Its
        # text may quote a customer's record, so only the process's own log gets it.
        _log.exception('store "%s": unexpected failure', key)
        return StoreOutcome(
            store=key,
            organization_id="",
            seconds=time.monotonic() - began,
            error=(
                f'store "{key}": Storeloom itself failed ({type(error).__name__}); what was '
                "committed stays. Please report it with the traceback in the run's log (stderr)"
            ),
            is_permanent=True,
        )


def count_rows(crm: Crm, key: str) -> dict[Stream, int]:
    """Return how many rows of this store the CRM holds, per stream."""
    with crm.connection() as connection:
        return store_rows(connection, key)
