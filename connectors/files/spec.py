"""The shape of the setting `mapping`, as people write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a field comes from (one column, several, a constant) and how it is written."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    join: str = " "
    constant: str | None = None
    default: str | None = None
    format: str | None = None
    time_zone: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    values: Mapping[str, str] = msgspec.field(default_factory=dict)


class Habits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How files are written; said once for all streams, or for one."""

    format: str | None = None
    separator: str | None = None
    header: tuple[str, ...] = ()
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    null_values: tuple[str, ...] | None = None
    snapshot: bool | None = None


class SkipRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows in which the whole of `column` matches the regular expression are left out."""

    column: str
    matches: str


class LinesSpec(Habits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Order lines: in the rows of the order (`rows`), a JSON `column`, or `files` with `order`.

    `repeats`: of an order that stands in several files all rows count ("add"), or the last file's.
    """

    rows: bool = False
    column: str | None = None
    files: str | tuple[str, ...] = ()
    order: str | None = None
    repeats: Literal["add", "replace"] = "add"
    fields: Mapping[str, str | Source] = msgspec.field(default_factory=dict)


class StreamSpec(Habits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stream: its files (patterns below the folder), its fields, what to leave out."""

    files: str | tuple[str, ...]
    fields: Mapping[str, str | Source]
    lines: LinesSpec | None = None
    skip_rows: tuple[SkipRule, ...] = ()


class MappingSpec(Habits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole setting."""

    customers: StreamSpec | None = None
    products: StreamSpec | None = None
    orders: StreamSpec | None = None
