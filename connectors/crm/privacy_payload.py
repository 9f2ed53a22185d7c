"""Payloads in quarantine of an erased person: whose they are, and what is left of them.

A payload is there because it could not be mapped, so nobody can rely on its shape. What is left is
what cannot be personal: amounts, times, ids, states, and the names of the goods. A value whose key
or form is not known to be harmless goes, and a part that is about the person goes whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.crm.refusals import payload_text
from connectors.crm.shortening import SHORTENED, is_shortened
from connectors.decoding import decode

# What is about a person, in the spellings of all platforms: letters and digits only, lower case.
_PERSONAL: Final = re.compile(
    r".*(address|billing|contact|consent|email|phone|note|meta|attribute|custom|comment|message|"
    r"history|agent|geo|coordinate|payer|cardholder|token|tracking|street|city|zip|postal|postcode|"
    r"province|country).*"
    r"|company.*|names?|tags?|places|file|raw|ip|line[12]|region|first.*|last.*|(display|full).*name|"
    r"user.*|login"
)
# Named like one of those, and harmless by what is let through of them.
_HARMLESS: Final = frozenset({"customer", "customerid", "customerexternalid"})
# Whose elements are goods, or what was done with them: names and titles in there are no person's.
_GOODS: Final = frozenset(
    {
        "lineitems", "items", "lines", "products", "product", "variant", "variants", "refunds",
        "fulfillments", "surcharges", "discounts", "shippinglines", "shippingmethods",
    }
)  # fmt: skip
_GOODS_TEXTS: Final = frozenset(
    {"name", "title", "sku", "variantsku", "producttitle", "varianttitle", "productname"}
)
# What an order is called where its number is called its name.
_ORDER_NAME: Final = re.compile(r"#?[A-Z-]{0,6}\d{1,9}", re.ASCII)
_REGIONS: Final = frozenset({"state", "statecode", "stateorprovince"})
_BESIDE_REGIONS: Final = frozenset({"city", "firstname", "lastname", "address1", "street1"})
# Words that a platform chooses, not a person.
_WORDS: Final = re.compile(r".*(status|currency|currencycode|state|type|kind|code)|currency.*")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}", re.ASCII)
_AMOUNT: Final = re.compile(r"[+-]?\d{1,10}([.,]\d{1,10})?", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d([T ][\d:.]{5,15}(Z|[+-]\d\d:?\d\d)?)?"
    r"|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} [+-]\d{4}",
    re.ASCII,
)
_IDS: Final = re.compile(r".*id|.*number|id", re.ASCII)
_ID: Final = re.compile(r"(?!\+)[\w:/#.-]{1,120}", re.ASCII)
_AMOUNT_KEYS: Final = re.compile(
    r".*(total|price|tax|amount|subtotal|discount|shipping|cost|quantity|rate|refund|value|units|"
    r"money|set|qty|fee|sum).*"
)


_BIG: Final = 1_000_000
_CUSTOMER_KEYS: Final = frozenset({"customerid", "customerexternalid", "customer.id"})
# Of a telephone number: the country's digits are in front, and not always there.
_ENDING: Final = 9
_SHORTEST_NUMBER: Final = 7
_LONGEST_NUMBER: Final = 40


def strip_payload(payload: str) -> str:
    """Return a payload (JSON text) without what could be personal; "{}" when it is no JSON."""
    try:
        decoded = decode(payload.encode("utf-8", "surrogatepass"))
    except ValueError:
        return "{}"
    return payload_text(_stripped(decoded, key="", in_goods=False))


def strip_rows(payload: str, kept: frozenset[str]) -> str:
    """Return rows of a file (`rows`, `lines`: column -> text) with what stands in `kept` only."""
    decoded = decode(payload.encode("utf-8", "surrogatepass"))
    if not isinstance(decoded, Mapping):
        return "{}"
    left: dict[str, Any] = {
        name: [
            {column: cell if column in kept else "" for column, cell in row.items()}
            for row in decoded[name]
            if isinstance(row, Mapping)
        ]
        for name in ("rows", "lines")
        if isinstance(decoded.get(name), list)
    }
    if is_shortened(decoded):
        left[SHORTENED] = []
    return payload_text(left)


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What gives persons away: addresses (lower case), ends of names, the last digits of
    numbers, and their ids, each with its store."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    surnames: frozenset[str] = frozenset()
    customers: frozenset[tuple[str, str]] = frozenset()

    @property
    def needles(self) -> list[str]:
        """Texts of which a payload of theirs has one, or one of `phones` among its digits.

        Others may have it too.
        """
        return sorted(self.emails | {one.lower() for _, one in self.customers})

    def of_store(self, store_id: Any) -> Marks:
        """Return the marks as they count in one store: an id is somebody's in its own only."""
        own = frozenset(one for one in self.customers if one[0] == str(store_id))
        return msgspec.structs.replace(self, customers=own)

    def are_in(self, payload: str) -> bool:
        """Tell whether the payload speaks of one of these persons."""
        try:
            decoded = decode(payload.encode("utf-8", "surrogatepass"))
        except ValueError:
            folded = payload.lower()
            return any(email in folded for email in self.emails)
        return any(self._is_mark(key, value) for key, value in _scalars(decoded, ""))

    def _is_mark(self, key: str, value: Any) -> bool:
        if isinstance(value, bool) or value is None:
            return False
        text = str(value)
        folded = text.lower()
        if any(email in folded for email in self.emails):
            return True
        if key in _CUSTOMER_KEYS:
            given = text.rpartition("/")[2]
            return any(given == one for _, one in self.customers)
        return len(text) < _LONGEST_NUMBER and ending(text) in self.phones


