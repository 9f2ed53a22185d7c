"""A Vendure store, read through its Admin GraphQL API.

Nothing in this API tells reliably what changed (`selection.py`), so small shops are read whole each
time and large ones once a day; the content hash keeps what did not change from being written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from connectors.base import Connector, Page, StoreConfig, StoreProbe, Window
from connectors.errors import AuthFailed, BadRecord, Permanent
from connectors.glances import OrderGlance, glances
from connectors.http import HttpClient
from connectors.records import Record, Rejected, Stream
from connectors.services import Services
from connectors.vendure.api import AdminApi, PermissionMissing
from connectors.vendure.isolation import FAILURE_FIELD
from connectors.vendure.lists import Conditions, Lists
from connectors.vendure.mapping import Rules, map_record
from connectors.vendure.paging import LARGEST_PAGE, SMALLEST_PAGE, Mark, Node
from connectors.vendure.payloads import CONTEXT_FIELD, Time
from connectors.vendure.selection import (
    DEFAULT_ORDER_TYPES,
    DEFAULT_RECENT_DAYS,
    DEFAULT_REREAD_DAYS,
    DEFAULT_SCAN_ALWAYS_BELOW,
    Depth,
    Selection,
    is_daily,
    strictly_before,
)
from connectors.vendure.still_there import still_there

# 500 orders with all their parts are about two seconds and one megabyte on a small server.
DEFAULT_PAGE: Final = 500
_LONGEST: Final = 36_500


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished reading, as text on its pages."""

    depth: Depth
    mark: Mark


