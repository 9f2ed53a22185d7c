"""Parquet files, a row group's part at a time, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pandas as pd

from connectors.errors import Permanent, Transient
from connectors.files.folder import File


def parquet_chunks(
    file: File, columns: Mapping[str, str], *, rows: int, store: str
) -> Iterator[pd.DataFrame]:
    """Yield the file's rows, the index counting from 1.

    Numbers become the shortest text that is that number; the cast is Arrow's own, since on the way
    through a frame an integer column with a gap turns into floats and customer 17850 into 17850.0.
    """
    arrow = _arrow(file, store)
    try:
        with arrow.parquet.ParquetFile(file.path) as opened:
            names = opened.schema_arrow.names
            for column, where in columns.items():
                if column not in names:
                    raise Permanent(
                        f'{file.name} has no column "{column}", which `{where}` names. It has: '
                        f"{', '.join(names)}.",
                        store=store,
                    )
            first = 1
            for batch in opened.iter_batches(batch_size=rows, columns=list(columns)):
                texts = {
                    name: _texts(arrow, batch.column(position))
                    for position, name in enumerate(batch.schema.names)
                }
                index = range(first, first + batch.num_rows)
                first += batch.num_rows
                yield pd.DataFrame(texts, index=index, dtype=object)
    except (arrow.ArrowInvalid, OSError) as error:
        raise Transient(
            f"{file.name} is no whole Parquet file ({str(error)[:120]}). If it is still being "
            "written, the next run will read it.",
            store=store,
        ) from None


def float_columns(file: File, columns: Mapping[str, str], *, store: str) -> list[str]:
    """Return which of the columns hold binary floating-point numbers."""
    arrow = _arrow(file, store)
    try:
        schema = arrow.parquet.read_schema(file.path)
    except (arrow.ArrowInvalid, OSError):
        return []
    return [
        name
        for name in schema.names
        if name in columns and arrow.types.is_floating(schema.field(name).type)
    ]


def _texts(arrow: Any, column: Any) -> list[str | None]:
    kind = column.type
    if arrow.types.is_nested(kind):
        return [
            None if value is None else msgspec.json.encode(value).decode()
            for value in column.to_pylist()
        ]
    texts: list[str | None] = column.cast(arrow.string()).to_pylist()
    return texts


def _arrow(file: File, store: str) -> Any:
    # Half a hundred megabytes that only Parquet needs.
    try:
        import pyarrow  # noqa: PLC0415 - an optional dependency
        import pyarrow.parquet  # noqa: PLC0415 - the same
    except ImportError:
        raise Permanent(
            f"{file.name}: reading Parquet needs pyarrow. Install it with: pip install "
            "'storeloom[files]'",
            store=store,
        ) from None
    return pyarrow
