"""Which columns of a stream's files hold no person."""

from __future__ import annotations

from typing import Final

from connectors.base import StoreConfig
from connectors.files.plan import plans_of
from connectors.records import Stream

_PERSONAL: Final = frozenset({"email", "phone", "full_name", "company_name", "tracking_number"})


def kept_columns(config: StoreConfig, stream: Stream) -> frozenset[str]:
    """Return the columns that the mapping takes something from which is not personal.

    A column that nobody maps may hold anything, so it is none of them. Raises Permanent for a
    mapping that makes no sense.
    """
    plan = plans_of(config).get(stream)
    if plan is None:
        return frozenset()
    fields = [*plan.fields.items(), *(("line", field) for field in plan.line_fields.values())]
    personal = {
        column
        for name, field in fields
        if name in _PERSONAL or "address." in name
        for column in field.columns
    }
    kept = {column for _, field in fields for column in field.columns}
    if plan.lines_column:
        kept.add(plan.lines_column)
    return frozenset(kept - personal)
