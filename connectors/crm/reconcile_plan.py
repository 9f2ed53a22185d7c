"""Which days are compared tonight, and what that may cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from connectors.base import StoreConfig
from connectors.errors import Permanent

_DAY: Final = timedelta(days=1)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
# Compared at once, about: what is kept in memory, and what a store that fails half-way costs. Few
# orders over many days still cost one call.
_ORDERS_AT_ONCE: Final = 2_000
_MOST_DAYS: Final = 366


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """A store's settings on its reconciliation.

    `days`: the last so many are compared every night. `period`: nights in which everything else is
    compared once. `calls`: to the store, a night; what is left waits for the next night.
    `sample`: records of a stream compared column by column, a night. `rows`: records of a stream
    that are read again by name, at most, a night.
    """

    days: int = 7
    period: int = 30
    calls: int = 200
    sample: int = 50
    rows: int = 1_000

    @classmethod
    def of(cls, config: StoreConfig) -> Limits:
        """Read the settings `reconcile_days`, `reconcile_period` and so on; raises Permanent."""
        chosen: dict[str, int] = {}
        for name in cls.__struct_fields__:
            value: Any = config.settings.get(f"reconcile_{name}")
            if value is None:
                continue
            least = 1 if name in ("days", "period") else 0
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise Permanent(
                    f"`reconcile_{name}` must be a whole number from {least} on.", store=config.key
                )
            chosen[name] = value
        return cls(**chosen)


class Days(msgspec.Struct, frozen=True, order=True):
    """Days from `first` to `last`, both included, UTC."""

    first: date
    last: date

    @property
    def each(self) -> list[date]:
        """The days."""
        return [self.first + _DAY * place for place in range((self.last - self.first).days + 1)]

    @property
    def start(self) -> datetime:
        """When the first begins."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """When the last is over."""
        return datetime.combine(self.last, time(), UTC) + _DAY


def nightly(
    today: date,
    oldest: date,
    checked: Mapping[date, datetime],
    limits: Limits,
    *,
    orders: int = 0,
) -> list[Days]:
    """Return tonight's days: the last ones, then a part of history, longest unseen first.

    `oldest`: of the first order. `checked`: when each day was last compared, so that a night that
    was missed or ran out of calls is made up for by the next ones. `orders`: in all of them, for
    the length of a piece.
    """
    recent = Days(max(oldest, today - _DAY * (limits.days - 1)), today)
    history = Days(oldest, recent.first - _DAY).each if oldest < recent.first else []
    share = -(-len(history) // limits.period)
    due = sorted(history, key=lambda day: (checked.get(day, _NEVER), day))[:share]
    at_once = _at_once(orders, (today - oldest).days + 1)
    return [recent, *_pieces(_ranges(sorted(due)), at_once)]


def between(first: date, last: date, *, orders: int = 0) -> list[Days]:
    """Return all days from `first` to `last`, which have about `orders` orders."""
    return _pieces([Days(first, last)], _at_once(orders, (last - first).days + 1))


def _at_once(orders: int, days: int) -> int:
    return max(1, min(_MOST_DAYS, _ORDERS_AT_ONCE * days // max(orders, 1)))


def _ranges(days: list[date]) -> list[Days]:
    ranges: list[Days] = []
    for day in days:
        if ranges and ranges[-1].last + _DAY == day:
            ranges[-1] = Days(ranges[-1].first, day)
        else:
            ranges.append(Days(day, day))
    return ranges


def _pieces(ranges: list[Days], at_once: int) -> list[Days]:
    return [
        Days(days[0], days[-1])
        for one in ranges
        for start in range(0, len(one.each), at_once)
        if (days := one.each[start : start + at_once])
    ]
