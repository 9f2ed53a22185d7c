"""A payload that was put aside comes back as a record or a reason, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import StoreConfig
from connectors.decoding import decode
from connectors.errors import BadRecord
from connectors.records import Stream
from connectors.registry import PLATFORMS, remap

WITHOUT_FILES = [name for name in PLATFORMS if name != "files"]
RUBBISH = [
    b'{"\\ud800": 1, "id": 2}',
    b'{"id": "\\ud800", "status": "x\\ud83d", "name": "\\u0000"}',
    b'{"id": 9223372036854775808999, "total": 1e400}',
    b'{"id": 1, "total": -5, "date_created_gmt": "0000-01-01T00:00:00"}',
    b"[]",
    b"null",
    b"7",
]


@pytest.mark.parametrize("stream", Stream)
@pytest.mark.parametrize("platform", WITHOUT_FILES)
@pytest.mark.parametrize("payload", RUBBISH)
def test_rubbish_that_is_replayed_is_a_record_with_an_id_or_a_reason_and_never_a_crash(
    platform: str, stream: Stream, payload: bytes
) -> None:
    config = StoreConfig(
        id="1",
        organization_id="1",
        key="shop",
        platform=platform,
        base_url="https://shop.example",
        currency="EUR",
    )
    given: Any = decode(payload)

    try:
        found = remap(platform, stream, given, config)
    except BadRecord as refusal:
        told = refusal.reason
    else:
        told = "no business of ours" if found is None else found.external_id

    assert told
