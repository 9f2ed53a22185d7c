"""A Vendure store, read through its Admin GraphQL API.

Vendure's `updatedAt` does not follow its records. An order keeps it while it is paid, shipped,
delivered and refunded (measured on 3.7), a customer while an address is edited, a variant while its
product is renamed: an increment by `updatedAt` alone loses most of what happens. So customers and
variants are read whole each time, and orders as far back as something may still happen to them
(`reread_days`); the content hash keeps what did not change from being written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeGuard

from connectors.base import Connector, Page, StoreConfig, StoreProbe, Window
from connectors.errors import AuthFailed, BadRecord, Permanent
from connectors.http import HttpClient
from connectors.records import Record, Rejected, Stream
from connectors.services import Services
from connectors.vendure.api import AdminApi, PermissionMissing
from connectors.vendure.isolation import FAILURE_FIELD, fetch_around
from connectors.vendure.mapping import Rules, map_record
from connectors.vendure.paging import LARGEST_PAGE, SMALLEST_PAGE, Node, RawPage, pages
from connectors.vendure.payloads import CONTEXT_FIELD

# Refunds and chargebacks of older orders are seen by a full sync.
DEFAULT_REREAD_DAYS: Final = 180
# 500 orders with all their parts are about two seconds and one megabyte on a small server.
DEFAULT_PAGE: Final = 500
# Document and root field of each list.
_LISTS: Final = {
    Stream.CUSTOMERS: ("customers", "customers"),
    Stream.PRODUCTS: ("variants", "productVariants"),
    Stream.ORDERS: ("orders", "orders"),
}
_IDS: Final = {
    Stream.CUSTOMERS: ("customer_ids", "customers"),
    Stream.PRODUCTS: ("variant_ids", "productVariants"),
    Stream.ORDERS: ("order_ids", "orders"),
}


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
        self._reread = timedelta(days=self._number("reread_days", DEFAULT_REREAD_DAYS, 0, 36_500))
        self._http = HttpClient(config, base_url=config.base_url, sleep=sleep)
        self._api = AdminApi(config, self._http)
        self._context: dict[str, Any] | None = None

    @property
    def api_calls(self) -> int:
        """HTTP requests sent so far, retries and logins included."""
        return self._http.calls

    def probe(self) -> StoreProbe:
        """Check address, login and permissions; raises a StoreError saying what to do."""
        answer = self._api.run("store")
        channel = answer.data["activeChannel"]
        self._check_channel(channel)
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
        document, root = _IDS[stream]
        options = {"take": 1, "filter": self._conditions(stream, None)}
        return int(self._list(document, root, options)["totalItems"])

    def read(self, stream: Stream, window: Window) -> Iterator[Page]:
        """Yield every record that may have changed since the window's start.

        Nothing is promised before the last page: the order of reading is that of the ids.
        """
        for raw in self._pages(stream, _LISTS[stream], window.start):
            records, rejected, skipped = self._map(stream, raw)
            yield Page(
                stream=stream,
                records=records,
                rejected=rejected,
                skipped=skipped,
                fetched=len(raw.nodes),
                complete_until=window.end if raw.is_last else None,
            )

    def list_ids(self, stream: Stream) -> Iterator[str]:
        """Yield the external id of every record the store still has."""
        for raw in self._pages(stream, _IDS[stream], None):
            yield from (str(node["id"]) for node in raw.nodes)

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        self._http.close()

    def _map(
        self, stream: Stream, raw: RawPage
    ) -> tuple[tuple[Record, ...], tuple[Rejected, ...], int]:
        context = self._store_context()
        records: list[Record] = []
        rejected: list[Rejected] = []
        for node in raw.nodes:
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
        skipped = len(raw.nodes) - len(records) - len(rejected)
        return tuple(records), tuple(rejected), skipped

    def _map_one(self, stream: Stream, payload: Node) -> Record | None:
        failure = payload.get(FAILURE_FIELD)
        if failure is not None:
            raise BadRecord(f"Vendure cannot answer for it: {failure}", code="store_error")
        return map_record(stream, payload, self._rules)

    def _pages(
        self, stream: Stream, source: tuple[str, str], start: datetime | None
    ) -> Iterator[RawPage]:
        def items(source: tuple[str, str], options: Mapping[str, Any]) -> list[Node]:
            found: list[Node] = self._list(*source, options)["items"]
            return found

        return pages(
            partial(fetch_around, partial(items, source), partial(items, _IDS[stream])),
            size=self._page_size,
            conditions=self._conditions(stream, start),
            store=self.config.key,
        )

    def _conditions(self, stream: Stream, start: datetime | None) -> dict[str, Any]:
        """Return the list's filter: placed orders only, from `start` on those that may differ."""
        if stream is not Stream.ORDERS:
            return {}
        # A seller's own channel shows his parts of a marketplace's orders and nothing else.
        types = self.config.settings.get("order_types") or ["Regular", "Aggregate"]
        conditions: dict[str, Any] = {
            "orderPlacedAt": {"isNull": False},
            "type": {"in": list(types)},
        }
        if start is not None:
            conditions["_or"] = [
                {"updatedAt": {"after": _strictly_before(start)}},
                {"orderPlacedAt": {"after": _strictly_before(start - self._reread)}},
            ]
        return conditions

    def _list(self, document: str, root: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self._api.run(document, {"options": dict(options)}).data.get(root)
        if not _is_list(found):
            raise Permanent(
                f"{document}: the answer holds no list. Vendure 3.0 or newer is needed.",
                store=self.config.key,
            )
        return found

    def _store_context(self) -> Mapping[str, Any]:
        """Return what the shop's amounts depend on, asked for once."""
        if self._context is None:
            told = self._api.run("store").data
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


def _is_list(found: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell a list in which every element has an id: one left out would end the reading early."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("totalItems"), int)
        and isinstance(found.get("items"), list)
        and all(isinstance(item, dict) and item.get("id") for item in found["items"])
    )


def _strictly_before(moment: datetime) -> str:
    """Return a bound that lets `moment` itself through: `after` is strict, on milliseconds."""
    earlier = moment - timedelta(milliseconds=1)
    return earlier.isoformat(timespec="milliseconds").replace("+00:00", "Z")
