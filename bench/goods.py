"""A WooCommerce shop of any size, rendered to JSON once: orders of about 2.8 KB, as real ones are.

The same numbers as every measurement before it: 2.5 lines an order, 15 % guests, a customer for
four orders and a product for forty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import msgspec

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
GUESTS = 0.15
_NAMES = ("Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Iris", "Jon", "Kim", "Lea")
_CITIES = ("Austin", "Boston", "Chicago", "Denver", "El Paso", "Fresno", "Houston", "Tampa")
_AREAS = (201, 202, 203, 205, 206, 207, 208, 209, 210, 212)
_STATUSES = ("completed",) * 7 + ("processing", "processing", "cancelled")


class Shop(NamedTuple):
    """Rendered rows by list; `modified`: their change times, rising, as printed."""

    orders: list[bytes]
    customers: list[bytes]
    products: list[bytes]
    modified: list[str]
    products_modified: list[str]


def render(orders: int, seed: int = 1) -> Shop:
    """Render a shop with that many orders."""
    random = Random(seed)
    customers, products = max(orders // 4, 1), max(orders // 40, 1)
    encode = msgspec.json.Encoder().encode
    times = [_time(EPOCH + timedelta(seconds=37 * number)) for number in range(orders)]
    return Shop(
        orders=[encode(_order(n, times[n], random, customers, products)) for n in range(orders)],
        customers=[encode(_customer(number)) for number in range(1, customers + 1)],
        products=[encode(_product(number)) for number in range(1, products + 1)],
        modified=times,
        products_modified=[_product_time(number) for number in range(1, products + 1)],
    )


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _product_time(number: int) -> str:
    return _time(EPOCH + timedelta(minutes=number))


def _person(number: int, *, email: str) -> dict[str, Any]:
    return {
        "first_name": _NAMES[number % 12],
        "last_name": f"Miller-{number}",
        "company": "",
        "address_1": f"{number % 900 + 1} Main Street",
        "address_2": "",
        "city": _CITIES[number % 8],
        "state": "TX",
        "postcode": f"{10000 + number % 80000}",
        "country": "US",
        "email": email,
        "phone": f"({_AREAS[number % 10]}) {200 + number // 10 % 700}-{number % 9973:04d}",
    }


def _customer(number: int) -> dict[str, Any]:
    email = f"customer{number}@example.com"
    billing = _person(number, email=email)
    return {
        "id": number,
        "date_created_gmt": _time(EPOCH),
        "date_modified_gmt": _time(EPOCH + timedelta(minutes=number % 500)),
        "email": email,
        "first_name": billing["first_name"],
        "last_name": billing["last_name"],
        "role": "customer",
        "username": f"customer{number}",
        "billing": billing,
        "shipping": {name: value for name, value in billing.items() if name != "email"},
        "is_paying_customer": True,
        "avatar_url": "https://secure.gravatar.example/avatar/0?s=96&d=mm&r=g",
        "meta_data": [],
    }


def _product(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Product {number}",
        "slug": f"product-{number}",
        "permalink": f"https://shop.example/product/product-{number}/",
        "date_created_gmt": _time(EPOCH),
        "date_modified_gmt": _product_time(number),
        "type": "simple",
        "status": "publish",
        "description": "<p>A product as good as any other, described at some length.</p>" * 4,
        "short_description": "<p>A product.</p>",
        "sku": f"SKU-{number:05d}",
        "price": f"{number % 90 + 9}.90",
        "regular_price": f"{number % 90 + 9}.90",
        "parent_id": 0,
        "categories": [{"id": number % 7, "name": f"Category {number % 7}", "slug": "category"}],
        "attributes": [],
        "meta_data": [],
    }


def _line(order: int, number: int, product: int) -> dict[str, Any]:
    price = product % 90 + 9
    return {
        "id": order * 4 + number,
        "name": f"Product {product}",
        "product_id": product,
        "variation_id": 0,
        "quantity": 1 + number % 2,
        "tax_class": "",
        "subtotal": f"{price}.90",
        "subtotal_tax": "0.00",
        "total": f"{price}.90",
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": f"SKU-{product:05d}",
        "price": price,
        "image": {"id": product, "src": f"https://shop.example/wp-content/uploads/{product}.jpg"},
        "parent_name": None,
    }


def _order(
    number: int, modified: str, random: Random, customers: int, products: int
) -> dict[str, Any]:
    order_id = number + 1001
    is_guest = random.random() < GUESTS
    person = (
        10_000_000 + random.randrange(customers) if is_guest else 1 + random.randrange(customers)
    )
    email = f"guest{person}@example.org" if is_guest else f"customer{person}@example.com"
    billing = _person(person, email=email)
    lines = [
        _line(order_id, place, 1 + random.randrange(products)) for place in range(2 + number % 2)
    ]
    total = sum(int(line["price"]) for line in lines)
    created = _time(EPOCH + timedelta(seconds=37 * number - 3600))
    return {
        "id": order_id,
        "parent_id": 0,
        "status": random.choice(_STATUSES),
        "currency": "USD",
        "version": "9.9.5",
        "prices_include_tax": False,
        "date_created_gmt": created,
        "date_modified_gmt": modified,
        "discount_total": "0.00",
        "shipping_total": "4.90",
        "total": f"{total}.90",
        "total_tax": "0.00",
        "customer_id": 0 if is_guest else person,
        "order_key": f"wc_order_{order_id:013d}",
        "billing": billing,
        "shipping": {name: value for name, value in billing.items() if name != "email"},
        "payment_method": "stripe",
        "payment_method_title": "Credit Card (Stripe)",
        "transaction_id": f"pi_{order_id:024d}",
        "customer_ip_address": "203.0.113.7",
        "customer_user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like)",
        "created_via": "checkout",
        "customer_note": "",
        "date_completed_gmt": modified,
        "date_paid_gmt": created,
        "number": str(order_id),
        "meta_data": [
            {"id": order_id * 9 + place, "key": f"_plugin_setting_{place}", "value": "yes"}
            for place in range(6)
        ],
        "line_items": lines,
        "tax_lines": [],
        "shipping_lines": [
            {
                "id": order_id * 4 + 3,
                "method_title": "Flat rate",
                "method_id": "flat_rate",
                "total": "4.90",
                "total_tax": "0.00",
                "taxes": [],
            }
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "payment_url": f"https://shop.example/checkout/order-pay/{order_id}/?pay_for_order=true",
        "currency_symbol": "$",
    }
