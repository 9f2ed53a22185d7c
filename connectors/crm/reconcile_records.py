"""Single records: rows that are not what was last written, a sample by name, and the numbers."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from connectors.crm.reconcile_buckets import State
from connectors.crm.reconcile_ledger import Finding, keep
from connectors.crm.reconcile_plan import Limits
from connectors.crm.reconcile_reading import Reading
from connectors.crm.reconcile_rows import WHOLE_ROW, StoreRows
from connectors.crm.repairs import repairs
from connectors.records import Stream

# Ids on a page of a list, to tell what listing all of them would cost.
_IDS_A_CALL: Final = 100


class RecordCheck:
    """Compares records of one store. `share`: of those to read by name, None the usual sample."""

    def __init__(
        self,
        reading: Reading,
        rows: StoreRows,
        limits: Limits,
        *,
        now: datetime,
        share: float | None,
    ) -> None:
        self._reading: Final = reading
        self._rows: Final = rows
        self._limits: Final = limits
        self._now: Final = now
        self._share: Final = share
        self._missing: dict[Stream, list[str]] = {}

    def forget_missing(self) -> None:
        """Forget records whose rows are gone without a trace, so that they are loaded anew.

        Rows that no record stands for any more, and that do not look it, are ended again.
        """
        self._missing = self._rows.drop_missing()
        self._rows.bury_again()

    def run(self) -> list[Finding]:
        """Read by name whatever is suspicious, and a sample; name what had been changed."""
        asked = {stream: self._read(stream) for stream in Stream}
        self._rows.add_up_again()
        # What the sync of this night has put back is told here as well: who asks what the CRM had
        # been changed in gets one answer.
        changed = self._reading.changed
        for repair in repairs(self._reading.loader):
            changed[repair.stream].setdefault(repair.external_id, repair.columns)
        found: list[Finding] = []
        for stream in Stream:
            known = self._reading.known.ids(stream)
            last = self._rows.last_run(stream)
            lost = {*self._missing.get(stream, ()), *self._rows.late(stream, last)}
            named = {**changed[stream], **dict.fromkeys(lost & known, WHOLE_ROW)}
            for external_id in self._rows.known_of(stream, named, since=self._synced(stream)).news:
                del named[external_id]
            findings = self._findings(stream, asked[stream], named)
            keep(self._reading.loader, stream, findings, watermark=self._watermark(stream))
            found += findings
        return found

    def count(self) -> list[Finding]:
        """Compare the numbers of live records, and the ids where these differ."""
        found = []
        for stream in Stream:
            finding = self._count(stream)
            keep(self._reading.loader, stream, [finding], watermark=self._watermark(stream))
            found.append(finding)
        return found

    def _read(self, stream: Stream) -> set[str]:
        size = self._limits.sample
        if self._share is not None:
            size = math.ceil(self._share * self._reading.known.count(stream)[0])
        suspects = [*self._missing.get(stream, ()), *self._rows.suspects(stream)]
        asked = self._reading.again(stream, set(suspects), most=self._limits.rows)
        sample = self._rows.sample(stream, size, now=self._now)
        if sample and (self._share is not None or not self._reading.is_spent):
            asked |= self._reading.again(stream, set(sample) - asked, most=len(sample))
        self._rows.compared(stream, asked)
        return asked

    def _findings(
        self, stream: Stream, asked: Collection[str], named: Mapping[str, tuple[str, ...]]
    ) -> list[Finding]:
        """Return what was found, and apart from it what is still not as it should be."""
        suspects = set(self._rows.suspects(stream))
        waiting = self._rows.known_of(stream, suspects, since=self._now).waiting
        wrong = suspects.intersection(asked) - waiting
        crm_rows = self._rows.counted(stream)
        findings = [
            Finding(
                stream=stream,
                kind="rows",
                state=State.REPAIRED if named.keys() - wrong else State.EQUAL,
                store_rows=len(asked),
                crm_rows=crm_rows,
                record_ids=tuple(sorted(named.keys() - wrong)),
                record_count=len(named.keys() - wrong),
                record_columns={name: named[name] for name in sorted(named.keys() - wrong)},
            )
        ]
        for state, ids in ((State.DIFFERS, wrong), (State.UNKNOWN, suspects - wrong)):
            if ids:
                findings.append(
                    Finding(
                        stream=stream,
                        kind="rows",
                        state=state,
                        store_rows=len(asked),
                        crm_rows=crm_rows,
                        record_ids=tuple(sorted(ids)),
                        record_count=len(ids),
                        record_columns={name: named[name] for name in sorted(ids) if name in named},
                    )
                )
        return findings

    def _count(self, stream: Stream) -> Finding:
        total = None if self._reading.is_spent else self._reading.reader.count(stream)
        state, ids = State.UNKNOWN, set[str]()
        if total is not None:
            state = State.EQUAL
            if self._is_unexplained(stream, total):
                state, ids = State.DIFFERS, set()
                if total <= self._reading.calls_left * _IDS_A_CALL:
                    listed = set(self._reading.reader.list_ids(stream))
                    ids = listed ^ self._reading.known.ids(stream)
                    self._reading.again(stream, ids, most=self._limits.rows)
                    self._reading.known.forget(stream)
                    left = ids & (listed ^ self._reading.known.ids(stream))
                    state = State.DIFFERS if left & listed else State.REPAIRED
                    ids = (left & listed) or ids
                    total = self._reading.reader.count(stream)
            elif waiting := self._reading.known.count(stream)[1]:
                return self._counted(stream, total, State.UNKNOWN, (), waiting)
        return self._counted(stream, total, state, tuple(sorted(ids)), len(ids))

    def _is_unexplained(self, stream: Stream, total: int) -> bool:
        """Say whether the counts differ by more than was accounted for when ids were compared."""
        explained = self._reading.loader.position(stream).listed_difference
        return total - sum(self._reading.known.count(stream)) != explained

    def _counted(
        self, stream: Stream, total: int | None, state: State, ids: tuple[str, ...], number: int
    ) -> Finding:
        return Finding(
            stream=stream,
            kind="count",
            state=state,
            store_rows=total,
            crm_rows=self._rows.counted(stream),
            record_ids=ids,
            record_count=number,
        )

    def _synced(self, stream: Stream) -> datetime:
        return self._watermark(stream) or self._now

    def _watermark(self, stream: Stream) -> datetime | None:
        return self._reading.loader.position(stream).watermark
