"""The model against the tables: every row, every column the rules speak of, to the cent.

Rows are matched by what the record map says each record became; two records that are one client in
the model must be one in the CRM, and two must be two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.records import Stream
from tests.chaos.crm import Row
from tests.chaos.model import Model
from tests.chaos.model_merges import is_evident, join, unjoined
from tests.chaos.model_rows import Client
from tests.chaos.shop import Shop

_CENT = Decimal("0.01")


def is_zelda(external_id: str) -> bool:
    """Say whether a store's id is one of Zelda's, who is none of the model's business."""
    return external_id.startswith("z")


def without_zelda(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the rows that the model knows of: hers have checks of their own."""
    orders = {one["id"]: one for one in rows["orders"]}
    mine = [one for one in rows["map"] if _is_hers(one)]
    ids = {one["crm_id"] for one in mine}
    ids |= {orders[one]["client_id"] for one in ids if one in orders}
    return {
        **rows,
        "map": [one for one in rows["map"] if not _is_hers(one)],
        "clients": [one for one in rows["clients"] if one["id"] not in ids],
        "orders": [one for one in rows["orders"] if one["id"] not in ids],
    }


def _is_hers(row: Row) -> bool:
    marks = ("z", "email:zelda", "phone:+15125550199", "erased:")
    return bool(row["external_id"].startswith(marks))


class Mismatch(AssertionError):
    """The CRM is not what the model says."""


def check(model: Model, rows: dict[str, list[Row]], store_ids: Sequence[str]) -> None:
    """Compare everything; raises Mismatch naming the first difference."""
    merges = [one for one in rows["merges"] if one["id"] not in model.joined]
    if merges:
        _bind(model, _before(merges, rows["map"]), store_ids)
        _join(model, merges)
    _bind(model, rows["map"], store_ids)
    _check_clients(model, rows["clients"])
    _check_orders(model, rows["orders"])
    _check_products(model, rows["products"])
    _same(
        "in quarantine",
        {(one["store_id"], one["stream"], one["external_id"]) for one in rows["quarantine"]},
        {
            (store_id, *key)
            for store_id, store in zip(store_ids, model.stores, strict=True)
            for key in store.waiting
        },
    )


def _bind(model: Model, mapped: Iterable[Row], store_ids: Sequence[str]) -> None:
    """Learn from the record map which row is which, and hold the map itself to the model."""
    there = {(one["store_id"], one["entity"], one["external_id"]): one for one in mapped}
    expected = {
        (store_id, *key): seen
        for store_id, store in zip(store_ids, model.stores, strict=True)
        for key, seen in store.seen.items()
    }
    _same("records in the map", sorted(key[1:] for key in there), sorted(k[1:] for k in expected))
    rows: dict[int, str] = {}
    for key, seen in expected.items():
        found = there[key]
        known = rows.setdefault(id(seen.row), found["crm_id"])
        _same(f"{key[1:]} is the row of its like", found["crm_id"], known)
        if seen.row.crm_id is not None:
            _same(f"{key[1:]} keeps its row", found["crm_id"], seen.row.crm_id)
        seen.row.crm_id = found["crm_id"]
        _same(f"{key[1:]} is gone", found["is_gone"], seen.is_gone)
        _same(f"{key[1:]} was told", found["is_told"], seen.record is not None)
    if len(set(rows.values())) != len(rows):
        raise Mismatch(f"rows that should be apart are one: {there}")


def _join(model: Model, merges: Sequence[Row]) -> None:
    """Join in the model what the CRM has joined, if there is reason to."""
    for merge in merges:
        clients = {one.crm_id: one for one in model.clients}
        winner, loser = clients.get(merge["winner_id"]), clients.get(merge["loser_id"])
        if winner is None or loser is None:
            raise Mismatch(f"a join of unknown clients: {merge}")
        if not is_evident(model, winner, loser, merge["reason"]):
            raise Mismatch(f"{_name(loser)} became {_name(winner)} because of {merge['reason']}")
        join(model, winner, loser)
        model.joined.add(merge["id"])


def check_joined(model: Model, reviews: Iterable[Row]) -> None:
    """At rest nobody may be two who is one."""
    asked = [{one["client_id"], other} for one in reviews for other in one["candidate_ids"]]
    for winner, loser in unjoined(model, asked):
        raise Mismatch(f"{_name(loser)} ought to be {_name(winner)}")


def _before(merges: Sequence[Row], mapped: Iterable[Row]) -> list[Row]:
    """Return the map as it was before these joins."""
    former: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for merge in merges:
        for place in merge["moved"]:
            if place["table"] == "sync.record_map_clients":
                for key in place["rows"]:
                    at = (key["store_id"], key["entity"], key["external_id"])
                    former.setdefault(at, []).append((merge["winner_id"], merge["loser_id"]))
    found = []
    for row in mapped:
        crm_id = row["crm_id"]
        for winner_id, loser_id in reversed(
            former.get((row["store_id"], row["entity"], row["external_id"]), [])
        ):
            crm_id = loser_id if crm_id == winner_id else crm_id
        found.append({**row, "crm_id": crm_id})
    return found


def _check_clients(model: Model, rows: Iterable[Row]) -> None:
    there = {one["id"]: one for one in rows}
    _same("clients", len(there), len(model.clients))
    for client in model.clients:
        row = there.get(client.crm_id or "")
        if row is None:
            raise Mismatch(f"no client {_name(client)}")
        orders, worth, average = model.totals(client)
        expected = {
            **client.contact,
            "ecommerce_customer_id": client.ecommerce_customer_id,
            "client_type": client.client_type,
            "lifecycle_stage": client.lifecycle_stage,
            "source": client.source,
            "first_contact_date": client.first_contact_date,
            "last_contact_date": client.last_contact_date,
            "total_orders": orders,
            "total_revenue": worth,
            "average_order_value": Decimal(average).quantize(_CENT, ROUND_HALF_UP),
            **client.people,
        }
        _same_row(f"client {_name(client)}", row, expected)


def _check_orders(model: Model, rows: Iterable[Row]) -> None:
    there = {one["id"]: one for one in rows}
    _same("orders", len(there), len(model.orders))
    for order in model.orders:
        row = there.get(order.crm_id or "")
        if row is None:
            raise Mismatch(f"no order {order.ecommerce_order_id}")
        expected = {
            "client_id": order.client.crm_id,
            "order_number": order.number,
            "net_revenue": order.net,
            **order.fields,
            **order.people,
        }
        _same_row(f"order {order.ecommerce_order_id or order.number}", row, expected)


def _check_products(model: Model, rows: Iterable[Row]) -> None:
    there = {one["ecommerce_product_id"]: one for one in rows}
    _same("products", sorted(there), sorted(one.ecommerce_product_id for one in model.products))
    for product in model.products:
        row = there[product.ecommerce_product_id]
        _same_row(
            f"product {row['ecommerce_product_id']}", row, {**product.fields, **product.people}
        )


def check_cursors(
    shop: Shop, rows: dict[str, list[Row]], store_id: str, removed: set[tuple[str, str]]
) -> None:
    """No change before the watermark may be missing. `removed`: rows people deleted meanwhile."""
    known = {
        (one["entity"], one["external_id"]): one
        for one in rows["map"]
        if one["store_id"] == store_id
    }
    for cursor in rows["cursors"]:
        if cursor["store_id"] != store_id or cursor["watermark"] is None:
            continue
        _true("the watermark is not ahead of the store", cursor["watermark"] <= shop.now)
        for external_id, record in shop.of(Stream(cursor["stream"])).items():
            key = (cursor["stream"], external_id)
            if record.source_updated_at >= cursor["watermark"] or key in removed:
                continue
            one = known.get(key)
            _true(
                f"{key} changed at {record.source_updated_at} and is not in the CRM, although the "
                f"cursor says everything before {cursor['watermark']} is",
                one is not None
                and one["source_updated_at"] is not None
                and one["source_updated_at"] >= record.source_updated_at,
            )


def check_settled(model: Model, number: int, shop: Shop) -> None:
    """After a quiet sync: the store was heard out, whatever moved no date included."""
    store = model.stores[number]
    for stream in Stream:
        there = {key: one for key, one in shop.of(stream).items() if not is_zelda(key)}
        for external_id, record in there.items():
            seen = store.seen.get((stream.value, external_id))
            if (stream, external_id) in shop.spoiled:
                _true(
                    f"{external_id} is in quarantine", (stream.value, external_id) in store.waiting
                )
                continue
            if record.is_deleted and seen is None:
                # What was in the trash before anybody looked is no business of the CRM.
                continue
            told = seen.record if seen is not None else None
            _same(f"{stream} {external_id} as last told", _plain(told, shop), _plain(record, shop))
        for (entity, external_id), seen in store.seen.items():
            # What left the store by way of the trash may stay as it was told there.
            if entity == stream.value and external_id not in there and not seen.is_gone:
                if seen.record is None:
                    # A customer of whom only orders speak.
                    continue
                raise Mismatch(f"{entity} {external_id} is gone from the store and not marked")


def _plain(record: Any, shop: Shop) -> Any:
    """Return what must have been told; a deleted account's orders change without a sign."""
    if record is None:
        return None
    said = {name: getattr(record, name) for name in record.__struct_fields__}
    said.pop("source_updated_at")
    if said.get("customer_external_id") not in shop.customers:
        said["customer_external_id"] = None
    return said


def _name(client: Client) -> str:
    return f"{client.contact['full_name']} <{client.contact['email']}> {client.contact['phone']}"


def _same_row(what: str, row: Row, expected: dict[str, Any]) -> None:
    wrong = {
        name: f"is {row[name]!r}, should be {value!r}"
        for name, value in expected.items()
        if row[name] != value
    }
    if wrong:
        raise Mismatch(f"{what}: {wrong}")


def _same(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise Mismatch(f"{what}: is {found!r}, should be {expected!r}")


def _true(what: str, holds: bool) -> None:
    if not holds:
        raise Mismatch(what)
