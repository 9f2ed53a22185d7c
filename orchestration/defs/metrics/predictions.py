"""`client_ltv_predictions`: what each client is expected to order and to be worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from dagster import AssetExecutionContext, AssetMaterialization, Failure, MaterializeResult, asset

from connectors.crm.lifetime import compute_ltv_predictions
from orchestration.lib.predicted_text import prediction_metadata
from orchestration.lib.resources import Crm
from orchestration.lib.translator import OWNER


@dataclass(frozen=True)
class Predicted:
    """The event to log, and a line for each organization that failed."""

    event: AssetMaterialization
    failures: tuple[str, ...]


@asset(
    deps=["crm_clients", "crm_orders"],
    group_name="metrics",
    owners=[OWNER],
    kinds={"postgres", "scipy"},
    tags={"storeloom/layer": "metrics"},
    metadata={"dagster/table_name": "sync.client_ltv_predictions"},
)
def client_ltv_predictions(
    context: AssetExecutionContext, crm: Crm
) -> Iterator[MaterializeResult[None]]:
    """Expected orders and value of every client: BG/NBD and Gamma-Gamma, by organization.

    An organization with too few clients, or whose models are not to be trusted, has none and a
    reason. One that fails is told once the others are done.
    """
    del context
    metadata, failures = _run(crm, datetime.now(UTC).date())
    yield MaterializeResult(metadata=metadata)
    if failures:
        raise Failure("\n".join(failures))


def predict(crm: Crm, as_of: date) -> Predicted:
    """Compute them inside another job's step."""
    metadata, failures = _run(crm, as_of)
    return Predicted(AssetMaterialization("client_ltv_predictions", metadata=metadata), failures)


def _run(crm: Crm, as_of: date) -> tuple[dict[str, Any], tuple[str, ...]]:
    with crm.connection() as connection:
        result = compute_ltv_predictions(connection, as_of)
    return prediction_metadata(result), result.failures
