"""The GraphQL documents, one file each, so that any tool can validate and format them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

QUERIES: Final = Path(__file__).parent / "queries"


@cache
def document(name: str) -> str:
    """Return the text of `queries/<name>.graphql` without its comments, as it is sent."""
    lines = (QUERIES / f"{name}.graphql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def bulk_document(name: str, query: str | None) -> str:
    """Return a document for a bulk operation, with `query` as its filter, None for none.

    Bulk operations take no variables, so the filter becomes part of the text.
    """
    argument = "" if query is None else f"(query: {json.dumps(query)})"
    text = document(name).replace("($query: String)", "", 1)
    return text.replace("(query: $query)", argument, 1)
