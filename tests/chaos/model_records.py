"""What a record says, as the rules read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from connectors.records import Address, Order, Record
from tests.chaos.model_rows import Client, Seen


def client_of(seen: Seen) -> Client:
    assert isinstance(seen.row, Client)
    return seen.row


def newest(records: Iterable[Record]) -> list[Record]:
    found: dict[str, Record] = {}
    for one in records:
        other = found.get(one.external_id)
        if other is None or _at(one) >= _at(other):
            found[one.external_id] = one
    return list(found.values())


def _at(record: Record) -> Any:
    return record.source_updated_at


def content(record: Record) -> Record:
    return msgspec.structs.replace(record, source_updated_at=None)


def order_fields(order: Order) -> dict[str, Any]:
    return {
        "status": "cancelled" if order.is_deleted else order.status.value,
        "currency": order.currency,
        "total": order.total,
        "refunded_total": order.refunded_total,
        "tracking_number": order.tracking_number,
        "shipping_address": _address(order.shipping_address),
        "order_date": order.order_date,
    }


def _address(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {key: one for key, one in msgspec.structs.asdict(address).items() if one} or None


def least(one: Any, other: Any) -> Any:
    return min(filter(None, (one, other)), default=None)


def most(one: Any, other: Any) -> Any:
    return max(filter(None, (one, other)), default=None)
