"""dbt's models as assets, its tests as checks.

Plain `@dbt_assets`: the component form parses the project before every op. The views carry no
automation condition on purpose: an eager one on a per-store upstream stops refreshing for every
store as soon as a new store has not been synced yet.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from dagster import AssetExecutionContext, AssetSpec, ResourceParam
from dagster_dbt import DbtCliResource, dbt_assets

from orchestration.lib.dbt import build_arguments, ensure_manifest
from orchestration.lib.resources import Crm
from orchestration.lib.translator import Translator

MANIFEST: Final = ensure_manifest()
TRANSLATOR: Final = Translator()


@dbt_assets(
    manifest=MANIFEST,
    dagster_dbt_translator=TRANSLATOR,
    name="analytics_models",
    op_tags={"storeloom/layer": "analytics"},
)
def analytics_models(
    context: AssetExecutionContext, dbt: ResourceParam[DbtCliResource], crm: Crm
) -> Iterator[Any]:
    """Build and test the selected models; refreshes are concurrent, readers never wait."""
    del crm  # required: it points dbt at the database and beats while dbt works
    yield from dbt.cli(build_arguments(), context=context).stream()


def source_tables() -> list[AssetSpec]:
    """Return the base tables that dbt reads and none of our assets fills, to complete lineage."""
    manifest = json.loads(MANIFEST.read_text())
    specs = [TRANSLATOR.get_asset_spec(manifest, source, None) for source in manifest["sources"]]
    filled = {
        *("crm_clients", "crm_products", "crm_orders"),
        *("client_ltv", "client_ltv_predictions", "win_rate"),
    }
    return [
        AssetSpec(
            spec.key,
            group_name="crm",
            owners=spec.owners,
            kinds={"postgres"},
            tags={"storeloom/layer": "crm"},
            description=spec.description,
        )
        for spec in specs
        if spec.key.to_user_string() not in filled
    ]
