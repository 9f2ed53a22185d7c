"""The errors in a Shopify answer, and the failures they become.

Their codes are few and documented, their shapes are not: a list of objects by rule, a bare text
from the door of the API, a message without a code from old versions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from connectors.errors import AuthFailed, Permanent

Path = tuple[str | int, ...]
# An error this deep (root, "nodes", index) belongs to one record.
RECORD_DEPTH = 3


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `errors`; `message` without secrets."""

    message: str
    code: str
    path: Path
    scope: str | None = None

    @property
    def place(self) -> str:
        """Where it happened, as people write it: "orders.nodes.3.customer"."""
        return ".".join(str(step) for step in self.path)

    @property
    def index(self) -> int | None:
        """The record's place on its page, None when it concerns no single one."""
        if len(self.path) < RECORD_DEPTH:
            return None
        step = self.path[RECORD_DEPTH - 1]
        return step if isinstance(step, int) else None

    @property
    def reason(self) -> str:
        """Which part of a record the store could not answer."""
        where = ".".join(str(step) for step in self.path[RECORD_DEPTH:])
        return f"the store could not answer {where or 'it'}: {self.code} {self.message}".strip()


class CostExceeded(Permanent):
    """The query would cost more than Shopify allows at once: ask for a smaller page."""


class ScopeMissing(AuthFailed):
    """The token lacks a scope for a whole stream; another token of the same app lacks it too."""


class RecordUnanswerable(Permanent):
    """One record makes Shopify fail, and the whole answer with it; `error` tells which."""

    def __init__(self, message: str, *, store: str, error: FieldError) -> None:
        super().__init__(message, store=store)
        self.error = error


def read_errors(value: Any, redact: Callable[[str], str]) -> tuple[FieldError, ...]:
    """Read `errors` of an answer."""
    if not value:
        return ()
    listed = value if isinstance(value, list) else [value]
    return tuple(_read_error(entry, redact) for entry in listed)


def _read_error(entry: Any, redact: Callable[[str], str]) -> FieldError:
    if not isinstance(entry, dict):
        return FieldError(message=redact(str(entry))[:300], code="", path=())
    extensions = entry.get("extensions")
    details = extensions if isinstance(extensions, dict) else {}
    # Some doors of the API answer {"base": ["…"]}: what it says is in there somewhere.
    message = redact(str(entry.get("message") or ("" if details else entry)))[:300]
    code = redact(str(details.get("code") or ""))[:100]
    path = entry.get("path")
    scope = details.get("requiredAccess")
    return FieldError(
        message=message,
        # Old versions throttle with the bare word.
        code=code or ("THROTTLED" if message == "Throttled" else ""),
        path=tuple(
            step if isinstance(step, int) else redact(str(step))[:100]
            for step in (path if isinstance(path, list) else [])
        ),
        scope=redact(str(scope)).rstrip(". ") if scope else None,
    )


def read_search_warnings(extensions: Any) -> tuple[str, ...]:
    """Read what Shopify ignored of a filter, from `extensions` of an answer.

    A term it does not know is left out without an error, and everything comes: "tag: Invalid search
    field for this query."
    """
    searches = extensions.get("search") if isinstance(extensions, dict) else None
    listed = [
        warning
        for search in (searches if isinstance(searches, list) else ())
        if isinstance(search, dict) and isinstance(search.get("warnings"), list)
        for warning in search["warnings"]
        if isinstance(warning, dict)
    ]
    return tuple(f"{one.get('field')}: {one.get('message')}"[:200] for one in listed)
