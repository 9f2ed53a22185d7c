"""A record without its person: what the load path makes of whatever a store sends of the erased.

What identifies somebody goes; ids, amounts, currencies, dates, states and goods stay, since the
figures of last year must not change because somebody asked to be forgotten.
"""

from __future__ import annotations

import msgspec

from connectors.records import Customer, Order, Record


def without_customer(order: Order) -> Order:
    """Return an order that names no customer record: its buyer is whoever the order describes."""
    return msgspec.structs.replace(order, customer_external_id=None)


def without_person(record: Record) -> Record:
    """Return a customer or order without personal data, flagged as redacted; a product as it is."""
    if isinstance(record, Customer):
        return msgspec.structs.replace(
            record,
            email=None,
            email_verified=True,
            phone=None,
            full_name=None,
            company_name=None,
            address=None,
            is_redacted=True,
        )
    if isinstance(record, Order):
        return msgspec.structs.replace(
            record,
            email=None,
            phone=None,
            full_name=None,
            company_name=None,
            billing_address=None,
            shipping_address=None,
            # It leads to the parcel's whole way, house number included.
            tracking_number=None,
            refunds=tuple(msgspec.structs.replace(one, reason=None) for one in record.refunds),
            is_redacted=True,
        )
    return record