def ending(phone: str) -> str:
    """Return the digits that a number ends with in every way of writing it, "" for too few."""
    digits = re.sub(r"\D", "", phone)
    return digits[-_ENDING:] if len(digits) >= _SHORTEST_NUMBER else ""


def _scalars(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            bare = _bare(str(name))
            yield from _scalars(inner, "customer.id" if (key, bare) == ("customer", "id") else bare)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner, key)
    else:
        yield key, value


def _stripped(value: Any, *, key: str, in_goods: bool) -> Any:
    if isinstance(value, Mapping):
        members = {str(name): (_bare(str(name)), inner) for name, inner in value.items()}
        # Beside somebody's street, "state" is California, not "paid".
        is_place = not _BESIDE_REGIONS.isdisjoint(bare for bare, _ in members.values())
        return {
            name: _member(
                "region" if is_place and bare in _REGIONS else bare, inner, in_goods=in_goods
            )
            for name, (bare, inner) in members.items()
        }
    if isinstance(value, list):
        return [
            _stripped(one, key=key, in_goods=in_goods)
            for one in value
            if isinstance(one, (Mapping, list)) or _is_harmless(key, one, in_goods=in_goods)
        ]
    return value if _is_harmless(key, value, in_goods=in_goods) else _nothing(value)


def _member(key: str, value: Any, *, in_goods: bool) -> Any:
    """Return what is left of a member. It keeps its place: some mappings miss a field by name."""
    in_goods = in_goods or key in _GOODS
    if in_goods and key in _GOODS_TEXTS and not isinstance(value, (Mapping, list)):
        return value
    if key == "name" and isinstance(value, str) and _ORDER_NAME.fullmatch(value):
        return value
    if key not in _HARMLESS and _PERSONAL.fullmatch(key):
        return _nothing(value)
    return _stripped(value, key=key, in_goods=in_goods)


def _nothing(value: Any) -> Any:
    return "" if isinstance(value, str) else None


def _is_harmless(key: str, value: Any, *, in_goods: bool) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, (int, Decimal)):
        # A number that is none of amount, id or count may be somebody's telephone.
        return bool(_AMOUNT_KEYS.fullmatch(key) or _IDS.fullmatch(key)) or -_BIG < value < _BIG
    return isinstance(value, str) and (
        (in_goods and key in _GOODS_TEXTS) or _is_harmless_text(key, value.strip())
    )


def _is_harmless_text(key: str, text: str) -> bool:
    if _IDS.fullmatch(key):
        return bool(_ID.fullmatch(text)) and "@" not in text
    if _WORDS.fullmatch(key):
        return bool(_WORD.fullmatch(text))
    if _AMOUNT_KEYS.fullmatch(key) and _AMOUNT.fullmatch(text):
        return True
    return not text or bool(_TIME.fullmatch(text))


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
