"""How dbt's nodes appear among the assets.

Keys are bare names: the sync assets, the views and the base tables people know from the schema are
the same words everywhere. Nothing is listed by model name here; a model's folder decides its
group, and `config.meta.dagster` in the model's own file overrides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dagster import AssetKey, AssetSpec
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

OWNER: Final = "team:storeloom"
# First folder under models/ -> asset group.
_GROUPS: Final[Mapping[str, str]] = {
    "sources": "crm",
    "staging": "staging",
    "intermediate": "staging",
    "marts": "analytics",
}


class Translator(DagsterDbtTranslator):
    """Bare keys, groups by folder, one owner; source tests become checks of the sync assets."""

    def __init__(self) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(
                enable_asset_checks=True,
                enable_source_tests_as_checks=True,
                enable_code_references=False,
            )
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """The node's own name, or what its meta says."""
        meta = _dagster_meta(dbt_resource_props)
        return (
            AssetKey(meta["asset_key"])
            if "asset_key" in meta
            else AssetKey(_name(dbt_resource_props))
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The group of the folder the node lies in."""
        meta = _dagster_meta(dbt_resource_props)
        if "group" in meta:
            return str(meta["group"])
        # The fully qualified name starts with the project and then the folder.
        return _GROUPS.get(dbt_resource_props["fqn"][1], "analytics")

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetSpec:
        """Add the owner and how the node is stored to what dagster-dbt makes of it."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        stored = str(properties.get("config", {}).get("materialized", "table"))
        return spec.replace_attributes(
            owners=spec.owners or [OWNER],
            kinds={"dbt", "postgres"} | ({"view"} if "view" in stored else set()),
            tags={**spec.tags, "storeloom/stored": stored},
        )


def _dagster_meta(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    config_meta: Mapping[str, Any] = properties.get("config", {}).get("meta", {})
    meta: Mapping[str, Any] = config_meta.get("dagster") or properties.get("meta", {}).get(
        "dagster", {}
    )
    return meta


def _name(properties: Mapping[str, Any]) -> str:
    return str(properties.get("alias") or properties.get("identifier") or properties["name"])
