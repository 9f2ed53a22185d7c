"""Erases a person or a store from a run, for those who have the UI and no shell.

A run's configuration is stored and shown for ever, so it takes ids only: an e-mail address given
here would be one more place to erase. What is refused is not repeated in the run's events; in its
configuration it stays until the run is deleted.
"""

from typing import Any, Final
from uuid import UUID

from dagster import Config, Failure, OpExecutionContext, job, op
from pydantic import ConfigDict, Field, field_validator, model_validator

from connectors.crm.privacy import Whom, erase_person, erase_store
from connectors.crm.privacy_erase import Erased
from connectors.crm.stores import find_store
from connectors.errors import StoreloomError
from orchestration.lib.resources import Crm

_MOST: Final = 255


class ErasureConfig(Config):
    """Whom to erase: a customer or an order's buyer of a store, a client, or a whole store."""

    model_config = ConfigDict(hide_input_in_errors=True)

    store: str | None = Field(default=None, description="Key of the store.")
    customer_id: str | None = Field(default=None, description="The customer's id in the store.")
    order_id: str | None = Field(
        default=None, description="Id in the store of an order: whoever placed it, guests too."
    )
    client_id: str | None = Field(default=None, description="Id of a row of crm_clients.")
    organization_id: str | None = Field(
        default=None, description="Id of the organization, with client_id."
    )
    whole_store: bool = Field(
        default=False, description="Everybody the store brought and nobody else speaks for."
    )
    everything: bool = Field(
        default=False, description="Chats, notes and what people typed about the person, too."
    )
    requested_by: str = Field(
        default="a run", description="A ticket's number or a role; no address, no name."
    )

    @field_validator("store", "customer_id", "order_id", "client_id", "organization_id")
    @classmethod
    def _is_an_id(cls, value: str | None) -> str | None:
        if value is not None and ("@" in value or value.startswith("+") or len(value) > _MOST):
            raise ValueError("takes ids only: a run's configuration is kept")
        return value

    @field_validator("organization_id")
    @classmethod
    def _is_an_organization(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                UUID(value)
            except ValueError:
                raise ValueError("takes the id of a row of organizations") from None
        return value

    @model_validator(mode="after")
    def _names_one(self) -> "ErasureConfig":
        named = [self.customer_id, self.order_id, self.client_id, self.whole_store or None]
        by_store = self.client_id is None
        if sum(one is not None for one in named) != 1 or (
            self.store is None if by_store else self.organization_id is None
        ):
            raise ValueError(
                "name store and customer_id, store and order_id, client_id and organization_id, "
                "or store and whole_store"
            )
        return self


@op
def erase(context: OpExecutionContext, config: ErasureConfig, crm: Crm) -> None:
    """Erase, and say how many rows of which place held something."""
    try:
        done = _erase(context.run_id, config, crm)
    except StoreloomError as error:
        raise Failure(str(error), allow_retries=False) from None
    metadata: dict[str, Any] = {
        "erasure": done.id,
        "clients": done.clients,
        "orders_kept": done.orders,
        **done.counts,
    }
    context.add_output_metadata(metadata)
    context.log.info(f"storeloom privacy report {done.id} proves it")


def _erase(run_id: str, config: ErasureConfig, crm: Crm) -> Erased:
    store = None
    if config.store is not None:
        with crm.connection() as connection:
            store = find_store(connection, config.store)
    if store is not None and config.whole_store:
        return erase_store(crm.url, store, requested_by=config.requested_by, run_id=run_id)
    whom = Whom(
        organization_id=store.organization_id if store else str(config.organization_id),
        store=store,
        customer=config.customer_id,
        order=config.order_id,
        client=config.client_id,
    )
    return erase_person(
        crm.url,
        whom,
        requested_by=config.requested_by,
        run_id=run_id,
        is_everything=config.everything,
    )


@job(
    description="Erases a person (or a whole store) everywhere; amounts stay. Takes ids only.",
    tags={"dagster/retry_on_asset_or_op_failure": "false"},
)
def erase_personal_data() -> None:
    """See the module."""
    erase()
