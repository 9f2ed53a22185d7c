"""Query parameters as WordPress reads them: known ones checked, unknown ones silently dropped.

`modified_after` sent to the customers list changes nothing and says nothing; a bare time is read
in the shop's own zone unless `dates_are_gmt` is set. Both cost real syncs real orders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.woocommerce.auth import Refused

_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}(?::\d{2})?)?"
)
DATES = ("after", "before", "modified_after", "modified_before")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What one list understands."""

    orderby: tuple[str, ...]
    default_orderby: str = "date"
    default_order: str = "desc"
    has_dates: bool = True
    statuses: frozenset[str] = frozenset()
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    texts: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Listing:
    """A checked list request. `bounds`: exclusive seconds by date parameter."""

    page: int = 1
    per_page: int = 10
    offset: int | None = None
    order: str = "desc"
    orderby: str = "date"
    bounds: dict[str, int] = field(default_factory=dict)
    statuses: tuple[str, ...] = ()
    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    places: int = 2
    fields: tuple[str, ...] = ()

    @property
    def skip(self) -> int:
        """How many rows come before the page."""
        return self.offset if self.offset is not None else (self.page - 1) * self.per_page


def read(query: Mapping[str, str], rules: Rules, zone: ZoneInfo) -> Listing:
    """Check `query` by `rules`; raise Refused (400) naming every parameter that is wrong."""
    wrong: dict[str, str] = {}

    def take(name: str, default: Any, parse: Callable[[str], Any]) -> Any:
        if name not in query:
            return default
        try:
            return parse(query[name])
        except ValueError as error:
            wrong[name] = f"{name} {error}"
            return default

    listing = Listing(
        page=take("page", 1, lambda text: _integer(text, low=1)),
        per_page=take("per_page", 10, lambda text: _integer(text, low=1, high=100)),
        offset=take("offset", None, lambda text: _integer(text, low=0)),
        order=take("order", rules.default_order, lambda text: _one_of(text, ("asc", "desc"))),
        orderby=take("orderby", rules.default_orderby, lambda text: _one_of(text, rules.orderby)),
        include=take("include", (), _identifiers),
        exclude=take("exclude", (), _identifiers),
        places=take("dp", 2, lambda text: _integer(text, low=0, high=8)),
        fields=tuple(part.strip() for part in query.get("_fields", "").split(",") if part.strip()),
    )
    if rules.has_dates:
        bare_zone = zone
        if take("dates_are_gmt", False, _boolean):  # noqa: FBT003 - a default, not a flag
            bare_zone = ZoneInfo("UTC")
        for name in DATES:
            moment = take(name, None, lambda text: _moment(text, bare_zone))
            if moment is not None:
                listing.bounds[name] = moment
    if rules.statuses:
        listing.statuses = take("status", (), lambda text: _slugs(text, rules.statuses))
    for name, allowed in rules.choices.items():
        value = take(name, None, partial(_one_of, allowed=sorted(allowed)))
        if value is not None:
            listing.texts[name] = value
    for name in rules.texts:
        if name in query:
            listing.texts[name] = query[name]
    if wrong:
        raise Refused(
            400,
            "rest_invalid_param",
            f"Invalid parameter(s): {', '.join(wrong)}",
            params=wrong,
            details={},
        )
    return listing


def _integer(text: str, *, low: int, high: int | None = None) -> int:
    if not re.fullmatch(r"-?\d+", text):
        raise ValueError("is not of type integer.")
    value = int(text)
    if high is not None and not low <= value <= high:
        raise ValueError(f"must be between {low} (inclusive) and {high} (inclusive)")
    if value < low:
        raise ValueError(f"must be greater than or equal to {low}")
    return value


def _one_of(text: str, allowed: tuple[str, ...] | list[str]) -> str:
    if text not in allowed:
        raise ValueError(f"is not one of {', '.join(allowed)}.")
    return text


def _slugs(text: str, allowed: frozenset[str]) -> tuple[str, ...]:
    slugs = tuple(part.strip() for part in text.split(",") if part.strip())
    for slug in slugs:
        _one_of(slug, sorted(allowed))
    return slugs


def _identifiers(text: str) -> tuple[int, ...]:
    return tuple(_integer(part.strip(), low=0) for part in text.split(",") if part.strip())


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError("is not of type boolean.")
    return text.lower() in ("true", "1")


def _moment(text: str, bare_zone: ZoneInfo) -> int:
    """Return whole seconds since 1970; fractions are cut, as WordPress does."""
    if not _TIME.fullmatch(text):
        raise ValueError("has an invalid date.")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError("has an invalid date.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=bare_zone)
    return int(moment.astimezone(UTC).replace(microsecond=0).timestamp())


def is_too_much(rows: str, most: int) -> bool:
    """Say whether more rows are asked for than this shop can print, 0 for any number."""
    return bool(most) and rows.isdecimal() and int(rows) > most
