"""One record out of its rows: pure, so that a row kept in quarantine maps the same a year later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from connectors.base import StoreConfig
from connectors.decoding import decode
from connectors.errors import BadRecord
from connectors.files.fields import AMOUNTS, Field, Row
from connectors.files.plan import StreamPlan, plans_of
from connectors.records import (
    Address,
    Customer,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Record,
    Stream,
)
from connectors.values import amount

# What shops call the six states, in the words of the exports people have.
_WORDS: Final[Mapping[str, OrderStatus]] = {
    **{status.value: status for status in OrderStatus},
    "open": OrderStatus.PENDING,
    "unpaid": OrderStatus.PENDING,
    "on-hold": OrderStatus.PENDING,
    "paid": OrderStatus.PROCESSING,
    "unfulfilled": OrderStatus.PROCESSING,
    "fulfilled": OrderStatus.SHIPPED,
    "sent": OrderStatus.SHIPPED,
    "complete": OrderStatus.DELIVERED,
    "completed": OrderStatus.DELIVERED,
    "closed": OrderStatus.DELIVERED,
    "canceled": OrderStatus.CANCELLED,
    "voided": OrderStatus.CANCELLED,
}


def map_rows(plan: StreamPlan, payload: Mapping[str, Any]) -> Record:
    """Map a record's rows: `rows` (column -> text) and, from files of their own, `lines`.

    Raises BadRecord naming field, column and place in the mapping.
    """
    rows: Sequence[Row] = payload["rows"]
    if not rows:
        raise BadRecord(
            "there are lines for this order, but no row of its own", code="missing_order"
        )
    if payload.get("repeated"):
        raise BadRecord(
            f"the same line of this order stands in {payload['repeated']}: if the files overlap, "
            'set "repeats": "replace" in mapping.orders.lines and the last one counts',
            code="repeated_lines",
        )
    reader = _Reader(plan, rows[0])
    if plan.stream is Stream.CUSTOMERS:
        return reader.customer()
    if plan.stream is Stream.PRODUCTS:
        return reader.product()
    return reader.order(_line_rows(plan, payload))


def remap(stream: Stream, payload: Any, config: StoreConfig) -> Record | None:
    """Map a payload from quarantine with the mapping of today; raises BadRecord."""
    plan = plans_of(config).get(stream)
    if plan is None:
        raise BadRecord(f"`mapping` has no {stream.value} any more", code="unmapped_stream")
    if not isinstance(payload, Mapping) or "rows" not in payload:
        raise BadRecord(
            "this row could not be read as columns: correct it in its file and sync again",
            code="broken_row",
        )
    return map_rows(plan, payload)


class _Reader:
    """Reads the fields of one row."""

    def __init__(self, plan: StreamPlan, row: Row) -> None:
        self._plan = plan
        self._row = row

    def customer(self) -> Customer:
        return Customer(
            external_id=self._id(),
            email=self._text("email"),
            phone=self._text("phone"),
            full_name=self._text("full_name"),
            company_name=self._text("company_name"),
            address=self._address("address."),
            source_created_at=self._time("created_at"),
            source_updated_at=self._time("updated_at"),
        )

    def product(self) -> Product:
        external_id = self._id()
        is_active = self._field("is_active")
        return Product(
            external_id=external_id,
            name=self._text("name") or external_id,
            price=self._money("price") or Decimal("0.00"),
            currency=self._currency(),
            parent_external_id=self._text("parent_id"),
            description=self._text("description"),
            sku=self._text("sku"),
            category=self._text("category"),
            cost=self._money("cost"),
            is_active=(is_active.flag(self._row) if is_active else None) is not False,
            source_created_at=self._time("created_at"),
            source_updated_at=self._time("updated_at"),
        )

    def order(self, line_rows: Sequence[Row]) -> Order:
        external_id = self._id()
        order_date = self._time("order_date")
        if order_date is None:
            raise BadRecord("order_date is missing", code="missing_time", field="order_date")
        lines = tuple(_line(self._plan.line_fields, row) for row in line_rows)
        total = self._money("total") if "total" in self._plan.fields else _sum(lines)
        if total is None:
            raise BadRecord("total is missing", code="bad_amount", field="total")
        amounts: dict[str, Any] = {name: self._money(name) or Decimal("0.00") for name in AMOUNTS}
        word = self._text("status")
        return Order(
            external_id=external_id,
            order_number=self._text("number") or external_id,
            status=self._status(word, total, amounts["refunded_total"]),
            currency=self._currency(),
            total=total,
            order_date=order_date,
            **amounts,
            customer_external_id=self._text("customer_id"),
            email=self._text("email"),
            phone=self._text("phone"),
            full_name=self._text("full_name"),
            company_name=self._text("company_name"),
            billing_address=self._address("billing_address."),
            shipping_address=self._address("shipping_address."),
            lines=lines,
            tracking_number=self._text("tracking_number"),
            shipped_date=self._time("shipped_date"),
            delivered_date=self._time("delivered_date"),
            source_status=word,
            source_created_at=self._time("created_at"),
            source_updated_at=self._time("updated_at"),
        )

    def _status(self, word: str | None, total: Decimal, refunded: Decimal) -> OrderStatus:
        """Return the CRM's status; without any word it is a sale of the past, hence delivered."""
        known: OrderStatus | None = OrderStatus.DELIVERED
        if word is not None:
            known = self._plan.statuses.get(word) or _WORDS.get(word.casefold().replace("_", "-"))
        if known is OrderStatus.CANCELLED:
            return known
        if refunded > 0 and refunded >= total:
            return OrderStatus.REFUNDED
        return known or OrderStatus.PROCESSING

    def _id(self) -> str:
        return self._text("id") or ""

    def _currency(self) -> str:
        return (self._text("currency") or self._plan.currency).upper()

    def _field(self, name: str) -> Field | None:
        return self._plan.fields.get(name)

    def _text(self, name: str) -> str | None:
        field = self._plan.fields.get(name)
        return field.text(self._row) if field else None

    def _money(self, name: str) -> Decimal | None:
        field = self._plan.fields.get(name)
        return field.money(self._row) if field else None

    def _time(self, name: str) -> Any:
        field = self._plan.fields.get(name)
        return field.moment(self._row) if field else None

    def _address(self, prefix: str) -> Address | None:
        parts = {
            name.removeprefix(prefix): field.text(self._row)
            for name, field in self._plan.fields.items()
            if name.startswith(prefix)
        }
        return Address(**parts) if any(parts.values()) else None


