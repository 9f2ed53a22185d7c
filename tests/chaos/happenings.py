"""What happens in a shop, chosen by numbers: any number means something, whatever there is by then.

That is what lets a failing history shrink: leaving a step out does not make the others impossible.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from connectors.records import Order, OrderStatus, Stream
from tests.chaos.compare import is_zelda
from tests.chaos.people import contact
from tests.chaos.shop import WOO, Shop
from tests.chaos.zelda import turn_up

_STATUSES: Final = (
    OrderStatus.PROCESSING,
    OrderStatus.CANCELLED,
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
    OrderStatus.PENDING,
)


def _pick(records: dict[str, Any], number: int) -> str | None:
    """Return one of the ids that are there, None when there is none. Zelda keeps to herself."""
    ids = [one for one in records if not is_zelda(one)]
    return ids[number % len(ids)] if ids else None


def _live(shop: Shop, stream: Stream, number: int) -> str | None:
    return _pick(shop.live(stream), number)


def register(shop: Shop, one: int, other: int) -> None:
    """Somebody opens an account; every fifth address is not vouched for."""
    shop.register(contact(other), verified=bool((one + 1) % 5))


def edit_customer(shop: Shop, one: int, other: int) -> None:
    """A customer changes what was typed."""
    key = _live(shop, Stream.CUSTOMERS, one)
    if key is not None:
        who = contact(other)
        shop.change(
            Stream.CUSTOMERS, key, email=who.email, phone=who.phone, full_name=who.full_name
        )


def remove_customer(shop: Shop, one: int, other: int) -> None:
    """A customer is deleted for good."""
    key = _live(shop, Stream.CUSTOMERS, one)
    if key is not None:
        shop.remove_customer(key)


def return_customer(shop: Shop, one: int, other: int) -> None:
    """An id that was deleted is there again, for whomever."""
    gone = [one for one in shop.gone[Stream.CUSTOMERS] if one not in shop.customers]
    # WooCommerce gives no id twice; and that the orders were a guest's for a while would be seen by
    # nobody, for it moves no date.
    if gone and shop.flavour is not WOO:
        shop.register(contact(other), external_id=gone[one % len(gone)], verified=True)


def merge_customers(shop: Shop, one: int, other: int) -> None:
    """Two customers turn out to be one person."""
    winner, loser = _live(shop, Stream.CUSTOMERS, one), _live(shop, Stream.CUSTOMERS, other)
    if shop.flavour.merges_customers and winner and loser and winner != loser:
        shop.merge_customers(winner, loser)


def buy(shop: Shop, one: int, other: int) -> None:
    """A customer orders."""
    key = _live(shop, Stream.CUSTOMERS, one)
    customer = shop.customers[key] if key else None
    who = contact(other)
    if customer is not None:
        who = who._replace(email=customer.email, phone=customer.phone)
    shop.order(who, key, _cents(other))


def buy_as_guest(shop: Shop, one: int, other: int) -> None:
    """Somebody orders without an account; every eighth says nothing of himself."""
    shop.order(contact(other) if (one + 1) % 8 else None, None, _cents(one))


def claim(shop: Shop, one: int, other: int) -> None:
    """An order goes to another customer, or to none."""
    key = _live(shop, Stream.ORDERS, one)
    if key is not None:
        customer = _live(shop, Stream.CUSTOMERS, other) if other % 4 else None
        shop.change(Stream.ORDERS, key, customer_external_id=customer)


def edit_order(shop: Shop, one: int, other: int) -> None:
    """An order's amount and parcel change."""
    key = _live(shop, Stream.ORDERS, one)
    if key is None:
        return
    order: Order = shop.orders[key]
    shop.change(
        Stream.ORDERS,
        key,
        total=max(order.refunded_total, Decimal(_cents(other)) / 100),
        currency="EUR" if other % 7 == 6 else "USD",
        tracking_number=f"T{other}" if other % 2 else None,
    )


