"""The GraphQL documents, one file each, so that any tool can validate and format them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

QUERIES: Final = Path(__file__).parent / "queries"


@cache
def document(name: str) -> str:
    """Return the text of `queries/<name>.graphql`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")
