"""Write docs/data-dictionary.md from the models' .yml: `python -m tests.data_dictionary`.

The descriptions are written once, beside the models; dbt puts them on the columns in PostgreSQL,
and this puts them on a page. A test fails when the page is older than they are.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dbt.cli.main import dbtRunner

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "data-dictionary.md"
# Folder below models/marts: its heading. Everything an analyst may read is in one of them.
SECTIONS: Final = {
    "shop": "Sales",
    "clients": "Clients",
    "sales": "Deals",
    "chat": "Chats",
    "quality": "Completeness",
    "analytics": "The five views",
}
HEAD: Final = """# Data dictionary

What every mart and view holds, to the unit and the meaning of NULL. Made from the models' `.yml`
files by `python -m tests.data_dictionary`; PostgreSQL says the same: `\\d+ marts.fct_orders`. How
to ask is in [For analysts](analysts.md). `organization_id` is part of every key; days are UTC.
"""


def main(arguments: list[str]) -> int:
    """Write the page; with --check only compare it, and return 1 when it is old."""
    page = render(parsed(ROOT / "dbt_project"))
    if "--check" in arguments:
        return int(PAGE.read_text() != page)
    PAGE.write_text(page)
    return 0


def parsed(project: Path) -> dict[str, Any]:
    """dbt's manifest of a project; connects to nothing."""
    with tempfile.TemporaryDirectory() as target:
        finished = dbtRunner().invoke(
            ["parse", "--quiet", "--no-partial-parse", "--project-dir", str(project),
             "--profiles-dir", str(project), "--target-path", target]
        )  # fmt: skip
        if finished.exception is not None:
            raise finished.exception
        manifest: dict[str, Any] = json.loads((Path(target) / "manifest.json").read_text())
        return manifest


def marts(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The models analysts read, section by section, by name."""
    found = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    ]
    return sorted(found, key=lambda node: ([*SECTIONS].index(node["fqn"][2]), node["name"]))


def render(manifest: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [HEAD]
    section = ""
    for model in marts(manifest):
        if model["fqn"][2] != section:
            section = model["fqn"][2]
            parts.append(f"## {SECTIONS[section]}\n")
        parts.append(_model(manifest, model))
    return "\n".join(parts)


def _model(manifest: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    parents = {manifest["nodes"][parent]["name"] for parent in model["depends_on"]["nodes"]}
    made_of = ", ".join(f"`{name}`" for name in sorted(parents))
    lines = [
        f"### `{model['schema']}.{model['name']}`\n",
        f"{' '.join(model['description'].split())}\n",
        f"Key: {_key(model)}. {_KINDS[model['config']['materialized']]} Made of {made_of}.\n",
        "| column | type | meaning |",
        "|---|---|---|",
        *(
            f"| `{column['name']}` | {column['data_type']} | {_cell(column['description'])} |"
            for column in model["columns"].values()
        ),
    ]
    return "\n".join(lines) + "\n"


_KINDS: Final = {
    "incremental": "A table, brought up to date by every build.",
    "materialized_view": "A materialized view, refreshed hourly.",
    "view": "A view: always of this moment.",
}


def _key(model: Mapping[str, Any]) -> str:
    config = model["config"]
    unique = [index["columns"] for index in config.get("indexes") or [] if index.get("unique")]
    columns = config.get("unique_key") or (unique[0] if unique else [])
    if not columns:
        # A view has no index; its data test says what tells rows apart.
        columns = ["organization_id", "store_id", "stream", "day", "currency"]
    return ", ".join(f"`{name}`" for name in columns)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