def move_order(shop: Shop, one: int, other: int) -> None:
    """Paid, sent, cancelled, opened again."""
    key = _live(shop, Stream.ORDERS, one)
    if key is not None:
        status = _STATUSES[other % len(_STATUSES)]
        shop.change(Stream.ORDERS, key, status=status, source_status=status.value)


def refund(shop: Shop, one: int, other: int) -> None:
    """Part of the money is given back, or what is left of it."""
    key = _live(shop, Stream.ORDERS, one)
    if key is not None:
        shop.refund(key, None if other % 3 == 2 else _cents(other) // 3)


def forget_refund(shop: Shop, one: int, other: int) -> None:
    """A refund is deleted, and no date moves."""
    refunded = {key: order for key, order in shop.orders.items() if order.refunds}
    key = _pick(refunded, one)
    if key is not None and shop.flavour.forgets_refunds and not shop.orders[key].is_deleted:
        shop.forget_refund(key)


def trash(shop: Shop, one: int, other: int) -> None:
    """An order or product goes to the trash, or comes back from it."""
    stream = Stream.PRODUCTS if other % 3 == 2 else Stream.ORDERS
    key = _pick(shop.of(stream), one)
    if key is not None and shop.flavour.has_trash:
        is_deleted = not shop.of(stream)[key].is_deleted
        shop.change(stream, key, is_deleted=is_deleted)


def delete(shop: Shop, one: int, other: int) -> None:
    """An order or product is deleted for good."""
    stream = Stream.PRODUCTS if other % 3 == 2 else Stream.ORDERS
    key = _pick(shop.of(stream), one)
    if key is not None:
        shop.remove(stream, key)


def recreate_order(shop: Shop, one: int, other: int) -> None:
    """A deleted order is there again: by its id, or another id with its number."""
    gone = [one for one in shop.gone[Stream.ORDERS] if one not in shop.orders]
    if not gone:
        return
    key = gone[one % len(gone)]
    shop.order(
        contact(other),
        _live(shop, Stream.CUSTOMERS, other) if other % 2 else None,
        _cents(one),
        external_id=None if other % 3 == 2 else key,
        number=f"#{key}",
    )


def stock(shop: Shop, one: int, other: int) -> None:
    """A product is offered, priced anew, or offered again under the id of a deleted one."""
    key = _live(shop, Stream.PRODUCTS, one)
    gone = [one for one in shop.gone[Stream.PRODUCTS] if one not in shop.products]
    if gone and other % 2:
        shop.stock(_cents(other), external_id=gone[one % len(gone)])
    elif key is None or other % 3 == 0:
        shop.stock(_cents(other))
    else:
        shop.change(Stream.PRODUCTS, key, price=Decimal(_cents(other)) / 100)


def open_account(shop: Shop, one: int, other: int) -> None:
    """Somebody registers and buys."""
    register(shop, one, other)
    buy(shop, len(shop.live(Stream.CUSTOMERS)) - 1, other)


def spoil(shop: Shop, one: int, other: int) -> None:
    """A plugin breaks a record, so that nobody can read it; or somebody mends one."""
    if shop.spoiled and one % 2:
        stream, key = sorted(shop.spoiled)[other % len(shop.spoiled)]
        shop.spoiled.discard((stream, key))
        shop.change(stream, key)
        return
    stream = tuple(Stream)[other % len(Stream)]
    found = _live(shop, stream, one)
    if found is not None:
        shop.spoiled.add((stream, found))
        shop.change(stream, found)


def _cents(number: int) -> int:
    return 1_000 + number * 37


OPENINGS: Final = (open_account, buy_as_guest, stock)
HAPPENINGS: Final[dict[str, Callable[[Shop, int, int], None]]] = {
    one.__name__: one
    for one in (
        register, buy, buy_as_guest, edit_customer, edit_order, move_order, refund, forget_refund,
        trash, delete, recreate_order, remove_customer, return_customer, merge_customers, claim,
        stock, spoil, turn_up,
    )
}  # fmt: skip
