"""The lists of the WooCommerce dialect: what each leaves out, how it sorts, what it counts.

`status=any` leaves out trash and checkout drafts, a trashed product hides its variations, and the
refunds list shows refunds of trashed orders. Each was measured on a running shop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from connectors.sandbox import world as states
from connectors.sandbox.woocommerce.parameters import Listing, Rules
from connectors.sandbox.world import Customer, Entity, Order, Product, Refund, Variant, World

POST_ORDER: Final = ("date", "id", "include", "title", "slug", "modified")
CORE_STATES: Final = (
    states.AUTO_DRAFT,
    states.PENDING,
    states.PROCESSING,
    states.ON_HOLD,
    states.COMPLETED,
    states.CANCELLED,
    states.REFUNDED,
    states.FAILED,
    states.CHECKOUT_DRAFT,
)
# Asked for by name only.
HIDDEN: Final = frozenset({states.TRASH, states.CHECKOUT_DRAFT, states.AUTO_DRAFT})
PRODUCT_STATES: Final = frozenset({"any", "draft", "pending", "private", "publish", "trash"})
ROLES: Final = frozenset(
    {"all", "administrator", "editor", "author", "contributor", "subscriber", "customer"}
    | {"shop_manager"}
)
PRODUCT_RULES: Final = Rules(
    orderby=(*POST_ORDER, "menu_order", "price", "popularity", "rating"),
    statuses=PRODUCT_STATES,
    choices={"type": frozenset({"simple", "grouped", "external", "variable"})},
    texts=("sku",),
)
VARIATION_RULES: Final = Rules(orderby=(*POST_ORDER, "menu_order"), texts=("sku",))
REFUND_RULES: Final = Rules(orderby=POST_ORDER)
CUSTOMER_RULES: Final = Rules(
    orderby=("id", "include", "name", "registered_date"),
    default_orderby="name",
    default_order="asc",
    has_dates=False,
    choices={"role": ROLES},
    texts=("email",),
)


def order_statuses(custom_states: Iterable[str]) -> tuple[str, ...]:
    """Return the statuses of orders that a shop with these of its own knows, trash left out."""
    return (*CORE_STATES, *custom_states)


def order_rules(custom_states: Iterable[str]) -> Rules:
    """Return the rules of the orders list of a shop with `custom_states` of its plugins."""
    return Rules(
        orderby=POST_ORDER,
        statuses=frozenset({"any", states.TRASH, *order_statuses(custom_states)}),
        texts=("customer",),
    )


def orders(world: World, listing: Listing, hidden: frozenset[str] = frozenset()) -> Sequence[Order]:
    """Return the orders asked for, sorted. `hidden`: further statuses that `any` leaves out."""
    # "any,trash" is "any" to WooCommerce: trash has to be asked for alone.
    wanted = () if "any" in listing.statuses else listing.statuses
    customer = listing.texts.get("customer")
    rows = [
        order
        for order in world.orders
        if (order.state in wanted if wanted else order.state not in HIDDEN | hidden)
        and (customer is None or str(order.customer_id) == customer)
    ]
    return _arranged(rows, listing)


def refunds(world: World, listing: Listing, order_id: int | None = None) -> Sequence[Refund]:
    """Return refunds, of one order or of all, trashed orders included."""
    chosen = world.refunds if order_id is None else world.orders.by_id[order_id].refunds
    return _arranged(list(chosen), listing)


def customers(world: World, listing: Listing) -> Sequence[Customer]:
    """Return people; only those with role `customer` unless another is asked for."""
    role = listing.texts.get("role", "customer")
    email = listing.texts.get("email")
    rows = [
        customer
        for customer in world.customers
        if role in ("all", customer.role)
        and (email is None or customer.email.lower() == email.lower())
    ]
    return _arranged(rows, listing)


def products(world: World, listing: Listing) -> Sequence[Product]:
    """Return products without their variations; trash only when asked for."""
    wanted = () if "any" in listing.statuses else listing.statuses
    kind = listing.texts.get("type")
    sku = listing.texts.get("sku")
    rows = [
        product
        for product in world.products
        if (product.state in wanted if wanted else product.state != states.TRASH)
        and (kind is None or kind == ("variable" if product.variants else "simple"))
        and (sku is None or product.sku == sku)
    ]
    return _arranged(rows, listing)


def variations(world: World, listing: Listing, product_id: int | None = None) -> Sequence[Variant]:
    """Return variations, of one product or of all; those of a trashed product are hidden."""
    sku = listing.texts.get("sku")
    rows = [
        variant
        for variant in world.variants
        if product_id in (None, variant.product_id)
        and world.products.by_id[variant.product_id].state != states.TRASH
        and (sku is None or variant.sku == sku)
    ]
    return _arranged(rows, listing)


def page_headers(
    total: int, pages: int, page: int, query: Mapping[str, str], address: str
) -> dict[str, str]:
    """Return the headers of one page: the totals of its list and the way to its neighbours."""
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    links = []
    for name, number in (("prev", page - 1), ("next", page + 1)):
        if 1 <= number <= pages:
            links.append(f'<{address}?{urlencode({**query, "page": number})}>; rel="{name}"')
    if links:
        headers["Link"] = ", ".join(links)
    return headers


def hole_before(number: int, row: object) -> tuple[object, ...]:
    """Return `row`, at times with one before it that is counted but not shown, as None."""
    return (None, row) if number % 7 == 3 else (row,)  # noqa: PLR2004 - any rhythm will do


def _arranged(rows: list[Any], listing: Listing) -> list[Any]:
    """Filter by dates and ids, and sort; equal times are settled by id in the same direction."""
    created, modified = _created, _modified
    for name, at in listing.bounds.items():
        time_of = modified if name.startswith("modified") else created
        # Strict on both sides: the record changed at the very second asked for does not come.
        if name.endswith("after"):
            rows = [row for row in rows if time_of(row) > at]
        else:
            rows = [row for row in rows if time_of(row) < at]
    if listing.include:
        rows = [row for row in rows if row.id in listing.include]
    if listing.exclude:
        rows = [row for row in rows if row.id not in listing.exclude]
    if listing.orderby == "include":
        return sorted(rows, key=lambda row: listing.include.index(row.id) if listing.include else 0)
    return sorted(rows, key=_KEYS.get(listing.orderby, _by_name), reverse=listing.order == "desc")


def _created(row: Entity) -> int:
    return row.created_at


def _modified(row: Entity) -> int:
    return row.modified_at


def _by_name(row: Any) -> tuple[str, int]:
    if isinstance(row, Customer):
        return f"{row.first_name} {row.last_name}".lower(), row.id
    return str(getattr(row, "name", "")), row.id


_KEYS: Final[dict[str, Callable[[Any], Any]]] = {
    "date": lambda row: (row.created_at, row.id),
    "registered_date": lambda row: (row.created_at, row.id),
    "modified": lambda row: (row.modified_at, row.id),
    "id": lambda row: row.id,
}
