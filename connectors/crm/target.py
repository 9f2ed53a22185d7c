"""Where a batch goes: one store of one organization, and the run that brings it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from connectors.crm.revision import Revision
from connectors.crm.shared_addresses import NONE_DECLARED, SharedAddresses
from connectors.records import Record

# The store's setting `edits`: whose value stays where a person changed what the store fills.
STORE_WINS: Final = "store_wins"
CRM_WINS: Final = "crm_wins"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The store as the load path needs it; no credentials.

    `country`: ISO code that national phone numbers are read in, None when unknown. `load_id`: the
    line in sync.loads of the transaction under way, 0 outside of one. `edits`: STORE_WINS or
    CRM_WINS. `shared`: addresses that are no single person's. `revision`: by what records are
    judged.
    """

    organization_id: str
    store_id: str
    key: str
    platform: str
    id_prefix: str = ""
    order_number_prefix: str = ""
    country: str | None = None
    run_id: str = ""
    load_id: int = 0
    edits: str = STORE_WINS
    shared: SharedAddresses = NONE_DECLARED
    revision: Revision = Revision()

    @property
    def scope(self) -> dict[str, Any]:
        """The parameters that every statement names, and who is writing."""
        return {
            "organization_id": self.organization_id,
            "store_id": self.store_id,
            "run_id": self.run_id,
            "load_id": self.load_id,
        }


class Change(msgspec.Struct, frozen=True):
    """A record that is new to us or differs from what we have.

    `crm_id`: its CRM row where the record map knows one. `is_forced`: it is the same as before, and
    written all the same.
    """

    record: Record
    digest: bytes
    crm_id: UUID | None
    is_forced: bool = False
