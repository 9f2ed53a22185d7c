"""One row of a list, decoded and mapped, or rejected with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from connectors.decoding import decode_record
from connectors.errors import BadRecord
from connectors.records import Record, Rejected, Stream
from connectors.unreadable import UNREADABLE, refuse_unreadable
from connectors.woocommerce.mapping import (
    Rules,
    is_skipped,
    map_customer,
    map_order,
    map_product,
)
from connectors.woocommerce.payloads import (
    CustomerPayload,
    OrderPayload,
    Parent,
    ProductPayload,
    RefundEntry,
    decoder,
)
from connectors.woocommerce.values import identifier, instant, text
from connectors.wording import misfit

_PAYLOADS: Final = {
    Stream.CUSTOMERS: CustomerPayload,
    Stream.PRODUCTS: ProductPayload,
    Stream.ORDERS: OrderPayload,
}
_REFUND: Final = decoder(RefundEntry)
_DECODERS: Final = {stream: decoder(payload) for stream, payload in _PAYLOADS.items()}
_MAPPERS: Final[dict[Stream, Callable[[Any, Rules], Record]]] = {
    Stream.CUSTOMERS: map_customer,
    Stream.PRODUCTS: map_product,
    Stream.ORDERS: map_order,
}


class Row(NamedTuple):
    """`outcome`: None for a record that is by rule no business of the CRM.

    `modified`: to the second, as WooCommerce keeps it; None when unknown. `kind`: the product's
    type, `variable` where variations hang on it. `links`: an order's customer, a product's
    variations. `owner`: the product of a variation. `created`: when it was made, for products
    alone.
    """

    id: str
    modified: datetime | None
    status: str
    kind: str
    outcome: Record | Rejected | None
    links: tuple[str, ...] = ()
    owner: str = ""
    created: datetime | None = None


def payload_type(stream: Stream) -> type[Any]:
    """Return the struct that says which fields of `stream` are read."""
    return _PAYLOADS[stream]


def decode_row(stream: Stream, raw: msgspec.Raw) -> Any:
    """Decode one row; None when its shape is not WooCommerce's, which `make_row` then explains."""
    try:
        return _DECODERS[stream].decode(raw)
    except (ValueError, ArithmeticError):
        return None


def make_row(
    stream: Stream, raw: msgspec.Raw, payload: Any, rules: Rules, parent: Parent | None = None
) -> Row:
    """Map one decoded row; whatever is wrong with it stays with it."""
    if payload is None:
        return _misshapen(stream, raw)
    if parent is not None:
        payload.parent = parent
    status = text(getattr(payload, "status", None)) or ""
    kind = text(getattr(payload, "type", None)) or ""
    external_id = identifier(payload.id) or ""
    outcome: Record | Rejected | None
    modified: datetime | None = None
    try:
        if payload.unreadable is not None:
            refuse_unreadable({UNREADABLE: payload.unreadable})
        modified = instant(payload.date_modified_gmt, "date_modified_gmt")
        outcome = None if is_skipped(stream, status, rules) else _MAPPERS[stream](payload, rules)
    except BadRecord as error:
        outcome = _rejected(stream, raw, error.reason, error.code, external_id, parent)
    links = _links(stream, payload)
    if stream is not Stream.PRODUCTS:
        return Row(external_id, modified, status, kind, outcome, links)
    owner = identifier(payload.parent_id) or ""
    created = _when(payload.date_created_gmt)
    return Row(external_id, modified, status, kind, outcome, links, owner, created)


def change_of(payload: Any) -> datetime | None:
    """Return when a decoded row changed, None when it has no readable time."""
    return None if payload is None else _when(payload.date_modified_gmt)


def creation_of(payload: Any) -> datetime | None:
    """Return when a decoded row was made, None when it has no readable time."""
    return None if payload is None else _when(payload.date_created_gmt)


def identity_row(stream: Stream, raw: msgspec.Raw, rules: Rules) -> Row | None:
    """Return who a row is, unmapped; None for what a reading would skip or cannot name."""
    payload = decode_row(stream, raw)
    if payload is None:
        return None
    external_id = identifier(payload.id) or ""
    status = text(getattr(payload, "status", None)) or ""
    if not external_id or is_skipped(stream, status, rules):
        return None
    kind = text(getattr(payload, "type", None)) or ""
    modified = _when(payload.date_modified_gmt)
    return Row(external_id, modified, status, kind, None, _links(stream, payload))


def refund_row(raw: msgspec.Raw) -> Row | None:
    """Return an element of GET /refunds, linked to its order; None when it names none."""
    try:
        refund = _REFUND.decode(raw)
    except (ValueError, ArithmeticError):
        return None
    own, order = identifier(refund.id), identifier(refund.parent_id)
    return Row(own, None, "", "", None, (order,)) if own and order else None


def _links(stream: Stream, payload: Any) -> tuple[str, ...]:
    if stream is Stream.ORDERS:
        customer = identifier(payload.customer_id)
        return (customer,) if customer else ()
    if stream is Stream.PRODUCTS and isinstance(payload.variations, list):
        return tuple(found for one in payload.variations if (found := identifier(one)))
    return ()


def _when(value: Any) -> datetime | None:
    try:
        return instant(value, "time")
    except BadRecord:
        return None


def _misshapen(stream: Stream, raw: msgspec.Raw) -> Row:
    """Reject a row the typed decoder refused, with what can still be read of it."""
    payload = decode_record(bytes(raw))
    fields = payload if isinstance(payload, dict) else {}
    external_id = identifier(fields.get("id")) or ""
    reason, code = _trouble(stream, raw, payload)
    try:
        modified = instant(fields.get("date_modified_gmt"), "date_modified_gmt")
    except BadRecord:
        modified = None
    return Row(
        external_id,
        modified,
        text(fields.get("status")) or "",
        text(fields.get("type")) or "",
        Rejected(
            stream=stream,
            payload=payload,
            reason=reason,
            code=code,
            external_id=external_id or None,
        ),
    )


def _trouble(stream: Stream, raw: msgspec.Raw, payload: Any) -> tuple[str, str]:
    """Say why the typed decoder refused a row: reason and code."""
    try:
        refuse_unreadable(payload)
    except BadRecord as error:
        return error.reason, error.code
    try:
        _DECODERS[stream].decode(raw)
    except (ValueError, ArithmeticError) as error:
        refusal = misfit(error, payload)
        return refusal.reason, refusal.code
    return "its shape is not WooCommerce's", "bad_shape"


def _rejected(
    stream: Stream,
    raw: msgspec.Raw,
    reason: str,
    code: str,
    external_id: str,
    parent: Parent | None,
) -> Rejected:
    payload = decode_record(bytes(raw))
    if parent is not None and isinstance(payload, dict):
        # Kept with the payload, so that a replay needs no second look at the shop.
        payload["parent"] = msgspec.to_builtins(parent)
    return Rejected(
        stream=stream, payload=payload, reason=reason, code=code, external_id=external_id or None
    )
