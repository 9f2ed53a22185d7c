"""Orders by day, status and currency: the store's light reading against the CRM's rows."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from connectors.crm.reconcile_buckets import Known, by_id, compared, differing, untold
from connectors.crm.reconcile_ledger import Finding, keep
from connectors.crm.reconcile_plan import Days, Limits
from connectors.crm.reconcile_reading import Reading
from connectors.crm.reconcile_rows import StoreRows
from connectors.records import Stream


class DayCheck:
    """Compares days of one store. `until`: what was placed later has not been synced yet."""

    def __init__(
        self, reading: Reading, rows: StoreRows, *, until: datetime, limits: Limits
    ) -> None:
        self._reading: Final = reading
        self._rows: Final = rows
        self._until: Final = until
        self._limits: Final = limits

    def run(self, days: Days) -> list[Finding] | None:
        """Compare and repair these days; None where no calls are left for it."""
        if self._reading.is_spent:
            return None
        start, end = days.start, min(days.end, self._until)
        wanted = [day for day in days.each if day <= self._until.date()]
        if start >= end or not wanted:
            return []
        listed = self._reading.reader.orders_placed(start, end)
        found = self._rows.placed(start, end)
        if listed is None:
            buckets = untold(found, wanted)
        else:
            theirs = by_id(listed)
            wrong = differing(theirs, found)
            ours, known = found, Known()
            if wrong:
                self._reading.again(Stream.ORDERS, wrong, most=self._limits.rows)
                ours = self._rows.placed(start, end)
                known = self._rows.known_of(Stream.ORDERS, wrong, since=self._until)
            buckets = compared(theirs, found, ours, known=known, days=wanted)
        findings = [Finding.of_bucket(bucket) for bucket in buckets]
        keep(self._reading.loader, Stream.ORDERS, findings, watermark=self._until)
        return findings
