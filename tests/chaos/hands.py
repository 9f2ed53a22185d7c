"""What people and chats do in the CRM, to the tables and to the model alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from tests.chaos.compare import Mismatch
from tests.chaos.crm import Crm
from tests.chaos.model import Model
from tests.chaos.model_identity import CONTACT
from tests.chaos.model_rows import Client, Edited, OrderRow, ProductRow
from tests.chaos.people import PHONES, contact

_NUMBERS: Final = sorted({one for one in PHONES.values() if one})


class Hands:
    """People at the CRM, and those who chat with it."""

    def __init__(self, crm: Crm, model: Model, *, crm_wins: bool) -> None:
        self.crm = crm
        self.model = model
        self.crm_wins = crm_wins
        # Map keys of rows that people deleted and no sync has brought back: (store, entity, id).
        self.removed: set[tuple[int, str, str]] = set()

    def note(self, one: int, other: int) -> None:
        """A person fills in what belongs to people."""
        client = self._client(one)
        if client is not None:
            columns = {"lead_score": other, "tags": ["vip"], "secondary_phone": str(other)}
            self._edit_client(client, columns)

    def price(self, one: int, other: int) -> None:
        """A person keeps a remark with a product."""
        products = self.model.products
        if products:
            product = products[one % len(products)]
            self.crm.connection.execute(
                "update public.crm_products set custom_fields = jsonb_build_object('n', %s::int) "
                "where organization_id = %s and ecommerce_product_id = %s",
                [other, self.crm.organization_id, product.ecommerce_product_id],
            )
            product.people["custom_fields"] = {"n": other}

    def meddle(self, one: int, other: int) -> None:
        """A person writes over what a store says of an order or a product."""
        told = [
            seen.row
            for store in self.model.stores
            for seen in store.seen.values()
            if seen.record is not None and seen.row.crm_id and not isinstance(seen.row, Client)
        ]
        if not told:
            return
        row = told[one % len(told)]
        columns: dict[str, Any]
        if isinstance(row, OrderRow):
            columns = {"total": Decimal(5_000 + other), "tracking_number": f"by hand {other}"}
        else:
            columns = {"price": Decimal(5_000 + other)}
        table = "crm_orders" if isinstance(row, OrderRow) else "crm_products"
        columns = {name: value for name, value in columns.items() if row.fields[name] != value}
        if not columns:
            return
        self.crm.set(table, str(row.crm_id), **columns)
        row.fields |= columns
        self._mark(row, columns)

    def rename(self, one: int, other: int) -> None:
        """A person writes over what a store says of a client."""
        client = self._client(one)
        if client is None:
            return
        who = contact(other)
        columns = {"full_name": f"Renamed Ames {other}"}
        if who.email is not None and other % 2:
            columns["email"] = who.email
        # Who writes what is there already changes nothing, and nothing is held for him.
        columns = {name: value for name, value in columns.items() if client.contact[name] != value}
        if not columns:
            return
        self.crm.set("crm_clients", str(client.crm_id), **columns)
        client.contact |= columns
        # Of rows that no store speaks of nothing is noted.
        if any(seen.row is client for store in self.model.stores for seen in store.seen.values()):
            self._mark(client, columns)

    def _mark(self, row: Edited, columns: Iterable[str]) -> None:
        row.is_edited = True
        if self.crm_wins:
            row.held |= set(columns)

    def promote(self, one: int, other: int) -> None:
        """A person knows better how far a client is."""
        client = self._client(one)
        if client is not None and client.client_type != "inactive":
            stage = ("evangelist", "opportunity", "churned")[other % 3]
            kind = ("partner", "prospect")[other % 2]
            self.crm.set("crm_clients", str(client.crm_id), lifecycle_stage=stage, client_type=kind)
            client.lifecycle_stage, client.client_type = stage, kind

    def type_in(self, _one: int, other: int) -> None:
        """A person types in a client."""
        who = contact(other)
        number = PHONES.get(who.phone or "")
        columns = {"email": who.email, "phone": number, "full_name": who.full_name}
        self._adopt(self.crm.add_client(**columns))

    def delete_client(self, one: int, _other: int) -> None:
        """A person deletes a client, with the whole history."""
        client = self._client(one)
        if client is not None:
            self.crm.delete("crm_clients", str(client.crm_id))
            self._forget(client)

    def delete_order(self, one: int, _other: int) -> None:
        """A person deletes an order."""
        orders = [row for row in self.model.orders if row.crm_id]
        if orders:
            row = orders[one % len(orders)]
            self.crm.delete("crm_orders", str(row.crm_id))
            self._forget(row)

    def chat(self, one: int, _other: int) -> None:
        """Somebody writes; who is known already by number is linked, and only then."""
        number = _NUMBERS[one % len(_NUMBERS)]
        digits = number.lstrip("+")
        candidates = [
            row
            for row in self.model.clients
            if row.people.get("contact_id") is None
            and (row.platform_user_id == digits or row.contact["phone"] in (number, digits))
        ]
        contact_id = self.crm.chat(digits, "Chatty Ames")
        row = self.crm.connection.execute(
            "select id::text from public.crm_clients "
            "where organization_id = %s and contact_id = %s",
            [self.crm.organization_id, contact_id],
        ).fetchone()
        assert row is not None
        linked = next((known for known in candidates if known.crm_id == row[0]), None)
        if linked is None and candidates:
            raise Mismatch(f"a chat of {number} made a client although one has the number")
        client = linked or self._adopt(row[0])
        client.is_in_chat = True
        client.platform_user_id = client.platform_user_id or digits
        client.contact["full_name"] = client.contact["full_name"] or "Chatty Ames"
        client.people["contact_id"] = contact_id

    def _client(self, number: int) -> Client | None:
        clients = [one for one in self.model.clients if one.crm_id]
        return clients[number % len(clients)] if clients else None

    def _edit_client(self, client: Client, columns: dict[str, Any]) -> None:
        self.crm.set("crm_clients", str(client.crm_id), **columns)
        client.people |= columns

    def _adopt(self, row_id: str) -> Client:
        """Take a client that people or chats made into the model, as the table has it."""
        row = next(one for one in self.crm.rows()["clients"] if one["id"] == row_id)
        client = Client(
            contact={name: row[name] for name in CONTACT},
            client_type=row["client_type"],
            lifecycle_stage=row["lifecycle_stage"],
            source=row["source"],
            first_contact_date=row["first_contact_date"],
            last_contact_date=row["last_contact_date"],
            platform_user_id=row["platform_user_id"],
            crm_id=row_id,
        )
        self.model.clients.append(client)
        return client

    def _forget(self, *rows: Client | OrderRow | ProductRow) -> None:
        before = [set(store.seen) for store in self.model.stores]
        self.model.forget(rows)
        for number, store in enumerate(self.model.stores):
            self.removed |= {(number, *key) for key in before[number] - set(store.seen)}


HANDS: Final[dict[str, Callable[[Hands, int, int], None]]] = {
    one.__name__: one
    for one in (
        Hands.note, Hands.meddle, Hands.rename, Hands.chat, Hands.promote, Hands.type_in,
        Hands.price, Hands.delete_order,
        Hands.delete_client,
    )
}  # fmt: skip
