"""How long a version of the Admin API lives, and what to say of one that is old; pure.

A version comes out each quarter and is answered for twelve months. Afterwards Shopify answers in
the oldest one that is left, and says so in nothing but a header: fields that went meanwhile then
fail in the middle of a night. Source: shopify.dev, "API versioning".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_DATED: Final = re.compile(r"(20\d\d)-(01|04|07|10)", re.ASCII)
_UNSTABLE: Final = "unstable"
_WARNED_AHEAD: Final = timedelta(days=60)


def retires_at(version: str) -> datetime | None:
    """Return when Shopify stops answering in `version`, None for one that is not dated."""
    found = _DATED.fullmatch(version)
    return datetime(int(found[1]) + 1, int(found[2]), 1, tzinfo=UTC) if found else None


def version_warnings(asked: str, answered: str | None, today: datetime) -> list[str]:
    """Return sentences on the version asked for and the one answered in.

    `answered`: the header `X-Shopify-API-Version`, None where it did not come.
    """
    found = []
    if answered and answered != asked:
        end = retires_at(asked)
        is_over = end is not None and end <= today
        why = f"retired on {end:%Y-%m-%d}" if end and is_over else "is not available"
        found.append(
            f"Shopify answered in version {answered} instead of {asked}: that one {why}. Set "
            f"`api_version` to {answered} or newer."
        )
    used = answered or asked
    if used == _UNSTABLE:
        found.append(
            "Version unstable changes without notice. Set `api_version` to a dated one for a "
            "store that matters."
        )
    end = retires_at(used)
    if end is not None and end <= today:
        found.append(
            f"API version {used} retired on {end:%Y-%m-%d}. Set `api_version` to a newer one."
        )
    elif end is not None and end - today <= _WARNED_AHEAD:
        found.append(
            f"API version {used} is about to retire, on {end:%Y-%m-%d}: Shopify then answers in "
            "another. Set `api_version` to a newer one."
        )
    return found
