"""Reading the ECB's reference rates: XML from elsewhere, which decides every figure of money.

The daily, the 90-day and the full file have one form: an envelope, a `Cube` per day, in it a `Cube`
per currency with how much of it one euro is worth. Anything that is not exactly that is refused as
a whole, because half a file would be carried forward over the days it lacks. Source: the pages
"Euro foreign exchange reference rates" of the ECB, and recorded files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final
from xml.parsers import expat

import msgspec

from connectors.errors import StoreloomError

# What the parser puts between a namespace and a name; neither may hold it.
_GAP: Final = " "
_ENVELOPE: Final = f"http://www.gesmes.org/xml/2002-08-01{_GAP}Envelope"
_CUBE: Final = f"http://www.ecb.int/vocabulary/2002-08-01/eurofxref{_GAP}Cube"
# The files are four elements deep.
_DEEPEST: Final = 8
_FIRST_DAY: Final = date(1999, 1, 4)
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
# Eight decimals and ten digits before them: numeric(18, 8).
_RATE: Final = re.compile(r"\d{1,10}(\.\d{1,8})?")
_SHOWN: Final = 40


class RatesError(StoreloomError):
    """Exchange rates cannot be fetched or read; the text says what to do."""


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """One euro was worth `rate` of `currency` (ISO 4217) on `day` (the ECB's date)."""

    day: date
    currency: str
    rate: Decimal


def parse(body: bytes, *, latest: date) -> list[Quote]:
    """Return the quotes of one of the ECB's files, newest day first as they stand there.

    `latest`: the last day there can be rates of; tomorrow's rate in a file means another clock or a
    made-up file. Raises RatesError, and then nothing of the file is to be used.
    """
    reader = _Reader(latest)
    parser = expat.ParserCreate(namespace_separator=_GAP)
    # The ECB's files declare no types and no entities. Refusing the declaration refuses every
    # attack by them: expansion, files and addresses read through external ones.
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(body, True)  # noqa: FBT003 - the library's own signature: this is the end
    except expat.ExpatError as error:
        raise RatesError(
            f"the exchange rates are no complete XML ({error}). Fetch the file again."
        ) from None
    except (LookupError, UnicodeError):
        raise RatesError(
            "the exchange rates are in an encoding nobody knows. Fetch the file again."
        ) from None
    if not reader.quotes:
        raise RatesError("the file of exchange rates holds no rate. Fetch it again.")
    return list(reader.quotes.values())


class _Reader:
    """What has been read so far. Every fault is raised where it is met."""

    def __init__(self, latest: date) -> None:
        self.quotes: dict[tuple[date, str], Quote] = {}
        self._latest = latest
        self._depth = 0
        self._day: date | None = None
        self._day_depth = 0

    def refuse_doctype(self, *_: object) -> None:
        raise RatesError(
            "the file of exchange rates declares a document type, as web pages and attacks do and "
            "the ECB's files never. Check the address it comes from."
        )

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != _ENVELOPE:
            raise RatesError(
                f"that is no file of the ECB's reference rates: it begins with "
                f"<{_short(name.rpartition(_GAP)[2])}>. Check the address it comes from."
            )
        if self._depth > _DEEPEST:
            raise RatesError("the file of exchange rates is nested deeper than the ECB's are.")
        if name != _CUBE:
            return
        if "time" in attributes:
            self._day = self._read_day(attributes["time"])
            self._day_depth = self._depth
        elif "currency" in attributes or "rate" in attributes:
            self._read_quote(attributes.get("currency", ""), attributes.get("rate", ""))

    def end(self, _: str) -> None:
        if self._day is not None and self._depth == self._day_depth:
            self._day = None
        self._depth -= 1

    def _read_day(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise RatesError(f'exchange rates of the day "{_short(text)}", which is none') from None
        if not _FIRST_DAY <= day <= self._latest:
            raise RatesError(
                f"exchange rates of {day}: the ECB's begin on {_FIRST_DAY}, and there can be none "
                f"after {self._latest}. Check the file and this machine's clock."
            )
        return day

    def _read_quote(self, currency: str, text: str) -> None:
        if self._day is None:
            raise RatesError("the file of exchange rates has a rate outside of any day")
        what = f"{_short(currency)} on {self._day}"
        # fullmatch: a pattern's "$" would let a line break pass.
        if not _CURRENCY.fullmatch(currency) or currency == "EUR":
            raise RatesError(f'exchange rate of "{what}": that is no currency beside the euro')
        if not text.isascii() or not _RATE.fullmatch(text) or Decimal(text) == 0:
            raise RatesError(f'exchange rate of {what} is "{_short(text)}", which is none')
        quote = Quote(day=self._day, currency=currency, rate=Decimal(text))
        if self.quotes.setdefault((quote.day, currency), quote) != quote:
            raise RatesError(f"the file of exchange rates has two different rates of {what}")


def _short(text: str) -> str:
    clean = " ".join(text.split())
    return clean if len(clean) <= _SHOWN else clean[:_SHOWN] + "…"
