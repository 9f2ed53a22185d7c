"""The settings of a Shopify store that decide how it is read, checked when it is opened.

A mistake in one of them should not surface in the middle of the night's reading.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final, Self

import msgspec

from connectors.base import StoreConfig
from connectors.errors import Permanent
from connectors.shopify.status import StatusRules
from connectors.shopify.throttle import LARGEST_PAGE

DEFAULT_VERSION: Final = "2026-10"
_VERSION: Final = re.compile(r"20\d\d-(?:01|04|07|10)|unstable")
# Since this version five bulk operations may run at once, before it one.
_CONCURRENT_FROM: Final = "2026-01"
_CONCURRENT: Final = 5
_BULK_FROM: Final = 1_000
# A slice costs a few calls; below this many records another one saves less time than that.
_SLICE_RECORDS: Final = 20_000
_WAIT_SECONDS: Final = 6 * 3_600


class BulkMode(StrEnum):
    """When to read through bulk operations. AUTO: from `bulk_from` records on."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to read one store; README.md beside this file says what each is for."""

    api_version: str
    page_size: int
    nested_page_size: int | None
    include_test: bool
    bulk: BulkMode
    bulk_from: int
    bulk_concurrency: int
    bulk_slice: int
    bulk_wait_seconds: int

    @classmethod
    def of(cls, config: StoreConfig) -> Self:
        """Read a store's settings; raises Permanent naming the one that is wrong."""
        version = str(config.settings.get("api_version") or DEFAULT_VERSION)
        if not _VERSION.fullmatch(version):
            raise Permanent(
                f"`api_version` {version[:20]!r} is no version of Shopify's API; they look like "
                f"{DEFAULT_VERSION}.",
                store=config.key,
            )
        StatusRules.from_settings(config.settings, store=config.key)
        mode = config.settings.get("bulk", BulkMode.AUTO)
        if mode not in set(BulkMode):
            raise Permanent(
                f"`bulk` must be one of {', '.join(BulkMode)}, not {str(mode)[:20]!r}.",
                store=config.key,
            )
        most = _CONCURRENT if version >= _CONCURRENT_FROM else 1
        return cls(
            api_version=version,
            page_size=_number(config, "page_size", LARGEST_PAGE) or LARGEST_PAGE,
            nested_page_size=_number(config, "nested_page_size", LARGEST_PAGE),
            include_test=bool(config.settings.get("include_test")),
            bulk=BulkMode(mode),
            bulk_from=_number(config, "bulk_from") or _BULK_FROM,
            bulk_concurrency=min(_number(config, "bulk_concurrency", _CONCURRENT) or most, most),
            bulk_slice=_number(config, "bulk_slice") or _SLICE_RECORDS,
            bulk_wait_seconds=_number(config, "bulk_wait_seconds") or _WAIT_SECONDS,
        )


def _number(config: StoreConfig, name: str, most: int | None = None) -> int | None:
    """Return a whole number above zero, None where the setting is not given."""
    value: Any = config.settings.get(name)
    if value is None:
        return None
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number or value < 1 or (most is not None and value > most):
        wanted = f"a number from 1 to {most}" if most is not None else "a whole number above 0"
        raise Permanent(f"`{name}` must be {wanted}.", store=config.key)
    return int(value)
