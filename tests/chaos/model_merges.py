"""Clients that turned out to be one: which may be joined, which must be, and what is left.

When two clients become one depends on when who looked; that it was right does not. So each join is
held to the evidence and done in the model by the same rules, and at rest none may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tests.chaos.model import Model
from tests.chaos.model_identity import NOBODY, has_number
from tests.chaos.model_map import ModelStore, customers, unverified
from tests.chaos.model_rows import Client, Key, Seen

_STAGES: Final = ("lead", "mql", "sql", "opportunity", "customer", "evangelist")
_TYPES: Final = ("inactive", "lead", "prospect", "customer")


def is_evident(model: Model, winner: Client, loser: Client, reason: str) -> bool:
    """Say whether what is known justifies that `loser` became `winner`."""
    if reason == "store_merge":
        return any(pair == (winner, loser) for pair in _store_merges(model))
    if reason == "same_email":
        return _email(winner) is not None and _email(winner) == _email(loser)
    return reason == "same_phone" and _share_number(winner, loser)


def unjoined(model: Model, reviewed: Iterable[set[str]]) -> list[tuple[Client, Client]]:
    """Return pairs that ought to be one client by now; `reviewed`: pairs a person has to decide."""
    asked = list(reviewed)
    persons = {id(seen.row) for store in model.stores for key, seen in store.seen.items()}
    # A client of two customers may have been spoken for by the other one when the first one left,
    # and nobody asks again when that one goes too: a client too many costs less than a wrong merge.
    found = [
        (winner, loser)
        for winner, loser in _store_merges(model)
        if len(list(customers(model.stores, loser))) == 1
    ]
    doubted = unverified(model.stores, model.clients)
    for chat in model.clients:
        if not chat.is_in_chat or id(chat) in persons:
            continue
        shops = [
            one
            for one in model.clients
            if id(one) in persons
            and not _is_walk_in(model, one)
            and (
                _share_number(one, chat)
                or (
                    _email(one)
                    and _email(one) == _email(chat)
                    and _email(one) not in doubted.get(one, ())
                )
            )
        ]
        if len(shops) == 1:
            found.append((shops[0], chat))
    return [
        (winner, loser)
        for winner, loser in found
        if not (winner.is_in_chat and loser.is_in_chat)
        and {str(winner.crm_id), str(loser.crm_id)} not in asked
    ]


def join(model: Model, winner: Client, loser: Client) -> None:
    """Make two clients one: the winner's gaps are filled, everything of the loser's moves."""
    for name, value in loser.contact.items():
        if winner.contact[name] is None:
            winner.contact[name] = value
    mine, theirs = winner.people, loser.people
    tags = mine["tags"], theirs["tags"]
    winner.people = {
        name: theirs[name] if value in (None, 0) and theirs[name] is not None else value
        for name, value in mine.items()
    }
    if None not in tags:
        winner.people["tags"] = [*tags[0], *(one for one in tags[1] if one not in tags[0])]
    winner.ecommerce_customer_id = winner.ecommerce_customer_id or loser.ecommerce_customer_id
    winner.is_edited = winner.is_edited or loser.is_edited
    winner.held |= loser.held
    winner.source = winner.source or loser.source
    winner.platform_user_id = winner.platform_user_id or loser.platform_user_id
    winner.is_in_chat = winner.is_in_chat or loser.is_in_chat
    winner.client_type = _type(winner.client_type, loser.client_type)
    winner.lifecycle_stage = _stage(winner.lifecycle_stage, loser.lifecycle_stage)
    for name, choose in (("first_contact_date", min), ("last_contact_date", max)):
        dates = [one for one in (getattr(winner, name), getattr(loser, name)) if one is not None]
        setattr(winner, name, choose(dates, default=None))
    for order in model.orders:
        if order.client is loser:
            order.client = winner
    for store in model.stores:
        for seen in store.seen.values():
            if seen.row is loser:
                seen.row = winner
    model.clients = [one for one in model.clients if one is not loser]


def _store_merges(model: Model) -> Iterable[tuple[Client, Client]]:
    """Yield winner and loser: a customer is gone, and another one has all the orders he had."""
    for store in model.stores:
        for key, seen in store.seen.items():
            if key[0] != "customers" or not seen.is_gone:
                continue
            others = {one.person for one in _orders_of(store, key)}
            other = others.pop() if len(others) == 1 else None
            heir = store.seen.get(other) if other else None
            if heir is None or other is None or other[0] != "customers" or other == key:
                continue
            winner, loser = heir.row, seen.row
            assert isinstance(winner, Client)
            assert isinstance(loser, Client)
            # Who still speaks for the loser's client as another customer was merged with nobody.
            is_spoken_for = any(not one.is_gone for one in customers(model.stores, loser))
            if winner is not loser and not heir.is_gone and not is_spoken_for:
                yield winner, loser


def _orders_of(store: ModelStore, key: Key) -> Iterable[Seen]:
    for (entity, _), seen in store.seen.items():
        if entity == "orders" and not seen.is_gone and key in (seen.person, seen.former):
            yield seen


def _is_walk_in(model: Model, client: Client) -> bool:
    return any(store.seen[NOBODY].row is client for store in model.stores if NOBODY in store.seen)


def _share_number(one: Client, other: Client) -> bool:
    for client in (one, other):
        numbers = [client.contact["phone"]]
        if client.is_in_chat:
            numbers.append(client.platform_user_id)
        across = other if client is one else one
        if any(number and len(number) > 6 and has_number(across, number) for number in numbers):
            return True
    return False


def _email(client: Client) -> str | None:
    email: Any = client.contact["email"]
    return email.lower() if email else None


def _type(mine: str, theirs: str) -> str:
    if "partner" in (mine, theirs):
        return "partner"
    return max(mine, theirs, key=_TYPES.index)


def _stage(mine: str | None, theirs: str | None) -> str | None:
    if theirs not in _STAGES or mine is None:
        return mine or theirs
    if mine not in _STAGES:
        return mine
    return max(mine, theirs, key=_STAGES.index)
