"""A folder of CSV files, rewritten with every change as an export script would."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contract.conformance.shops import Ability, NewOrder, Shop

from connectors.base import Connector, StoreConfig
from connectors.files.client import FilesConnector
from connectors.records import Stream

_NO_SERVER = "files lie in a folder: there is no server that could do that"
_NO_DATES = "a changed file is read whole: there is no time of a single record"
_BROKEN = {Stream.CUSTOMERS: "created", Stream.PRODUCTS: "price", Stream.ORDERS: "total"}
MAPPING: dict[str, Any] = {
    "currency": "EUR",
    "time_zone": "America/New_York",
    "snapshot": True,
    "customers": {
        "files": "customers.csv",
        "fields": {
            "id": "id",
            "email": "email",
            "full_name": "name",
            "phone": "phone",
            "address.city": "city",
            "created_at": "created",
        },
    },
    "products": {
        "files": "products.csv",
        "fields": {"id": "id", "name": "name", "price": "price", "sku": "sku"},
    },
    "orders": {
        "files": "orders*.csv",
        "fields": {
            "id": "id",
            "status": "status",
            "currency": "currency",
            "total": "total",
            "refunded_total": "refunded",
            "customer_id": "customer",
            "email": "email",
            "order_date": "placed",
            "billing_address.city": "city",
        },
        "lines": {
            "files": "lines.csv",
            "order": "order",
            "fields": {"product_id": "product", "name": "name", "unit_price": "price"},
        },
    },
}
Row = dict[str, str]


class FilesShop(Shop):
    """The tables of an export, kept in memory and written to the folder after every change."""

    platform = "files"
    cannot: ClassVar[Mapping[Ability, str]] = {
        Ability.TIES: _NO_DATES,
        Ability.THROTTLE: _NO_SERVER,
        Ability.ERROR: _NO_SERVER,
        Ability.RESET: _NO_SERVER,
        Ability.TRUNCATE: "half a file is no answer to repeat; tests/contract/files has its tests",
        Ability.SLOW: _NO_SERVER,
        Ability.SECRETS: "a folder has no credentials; the rights of the files are the system's",
    }

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._tables: dict[str, dict[str, Row]] = {"customers": {}, "products": {}, "orders": {}}
        self._lines: list[Row] = []
        self._broken: set[tuple[Stream, str]] = set()
        for number in range(12):
            buyer = self.put_customer(email=f"first{number}@example.com")
            self.put_product(name=f"First {number}")
            self.put_order(NewOrder(customer=buyer if number % 3 else None))

    @classmethod
    @contextmanager
    def opened(cls, request: pytest.FixtureRequest) -> Iterator[Shop]:
        folder: Path = request.getfixturevalue("tmp_path") / "export of a shop"
        folder.mkdir()
        yield cls(folder)

    def config(self, **settings: Any) -> StoreConfig:
        return StoreConfig(
            id="a-store",
            organization_id="an-organization",
            key="a-files-shop",
            platform="files",
            base_url=self.folder.as_uri(),
            settings={"mapping": MAPPING, **settings},
        )

    def connector(self, config: StoreConfig) -> Connector:
        return FilesConnector(config)

    def ids(self, stream: Stream) -> frozenset[str]:
        return frozenset(
            one for one in self._tables[stream.value] if (stream, one) not in self._broken
        )

    def put_customer(self, *, email: str, name: str = "Nora Neu", bare: bool = False) -> str:
        row = dict.fromkeys(("id", "email", "name", "phone", "city", "created"), "")
        row |= {"id": self._new_id("c"), "email": email, "name": name}
        row |= {"phone": "+49 731 1234567", "city": 'Ulm, "old" town', "created": "2024-05-01"}
        if bare:
            row = {**dict.fromkeys(row, ""), "id": row["id"]}
        return self._put(Stream.CUSTOMERS, row)

    def put_product(self, *, name: str, price: Decimal = Decimal("10.00")) -> str:
        product_id = self._new_id("p")
        return self._put(
            Stream.PRODUCTS,
            {"id": product_id, "name": name, "price": str(price), "sku": f"00{product_id[1:]}"},
        )

    def put_order(self, order: NewOrder) -> str:
        order_id = self._new_id("o")
        placed = order.placed_at or datetime.now(UTC)
        row = {
            "id": order_id,
            "status": order.status or "paid",
            "currency": order.currency or "",
            "total": str(order.total),
            "refunded": "",
            "customer": order.customer or "",
            "email": "" if order.bare else order.email or "",
            "placed": placed.isoformat(),
            "city": "" if order.bare else "Line one\nLine two",
        }
        if not order.bare:
            line = {"order": order_id, "product": "", "name": "A thing", "price": str(order.total)}
            self._lines.append(line)
        return self._put(Stream.ORDERS, row)

    def edit(self, stream: Stream, external_id: str) -> None:
        column = "city" if stream is Stream.ORDERS else "name"
        self._change(stream, external_id, **{column: f"Edited {next(self._numbers)}"})

    def delete(self, stream: Stream, external_id: str) -> None:
        del self._tables[stream.value][external_id]
        self._lines = [line for line in self._lines if line["order"] != external_id]
        self._write()

    def refund(self, order_id: str, amount: Decimal) -> None:
        before = Decimal(self._tables["orders"][order_id]["refunded"] or 0)
        self._change(Stream.ORDERS, order_id, refunded=str(before + amount))

    def redact(self, customer_id: str) -> None:
        self._change(Stream.CUSTOMERS, customer_id, email="", name="", phone="", city="")

    def break_record(self, stream: Stream, external_id: str) -> None:
        self._change(stream, external_id, **{_BROKEN[stream]: "rubbish"})
        self._broken.add((stream, external_id))

    def _new_id(self, letter: str) -> str:
        return f"{letter}{next(self._numbers):04}"

    def _put(self, stream: Stream, row: Row) -> str:
        self._tables[stream.value][row["id"]] = row
        self._write()
        return row["id"]

    def _change(self, stream: Stream, external_id: str, **cells: str) -> None:
        self._tables[stream.value][external_id] |= cells
        self._write()

    def _write(self) -> None:
        for name, table in self._tables.items():
            rows = list(table.values())
            if name == "orders" and len(rows) > 5:
                _save(self.folder / "orders-1.csv", rows[:5])
                _save(self.folder / "orders-2.csv", rows[5:])
            elif rows:
                _save(self.folder / (f"{name}.csv" if name != "orders" else "orders-1.csv"), rows)
        if self._lines:
            _save(self.folder / "lines.csv", self._lines)


def _save(path: Path, rows: list[Row]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    partial = path.with_suffix(".partial")
    partial.write_text(text.getvalue(), encoding="utf-8", newline="")
    partial.replace(path)
