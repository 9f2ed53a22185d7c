"""The files of a store: where they are, and whether they changed.

A file's date can be set back (`cp -p`, rsync, an archive unpacked), so the date of its entry in the
file system counts as well, which nobody can set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import msgspec

from connectors.errors import Permanent, Transient


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was when looked at. `changed_ns`: nanoseconds since 1970, UTC."""

    path: Path
    name: str
    size: int
    changed_ns: int
    inode: int

    @property
    def changed_at(self) -> datetime:
        """When content or entry last changed."""
        return datetime.fromtimestamp(self.changed_ns / 1e9, UTC)


class Folder:
    """The folder that a store's `file://` address names."""

    def __init__(self, base_url: str, *, store: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise Permanent(
                f"{base_url} is no folder of this machine; write file:///path/to/folder.",
                store=store,
            )
        self.path = Path(unquote(parts.path))
        self._store = store
        self._digests: dict[File, bytes] = {}

    def find(self, patterns: Sequence[str], *, where: str) -> tuple[File, ...]:
        """Return the files that match, by name; raises Permanent when a pattern matches none.

        None is an error because a folder that is not mounted looks like one that is empty.
        """
        if not self.path.is_dir():
            raise Permanent(
                f"{self.path} is no folder that can be read here. Check the store's address, and "
                "that the disk is mounted.",
                store=self._store,
            )
        found: dict[str, File] = {}
        for pattern in patterns:
            pure = PurePosixPath(pattern)
            if not pattern or pure.is_absolute() or ".." in pure.parts:
                raise Permanent(
                    f"{where}.files: {pattern!r} must be a pattern below {self.path}.",
                    store=self._store,
                )
            matching = [path for path in self.path.glob(pattern) if path.is_file()]
            if not matching:
                raise Permanent(
                    f"{where}.files: no file in {self.path} matches {pattern!r}.",
                    store=self._store,
                )
            for path in matching:
                found[str(path.relative_to(self.path))] = self._look(path)
        return tuple(found[name] for name in sorted(found))

    def is_same(self, before: Sequence[File], after: Sequence[File]) -> bool:
        """Say whether the files hold the same, by date and size, else by content."""
        if [file.name for file in before] != [file.name for file in after]:
            return False
        return all(
            old == new or (old.size == new.size and self._digest(old) == self.digest(new))
            for old, new in zip(before, after, strict=True)
        )

    def digest(self, file: File) -> bytes:
        """Return a hash of the file's content, and keep it: the old content cannot be asked for."""
        if file not in self._digests:
            try:
                with file.path.open("rb") as opened:
                    self._digests[file] = hashlib.file_digest(opened, "blake2b").digest()
            except OSError as error:
                raise self._unreadable(file.path, error) from None
        return self._digests[file]

    def _digest(self, file: File) -> bytes | None:
        return self._digests.get(file)

    def _look(self, path: Path) -> File:
        try:
            told = path.stat()
        except OSError as error:
            raise self._unreadable(path, error) from None
        return File(
            path=path,
            name=str(path.relative_to(self.path)),
            size=told.st_size,
            changed_ns=max(told.st_mtime_ns, told.st_ctime_ns),
            inode=told.st_ino,
        )

    def _unreadable(self, path: Path, error: OSError) -> Transient:
        return Transient(
            f"{path.relative_to(self.path)} cannot be read ({error.strerror}). The next run will "
            "try again.",
            store=self._store,
        )
