"""Amounts and times as the two APIs write them.

v2 writes every amount as text of four decimals and every time as e-mail headers do, v3 writes
numbers and ISO 8601. Amounts are kept in cents, so text is cut and joined, never computed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec


def rfc2822(moment: int) -> str:
    """Write a time as v2 does."""
    return format_datetime(datetime.fromtimestamp(moment, UTC))


def iso(moment: int) -> str:
    """Write a time as v3 does."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(cents: int) -> str:
    """Write an amount as v2 does."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}00"


def number(cents: int) -> msgspec.Raw:
    """Write an amount as v3 does: a number, without a trip through binary floating point."""
    sign = "-" if cents < 0 else ""
    return msgspec.Raw(f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}".encode())
