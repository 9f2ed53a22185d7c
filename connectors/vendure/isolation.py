"""One record the server chokes on must not keep a thousand others from arriving.

GraphQL fails a whole page when a field that may not be null is null in one of its elements, and
real shops have such elements: a variant without a name in any language, a line whose product was
taken out by hand. The page is then asked for in halves until the record stands alone; that one goes
to quarantine with the server's words. When many fail, it is the server that is ill, not the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.vendure.api import RecordFailed
from connectors.vendure.paging import Node

# Marks a stand-in for a record that could not be fetched; holds what the server said.
FAILURE_FIELD: Final = "_failure"
# More broken records in one page than this stop the reading instead.
MOST_BROKEN: Final = 25

Options = Mapping[str, Any]
Fetch = Callable[[Options], list[Node]]


def fetch_around(fetch: Fetch, fetch_ids: Fetch, options: Options) -> list[Node]:
    """Return the page `options` describes, with stand-ins for records that cannot be fetched.

    `fetch_ids`: answers the same list with nothing but ids, which a broken record still has.
    Raises RecordFailed when more than MOST_BROKEN fail.
    """
    broken = 0

    def fetch_part(part: Options) -> list[Node]:
        nonlocal broken
        try:
            return fetch(part)
        except RecordFailed as error:
            if part["take"] == 1:
                broken += 1
                if broken > MOST_BROKEN:
                    raise
                return [{**node, FAILURE_FIELD: error.said} for node in fetch_ids(part)]
        half = part["take"] // 2
        first = fetch_part({**part, "take": half})
        return first + fetch_part(
            {**part, "skip": part["skip"] + half, "take": part["take"] - half}
        )

    return fetch_part(options)
