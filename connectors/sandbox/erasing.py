"""What a platform leaves of a person whose data its shop was asked to erase."""

from __future__ import annotations

from connectors.sandbox.oddities import ERASED_EMAIL
from connectors.sandbox.world import Address, World

ERASED_WORD = "[deleted]"


def erase_customer(world: World, customer_id: int, *, at: int) -> None:
    """Take the person out of the customer and the orders; amounts stay, times move.

    Shopify keeps both and empties them. WooCommerce empties a customer's billing, leaves the login,
    and writes the same words over every order, which is a guest's from then on.
    """
    is_emptied = world.platform == "shopify"
    customer = world.customers.by_id[customer_id]
    customer.phone, customer.address, customer.is_redacted = "", None, True
    if is_emptied:
        customer.email = customer.first_name = customer.last_name = ""
    world.customers.changed(customer, at=at)
    word, email = ("", "") if is_emptied else (ERASED_WORD, ERASED_EMAIL)
    for order in world.orders:
        if order.customer_id != customer_id:
            continue
        order.email = email
        order.billing = order.shipping = Address(first_name=word, last_name=word)
        order.customer_id = customer_id if is_emptied else 0
        world.orders.changed(order, at=at)
