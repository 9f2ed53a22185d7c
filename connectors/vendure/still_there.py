"""Does the shop itself say that a record is gone?

A list that leaves an id out is no proof: a filter, a channel or a role can hide what is there. So
each id that a list did not bring is asked for singly, where null is Vendure's word for "no such
record" (measured: a deleted customer, variant or draft, and an id that never was).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.records import Stream
from connectors.vendure.api import AdminApi

# So many questions in one request; each is a small query of the server's.
AT_ONCE: Final = 50
_SINGLE: Final = {
    Stream.CUSTOMERS: "customer",
    Stream.PRODUCTS: "productVariant",
    Stream.ORDERS: "order",
}
# The lists whose permission each question needs.
PERMITTED_AS: Final = {
    Stream.CUSTOMERS: "customer_ids",
    Stream.PRODUCTS: "variant_ids",
    Stream.ORDERS: "order_ids",
}


def still_there(api: AdminApi, stream: Stream, ids: Sequence[str]) -> frozenset[str]:
    """Return those of `ids` the shop has; raises StoreError where it does not answer for one."""
    found: set[str] = set()
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        variables = {f"id{number}": one for number, one in enumerate(some)}
        told = api.run_text(question(stream, len(some)), variables, name=PERMITTED_AS[stream])
        found.update(one for number, one in enumerate(some) if told[f"r{number}"] is not None)
    return frozenset(found)


def question(stream: Stream, number: int) -> str:
    """Return a document that asks for `number` ids, `$id0` and on, as fields `r0` and on.

    Built here, because GraphQL has no way to ask for a list of single records.
    """
    variables = ", ".join(f"$id{one}: ID!" for one in range(number))
    fields = " ".join(f"r{one}: {_SINGLE[stream]}(id: $id{one}) {{ id }}" for one in range(number))
    return f"query still_there({variables}) {{ {fields} }}"
