"""Makes one self-contained page of what `dbt docs generate --static` writes.

dbt's page asks for nothing outside, but it asks: an icon whose path a template was never filled
into, and icons by the text of an expression before it is evaluated. From a disk these are errors in
the console, from a server 404s. A content policy on top keeps it so whatever dbt's next page does.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from connectors.documents.diagram import entity_diagram
from connectors.errors import StoreloomError

# What the overview in dbt_project/models/overview.md calls the picture.
DIAGRAM: Final = "storeloom-entities.svg"
_TITLE: Final = "Storeloom: tables and columns"
# Angular compiles its templates, hence unsafe-eval; nothing may be fetched, sent or embedded.
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)
# What dbt writes and what we make of it; the second of each pair asks for nothing.
_SETTLED: Final = (
    ("${require('./assets/favicons/favicon.ico')}", "data:,"),
    ('xlink:href="{{ getIcon(', 'ng-attr-href="{{ getIcon('),
)


class DocumentsError(StoreloomError):
    """dbt's page is not what we know."""


def settle(page: str, manifest: dict[str, Any]) -> str:
    """Return dbt's static `page` as one that asks for nothing, with the picture of the marts.

    `manifest`: dbt's, parsed. Raises DocumentsError when a new dbt writes another page.
    """
    for found, instead in _SETTLED:
        page = _replace(page, found, instead)
    page = _replace(page, "<title>dbt Docs</title>", f"<title>{_TITLE}</title>")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    page = _replace(page, "<head>", f"<head>{policy}", 1)
    picture = base64.b64encode(entity_diagram(manifest).encode()).decode()
    return _replace(page, f"({DIAGRAM})", f"(data:image/svg+xml;base64,{picture})")


def read_manifest(text: str) -> dict[str, Any]:
    """Return dbt's manifest.json as a dict."""
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def _replace(page: str, found: str, instead: str, most: int = -1) -> str:
    if found not in page:
        raise DocumentsError(
            f"dbt's page holds no {found!r} any more: see connectors/documents/page.py"
        )
    return page.replace(found, instead, most)
