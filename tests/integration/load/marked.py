"""Ann, written into every place Storeloom knows, with one text in all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg

from connectors.base import StoreConfig
from connectors.crm.privacy_erase import Erased
from connectors.crm.sync import StoreResult
from connectors.records import Address, Order, Record, Refund, Rejected, Stream
from tests.integration.load.memory_store import MemoryStore, customer, order

Rows = Callable[..., list[tuple[Any, ...]]]
Sync = Callable[..., StoreResult]
Make = Callable[..., StoreConfig]
Erase = Callable[..., Erased]
Shops = tuple[MemoryStore, MemoryStore]

MARK = "Zxqvann"
EMAIL = f"{MARK}@example.com"
PHONE = "+15005550199"
NEEDLES = (MARK, PHONE.removeprefix("+1"))
ADDRESS = Address(name=f"Ann {MARK}", line1=f"1 {MARK} Street", city="Springfield", phone=PHONE)
TOTALS = (
    "select currency, count(*), sum(total), sum(refunded_total), sum(net_revenue) from"
    " crm_orders group by 1"
)


def ann(external_id: str = "1", **fields: Any) -> Record:
    given = {
        "email": EMAIL,
        "phone": PHONE,
        "full_name": f"Ann {MARK}",
        "company_name": f"{MARK} Ltd",
        "address": ADDRESS,
        **fields,
    }
    return customer(external_id, **given)


def order_of_ann(external_id: str, **fields: Any) -> Order:
    given = {
        "email": EMAIL.upper(),
        "phone": PHONE,
        "full_name": f"Ann {MARK}",
        "billing_address": ADDRESS,
        "shipping_address": ADDRESS,
        "tracking_number": f"T{MARK}",
        "refunds": (Refund(external_id="r1", amount=Decimal(3), reason=f"{MARK} was unhappy"),),
        "refunded_total": Decimal(3),
        **fields,
    }
    return order(external_id, **given)


def raw_order(external_id: str | None, **fields: Any) -> Rejected:
    payload = {
        "id": external_id,
        "status": "completed",
        "currency": "USD",
        "total": "12.50",
        "customer_id": 0,
        "billing": {"first_name": "Ann", "last_name": MARK, "email": EMAIL, "phone": PHONE},
        "customer_note": f"ring at {MARK}",
        "meta_data": [{"key": "vat", "value": MARK}],
        "line_items": [{"id": 4, "name": "Mug", "quantity": 1, "total": "12.50", "product_id": 7}],
        "refunds": [],
        "date_modified_gmt": "2026-03-01T12:00:00",
        **fields,
    }
    return Rejected(
        stream=Stream.ORDERS,
        payload=payload,
        reason=f"date_created_gmt is missing, says {MARK}",
        code="missing_time",
        external_id=external_id,
    )


def later(store: MemoryStore, record: Order, **changed: Any) -> Order:
    """The order as the store has it after a change."""
    at = store.now
    store.now += timedelta(hours=1)
    return msgspec.structs.replace(record, source_updated_at=at, **changed)


def give_chat(connection: psycopg.Connection[Any], organization: str, client: Any) -> None:
    """A contact, a message, notes, a deal and people's fields, with the mark in each text."""
    channel = connection.execute(
        "insert into channels (organization_id, name, platform) values (%s, 'chat',"
        " 'whatsapp') returning id",
        [organization],
    ).fetchone()
    assert channel
    contact = connection.execute(
        "insert into contacts (organization_id, channel_id, platform, platform_user_id, name,"
        " last_message_preview)"
        " values (%s, %s, 'whatsapp', %s, %s, %s) returning id",
        [organization, channel[0], PHONE, MARK, MARK],
    ).fetchone()
    assert contact
    connection.execute(
        "insert into messages (organization_id, channel_id, contact_id, sender_type,"
        " text_content, message_platform_id)"
        " values (%s, %s, %s, 'user', %s, %s)",
        [organization, channel[0], contact[0], f"I am {MARK}", f"wamid.{MARK}"],
    )
    connection.execute(
        "update crm_clients set contact_id = %s, platform_user_id = %s, custom_fields = %s,"
        " tags = %s where id = %s",
        [contact[0], PHONE, f'{{"vip": "{MARK}"}}', [MARK], client],
    )
    connection.execute(
        "insert into crm_notes (organization_id, client_id, title, content) values (%s, %s,"
        " %s, %s)",
        [organization, client, MARK, MARK],
    )
    connection.execute(
        "insert into crm_activities (organization_id, client_id, activity_type, subject, metadata)"
        " values (%s, %s, 'call', %s, %s)",
        [organization, client, MARK, f'{{"number": "{PHONE}"}}'],
    )
    deal = connection.execute(
        "insert into crm_deals (organization_id, client_id, name, deal_value, description)"
        " values (%s, %s, %s, 900, %s) returning id",
        [organization, client, f"Mugs for {MARK}", MARK],
    ).fetchone()
    assert deal
    connection.execute(
        "insert into crm_deal_stages_history (organization_id, deal_id, to_stage, notes)"
        " values (%s, %s, 'proposal', %s)",
        [organization, deal[0], MARK],
    )