class VendureConnector(Connector):
    """Reads one channel of one Vendure server. Settings and credentials: README.md beside this."""

    def __init__(
        self,
        config: StoreConfig,
        *,
        services: Services | None = None,  # noqa: ARG002 - a login of its own each time
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config = config
        # Read now: a mistake in the settings should not surface in the middle of the night.
        self._rules = Rules.from_config(config)
        self._page_size = self._number("page_size", DEFAULT_PAGE, SMALLEST_PAGE, LARGEST_PAGE)
        self._selection = Selection(
            order_types=tuple(config.settings.get("order_types") or DEFAULT_ORDER_TYPES),
            reread=self._days("reread_days", DEFAULT_REREAD_DAYS),
            recent=self._days("recent_days", DEFAULT_RECENT_DAYS),
            scan_always_below=self._number(
                "scan_always_below", DEFAULT_SCAN_ALWAYS_BELOW, 0, 10_000_000
            ),
        )
        self._http = HttpClient(config, base_url=config.base_url, sleep=sleep)
        self._api = AdminApi(config, self._http)
        self._lists = Lists(self._api, store=config.key)
        self._context: Mapping[str, Any] | None = None

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries and logins included."""
        return self._http.calls

    def probe(self) -> StoreProbe:
        """Check address, login and permissions; raises a StoreError saying what to do."""
        answer = self._api.run("store")
        channel = answer.data["activeChannel"]
        self._note_context(answer.data)
        self._check_permissions(channel)
        warnings = []
        if self.config.currency and self.config.currency != channel["defaultCurrencyCode"]:
            warnings.append(
                f"the channel's currency is {channel['defaultCurrencyCode']}, the store was added "
                f"with {self.config.currency}: correct it, or set `channel_token`."
            )
        return StoreProbe(
            name=channel["code"],
            currency=channel["defaultCurrencyCode"],
            server_time=answer.server_time,
            warnings=tuple(warnings),
        )

    def count(self, stream: Stream) -> int | None:
        """Return how many records a full read yields."""
        return self._lists.count(stream, self._selection.live(stream))

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that may have changed since the window's start.

        Nothing is promised before the last page: the order of reading is that of the ids.
        """
        depth, conditions = self._choose(stream, window)
        resume = _unfinished(window.resume)
        mark = resume.mark if resume and resume.depth is depth else None
        for raw in self._lists.pages(stream, conditions, size=self._page_size, mark=mark):
            goes_on = Resume(depth=depth, mark=raw.mark)
            yield msgspec.structs.replace(
                self._page(stream, raw.nodes),
                complete_until=window.end if raw.is_last else None,
                resume=None if raw.is_last else msgspec.json.encode(goes_on).decode(),
            )

    def read_ids(self, stream: Stream, ids: Collection[str]) -> Iterator[Page]:
        """Yield the records of these ids, and those of which Vendure itself says they are gone.

        An order that exists and was not placed, or is a seller's part, is skipped.
        """
        wanted = list(dict.fromkeys(ids))
        live = self._selection.live(stream)
        for start in range(0, len(wanted), self._page_size):
            some = wanted[start : start + self._page_size]
            nodes = self._lists.named(stream, some, live)
            listed = {str(node["id"]) for node in nodes}
            unlisted = [one for one in some if one not in listed]
            hidden = still_there(self._api, stream, unlisted) if unlisted else frozenset()
            page = self._page(stream, nodes)
            yield msgspec.structs.replace(
                page,
                skipped=page.skipped + len(hidden),
                fetched=page.fetched + len(hidden),
                gone=tuple(one for one in unlisted if one not in hidden),
            )

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the external id of every record the store still has."""
        return self._lists.ids(stream, self._selection.live(stream), size=LARGEST_PAGE)

    def orders_placed(self, start: datetime, end: datetime) -> Iterator[OrderGlance]:
        """Yield the orders placed in `[start, end)`, read whole: a state is made of many parts."""
        conditions = self._selection.placed(start, end)
        for raw in self._lists.pages(Stream.ORDERS, conditions, size=self._page_size):
            page = self._page(Stream.ORDERS, raw.nodes)
            yield from glances(page.records, page.rejected, start=start, end=end)

    def oldest_order(self) -> datetime | None:
        """Return when the first order was placed; Vendure shows them all, however old."""
        found = self._lists.first(
            Stream.ORDERS, self._selection.live(Stream.ORDERS), {"orderPlacedAt": "ASC"}
        )
        return msgspec.convert(found["orderPlacedAt"], Time) if found else None

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        self._http.close()

    def _choose(self, stream: Stream, window: Window) -> tuple[Depth, Conditions]:
        """Return how deep to read, and the filter for that; costs one request at most."""
        start = window.start
        if start is None:
            return Depth.WHOLE, self._selection.live(stream)
        thorough = self._selection.thorough(stream, start)
        if is_daily(window):
            return Depth.THOROUGH, thorough
        if stream is Stream.PRODUCTS:
            total, changed_products = self._changes_of_products(start)
        else:
            total, changed_products = self._lists.count(stream, thorough), []
        if changed_products is None or total <= self._selection.scan_always_below:
            return Depth.THOROUGH, thorough
        return Depth.CHANGED, self._selection.changed(stream, start, product_ids=changed_products)

    def _changes_of_products(self, start: datetime) -> tuple[int, list[str] | None]:
        """Return the number of all variants, and the products changed; None when too many are."""
        found = self._api.run(
            "changes_of_products",
            {
                "all": {"take": 1, "filter": self._selection.live(Stream.PRODUCTS)},
                "changed": {
                    "take": LARGEST_PAGE,
                    "filter": {"updatedAt": {"after": strictly_before(start)}},
                },
            },
        ).data
        changed = found["products"]
        is_all = len(changed["items"]) == changed["totalItems"]
        ids = [str(node["id"]) for node in changed["items"]] if is_all else None
        return int(found["productVariants"]["totalItems"]), ids

    def _page(self, stream: Stream, nodes: Collection[Node]) -> Page:
        context = self._store_context()
        records: list[Record] = []
        rejected: list[Rejected] = []
        for node in nodes:
            payload = {**node, CONTEXT_FIELD: context}
            try:
                record = self._map_one(stream, payload)
            except BadRecord as error:
                rejected.append(
                    Rejected(
                        stream=stream,
                        payload=payload,
                        reason=error.reason,
                        code=error.code,
                        external_id=str(node["id"]),
                    )
                )
                continue
            if record is not None:
                records.append(record)
        return Page(
            stream=stream,
            records=tuple(records),
            rejected=tuple(rejected),
            skipped=len(nodes) - len(records) - len(rejected),
            fetched=len(nodes),
        )

    def _map_one(self, stream: Stream, payload: Node) -> Record | None:
        failure = payload.get(FAILURE_FIELD)
        if failure is not None:
            raise BadRecord(f"Vendure cannot answer for it: {failure}", code="store_error")
        return map_record(stream, payload, self._rules)

    def _store_context(self) -> Mapping[str, Any]:
        """Return what the shop's amounts depend on, asked for once."""
        return self._context or self._note_context(self._api.run("store").data)

    def _note_context(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        self._check_channel(told["activeChannel"])
        self._context = {
            "moneyPrecision": told["globalSettings"]["serverConfig"]["moneyStrategyPrecision"],
            "pricesIncludeTax": told["activeChannel"]["pricesIncludeTax"],
        }
        return self._context

    def _check_channel(self, channel: Mapping[str, Any]) -> None:
        """Raise Permanent when another channel answers: with a single one any token will do."""
        wanted = self.config.settings.get("channel_token")
        if wanted and channel["token"] != wanted:
            raise Permanent(
                f'no channel has the token in `channel_token`: "{channel["code"]}" answered in its '
                "place. Copy the token from the shop's Settings, Channels.",
                store=self.config.key,
            )

    def _check_permissions(self, channel: Mapping[str, Any]) -> None:
        """Raise AuthFailed naming every permission the lists lack.

        By asking for each list: the query that tells a user's permissions is shut to API keys.
        """
        missing = []
        for stream in Stream:
            try:
                self.count(stream)
            except PermissionMissing as error:
                missing.append(error.wanted)
        if missing:
            raise AuthFailed(
                f"the credentials lack the permission {', '.join(missing)} in the channel "
                f'"{channel["code"]}". Add it to a role of that user or API key (Settings, Roles), '
                f"then run `storeloom store check {self.config.key}`.",
                store=self.config.key,
            )

    def _number(self, name: str, default: int, least: int, most: int) -> int:
        value: object = self.config.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Permanent(
                f"`{name}` must be a whole number from {least} to {most}.", store=self.config.key
            )
        return value

    def _days(self, name: str, default: int) -> timedelta:
        return timedelta(days=self._number(name, default, 0, _LONGEST))


def _unfinished(mark: str | None) -> Resume | None:
    """Return what the mark of an earlier version or process says, None where it says nothing."""
    if mark is None:
        return None
    try:
        return msgspec.json.decode(mark, type=Resume)
    except msgspec.DecodeError:
        return None
