from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.retry import http_time, retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("12", 12.0), ("1.5", 1.5), ("-3", 0.0), ("", None), (None, None)],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date_is_the_time_until_then() -> None:
    found = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert found is not None
    assert 88 <= found <= 90


def test_a_date_that_has_passed_means_now() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("value", ["soon", "32 Nov", "Wed, 99 Oct 2015 07:28:00 GMT"])
def test_rubbish_is_as_good_as_nothing(value: str) -> None:
    assert retry_after(value) is None


def test_http_dates_are_utc_with_and_without_saying_so() -> None:
    expected = datetime(2015, 10, 21, 7, 28, tzinfo=UTC)
    assert http_time("Wed, 21 Oct 2015 07:28:00 GMT") == expected
    assert http_time("Wed, 21 Oct 2015 07:28:00 -0000") == expected
    assert http_time("Wed, 21 Oct 2015 09:28:00 +0200") == expected