def _line_rows(plan: StreamPlan, payload: Mapping[str, Any]) -> Sequence[Row]:
    if plan.lines_in == "rows":
        rows: Sequence[Row] = payload["rows"]
        return rows
    if plan.lines_in == "files":
        lines: Sequence[Row] = payload.get("lines") or ()
        return lines
    if plan.lines_in == "column":
        return _json_rows(payload["rows"][0].get(plan.lines_column or ""))
    return ()


def _json_rows(text: str | None) -> list[Row]:
    if not text or not text.strip():
        return []
    try:
        found = decode(text.encode("utf-8", "surrogateescape"))
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadRecord("the lines are no JSON list of objects", code="bad_lines", field="lines")
    return [
        {name: None if value is None else str(value) for name, value in item.items()}
        for item in found
    ]


def _line(fields: Mapping[str, Field], row: Row) -> OrderLine:
    def text(name: str) -> str | None:
        return fields[name].text(row) if name in fields else None

    def number(name: str) -> Decimal | None:
        return fields[name].number(row) if name in fields else None

    quantity = number("quantity")
    quantity = Decimal(1) if quantity is None else quantity
    unit_price, total = number("unit_price"), number("total")
    if total is None and unit_price is not None:
        total = quantity * unit_price
    tax = number("tax")
    return OrderLine(
        external_id=text("id"),
        product_external_id=text("product_id"),
        name=text("name") or text("sku") or text("product_id") or "?",
        sku=text("sku"),
        quantity=quantity,
        unit_price=unit_price,
        total=None if total is None else amount(total, "line.total"),
        tax=None if tax is None else amount(tax, "line.tax"),
    )


def _sum(lines: Sequence[OrderLine]) -> Decimal | None:
    totals = [line.total for line in lines]
    if not totals or any(total is None for total in totals):
        return None
    return sum((total for total in totals if total is not None), Decimal("0.00"))
