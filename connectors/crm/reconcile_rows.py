"""What the reconciliation asks of the CRM's own rows and of what sync remembers of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from connectors.crm.database import Connection
from connectors.crm.loader import Loader
from connectors.crm.ownership import SYNCED, TABLE_OF, Rule
from connectors.crm.reconcile_buckets import Known, Orders, by_id
from connectors.crm.rereads import note
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.glances import OrderGlance
from connectors.records import Stream

# "Lately", for the sample.
_LATELY: Final = timedelta(days=2)
# A source's clock and ours need not agree to the minute.
_MARGIN: Final = timedelta(hours=1)
# A row was lost: the record's name is all there is to tell.
WHOLE_ROW: Final[tuple[str, ...]] = ()
# What the database adds up by itself moves with every other row.
_WRITTEN: Final = {
    stream: tuple(one.name for one in SYNCED[table] if one.rule is not Rule.DERIVED)
    for stream, table in TABLE_OF.items()
}

_TOTALS: Final = array(one.name for one in SYNCED["crm_clients"] if one.rule is Rule.DERIVED)


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """When a stream was last reconciled, and up to where it had been synced by then."""

    checked_at: datetime
    watermark: datetime | None


class StoreRows:
    """One store's rows in the CRM, inside the loader's block."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def placed(self, start: datetime, end: datetime) -> Orders:
        """Return the CRM's live orders placed in `[start, end)`."""
        rows = self._loader.ask(
            "reconcile/orders_placed", {"placed_from": start, "placed_before": end}
        )
        fields = OrderGlance.__struct_fields__
        return by_id(OrderGlance(**dict(zip(fields, row, strict=True))) for row in rows)

    def history(self) -> tuple[date | None, int]:
        """Return the UTC day of the first order, None without any, and the number of orders."""
        first, number = self._loader.ask("reconcile/history", {})[0]
        return (None if first is None else first.astimezone(UTC).date()), int(number)

    def checked_days(self) -> Mapping[date, datetime]:
        """Return when each day was last compared."""
        return dict((day, at) for day, at in self._loader.ask("reconcile/days", {}))  # noqa: C402 - rows are tuples of any length

    def drop_missing(self) -> dict[Stream, list[str]]:
        """Forget records whose row is gone without a trace; return them by stream."""

        def drop(connection: Connection, target: Target) -> list[tuple[Any, ...]]:
            return connection.execute(load("reconcile/drop_missing"), target.scope).fetchall()

        dropped: dict[Stream, list[str]] = {}
        for entity, external_id in self._loader.within(drop):
            # A guest comes back with the orders that name them.
            if entity != "guests":
                dropped.setdefault(Stream(entity), []).append(str(external_id))
        return dropped

    def bury_again(self) -> None:
        """End orders and products that the store has no more and that somebody raised unseen.

        No reading by name can: the store has nothing to say of them. Told as this run's repairs.
        """
        for stream in (Stream.ORDERS, Stream.PRODUCTS):
            if self._loader.ask(f"reconcile/risen_{stream.value}", {}):
                self._loader.within(partial(_bury_again, stream))

    def add_up_again(self) -> None:
        """Put right clients' totals that somebody changed unseen, after the orders themselves."""
        if self._loader.ask("reconcile/wrong_totals", {}):
            self._loader.within(_add_up_again)

    def suspects(self, stream: Stream) -> list[str]:
        """Return the records whose row is not what was last written."""
        parameters = {"stream": stream.value, "id_prefix": self._loader.target.id_prefix}
        return _first(self._loader.ask("reconcile/suspects", parameters))

    def sample(self, stream: Stream, size: int, *, now: datetime) -> list[str]:
        """Return records to be compared column by column; the same all through a UTC day."""
        if not size:
            return []
        parameters = {
            "stream": stream.value,
            "seed": now.date().toordinal(),
            "since": now - _LATELY,
            "size": size,
        }
        return _first(self._loader.ask("reconcile/sample", parameters))

    def late(self, stream: Stream, last: LastRun | None) -> list[str]:
        """Return records that were lost here before the last run and have come back since."""
        if last is None or last.watermark is None:
            return []
        parameters = {
            "stream": stream.value,
            "since": last.checked_at,
            "before": last.watermark - _MARGIN,
        }
        return _first(self._loader.ask("reconcile/late", parameters))

    def last_run(self, stream: Stream) -> LastRun | None:
        """Return the last reconciliation of a stream."""
        rows = self._loader.ask("reconcile/last_run", {"stream": stream.value})
        return LastRun(checked_at=rows[0][0], watermark=rows[0][1]) if rows else None

    def known_of(self, stream: Stream, ids: Collection[str], *, since: datetime) -> Known:
        """Return what is known of records that differ. `since`: of the last sync."""
        if not ids:
            return Known()
        parameters = {"stream": stream.value, "external_ids": array(ids), "since": since}
        rows = self._loader.ask("reconcile/states", parameters)
        return Known(
            news=frozenset(name for name, is_news, _, _ in rows if is_news),
            waiting=frozenset(name for name, _, is_waiting, _ in rows if is_waiting),
            held=frozenset(name for name, _, _, is_held in rows if is_held),
        )

    def images(self, stream: Stream, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """Return the synced columns of the CRM's rows by record: values, which nobody is told."""
        parameters = {"stream": stream.value, "external_ids": array(ids)}
        names = _WRITTEN[stream]
        return {
            str(external_id): {name: image[name] for name in names}
            for external_id, image in self._loader.ask("reconcile/images", parameters)
            if image is not None
        }

    def ask_for(self, stream: Stream, ids: Collection[str]) -> None:
        """Have records read by name and written whatever their hash says."""
        if ids:
            self._loader.within(
                lambda connection, target: note(
                    connection, target, stream, ids, reason="reconcile", is_forced=True
                )
            )

    def compared(self, stream: Stream, ids: Collection[str]) -> None:
        """Remember that these were compared column by column, and take new rows as they are."""

        def remember(connection: Connection, target: Target) -> None:
            scope = {**target.scope, "stream": stream.value, "external_ids": array(ids)}
            connection.execute(load("reconcile/compared"), scope)
            connection.execute(load("reconcile/adopt_digests"), target.scope)

        self._loader.within(remember)

    def counted(self, stream: Stream) -> int:
        """Return the CRM's own rows of live records."""
        rows = self._loader.ask("counts/store_totals", {})
        return sum(int(row[2]) for row in rows if row[0] == stream.value)


def _bury_again(stream: Stream, connection: Connection, target: Target) -> None:
    risen = connection.execute(load(f"reconcile/risen_{stream.value}"), target.scope).fetchall()
    row_ids = array(str(row_id) for row_id, _ in risen)
    if stream is Stream.ORDERS:
        # Totals move when an order is cancelled: lock the clients in id order, as every batch does.
        locks = {"organization_id": target.organization_id, "client_ids": "{}"}
        connection.execute(load("clients/lock"), {**locks, "order_ids": row_ids})
    scope = {**target.scope, "row_ids": row_ids}
    external_ids = array(external_id for _, external_id in risen)
    connection.execute(
        load(f"reconcile/bury_{stream.value}"), {**scope, "external_ids": external_ids}
    )


def _add_up_again(connection: Connection, target: Target) -> None:
    wrong = connection.execute(load("reconcile/wrong_totals"), target.scope).fetchall()
    scope = {
        **target.scope,
        "client_ids": array(str(client_id) for (client_id,) in wrong),
        "order_ids": "{}",
        "columns": _TOTALS,
    }
    for statement in ("clients/lock", "reconcile/note_totals", "edits/totals"):
        connection.execute(load(statement), scope)


def _first(rows: list[tuple[Any, ...]]) -> list[str]:
    return [str(row[0]) for row in rows]
