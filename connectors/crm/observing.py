"""Addresses that turn out to be shared, by the names that come with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import msgspec

from connectors.crm.database import Connection
from connectors.crm.identity import Doubt
from connectors.crm.joining import put_review
from connectors.crm.people import GUESTS, email_key
from connectors.crm.shared_addresses import FAMILIES, families, name_key
from connectors.crm.staging import array
from connectors.crm.statements import load
from connectors.crm.target import Target
from connectors.records import Customer, Order


def observe_orders(connection: Connection, target: Target, orders: Sequence[Order]) -> Target:
    """Note the names that guests' addresses come with; return the target knowing what is shared.

    An address that becomes shared by it keeps the client it has, and a person is asked once.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for order in orders:
        key, name = email_key((order.email or "").strip() or None), name_key(order.full_name)
        if key and name and not order.customer_external_id and key not in target.shared:
            names[key].add(name)
    if not names:
        return target
    seen = _recorded(connection, target, names)
    shared = {key for key in names if families(seen[key]) >= FAMILIES}
    # What is known to be shared is not looked at again: thousands of clients may have it.
    doubtful = names.keys() - shared
    owners: dict[str, list[UUID]] = defaultdict(list)
    for key, client_id, full_name in connection.execute(
        load("identity/client_names"), {**target.scope, "emails": array(doubtful)}
    ):
        owners[key].append(client_id)
        if name := name_key(full_name):
            names[key].add(name)
    fresh = [
        (key, name)
        for key in sorted(doubtful)
        if len(names[key] | seen[key]) > 1
        for name in sorted(names[key] - seen[key])
    ]
    if fresh:
        connection.execute(
            load("identity/put_names"),
            {
                **target.scope,
                "emails": array(key for key, _ in fresh),
                "names": array(name for _, name in fresh),
            },
        )
    for key in sorted(doubtful):
        if families(names[key] | seen[key]) < FAMILIES:
            continue
        shared.add(key)
        if owners[key]:
            put_review(
                connection,
                target.organization_id,
                target.store_id,
                person=(GUESTS, f"email:{key}"),
                client_id=owners[key][0],
                candidates=owners[key][1:],
                doubt=Doubt.SHARED_ADDRESS,
            )
    return _with(target, shared)


def observe_customers(
    connection: Connection, target: Target, customers: Sequence[Customer]
) -> Target:
    """Return the target that knows which of these customers' addresses are shared."""
    return knowing(
        connection,
        target,
        {key for one in customers if (key := email_key((one.email or "").strip() or None))},
    )


def knowing(connection: Connection, target: Target, keys: Collection[str]) -> Target:
    """Return the target that knows which of these addresses the orders have shown to be shared."""
    if not keys:
        return target
    seen = _recorded(connection, target, keys)
    return _with(target, {key for key in keys if families(seen[key]) >= FAMILIES})


def _recorded(connection: Connection, target: Target, keys: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key, name in connection.execute(
        load("identity/address_names"), {**target.scope, "emails": array(keys)}
    ):
        found[key].add(name)
    return found


def _with(target: Target, shared: set[str]) -> Target:
    if not shared:
        return target
    known = msgspec.structs.replace(target.shared, observed=target.shared.observed | shared)
    return msgspec.structs.replace(target, shared=known)
