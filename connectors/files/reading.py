"""From the folder into the spools: what is read when, and again only when it changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count, islice
from pathlib import Path

from connectors.base import StoreConfig
from connectors.errors import Transient
from connectors.files.folder import File, Folder
from connectors.files.frames import chunks, kind_of
from connectors.files.parquet import float_columns
from connectors.files.plan import Part, StreamPlan
from connectors.files.spool import Spool
from connectors.files.table import Chunk
from connectors.records import Stream

Files = tuple[File, ...]


class Shelf:
    """The streams of one folder, each spooled when first asked for."""

    def __init__(self, config: StoreConfig, room: str) -> None:
        self.folder = Folder(config.base_url, store=config.key)
        self.files_read = 0
        self._store = config.key
        self._room = Path(room)
        self._spools: dict[Stream, tuple[Files, Spool]] = {}
        self._numbers = count()

    def check(self, plan: StreamPlan) -> list[str]:
        """Look into every file of the stream and return warnings; raises StoreError."""
        warnings = []
        for part in plan.parts:
            for file in self.folder.find(part.patterns, where=part.where):
                for _ in islice(self._chunks(file, part), 1):
                    pass
                if kind_of(file, part.habits) != "parquet":
                    continue
                floats = float_columns(file, part.columns, store=self._store)
                if floats:
                    warnings.append(
                        f"{file.name} holds binary floating-point numbers in {', '.join(floats)}: "
                        "they are taken as the shortest decimal that is that number. Export them "
                        "as decimal or text."
                    )
        return warnings

    def has_changed(self, plan: StreamPlan, since: datetime | None) -> bool:
        """Say whether any file of the stream changed at or after `since`; None: ever."""
        files = self._files(plan)
        return since is None or any(file.changed_at >= since for file in files)

    def spool(self, plan: StreamPlan) -> Spool:
        """Return the rows of the stream as its files hold them now."""
        files = self._files(plan)
        known = self._spools.get(plan.stream)
        if known is not None:
            if self.folder.is_same(known[0], files):
                return known[1]
            known[1].close()
            del self._spools[plan.stream]
        path = self._room / f"{plan.stream.value}-{next(self._numbers)}.sqlite"
        spool = Spool(path, only_latest=plan.only_latest)
        try:
            self._fill(spool, plan)
            self._require_unchanged(plan, files)
        except BaseException:
            # Half a spool must not pass for the files, whatever stopped us.
            spool.close()
            raise
        self._spools[plan.stream] = (files, spool)
        return spool

    def close(self) -> None:
        """Let go of the spools."""
        for _, spool in self._spools.values():
            spool.close()
        self._spools.clear()

    def _require_unchanged(self, plan: StreamPlan, files: Files) -> None:
        if self._files(plan) != files:
            raise Transient(
                f"a file of `mapping.{plan.stream.value}` changed while it was read. The next run "
                "will try again.",
                store=self._store,
            )

    def _files(self, plan: StreamPlan) -> Files:
        return tuple(
            file
            for part in plan.parts
            for file in self.folder.find(part.patterns, where=part.where)
        )

    def _fill(self, spool: Spool, plan: StreamPlan) -> None:
        for number, part in enumerate(plan.parts):
            keeps_every_row = number > 0 or plan.lines_in == "rows"
            for file in self.folder.find(part.patterns, where=part.where):
                self.folder.digest(file)
                for chunk in self._chunks(file, part):
                    spool.add(chunk, part, number, file, keeps_every_row=keeps_every_row)
                self.files_read += 1

    def _chunks(self, file: File, part: Part) -> Iterator[Chunk]:
        return chunks(file, part.habits, part.columns, store=self._store)
