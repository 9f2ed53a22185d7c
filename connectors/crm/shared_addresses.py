"""E-mail addresses that stand for several people, and so for nobody in particular.

Such an address identifies a guest together with his name only. Three kinds: mailboxes of a role
(office@), addresses that no person reads or that a cashier types to get past a form (noreply@,
none@none.com), and whatever a store declares or the orders show. An alias that a marketplace makes
for each buyer is none of these: Amazon's, eBay's, TikTok's and Apple's relays all tell one buyer
from the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

import msgspec

# Local parts. English, German, French, Spanish, Portuguese, Italian, Dutch and Polish.
ROLES: Final = frozenset(
    {
        "abuse", "accounting", "accounts", "admin", "administracion", "administration",
        "administrator", "amministrazione", "bestellung", "bestellungen", "biuro", "billing",
        "booking", "bookings", "buchhaltung", "buero", "business", "compras", "compta",
        "comptabilite", "contact", "contacto", "contato", "contabilidad", "contabilita",
        "customerservice", "einkauf", "empfang", "enquiries", "facturacion", "finance",
        "financeiro", "frontdesk", "general", "hallo", "hello", "help", "helpdesk", "hostmaster",
        "info", "information", "inkoop", "inquiries", "invoice", "invoices", "kontakt", "kontor",
        "mail", "mailbox", "manager", "marketing", "office", "order", "orders", "pedidos",
        "post", "postmaster", "procurement", "purchase", "purchasing", "rechnung", "rechnungen",
        "reception", "root", "sales", "secretariat", "sekretariat", "service", "shop", "store",
        "support", "team", "uffici", "ufficio", "ventas", "verkauf", "verwaltung", "webmaster",
        "zamowienia", "zentrale",
    }
)  # fmt: skip
# Nobody reads these, so many different buyers come with them: sales channels that hide who buys.
SENDERS: Final = frozenset(
    {
        "noreply",
        "no-reply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "nepasrepondre",
        "mailer-daemon",
    }
)
# Typed where a form insists on an address.
PLACEHOLDERS: Final = frozenset(
    {
        "a@a.com", "abc@abc.com", "email@email.com", "na@na.com", "no@email.com", "no@mail.com",
        "no@no.com", "noemail@noemail.com", "nomail@nomail.com", "none@none.com", "test@test.com",
        "x@x.com",
    }
)  # fmt: skip
# A couple shares an address, three families do not.
FAMILIES: Final = 3


class SharedAddresses(msgspec.Struct, frozen=True, kw_only=True):
    """Which addresses are shared. Compared case-folded.

    `declared`: the store's setting `shared_emails`: an address ("till@shop.example"), all of a
    domain ("@pos.example"), or a local part anywhere ("kasse@"). `observed`: those whose orders
    came with the names of several families.
    """

    declared: frozenset[str] = frozenset()
    observed: frozenset[str] = frozenset()

    def __contains__(self, email_key: str) -> bool:
        local, _, domain = email_key.rpartition("@")
        return (
            local in ROLES
            or local in SENDERS
            or email_key in PLACEHOLDERS
            or email_key in self.observed
            or not self.declared.isdisjoint({email_key, f"@{domain}", f"{local}@"})
        )


NONE_DECLARED: Final = SharedAddresses()


def name_key(name: str | None) -> str | None:
    """Return a name as identity compares it, case and spaces aside, as the database does."""
    return " ".join(name.lower().split()) or None if name else None


def families(names: Iterable[str]) -> int:
    """Count the families behind names as compared: those that share a word are one.

    "Ann Lee", "Lee, Ann" and "Bob Lee" are one family, whoever typed them in which order.
    """
    groups: list[set[str]] = []
    for name in sorted(names):
        words = {word.strip(".,") for word in _plain(name).split()}
        akin = [group for group in groups if not group.isdisjoint(words)]
        groups = [group for group in groups if group.isdisjoint(words)]
        groups.append(words.union(*akin))
    return len(groups)


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def declared(setting: Iterable[str]) -> frozenset[str]:
    """Return the store's setting `shared_emails` as compared."""
    return frozenset(one.strip().lower() for one in setting)
