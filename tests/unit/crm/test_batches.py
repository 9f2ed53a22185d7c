"""Small parts of the load path that need no database: books, duplicates, pages ahead, errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Page
from connectors.crm.comparing import newest
from connectors.crm.database import connect, describe, first_line
from connectors.crm.fetch import PagesAhead
from connectors.crm.load import Batch, check_books
from connectors.crm.refusals import payload_text
from connectors.crm.statements import load
from connectors.errors import ConfigurationError, StoreloomError, Transient
from connectors.records import Customer, Stream

AT = datetime(2026, 3, 1, tzinfo=UTC)
TIMES = st.one_of(st.none(), st.integers(0, 3).map(lambda n: AT + timedelta(seconds=n)))


def page(number: int) -> Page:
    record = Customer(external_id=str(number))
    return Page(stream=Stream.CUSTOMERS, records=(record,), fetched=1)


@given(st.lists(st.tuples(st.sampled_from("abc"), TIMES)))
def test_of_several_states_of_a_record_none_is_newer_than_the_one_kept(
    states: list[tuple[str, datetime | None]],
) -> None:
    records = [Customer(external_id=name, source_updated_at=at) for name, at in states]
    kept = {record.external_id: record for record in newest(records)}

    assert kept.keys() == {name for name, _ in states}
    if all(at is not None for _, at in states):
        for name, at in states:
            latest = kept[name].source_updated_at
            assert latest is not None
            assert at is not None
            assert latest >= at


def test_books_that_do_not_balance_are_refused() -> None:
    batch = Batch(stream=Stream.CUSTOMERS, records=[Customer(external_id="1")], fetched=2)
    with pytest.raises(StoreloomError, match="2 records were fetched but 1 arrived"):
        check_books(batch)


def test_pages_come_in_order_and_the_fault_after_them() -> None:
    def read() -> Iterator[Page]:
        yield from map(page, range(40))
        raise Transient("gone", store="shop")

    seen: list[str] = []
    with PagesAhead(read, ahead=2) as pages:
        ahead = iter(pages)
        seen.extend(next(ahead).records[0].external_id for _ in range(40))
        with pytest.raises(Transient):
            next(ahead)
    assert seen == [str(number) for number in range(40)]


def test_leaving_early_stops_the_reader() -> None:
    stopped = threading.Event()

    def read() -> Iterator[Page]:
        try:
            yield from map(page, range(1_000_000))
        finally:
            stopped.set()

    with PagesAhead(read, ahead=2) as pages:
        next(iter(pages))
    assert stopped.wait(5)


def test_the_reader_never_runs_further_ahead_than_told() -> None:
    made: list[int] = []

    def read() -> Iterator[Page]:
        for number in range(20):
            made.append(number)
            yield page(number)

    with PagesAhead(read, ahead=3) as pages:
        for place, _ in enumerate(pages):
            # One in the queue's place, one in the reader's hand.
            assert len(made) <= place + 1 + 3 + 2
    assert len(made) == 20


def test_a_payload_is_kept_to_the_digit_whatever_is_in_it() -> None:
    assert payload_text({"total": Decimal("1.10"), "n": 1}) == '{"total":1.10,"n":1}'
    assert payload_text("half \ud800") == '"half \\ud800"'


@pytest.mark.parametrize("url", ["not a url", "postgresql://h:port/x", "postgresql://a b@h/x"])
def test_an_url_that_is_none_is_explained_not_repeated(url: str) -> None:
    with pytest.raises((ConfigurationError, StoreloomError)) as caught:
        connect(url)
    assert url not in str(caught.value)


def test_a_server_is_described_without_its_user() -> None:
    assert describe("postgresql://ann:pw@db.example:6543/crm") == "db.example:6543/crm"
    assert describe("postgresql://%%%") == "an unreadable URL"


def test_the_drivers_message_is_cut_to_what_it_says() -> None:
    error = psycopg.OperationalError(
        'connection failed: connection to server at "::1", port 5432 failed: FATAL:  no such role'
    )
    assert first_line(error) == "no such role"


def test_a_statement_names_its_organization() -> None:
    for name in ("orders/merge", "clients/update", "load/seen", "products/merge"):
        assert "organization_id" in load(name).as_string()
