"""Whether a store that was asked for records by name has answered for every one of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from connectors.base import Page, StoreConfig
from connectors.errors import Permanent
from connectors.records import Stream

_SHOWN = 5


def answered(
    config: StoreConfig, stream: Stream, asked: Collection[str], pages: Iterable[Page]
) -> Iterator[Page]:
    """Yield the pages of `read_ids`; a short answer raises Permanent after the last of them.

    An id without an answer is no deleted record and no record without news: taken for either, a
    truncated answer would pass for a finished sync.
    """
    wanted = frozenset(asked)
    left = set(wanted)
    unnamed = 0
    for page in pages:
        if not wanted.issuperset(page.gone):
            strays = sorted(set(page.gone) - wanted)
            raise Permanent(
                f"{len(strays)} {stream.value} are called gone that nobody asked for "
                f"({_some(strays)}); none was marked. This is a fault of the connector, please "
                "report it",
                store=config.key,
            )
        named = [one.external_id for one in page.rejected if one.external_id in wanted]
        unnamed += page.skipped + len(page.rejected) - len(named)
        left.difference_update(one.external_id for one in page.records)
        left.difference_update(filter(None, named))
        left.difference_update(page.gone)
        yield page
    if len(left) > unnamed:
        raise Permanent(
            f"of {len(wanted)} {stream.value} asked for by name, {len(left) - unnamed} were "
            f"answered with nothing ({_some(sorted(left))}); none of these was marked as deleted. "
            "Sync again; if it stays, this is a fault of the connector or of a proxy before the "
            "store, please report it",
            store=config.key,
        )


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
