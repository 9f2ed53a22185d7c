"""The rows of a bulk result, put together again: a parent with the children that name it.

Children come anywhere in the file, before their parent or a million rows after it. So the rows are
spread over files on disk by their parent's id, each small enough to be held in memory: a history
of any length needs the memory of one part and the disk space of the result.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self
from zlib import crc32

import msgspec

from connectors.decoding import decode_record
from connectors.errors import Permanent
from connectors.shopify.bulk import BulkUnusable
from connectors.unreadable import UNREADABLE

_ROWS_IN_A_PART: Final = 20_000
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG})
# Each part is an open file; beyond this parts grow instead.
_MOST_PARTS: Final = 128


class _Head(msgspec.Struct):
    id: str | None = None
    parent: str | None = msgspec.field(default=None, name="__parentId")


_HEAD: Final = msgspec.json.Decoder(_Head)


class Joined:
    """The rows of one result. `expected`: how many it claims; `children`: where they belong.

    The order of the parents depends on the rows alone, so a reading can go on in the middle of it.
    Use as a context manager: the parts are gone afterwards.
    """

    def __init__(self, store: str, *, expected: int, children: str | None) -> None:
        self.rows = 0
        self.roots = 0
        self._store = store
        self._children = children
        self._parts = max(1, min(_MOST_PARTS, expected // _ROWS_IN_A_PART))
        self._folder = tempfile.TemporaryDirectory(prefix="storeloom-bulk-")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def fill(self, lines: Iterator[bytes]) -> None:
        """Spread the rows over the parts, beginning anew; raises BulkUnusable for other lines."""
        self.rows = self.roots = 0
        with ExitStack() as stack:
            stack.enter_context(self._explained())
            parts = [stack.enter_context(path.open("wb")) for path in self._paths()]
            for line in lines:
                if line.strip():
                    self._put(parts, line)

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Yield every parent with all of its children; raises BulkUnusable for a lost child."""
        for path in self._paths():
            parents: list[tuple[str | None, bytes]] = []
            children: dict[str, list[bytes]] = {}
            with path.open("rb") as part:
                for line in part:
                    head = self._head(line)
                    if head.parent is None:
                        parents.append((head.id, line))
                    else:
                        children.setdefault(head.parent, []).append(line)
            lost = children.keys() - {identifier for identifier, _ in parents}
            if lost or (children and self._children is None):
                raise BulkUnusable(
                    f"a bulk result holds rows of {min(children)}, but not itself.",
                    store=self._store,
                )
            for identifier, line in parents:
                node = decode_record(line)
                if self._children is not None:
                    own = children.get(identifier, []) if identifier is not None else []
                    node[self._children] = {
                        "nodes": [decode_record(child) for child in own],
                        "pageInfo": {"hasNextPage": False},
                    }
                yield node

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what to do about a full disk; a connection that breaks is somebody else's to tell."""
        try:
            yield
        except OSError as error:
            if error.errno not in _DISK:
                raise
            raise Permanent(
                f"a bulk result cannot be kept in {self._folder.name} ({error.strerror}). Make "
                "room there, or set TMPDIR to a larger disk.",
                store=self._store,
            ) from None

    def _put(self, parts: Sequence[IO[bytes]], line: bytes) -> None:
        head = self._head(line)
        self.rows += 1
        self.roots += head.parent is None
        key = head.parent or head.id or ""
        parts[crc32(key.encode("utf-8", "surrogatepass")) % self._parts].write(line + b"\n")

    def _head(self, line: bytes) -> _Head:
        try:
            return _HEAD.decode(line)
        except ValueError:
            return self._odd_head(line)

    def _odd_head(self, line: bytes) -> _Head:
        """Read a row that the strict decoder refuses: half a character, an id that is no text."""
        row = decode_record(line)
        if not isinstance(row, dict) or row.keys() == {UNREADABLE, "text"}:
            raise BulkUnusable("a row of a bulk result is no JSON object.", store=self._store)
        identifier, parent = row.get("id"), row.get("__parentId")
        return _Head(
            id=identifier if isinstance(identifier, str) else None,
            parent=parent if isinstance(parent, str) else None,
        )

    def _paths(self) -> Iterator[Path]:
        return (Path(self._folder.name) / str(number) for number in range(self._parts))
