"""The setting `mapping`: which columns of which files make up the CRM's fields.

Read whole when a connector opens, so that a slip of the pen is told at once, with the place in the
mapping where it is, instead of by a thousand records in quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from connectors.base import StoreConfig
from connectors.errors import Permanent
from connectors.files.fields import FIELDS, LINE_FIELDS, REQUIRED, Field
from connectors.files.spec import Habits, MappingSpec, SkipRule, Source, StreamSpec
from connectors.records import Stream
from connectors.status_map import status_exceptions


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Files of one kind: the rows of a stream, or the lines of its orders.

    `id`: what a row belongs to. `where`: the place in the mapping, for messages. `skip`: column and
    pattern of rows that are left out. `skips_without_id`: a row without id is nobody's (a guest's
    purchase in a file of purchases) and no broken one.
    """

    where: str
    patterns: tuple[str, ...]
    habits: Habits
    id: Field
    columns: Mapping[str, str]
    skip: tuple[tuple[str, re.Pattern[str]], ...] = ()
    skips_without_id: bool = False


class StreamPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be read for a stream and made of it.

    `lines_in`: "rows", "column", "files", or "" for none. `is_snapshot`: the files hold everything
    there is, so what is in none of them is gone. `only_latest`: see `repeats`.
    """

    stream: Stream
    parts: tuple[Part, ...]
    fields: Mapping[str, Field]
    line_fields: Mapping[str, Field]
    lines_in: str
    lines_column: str | None
    currency: str
    statuses: Mapping[str, Any]
    is_snapshot: bool
    only_latest: bool


def plans_of(config: StoreConfig) -> dict[Stream, StreamPlan]:
    """Read the setting `mapping`; raises Permanent saying where it is wrong, and what is right."""
    given = config.settings.get("mapping")
    if not isinstance(given, Mapping):
        raise Permanent(
            "`mapping` is missing: say which columns are what, for instance "
            "--set mapping=@mapping.json. See connectors/files/README.md.",
            store=config.key,
        )
    try:
        spec = msgspec.convert(dict(given), MappingSpec, strict=True)
    except msgspec.ValidationError as error:
        told = str(error).replace("`$", "`mapping").replace("$.", "mapping.")
        raise Permanent(f"`mapping` is wrong: {told}.", store=config.key) from None
    try:
        plans = dict(_plans(spec, config))
    except ValueError as error:
        raise Permanent(f"{error}.", store=config.key) from None
    if not plans:
        raise Permanent("`mapping` names no stream: add `orders`.", store=config.key)
    return plans


def _plans(spec: MappingSpec, config: StoreConfig) -> Iterator[tuple[Stream, StreamPlan]]:
    general = msgspec.structs.replace(
        spec,
        currency=spec.currency or config.currency,
        time_zone=spec.time_zone or config.time_zone,
    )
    purchases = _patterns(spec.orders.files) if spec.orders else ()
    statuses = status_exceptions(config.settings, store=config.key)
    for stream in Stream:
        own: StreamSpec | None = getattr(spec, stream.value)
        if own is None:
            continue
        where = f"mapping.{stream.value}"
        habits = _merged(own, general)
        fields = _fields(own.fields, habits, f"{where}.fields", FIELDS[stream])
        _require(fields, REQUIRED[stream], f"{where}.fields")
        if not habits.currency:
            raise ValueError(
                f"{where}.currency is missing: write the ISO code of the amounts, or `currency` "
                "once for all streams"
            )
        lines, line_fields, line_part = _lines(own, habits, where)
        patterns = _patterns(own.files)
        columns = dict(_columns(fields))
        if lines == "rows":
            columns |= dict(_columns(line_fields))
        if lines == "column" and own.lines is not None and own.lines.column:
            columns[own.lines.column] = f"{where}.lines.column"
        part = Part(
            where=where,
            patterns=patterns,
            habits=habits,
            id=fields["id"],
            columns=columns | {rule.column: f"{where}.skip_rows" for rule in own.skip_rows},
            skip=tuple((rule.column, _pattern(rule, where)) for rule in own.skip_rows),
            skips_without_id=stream is not Stream.ORDERS and patterns == purchases,
        )
        yield (
            stream,
            StreamPlan(
                stream=stream,
                parts=(part, *line_part),
                fields=fields,
                line_fields=line_fields,
                lines_in=lines,
                lines_column=own.lines.column if own.lines else None,
                currency=habits.currency,
                statuses=statuses,
                is_snapshot=bool(habits.snapshot),
                only_latest=own.lines is not None and own.lines.repeats == "replace",
            ),
        )


def _lines(
    own: StreamSpec, habits: Habits, where: str
) -> tuple[str, dict[str, Field], tuple[Part, ...]]:
    spec = own.lines
    if spec is None:
        return "", {}, ()
    if where != "mapping.orders":
        raise ValueError(f"{where}.lines: only orders have lines")
    kinds = {"rows": spec.rows, "column": bool(spec.column), "files": bool(spec.files)}
    chosen = [name for name, is_there in kinds.items() if is_there]
    if len(chosen) != 1:
        raise ValueError(
            f'{where}.lines: write exactly one of "rows": true, "column" and "files" (with "order")'
        )
    own_habits = _merged(spec, habits)
    fields = _fields(spec.fields, own_habits, f"{where}.lines.fields", LINE_FIELDS)
    if not spec.files:
        return chosen[0], fields, ()
    if not spec.order:
        raise ValueError(f"{where}.lines.order is missing: the column that holds the order's id")
    order = Field(where=f"{where}.lines.order", columns=(spec.order,), nulls=_nulls(own_habits))
    part = Part(
        where=f"{where}.lines",
        patterns=_patterns(spec.files),
        habits=own_habits,
        id=order,
        columns=dict(_columns({"order": order, **fields})),
    )
    return "files", fields, (part,)


def _fields(
    given: Mapping[str, str | Source], habits: Habits, where: str, known: frozenset[str]
) -> dict[str, Field]:
    fields = {}
    for name, spec in given.items():
        if name not in known:
            raise ValueError(f"{where}.{name} is no field; there are {', '.join(sorted(known))}")
        fields[name] = _field(spec, habits, f"{where}.{name}")
    return fields


def _field(spec: str | Source, habits: Habits, where: str) -> Field:
    source = Source(column=spec) if isinstance(spec, str) else spec
    columns = source.columns or ((source.column,) if source.column else ())
    if bool(columns) == (source.constant is not None) or (source.columns and source.column):
        raise ValueError(f'{where}: write exactly one of "column", "columns" and "constant"')
    zone = source.time_zone or habits.time_zone or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{where}: {zone!r} is no time zone; write one as Europe/Berlin") from None
    return Field(
        where=where,
        columns=columns,
        join=source.join,
        constant=source.constant,
        default=source.default,
        format=source.format,
        zone=zone,
        decimal=source.decimal or habits.decimal or ".",
        thousands=source.thousands if source.thousands is not None else habits.thousands or "",
        words=dict(source.values),
        nulls=_nulls(habits),
    )


def _require(fields: Mapping[str, Field], names: tuple[str, ...], where: str) -> None:
    for name in names:
        if name not in fields:
            raise ValueError(f"{where}.{name} is missing: name the column it is in")


def _columns(fields: Mapping[str, Field]) -> Iterator[tuple[str, str]]:
    for field in fields.values():
        for column in field.columns:
            yield column, field.where


def _merged(own: Habits, general: Habits) -> Habits:
    """Return `own` with what it leaves open taken from `general`."""
    names = Habits.__struct_fields__
    return Habits(**{name: _first(getattr(own, name), getattr(general, name)) for name in names})


def _first(own: Any, general: Any) -> Any:
    return general if own is None or own == () else own


_NO_NULLS: Final = frozenset({""})


def _nulls(habits: Habits) -> frozenset[str]:
    return _NO_NULLS | frozenset(habits.null_values or ())


def _patterns(files: str | tuple[str, ...]) -> tuple[str, ...]:
    return (files,) if isinstance(files, str) else tuple(files)


def _pattern(rule: SkipRule, where: str) -> re.Pattern[str]:
    try:
        return re.compile(rule.matches)
    except re.error as error:
        raise ValueError(f"{where}.skip_rows: {rule.matches!r} is no pattern ({error})") from None
