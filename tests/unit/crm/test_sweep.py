"""Which of two clients that agree in something are certainly one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from connectors.crm.client_restore import apart
from connectors.crm.identity import Doubt
from connectors.crm.sweep import Known, Pair, Side, decide

AT = datetime(2026, 3, 1, tzinfo=UTC)


def side(number: int, *persons: str, nameless: bool = False, chat: bool = False) -> Side:
    return Side(
        id=UUID(int=number),
        has_contact=chat,
        created_at=AT + timedelta(days=number),
        persons=tuple(
            Known(store_id="s", entity="customers", external_id=one, is_nameless=nameless)
            for one in persons
        ),
    )


def numbers(pairs: list[Pair]) -> tuple[list[tuple[int, int]], list[tuple[int, list[int], Doubt]]]:
    joins, asks = decide(pairs)
    return (
        [(one.winner.id.int, one.loser.id.int) for one in joins],
        [(one.client.id.int, [each.int for each in one.candidates], one.doubt) for one in asks],
    )


def test_a_chat_and_the_one_customer_it_can_be_are_one() -> None:
    chat, shop = side(1, chat=True), side(2, "7")

    both = [Pair(chat, shop, "email", "a@b.co"), Pair(chat, shop, "phone", "15125550123")]
    assert numbers(both) == ([(2, 1)], [])


def test_a_chat_that_can_be_two_customers_is_a_question() -> None:
    chat = side(1, chat=True)
    pairs = [
        Pair(chat, side(2, "7"), "email", "a@b.co"),
        Pair(chat, side(3, "8"), "phone", "15125550123"),
    ]

    assert numbers(pairs) == ([], [(1, [2, 3], Doubt.CHAT_OF_SEVERAL)])


def test_two_chats_or_two_typed_clients_are_nobodys_business() -> None:
    assert numbers([Pair(side(1, chat=True), side(2, chat=True), "phone", "15125550123")]) == (
        [],
        [],
    )


def test_a_phone_says_nothing_about_two_customers() -> None:
    assert numbers([Pair(side(1, "7"), side(2, "8"), "phone", "15125550123")]) == ([], [])


def test_a_customer_who_was_nameless_joins_the_one_other_with_the_address() -> None:
    late, other = side(2, "7", nameless=True), side(1, "8")
    assert numbers([Pair(late, other, "email", "a@b.co")]) == ([(1, 2)], [])


def test_three_with_one_address_are_a_question_even_if_one_was_nameless() -> None:
    late, one, two = side(3, "7", nameless=True), side(1, "8"), side(2, "9")
    pairs = [
        Pair(one, two, "email", "a@b.co"),
        Pair(one, late, "email", "a@b.co"),
        Pair(two, late, "email", "a@b.co"),
    ]
    assert numbers(pairs) == ([], [(3, [1, 2], Doubt.EMAIL_SHARED_LATER)])


def test_the_walk_ins_are_nobody() -> None:
    walk_ins = Side(
        id=UUID(int=1),
        has_contact=False,
        created_at=AT,
        persons=(Known(store_id="s", entity="guests", external_id="walk-in", is_nameless=False),),
    )
    assert numbers([Pair(walk_ins, side(2, chat=True), "email", "a@b.co")]) == ([], [])


def test_what_somebody_changed_after_a_merge_is_not_given_back() -> None:
    before: dict[str, Any] = {"email": "a@b.co", "phone": None, "tags": ["x"]}
    after = {"email": "a@b.co", "phone": "1", "tags": ["x", "y"]}
    loser = {"email": "c@d.co", "phone": "1", "tags": ["y"]}

    kept, back = apart({**after, "phone": "2"}, before, after, loser)

    assert kept == {"email": "a@b.co", "phone": "2", "tags": ["x"]}
    assert back == loser


def test_what_the_losers_customer_record_brought_since_a_merge_goes_with_the_loser() -> None:
    before: dict[str, Any] = {"email": None, "ecommerce_customer_id": None}
    after = {"email": "old@b.co", "ecommerce_customer_id": "7"}
    loser = {"email": "old@b.co", "ecommerce_customer_id": "7"}

    kept, back = apart({**after, "email": "new@b.co"}, before, after, loser)

    assert kept == before
    assert back == {"email": "new@b.co", "ecommerce_customer_id": "7"}
