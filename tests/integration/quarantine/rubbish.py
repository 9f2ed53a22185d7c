"""What is spoilt, how, and what becomes of it."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Sequence
from itertools import cycle
from typing import Any, NamedTuple

from fixtures.http.vandal import Spoil, instead, put, twice

from connectors.records import Stream

ABOVE = 2**63
TEN_MEGABYTES = b'"' + b"x" * 10_000_000 + b'"'


class Rubbish(NamedTuple):
    """`code`: of its refusal, None for what our rules take as it comes. `says`: in the reason."""

    what: str
    spoil: Spoil
    code: str | None
    says: str = ""

    @property
    def is_of_id(self) -> bool:
        """Whether it changes who the record is."""
        return " id" in self.what


def above(record: dict[str, Any]) -> bytes:
    """Give the record an id above 2^63 of its own."""
    found = record["id"]
    if isinstance(found, int):
        return json.dumps(record | {"id": ABOVE + found}).encode()
    kind, _, number = found.rpartition("/")
    return json.dumps(record | {"id": f"{kind}/{ABOVE + int(number)}"}).encode()


def noise(length: int) -> bytes:
    letters = random.Random(1).choices(string.ascii_letters, k=length)
    return "".join(letters).encode()


WOO_ORDERS = (
    Rubbish("negative money", put("total", b'"-5.00"'), "bad_amount", "total is negative (-5.00)"),
    # Counted by its payment and kept in record_map.source_status: a plugin's status is no fault.
    Rubbish("an unknown status", put("status", b'"wc-mystery"'), None),
    Rubbish("no id", put("id", b"null"), "missing_id", "order id is missing"),
    Rubbish("ten megabytes", put("billing.first_name", TEN_MEGABYTES), "text_too_long", "10,000,0"),
    Rubbish("U+0000", put("billing.last_name", b'"a\\u0000b"'), "bad_text", "NUL character"),
    Rubbish("a raw NUL", put("billing.last_name", b'"a\x00b"'), "bad_text", "NUL character"),
    Rubbish("half a character", put("billing.city", b'"a\\ud800b"'), "bad_text", "half a char"),
    Rubbish("Latin-1", put("billing.last_name", b'"caf\xe9"'), "bad_text", "no UTF-8"),
    Rubbish("a control character", put("billing.last_name", b'"tab\tbed"'), None),
    Rubbish("an id above 2^63", above, None),
    Rubbish("a customer above 2^63", put("customer_id", b"9223372036854775998"), None),
    Rubbish("an unknown customer", put("customer_id", b"987654321"), None),
    Rubbish(
        "a quantity above 2^63",
        put("line_items.0.quantity", b"9223372036854775808"), "bad_quantity", "quantity",
    ),
    Rubbish("5,000 digits", put("total", b"9" * 5_000), "unreadable", "a number of 5,000 digits"),
    Rubbish("NaN", put("total", b"NaN"), "unreadable", "total: NaN is no number"),
    Rubbish("Infinity", put("line_items.0.price", b"-Infinity"), "unreadable", "-Infinity is no"),
    Rubbish("a huge exponent", put("total", b"1e400"), "bad_amount", "out of range"),
    Rubbish("true for money", put("total", b"true"), "bad_amount", "total is not a decimal"),
    Rubbish("no currency's code", put("currency", b'"euro"'), "bad_currency", "three capital"),
    Rubbish("another currency", put("currency", b'"JPY"'), None),
    Rubbish("year 0", put("date_created_gmt", b'"0000-00-00T00:00:00"'), "missing_time", "missing"),
    Rubbish("year 9999", put("date_created_gmt", b'"9999-12-31T23:59:59"'), "bad_time", "9999"),
    Rubbish("changed in 9999", put("date_modified_gmt", b'"9999-01-01T00:00:00"'), "bad_time"),
    Rubbish("text for lines", put("line_items", b'"none"'), "bad_shape", "of a list"),
    Rubbish("twice in a page", twice, None),
)  # fmt: skip
WOO_CUSTOMERS = (
    Rubbish(
        "an endless e-mail", put("email", b'"' + noise(3_500) + b'@example.com"'),
        "database_54000", "too long to be found by the index",
    ),
    Rubbish("no id", put("id", b"null"), "missing_id", "customer id is missing"),
    Rubbish("half a name", put("first_name", b'"\\udc00"'), "bad_text", "half a character"),
    Rubbish("a list", instead(b'["no", "customer"]'), "bad_shape", "instead of an object"),
    Rubbish("year 9999", put("date_created_gmt", b'"9999-01-01T00:00:00"'), "bad_time", "9999"),
)  # fmt: skip
WOO_PRODUCTS = (
    Rubbish("negative money", put("price", b'"-5.00"'), "bad_amount", "price is negative (-5.00)"),
    Rubbish("words for a price", put("price", b'"cheap"'), "bad_amount", "price is no amount"),
    Rubbish("ten megabytes", put("description", TEN_MEGABYTES), "text_too_long", "description"),
    Rubbish("NaN", put("price", b"NaN"), "unreadable", "price: NaN"),
)

SHOPIFY_ORDERS = (
    Rubbish(
        "negative money", put("totalPriceSet.shopMoney.amount", b'"-5.00"'),
        "bad_amount", "total is negative",
    ),
    Rubbish(
        "a negative refund", put("totalRefundedSet.shopMoney.amount", b'"-5.00"'),
        "bad_amount", "refunded_total is negative",
    ),
    Rubbish("an unknown status", put("displayFulfillmentStatus", b'"MYSTERY"'), None),
    Rubbish("no id", put("id", b"null"), "missing_id", "order id is missing"),
    Rubbish("ten megabytes", put("billingAddress.city", TEN_MEGABYTES), "text_too_long", "10,000"),
    Rubbish("U+0000", put("email", b'"a\\u0000b"'), "bad_text", "email contains a NUL"),
    Rubbish("half a character", put("email", b'"a\\ud800b"'), "bad_text", "half a character"),
    Rubbish("Latin-1", put("email", b'"caf\xe9"'), "bad_text", "no UTF-8"),
    Rubbish("an id above 2^63", above, None),
    Rubbish(
        "an unknown customer",
        put("customer", b'{"id": "gid://shopify/Customer/987654321"}'), None,
    ),
    Rubbish("a number above 2^63", put("totalTaxSet", b"9223372036854775808"), "bad_amount", "Tax"),
    Rubbish("5,000 digits", put("name", b"9" * 5_000), "unreadable", "a number of 5,000 digits"),
    Rubbish("NaN", put("totalPriceSet.shopMoney.amount", b"NaN"), "unreadable", "NaN is no number"),
    Rubbish("no currency's code", put("currencyCode", b'"euro"'), "bad_currency", "three capital"),
    Rubbish("another currency", put("currencyCode", b'"JPY"'), None),
    Rubbish("year 0", put("processedAt", b'"0000-01-01T00:00:00Z"'), "bad_time", "is not a time"),
    Rubbish("year 9999", put("processedAt", b'"9999-12-31T23:59:59Z"'), "bad_time", "9999"),
    Rubbish("a REST id", put("id", b'"450789469x"'), "bad_id", "no Shopify id"),
    Rubbish("text for an object", put("customer", b'"Ann"'), "bad_shape", "customer is no object"),
)  # fmt: skip


class Spoilt(NamedTuple):
    stream: Stream
    id: int
    rubbish: Rubbish


def spoil_some(
    stream: Stream, ids: Sequence[int], kinds: Sequence[Rubbish], number: int
) -> list[Spoilt]:
    """Take `number` records evenly from all over the list, each spoilt in the next way."""
    step = max(1, len(ids) // number)
    chosen = ids[step // 2 :: step][:number]
    return [Spoilt(stream, one, kind) for one, kind in zip(chosen, cycle(kinds), strict=False)]
