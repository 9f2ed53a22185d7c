"""Files as people export them: every record, exactly, and a bad row told with its line."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from fixtures.files.stores import HERE, example, mapping_of, store

from connectors.base import StoreConfig, Window
from connectors.errors import Permanent, Transient
from connectors.files.client import FilesConnector
from connectors.records import Customer, Order, OrderStatus, Product, Record, Rejected, Stream
from connectors.registry import remap

Open = Callable[[StoreConfig], FilesConnector]
SIMPLE: dict[str, Any] = {
    "currency": "EUR",
    "snapshot": True,
    "orders": {
        "files": "orders.*",
        "fields": {
            "id": "id",
            "total": "total",
            "order_date": "placed",
            "email": "email",
            "full_name": "name",
        },
    },
}
HEADER = "id,total,placed,email,name\n"


@pytest.fixture
def opened() -> Iterator[Open]:
    made: list[FilesConnector] = []

    def make(config: StoreConfig) -> FilesConnector:
        made.append(FilesConnector(config))
        return made[-1]

    yield make
    for one in made:
        one.close()


def read(
    connector: FilesConnector, stream: Stream, start: datetime | None = None
) -> tuple[dict[str, Record], list[Rejected]]:
    records: dict[str, Record] = {}
    rejected: list[Rejected] = []
    for page in connector.read(stream, Window(start=start, end=datetime.now(UTC))):
        assert page.fetched == len(page.records) + len(page.rejected) + page.skipped
        records |= {record.external_id: record for record in page.records}
        rejected += page.rejected
    return records, rejected


def orders(connector: FilesConnector) -> tuple[dict[str, Order], list[Rejected]]:
    records, rejected = read(connector, Stream.ORDERS)
    return {name: one for name, one in records.items() if isinstance(one, Order)}, rejected


def test_an_export_with_commas_in_numbers_and_its_own_words_arrives_exactly(opened: Open) -> None:
    connector = opened(example("shop"))
    found, rejected = orders(connector)
    assert rejected == []
    first = found["2024-0001"]
    assert (first.total, first.shipping, first.currency) == (
        Decimal("1269.80"), Decimal("4.90"), "EUR",
    )  # fmt: skip
    assert [(line.sku, line.quantity, line.total) for line in first.lines] == [
        ("00100", Decimal(1), Decimal("1249.00")),
        ("00200", Decimal(2), Decimal("15.90")),
    ]
    assert first.lines[1].name == "Tasse; blau"
    # Half past midnight in Berlin is still the old year.
    assert found["2024-0003"].order_date == datetime(2024, 12, 31, 23, 1, tzinfo=UTC)
    assert {name: order.status for name, order in found.items()} == {
        "2024-0001": OrderStatus.SHIPPED,
        "2024-0002": OrderStatus.REFUNDED,
        "2024-0003": OrderStatus.PENDING,
        "2024-0004": OrderStatus.CANCELLED,
    }
    assert (found["2024-0003"].currency, found["2024-0003"].customer_external_id) == ("CHF", None)


def test_no_text_is_taken_for_a_number_or_for_nothing(opened: Open) -> None:
    connector = opened(example("shop"))
    customers, _ = read(connector, Stream.CUSTOMERS)
    assert set(customers) == {"0007", "0008", "0009"}
    aenne, namibian = customers["0007"], customers["0009"]
    assert isinstance(aenne, Customer)
    assert isinstance(namibian, Customer)
    assert aenne.full_name == "Änne Groß"
    assert aenne.address is not None
    assert aenne.address.postal_code == "01067"
    assert namibian.full_name is None
    assert namibian.address is not None
    assert namibian.address.country_code == "NA"
    products, _ = read(connector, Stream.PRODUCTS)
    teapot = products["00100"]
    assert isinstance(teapot, Product)
    assert (teapot.price, teapot.cost) == (Decimal("1249.00"), Decimal("610.50"))
    saucer = products["00300"]
    assert isinstance(saucer, Product)
    assert not saucer.is_active


def test_a_file_of_purchase_lines_is_orders_customers_and_products(opened: Open) -> None:
    connector = opened(example("purchases"))
    found, rejected = orders(connector)
    assert {name: order.total for name, order in found.items()} == {
        "900001": Decimal("22.08"),
        "900002": Decimal("2.55"),
        "900004": Decimal("28.20"),
    }
    # Rows of one order may stand apart; they keep their order in the file.
    assert [line.product_external_id for line in found["900001"].lines] == ["00501", "00503"]
    assert found["900002"].customer_external_id is None
    # The hour that does not exist on the day summer time begins.
    assert found["900004"].order_date == datetime(2011, 3, 27, 1, 30, tzinfo=UTC)
    assert found["900004"].status is OrderStatus.DELIVERED
    # Stock written off is no sale; credit notes are left out by the mapping.
    assert [(one.external_id, one.code) for one in rejected] == [("900005", "bad_amount")]
    customers, nobody = read(connector, Stream.CUSTOMERS)
    assert (set(customers), nobody) == ({"17001", "17002"}, [])
    products, _ = read(connector, Stream.PRODUCTS)
    assert set(products) == {"00501", "00502", "00503", "00504", "POST"}


def test_a_file_without_header_and_order_ids_can_be_a_store(opened: Open) -> None:
    mapping = {
        "currency": "USD",
        "separator": "whitespace",
        "header": ["customer", "day", "pieces", "amount"],
        "customers": {"files": "sales.txt", "fields": {"id": "customer"}},
        "orders": {
            "files": "sales.txt",
            "fields": {
                "id": {"columns": ["customer", "day"], "join": "-"},
                "customer_id": "customer",
                "order_date": {"column": "day", "format": "%Y%m%d"},
            },
            "lines": {
                "rows": True,
                "fields": {
                    "name": {"constant": "CDs"},
                    "quantity": "pieces",
                    "total": "amount",
                },
            },
        },
    }
    found, _ = orders(opened(store(HERE / "purchases", mapping)))
    assert {name: order.total for name, order in found.items()} == {
        "00001-19970101": Decimal("11.77"),
        "00002-19970112": Decimal("89.00"),
        "00003-19970102": Decimal("20.76"),
        "00003-19970330": Decimal("20.76"),
    }
    assert found["00002-19970112"].customer_external_id == "00002"


COLUMNS = ("id", "total", "placed", "email", "name")
ROWS = [
    dict(zip(COLUMNS, cells, strict=True))
    for cells in (
        ("007", "0.30", "2024-01-01T00:00:00Z", "a@x.de", "NA"),
        ("1e5", "9999999999.99", "2024-01-02T00:00:00Z", "", "null"),
        ("None", "19.90", "2024-01-03T00:00:00Z", "b@x.de", ""),
    )
]


def _csv(folder: Path) -> None:
    lines = [",".join(row.values()) for row in ROWS]
    (folder / "orders.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8-sig")


def _gzipped(folder: Path) -> None:
    _csv(folder)
    packed = gzip.compress((folder / "orders.csv").read_bytes())
    (folder / "orders.csv").unlink()
    (folder / "orders.csv.gz").write_bytes(packed)


def _utf_16(folder: Path) -> None:
    _csv(folder)
    text = (folder / "orders.csv").read_text("utf-8-sig")
    (folder / "orders.csv").write_text(text, encoding="utf-16")


def _jsonl(folder: Path) -> None:
    # Amounts as number literals: none of them may pass through a float.
    lines = [json.dumps({**row, "total": "@"}).replace('"@"', row["total"]) + "\n" for row in ROWS]
    (folder / "orders.jsonl").write_text("\n".join(lines), encoding="utf-8")


def _parquet(folder: Path) -> None:
    table = pa.table(
        {
            "id": [row["id"] for row in ROWS],
            "total": pa.array([Decimal(row["total"]) for row in ROWS], pa.decimal128(12, 2)),
            "placed": pa.array(
                [datetime.fromisoformat(row["placed"]) for row in ROWS],
                pa.timestamp("us", tz="UTC"),
            ),
            "email": [row["email"] or None for row in ROWS],
            "name": [row["name"] for row in ROWS],
            "unused": [[1], [2], None],
        }
    )
    pa.parquet.write_table(table, folder / "orders.parquet", row_group_size=2)


@pytest.mark.parametrize("write", [_csv, _gzipped, _utf_16, _jsonl, _parquet])
def test_every_kind_of_file_gives_the_same_records(
    write: Callable[[Path], None], opened: Open, tmp_path: Path
) -> None:
    write(tmp_path)
    mapping = {**SIMPLE, "encoding": "utf-16"} if write is _utf_16 else SIMPLE
    connector = opened(store(tmp_path, mapping))
    connector.probe()
    found, rejected = orders(connector)
    assert rejected == []
    assert {
        name: (str(one.total), one.email, one.full_name, one.order_date.day)
        for name, one in found.items()
    } == {
        "007": ("0.30", "a@x.de", "NA", 1),
        "1e5": ("9999999999.99", None, "null", 2),
        "None": ("19.90", "b@x.de", None, 3),
    }


def test_ids_that_parquet_holds_as_floats_stay_whole_and_amounts_are_warned_of(
    opened: Open, tmp_path: Path
) -> None:
    table = pa.table({
        "id": [17850.0, None],
        "total": [19.9, 1.0],
        "placed": [datetime(2010, 12, 1, 8, 26), datetime(2010, 12, 1, 8, 26)],  # noqa: DTZ001 - as exports have them
        "email": [None, "x"],
        "name": ["a", "b"],
    })  # fmt: skip
    pa.parquet.write_table(table, tmp_path / "orders.parquet")
    connector = opened(store(tmp_path, {**SIMPLE, "time_zone": "America/New_York"}))
    assert any("binary floating-point" in warning for warning in connector.probe().warnings)
    found, rejected = orders(connector)
    assert found["17850"].total == Decimal("19.90")
    assert found["17850"].order_date == datetime(2010, 12, 1, 13, 26, tzinfo=UTC)
    assert [one.code for one in rejected] == ["missing_id"]


def test_without_pyarrow_a_parquet_file_says_what_to_install(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _parquet(tmp_path)
    # What an installation without the extra looks like to an import.
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Permanent, match=r"pip install 'storeloom\[files\]'"):
        opened(store(tmp_path, SIMPLE)).probe()


def test_order_lines_can_be_a_json_column(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "orders.jsonl").write_text(
        '{"id": 1, "placed": "2024-01-01", "buyer": {"email": "n@x.de"},'
        ' "items": [{"sku": "01", "qty": 2, "price": 0.15}, {"sku": "02", "price": 1}]}\n'
        '{"id": 2, "placed": "2024-01-01", "items": "rubbish"}\n'
    )
    mapping = {
        "currency": "EUR",
        "orders": {
            "files": "*.jsonl",
            "fields": {"id": "id", "order_date": "placed", "email": "buyer.email"},
            "lines": {
                "column": "items",
                "fields": {"sku": "sku", "quantity": "qty", "unit_price": "price"},
            },
        },
    }
    found, rejected = orders(opened(store(tmp_path, mapping)))
    assert (found["1"].total, found["1"].email) == (Decimal("1.30"), "n@x.de")
    assert [one.external_id for one in rejected] == ["2"]


def test_a_bad_row_is_put_aside_with_its_line_and_its_neighbours_arrive(
    opened: Open, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_bytes(
        HEADER.encode()
        + b'1,1.00,2024-01-01,a@x.de,"two\nlines"\n'
        + b"2,2.00,2024-01-01,b@x.de\n"
        + b"3,3.00,2024-01-01,c@x.de,C,too,many\n"
        + b"4,four,2024-01-01,d@x.de,D\n"
        + b",5.00,2024-01-01,e@x.de,E\n"
        + b'6,6.00,2024-01-01,f@x.de,"F" G\n'
        + b"7,7.00,2024-01-01,g@x.de,J\xe9r\xf4me\n"
        + b"\n"
        + b"8,8.00,2024-01-01,h@x.de,H\n"
    )
    config = store(tmp_path, SIMPLE)
    connector = opened(config)
    found, rejected = orders(connector)
    assert set(found) == {"1", "8"}
    assert found["1"].full_name == "two\nlines"
    told = {
        one.reason.split(" of ")[0] if one.external_id is None else one.external_id
        for one in rejected
    }
    assert told == {"line 4", "line 5", "line 7", "line 8", "4", "7"}
    assert next(one.reason for one in rejected if one.external_id == "4").endswith("(orders.csv:6)")
    assert connector.count(Stream.ORDERS) == len(found) + len(rejected)
    # A corrected mapping finds the rows again in what was kept of them.
    again = next(one.payload for one in rejected if one.external_id == "4")
    words = {"column": "total", "values": {"four": "4.00"}}
    better = {
        **SIMPLE,
        "orders": {**SIMPLE["orders"], "fields": {**SIMPLE["orders"]["fields"], "total": words}},
    }
    mended = remap("files", Stream.ORDERS, again, store(tmp_path, better))
    assert isinstance(mended, Order)
    assert mended.total == Decimal("4.00")


def test_a_missing_column_is_told_with_file_column_and_place_in_the_mapping(
    opened: Open, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text("id,sum,placed,email,name\n")
    with pytest.raises(
        Permanent,
        match=r'orders\.csv has no column "total", which `mapping\.orders\.fields\.total`',
    ):
        opened(store(tmp_path, SIMPLE)).probe()


def test_a_key_that_no_json_object_has_is_a_missing_column(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "orders.jsonl").write_text('{"id": 1, "placed": "2024-01-01", "name": "x"}\n')
    with pytest.raises(Permanent, match=r'no column "total"'):
        orders(opened(store(tmp_path, SIMPLE)))


def test_lines_without_an_order_are_put_aside(opened: Open, tmp_path: Path) -> None:
    shutil.copytree(HERE / "shop", tmp_path, dirs_exist_ok=True)
    with (tmp_path / "order_lines.csv").open("a") as lines:
        lines.write("2024-0099;00100;Teekanne;1;1,00;1,00\n")
    found, rejected = orders(opened(store(tmp_path, mapping_of("shop"))))
    assert len(found) == 4
    assert [(one.external_id, one.code) for one in rejected] == [("2024-0099", "missing_order")]


WHOLE = HEADER + "1,1.00,2024-01-01,a@x.de,A\n2,2.00,2024-01-01,b@x.de,B\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orders.csv", WHOLE.encode()[:-15]),
        ("orders.csv", (HEADER + '1,1.00,2024-01-01,"a@x.de').encode()),
        ("orders.csv", b""),
        # Without a time: workers that collect in different seconds would see different tests.
        ("orders.csv.gz", gzip.compress(WHOLE.encode(), mtime=0)[:-12]),
        ("orders.jsonl", b'{"id": 1, "total": 1, "placed": "2024-01-01"}\n{"id": 2, "tot'),
        ("orders.parquet", b"PAR1 and nothing more"),
    ],
    ids=["csv", "csv-quoted", "csv-empty", "csv-gz", "jsonl", "parquet"],
)
def test_a_file_that_is_still_being_written_is_read_by_the_next_run(
    name: str, content: bytes, opened: Open, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Transient, match=name):
        orders(opened(store(tmp_path, SIMPLE)))


def test_a_folder_that_is_not_there_or_empty_is_an_error_and_no_mass_deletion(
    opened: Open, tmp_path: Path
) -> None:
    with pytest.raises(Permanent, match="no file in"):
        opened(store(tmp_path, SIMPLE)).count(Stream.ORDERS)
    with pytest.raises(Permanent, match="is no folder"):
        opened(store(tmp_path / "unmounted", SIMPLE)).count(Stream.ORDERS)


def test_a_pattern_cannot_leave_the_folder(opened: Open, tmp_path: Path) -> None:
    for pattern in ("../*.csv", "/etc/passwd", "a/../../b.csv"):
        mapping = {**SIMPLE, "orders": {**SIMPLE["orders"], "files": pattern}}
        with pytest.raises(Permanent, match="must be a pattern below"):
            opened(store(tmp_path, mapping)).probe()


def test_unchanged_files_are_not_read_and_changed_ones_whole(opened: Open, tmp_path: Path) -> None:
    _csv(tmp_path)
    later = datetime.now(UTC) + timedelta(seconds=5)
    connector = opened(store(tmp_path, SIMPLE))
    assert read(connector, Stream.ORDERS, later) == ({}, [])
    assert connector.api_calls == 0
    recently = datetime.now(UTC) - timedelta(seconds=60)
    assert len(read(connector, Stream.ORDERS, recently)[0]) == 3
    # A date set back does not hide a new file.
    os.utime(tmp_path / "orders.csv", (0, 0))
    assert len(read(connector, Stream.ORDERS, recently)[0]) == 3


def test_a_file_that_was_only_touched_is_not_read_a_second_time(
    opened: Open, tmp_path: Path
) -> None:
    _csv(tmp_path)
    connector = opened(store(tmp_path, SIMPLE))
    orders(connector)
    os.utime(tmp_path / "orders.csv")
    orders(connector)
    assert connector.api_calls == 1
    text = (tmp_path / "orders.csv").read_text("utf-8-sig")
    (tmp_path / "orders.csv").write_text(text.replace("19.90", "19.91"))
    assert orders(connector)[0]["None"].total == Decimal("19.91")


def test_only_of_a_complete_file_a_missing_row_is_gone(opened: Open, tmp_path: Path) -> None:
    _csv(tmp_path)
    complete = opened(store(tmp_path, SIMPLE))
    assert [page.gone for page in complete.read_ids(Stream.ORDERS, ["007", "never"])] == [
        ("never",)
    ]
    partial = opened(store(tmp_path, {**SIMPLE, "snapshot": False}))
    assert partial.count(Stream.ORDERS) is None
    (page,) = partial.read_ids(Stream.ORDERS, ["007", "never"])
    assert [record.external_id for record in page.records] == ["007"]
    assert (page.skipped, page.gone) == (1, ()), "of a file that is no longer there, perhaps"


def test_of_a_stream_that_the_mapping_does_not_name_nothing_can_be_said(
    opened: Open, tmp_path: Path
) -> None:
    """Orders may name customers whom no file describes."""
    _csv(tmp_path)
    connector = opened(store(tmp_path, SIMPLE))
    (page,) = connector.read_ids(Stream.CUSTOMERS, ["1", "2"])
    assert (page.fetched, page.skipped, page.gone) == (2, 2, ())


def test_of_several_rows_with_one_id_the_last_one_counts(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "orders.1.csv").write_text(HEADER + "1,1.00,2024-01-01,a@x.de,A\n")
    (tmp_path / "orders.2.csv").write_text(HEADER + "1,2.00,2024-01-01,a@x.de,A\n")
    connector = opened(store(tmp_path, SIMPLE))
    assert orders(connector)[0]["1"].total == Decimal("2.00")
    assert connector.count(Stream.ORDERS) == 1


PURCHASES: dict[str, Any] = {
    "currency": "EUR",
    "snapshot": True,
    "customers": {"files": "day*.csv", "fields": {"id": "who"}},
    "orders": {
        "files": "day*.csv",
        "fields": {"id": "id", "order_date": "placed", "customer_id": "who"},
        "lines": {"rows": True, "fields": {"name": "what", "total": "paid"}},
    },
}


def test_an_order_cut_in_two_by_the_end_of_a_file_is_one(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "day1.csv").write_text("id,placed,who,what,paid\n1,2024-01-01,7,tea,1.00\n")
    (tmp_path / "day2.csv").write_text("id,placed,who,what,paid\n1,2024-01-01,7,cup,2.00\n")
    found, _ = orders(opened(store(tmp_path, PURCHASES)))
    assert found["1"].total == Decimal("3.00")


def test_an_order_in_two_overlapping_exports_is_never_counted_twice(
    opened: Open, tmp_path: Path
) -> None:
    rows = "1,2024-01-01,7,tea,1.00\n1,2024-01-01,7,tea,1.00\n"
    (tmp_path / "day1.csv").write_text("id,placed,who,what,paid\n" + rows)
    (tmp_path / "day2.csv").write_text(
        "id,placed,who,what,paid\n" + rows + "2,2024-01-02,7,cup,2\n"
    )
    found, rejected = orders(opened(store(tmp_path, PURCHASES)))
    assert set(found) == {"2"}
    assert "day1.csv:2 and day2.csv:2" in rejected[0].reason
    latest = deepcopy(PURCHASES)
    latest["orders"]["lines"]["repeats"] = "replace"
    found, rejected = orders(opened(store(tmp_path, latest)))
    # Twice the same line within one file is bought twice.
    assert (found["1"].total, rejected) == (Decimal("2.00"), [])


def test_an_id_that_is_not_readable_is_put_aside_and_not_taken_for_a_guest(
    opened: Open, tmp_path: Path
) -> None:
    (tmp_path / "day1.csv").write_bytes(
        b"id,placed,who,what,paid\n1,2024-01-01,J\xe9,tea,1.00\n2,2024-01-01,,tea,1.00\n"
    )
    records, rejected = read(opened(store(tmp_path, PURCHASES)), Stream.CUSTOMERS)
    assert records == {}
    assert [(one.code, one.payload["line"]) for one in rejected] == [("bad_id", 2)]
