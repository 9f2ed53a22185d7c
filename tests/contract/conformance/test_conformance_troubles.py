"""A shop that throttles, fails, hangs up or stops in the middle costs time and never a record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from contract.conformance.adapters import shops, shops_by_stream
from contract.conformance.reading import everything, living, read
from contract.conformance.shops import Ability, Shop, Trouble

from connectors.base import Connector
from connectors.errors import StoreError, Throttled, Transient
from connectors.records import Stream

Connect = Callable[..., Connector]


def assert_complete_in_spite_of(trouble: Trouble, shop: Shop, stream: Stream, source: Connector):
    window = everything(source)
    with shop.misbehave(trouble) as mischief:
        found = set(living(read(source, stream, window)))
        listed = set(source.list_ids(stream))
    assert mischief.count > 0, "nothing happened, so nothing was shown"
    assert found == shop.ids(stream)
    assert listed >= shop.ids(stream)


@shops_by_stream(None, Ability.THROTTLE)
def test_a_throttled_reading_is_complete(shop: Shop, stream: Stream, connector: Connector) -> None:
    assert_complete_in_spite_of(Trouble.THROTTLE, shop, stream, connector)


@shops_by_stream(None, Ability.ERROR)
def test_a_reading_through_passing_faults_is_complete(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    assert_complete_in_spite_of(Trouble.ERROR, shop, stream, connector)


@shops_by_stream(None, Ability.TRUNCATE)
def test_an_answer_cut_in_the_middle_is_asked_for_again(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    assert_complete_in_spite_of(Trouble.TRUNCATE, shop, stream, connector)


@shops_by_stream(None, Ability.RESET)
def test_a_reset_connection_is_opened_again(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    assert_complete_in_spite_of(Trouble.RESET, shop, stream, connector)


@shops_by_stream(None, Ability.SLOW)
def test_a_slow_shop_is_read_whole(shop: Shop, stream: Stream, connector: Connector) -> None:
    assert_complete_in_spite_of(Trouble.SLOW, shop, stream, connector)


@pytest.mark.parametrize("way", ["read", "list_ids", "read_ids", "count"])
@shops_by_stream(None, Ability.ERROR)
def test_a_shop_that_stays_broken_is_an_error_that_may_pass_and_never_an_end(
    shop: Shop, stream: Stream, connector: Connector, way: str
) -> None:
    window = everything(connector)
    named = sorted(shop.ids(stream))[:3]
    ask: dict[str, Callable[[], object]] = {
        "read": lambda: list(connector.read(stream, window)),
        "list_ids": lambda: list(connector.list_ids(stream)),
        "read_ids": lambda: list(connector.read_ids(stream, named)),
        "count": lambda: connector.count(stream),
    }
    with shop.misbehave(Trouble.ERROR, always=True), pytest.raises(Transient):
        ask[way]()


@shops_by_stream(None, Ability.TRUNCATE)
def test_answers_that_are_always_cut_are_an_error_and_never_a_shorter_list(
    shop: Shop, stream: Stream, connector: Connector
) -> None:
    window = everything(connector)
    with shop.misbehave(Trouble.TRUNCATE, always=True):
        with pytest.raises(Transient):
            list(connector.read(stream, window))
        with pytest.raises(Transient):
            list(connector.list_ids(stream))


@shops(Ability.THROTTLE)
def test_a_shop_that_throttles_for_good_is_left_alone_with_that_reason(
    shop: Shop, connector: Connector
) -> None:
    window = everything(connector)
    with shop.misbehave(Trouble.THROTTLE, always=True), pytest.raises(Throttled):
        list(connector.read(Stream.ORDERS, window))


@shops(Ability.ERROR)
def test_an_error_names_the_store(shop: Shop, connector: Connector) -> None:
    with (
        shop.misbehave(Trouble.ERROR, always=True),
        pytest.raises(StoreError, match=connector.config.key),
    ):
        connector.count(Stream.ORDERS)
