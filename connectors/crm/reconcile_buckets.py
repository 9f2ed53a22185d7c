"""Two lists of orders, compared by day, status and currency. Pure.

Sums alone can agree by chance (two orders that swapped their totals), so a bucket is equal only
when every order in it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from datetime import UTC, date
from decimal import Decimal
from enum import StrEnum

import msgspec

from connectors.glances import OrderGlance


class State(StrEnum):
    """How a comparison ended.

    equal: nothing differed. repaired: it differed, was read again, and is equal. differs: still
    not equal. kept: differs by what people changed and the store's setting keeps. unknown: the
    store cannot tell, or the records that differ wait in quarantine.
    """

    EQUAL = "equal"
    REPAIRED = "repaired"
    DIFFERS = "differs"
    KEPT = "kept"
    UNKNOWN = "unknown"


class Sums(msgspec.Struct, frozen=True):
    """Orders and their amounts, in one currency."""

    rows: int = 0
    total: Decimal = Decimal("0.00")
    refunded: Decimal = Decimal("0.00")

    def plus(self, glance: OrderGlance) -> Sums:
        """Return these and one order more."""
        return Sums(
            self.rows + 1,
            self.total + (glance.total or 0),
            self.refunded + (glance.refunded_total or 0),
        )


class Key(msgspec.Struct, frozen=True, order=True):
    """A bucket: orders of one UTC day, status and currency; "" where none can be told."""

    day: date
    status: str = ""
    currency: str = ""


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket on both sides as they are now, and the CRM's as it was found.

    `store` None: it cannot tell. `found` None: as now. `record_ids`: what differed or differs.
    """

    key: Key
    store: Sums | None
    crm: Sums
    found: Sums | None = None
    state: State = State.EQUAL
    record_ids: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the orders that differ.

    `news`: changed in the store after the last sync, and read by now. `waiting`: in quarantine.
    `held`: with values of people that the setting `edits` keeps.
    """

    news: Set[str] = frozenset()
    waiting: Set[str] = frozenset()
    held: Set[str] = frozenset()


Orders = Mapping[str, OrderGlance]


def by_id(glances: Iterable[OrderGlance]) -> dict[str, OrderGlance]:
    """Return the orders by id; one that a moving list showed twice counts once."""
    return {one.external_id: one for one in glances}


def differing(theirs: Orders, ours: Orders) -> set[str]:
    """Return the ids of the orders that are not the same on both sides."""
    return {
        external_id
        for external_id in theirs.keys() | ours.keys()
        if _face(theirs.get(external_id)) != _face(ours.get(external_id))
    }


def compared(
    theirs: Orders, found: Orders, ours: Orders, *, known: Known, days: Collection[date]
) -> list[Bucket]:
    """Return every bucket of `days`, those without orders as one bucket a day.

    `found`: the CRM's orders before the repair, `ours` after it. An order that nobody can map has
    no bucket: it is told under the first of the days.
    """
    # What changed meanwhile has just been read: the CRM's row is what the store said last.
    told = {name: one for name, one in theirs.items() if name not in known.news}
    told |= {name: ours[name] for name in known.news if name in ours}
    first = min(days)
    sides = [_grouped(side, first) for side in (told, ours, found)]
    before = _placed(differing(told, found) - known.news, (told, found), first)
    after = _placed(differing(told, ours), (told, ours), first)
    keys = set[Key]().union(*sides)
    keys |= {Key(day) for day in days} - {Key(key.day) for key in keys if key.status}
    return [
        Bucket(
            key=key,
            store=sides[0].get(key, Sums()),
            crm=sides[1].get(key, Sums()),
            found=sides[2].get(key, Sums()) if before.get(key) else None,
            state=_state(before.get(key), after.get(key), known),
            record_ids=tuple(sorted(after.get(key) or before.get(key) or ())),
        )
        for key in sorted(keys)
    ]


def untold(ours: Orders, days: Collection[date]) -> list[Bucket]:
    """Return the buckets of days that the store cannot tell."""
    grouped = _grouped(ours, min(days))
    return [
        Bucket(key=key, store=None, crm=sums, state=State.UNKNOWN)
        for key, sums in sorted(grouped.items())
    ]


def _state(before: Set[str] | None, after: Set[str] | None, known: Known) -> State:
    if not after:
        return State.REPAIRED if before else State.EQUAL
    if after <= known.waiting:
        return State.UNKNOWN
    return State.KEPT if after <= known.waiting | known.held else State.DIFFERS


def _placed(ids: Iterable[str], sides: Iterable[Orders], first: date) -> dict[Key, set[str]]:
    """Return the ids by every bucket that they stand in, on one side or another."""
    places: dict[Key, set[str]] = {}
    wanted = set(ids)
    for side in sides:
        for external_id in wanted & side.keys():
            places.setdefault(_key(side[external_id], first), set()).add(external_id)
    return places


def _grouped(orders: Orders, first: date) -> dict[Key, Sums]:
    grouped: dict[Key, Sums] = {}
    for one in orders.values():
        key = _key(one, first)
        grouped[key] = grouped.get(key, Sums()).plus(one)
    return grouped


def _key(one: OrderGlance, first: date) -> Key:
    if one.order_date is None:
        return Key(first)
    return Key(one.order_date.astimezone(UTC).date(), one.status or "", one.currency or "")


def _face(one: OrderGlance | None) -> tuple[object, ...] | None:
    """Return what must agree: of the time only the day, since stores and PostgreSQL cut seconds."""
    if one is None:
        return None
    day = None if one.order_date is None else one.order_date.astimezone(UTC).date()
    return day, one.status, one.currency, one.total, one.refunded_total
