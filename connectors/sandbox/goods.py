"""The catalogue of a seeded store."""

from __future__ import annotations

import random

from connectors.sandbox.words import ALL_COLOURS, COLOURS, MATERIALS, SERIES, SIZES, THINGS
from connectors.sandbox.world import Line, Product, Variant, World

DAY = 86_400
# Per cent, by country.
TAX = {"DE": 19, "FR": 20, "PL": 23, "GB": 20, "JP": 10, "US": 8, "CA": 13}
# The one product with more variants than fit on a page nested in another.
RICH = 7


def stock_up(world: World, dice: random.Random, *, count: int, since: int) -> None:
    """Put `count` products on the shelf; about a third come in several variants.

    In WooCommerce only the variable products have variants; elsewhere every product has at least
    one, the sellable unit.
    """
    taken: set[str] = set()
    for number in range(count):
        category, thing, base = THINGS[number % len(THINGS)]
        name = f"{SERIES[number // len(THINGS) % len(SERIES)]} {dice.choice(MATERIALS)} {thing}"
        if name in taken:
            name += f" No. {number}"
        taken.add(name)
        price = base + dice.randrange(-4, 9) * 100 - dice.choice((0, 5, 10, 50))
        created = since + dice.randrange(20 * DAY)
        product = Product(
            id=world.new_id(),
            created_at=created,
            modified_at=created + dice.randrange(10 * DAY),
            name=name,
            description=f"<p>{thing} from our {category.lower()} range, made to last.</p>",
            category=category,
            sku=f"{thing[:3].upper()}-{number:04d}",
            price=price,
            cost=price * dice.randrange(35, 60) // 100,
            state=_state(number),
            stock=dice.randrange(0, 140),
        )
        world.products.add(product)
        if number == RICH:
            for size in SIZES:
                for colour in ALL_COLOURS:
                    add_variant(world, product, (("Size", size), ("Colour", colour)), price)
        elif category in ("Clothing", "Textiles"):
            names = SIZES if category == "Clothing" else COLOURS
            option = "Size" if category == "Clothing" else "Colour"
            for position, value in enumerate(names[: dice.randrange(2, 5)]):
                add_variant(world, product, ((option, value),), price + position * 200)
        elif world.platform != "woocommerce":
            add_variant(world, product, (), price)


def add_variant(
    world: World, product: Product, options: tuple[tuple[str, str], ...], price: int
) -> Variant:
    """Give `product` one more variant."""
    suffix = "".join(f"-{value[:2].upper()}" for _, value in options)
    variant = Variant(
        id=world.new_id(),
        created_at=product.created_at,
        modified_at=product.modified_at,
        product_id=product.id,
        sku=product.sku + suffix,
        price=price,
        options=options,
        stock=product.stock,
    )
    product.variants.append(variant)
    world.variants.add(variant)
    return variant


def _state(number: int) -> str:
    """Return the state of the `number`th product: nearly all are on sale."""
    return {17: "draft", 29: "private", 41: "draft"}.get(number, "publish")


def sell(dice: random.Random, product: Product, rate: int, quantity: int) -> Line:
    """Return a line of `quantity` pieces; a product with variants sells one of them."""
    variant = dice.choice(product.variants) if product.variants else None
    price = variant.price if variant else product.price
    name = product.name
    if variant and variant.options:
        name += " - " + ", ".join(value for _, value in variant.options)
    net = price * quantity
    tax = (net * rate + 50) // 100
    return Line(
        name=name,
        product_id=product.id,
        variant_id=variant.id if variant else 0,
        sku=variant.sku if variant else product.sku,
        quantity=quantity,
        subtotal=net,
        subtotal_tax=tax,
        total=net,
        tax=tax,
    )
