"""dbt's results as Dagster events, for runs that are no asset job.

dagster-dbt would stream them, but starts dbt twice and imports it once more to do so, which doubles
the time of a small build. Its results file says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetMaterialization,
    AssetsDefinition,
)

from orchestration.lib.dbt import Build

# Where dagster-dbt keeps dbt's id of an asset or check.
_UNIQUE_ID: Final = "dagster_dbt/unique_id"
_BUILT: Final = "success"
_TESTED: Final[Mapping[str, AssetCheckSeverity]] = {
    "pass": AssetCheckSeverity.ERROR,
    "fail": AssetCheckSeverity.ERROR,
    "error": AssetCheckSeverity.ERROR,
    "warn": AssetCheckSeverity.WARN,
}


def build_events(
    build: Build, assets: AssetsDefinition, rows: Mapping[str, int]
) -> Iterator[AssetMaterialization | AssetCheckEvaluation]:
    """Yield one event per built model and per test that is a check of an asset.

    `rows`: row counts by asset, added to its materialization. Skipped nodes yield nothing.
    """
    keys = {spec.metadata[_UNIQUE_ID]: spec.key for spec in assets.specs}
    checks = {spec.metadata[_UNIQUE_ID]: spec for spec in assets.check_specs}
    for node in build.nodes:
        if node.unique_id in keys and node.status == _BUILT:
            key = keys[node.unique_id]
            metadata: dict[str, Any] = {"seconds": round(node.seconds, 3)}
            if key.to_user_string() in rows:
                metadata["dagster/row_count"] = rows[key.to_user_string()]
            yield AssetMaterialization(asset_key=key, metadata=metadata)
        elif node.unique_id in checks and node.status in _TESTED:
            check = checks[node.unique_id]
            yield AssetCheckEvaluation(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=node.status == "pass",
                severity=_TESTED[node.status],
                metadata={
                    "failed_rows": node.failures or 0,
                    "seconds": round(node.seconds, 3),
                    **({"message": node.message} if node.message else {}),
                },
            )
