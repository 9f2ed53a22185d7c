"""A store behind a plain JSON API: what every connector does, and nothing else.

Copy the folder, put your platform's requests in `_list`, `count` and `probe`, and keep the rest:
the conformance suite runs this connector, so it is known to be right.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from connectors.base import Connector, Page, StoreConfig, StoreProbe, Window
from connectors.errors import BadRecord, Permanent
from connectors.http import HttpClient, Response
from connectors.records import Record, Rejected, Stream
from connectors.services import Services
from connectors.status_map import status_exceptions
from connectors.template.mapping import map_payload
from connectors.values import utc_time

DEFAULT_PAGE: Final = 200
LARGEST_PAGE: Final = 1_000
# Ids stand in the address, and servers refuse addresses of many kilobytes.
_IDS_AT_ONCE: Final = 50


class TemplateConnector(Connector):
    """Reads one store. Settings and credentials belong in a README.md beside this file."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        services: Services | None = None,  # noqa: ARG002 - nothing to share with other processes
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config = config
        # Settings are read now: a mistake should not surface in the middle of the night.
        self._statuses = status_exceptions(config.settings, store=config.key)
        size: object = config.settings.get("page_size", DEFAULT_PAGE)
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
            raise Permanent(
                f"`page_size` must be a whole number from 1 to {LARGEST_PAGE}.", store=config.key
            )
        self._page_size = size
        # Retries, time-outs, throttling, TLS and the hiding of secrets are all in here.
        self._http = HttpClient(
            config,
            base_url=config.base_url,
            headers={"Authorization": f"Bearer {config.credentials.get('token', '')}"},
            sleep=sleep,
        )

    def __repr__(self) -> str:
        return f"TemplateConnector({self.config.key!r})"

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries included."""
        return self._http.calls

    def probe(self) -> StoreProbe:
        """Check address and token; raises a StoreError saying what to do."""
        answer = self._get("store")
        told = self._object(answer)
        return StoreProbe(
            name=str(told.get("name") or self.config.key),
            currency=str(told.get("currency") or self.config.currency or ""),
            time_zone=told.get("time_zone"),
            server_time=answer.server_time,
        )

    def count(self, stream: Stream) -> int | None:
        """Return how many records the store has, in one request."""
        return int(self._object(self._get(f"{stream.value}/count"))["count"])

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield what changed inside the window, oldest change first."""
        bounds = {"changed_before": window.end.isoformat()}
        if window.start is not None:
            bounds["changed_from"] = window.start.isoformat()
        for items, after in self._list(stream, bounds, after=window.resume):
            changed = _latest_change(items)
            yield self._page(
                stream,
                items,
                # The list is sorted by change, so all that changed before the last one has come;
                # of those that share its time some may follow.
                complete_until=changed if after else window.end,
                resume=after,
            )

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield the records of these ids; the API leaves out those it does not have."""
        wanted = list(dict.fromkeys(ids))
        for begin in range(0, len(wanted), _IDS_AT_ONCE):
            some = wanted[begin : begin + _IDS_AT_ONCE]
            answer = self._object(self._get(stream.value, {"ids": ",".join(some)}))
            items = self._items(answer)
            there = {str(item.get("id")) for item in items}
            yield self._page(stream, items, gone=tuple(one for one in some if one not in there))

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the id of every record the store has."""
        for items, _ in self._list(stream, {"only": "id"}):
            yield from (str(item["id"]) for item in items)

    def oldest_order(self) -> datetime | None:
        """Return when the oldest order was placed, None without any."""
        told = self._object(self._get("orders", {"sort": "placed_at", "limit": 1}))
        placed = [utc_time(item.get("placed_at"), "placed_at") for item in self._items(told)]
        return placed[0] if placed else None

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        self._http.close()

    def _list(
        self, stream: Stream, parameters: Mapping[str, str], *, after: str | None = None
    ) -> Iterator[tuple[list[Mapping[str, Any]], str | None]]:
        """Yield pages of a list and the mark of what follows each, None after the last."""
        while True:
            mark = {"after": after} if after else {}
            asked: dict[str, str | int] = {**parameters, **mark, "limit": self._page_size}
            answer = self._object(self._get(stream.value, asked))
            after = answer.get("next") or None
            yield self._items(answer), after
            if after is None:
                return

    def _page(self, stream: Stream, items: Iterable[Mapping[str, Any]], **promises: Any) -> Page:
        records: list[Record] = []
        rejected: list[Rejected] = []
        for item in items:
            try:
                records.append(map_payload(stream, item, self._statuses))
            except BadRecord as error:
                rejected.append(
                    Rejected(
                        stream=stream,
                        payload=item,
                        reason=error.reason,
                        code=error.code,
                        external_id=str(item.get("id") or "") or None,
                    )
                )
        return Page(
            stream=stream,
            records=tuple(records),
            rejected=tuple(rejected),
            fetched=len(records) + len(rejected),
            **promises,
        )

    def _get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Response:
        return self._http.request("GET", path, params=parameters)

    def _object(self, answer: Response) -> Mapping[str, Any]:
        found = answer.json()
        if not isinstance(found, dict):
            raise Permanent(
                "the answer is no JSON object. Check that the base URL is the API's address.",
                store=self.config.key,
            )
        return found

    def _items(self, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the records of a list; anything else must not pass for an empty one."""
        items = answer.get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise Permanent("the answer holds no list of records.", store=self.config.key)
        return items


def _latest_change(items: Iterable[Mapping[str, Any]]) -> datetime | None:
    try:
        times = [utc_time(item.get("changed_at"), "changed_at") for item in items]
    except BadRecord:
        # That record is put aside; where the list stands cannot be told from this page.
        return None
    known = [moment for moment in times if moment is not None]
    return max(known, default=None)
