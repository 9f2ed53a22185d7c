"""`storeloom privacy`: forget a person or a whole store, say what was erased, hand data over."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click
from rich.markup import escape
from rich.table import Table

from connectors.crm.database import Connection
from connectors.crm.privacy import (
    DEFAULT_LIMIT,
    Erasure,
    Whom,
    erase_person,
    left_of,
    list_erasures,
)
from connectors.crm.privacy import erase_store as erase_whole_store
from connectors.crm.privacy_erase import Erased
from connectors.crm.privacy_export import export_person
from connectors.crm.stores import ensure_organization, find_store, list_stores
from connectors.errors import ConfigurationError
from orchestration.commands.shared import json_option, open_crm, out, print_json

_BY: Final = "the command line"
F = TypeVar("F", bound=Callable[..., Any])


def _whom_options(function: F) -> F:
    """Add the ways to name a person."""
    for option in (
        click.option("--each", "is_each", is_flag=True, help="All clients with that --email."),
        click.option("--organization", help="Id or name, with --client and --email."),
        click.option("--email", help="Whoever has this address in the organization."),
        click.option("--client", help="Id of a row of crm_clients."),
        click.option("--order", help="Whoever placed this order (its id in STORE): guests, too."),
        click.argument("customer", required=False, metavar="[ID]"),
        click.argument("store", required=False),
    ):
        function = option(function)
    return function


def _erasing_options(function: F) -> F:
    for option in (
        json_option,
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", "is_rehearsal", is_flag=True, help="Say what would go."),
        click.option(
            "--by", "requested_by", default=_BY, help="Who asks: a ticket's number or a role."
        ),
    ):
        function = option(function)
    return function


@click.group()
def privacy() -> None:
    """Forget persons: erase them everywhere, keep the amounts, and prove it.

    What is erased, what stays, and what a company has to do besides: docs/privacy.md.
    """


@privacy.command(name="erase-customer")
@_whom_options
@click.option(
    "--everything",
    "is_everything",
    is_flag=True,
    help="Chats, notes and all that people typed about the person, too.",
)
@_erasing_options
def erase_customer(
    *,
    is_everything: bool,
    requested_by: str,
    is_rehearsal: bool,
    yes: bool,
    as_json: bool,
    **named: Any,
) -> None:
    """Erase a person: customer ID of STORE, or by --order, --client or --email.

    He is erased in every store of the organization. Ends with code 1, and nothing erased, while one
    of them is being synced.
    """
    crm = open_crm()
    with crm.connection() as connection:
        whom = _whom(connection, **named)

    def erase(*, rehearsal: bool) -> Erased:
        return erase_person(
            crm.url,
            whom,
            requested_by=requested_by,
            run_id=_run_id(),
            is_everything=is_everything,
            is_rehearsal=rehearsal,
        )

    _erase(erase, is_rehearsal=is_rehearsal, yes=yes, as_json=as_json)


@privacy.command(name="erase-store")
@click.argument("store")
@_erasing_options
def erase_store(
    store: str, *, requested_by: str, is_rehearsal: bool, yes: bool, as_json: bool
) -> None:
    """Erase everybody whom STORE brought and no other store or chat speaks for."""
    crm = open_crm()
    with crm.connection() as connection:
        row = find_store(connection, store)

    def erase(*, rehearsal: bool) -> Erased:
        return erase_whole_store(
            crm.url, row, requested_by=requested_by, run_id=_run_id(), is_rehearsal=rehearsal
        )

    _erase(erase, is_rehearsal=is_rehearsal, yes=yes, as_json=as_json)


@privacy.command()
@click.argument("number", required=False, type=int)
@click.option("--store", help="Erasures of this store.")
@click.option("--limit", default=DEFAULT_LIMIT, show_default=True, type=click.IntRange(1))
@json_option
def report(number: int | None, *, store: str | None, limit: int, as_json: bool) -> None:
    """List what was erased; with NUMBER, what of it and whether it still is.

    Ends with code 1 when something of the erased clients is there again.
    """
    crm = open_crm()
    with crm.connection() as connection:
        found = list_erasures(connection, store=store, number=number, limit=limit)
    if number is None:
        _list(found, as_json=as_json)
        return
    if not found:
        raise ConfigurationError(f"there is no erasure {number}; see storeloom privacy report")
    left = left_of(crm.url, found[0], run_id=_run_id())
    if as_json:
        print_json({"erasure": found[0], "left": dict(left.counts)})
    else:
        _list(found, as_json=False)
        _counts("erased", found[0].counts)
        _counts("there again" if left.rows else "looked for again: nothing is left", left.counts)
    if left.rows:
        raise SystemExit(1)


@privacy.command()
@_whom_options
def export(**named: Any) -> None:
    """Print everything held of a person as JSON: personal data, for the person who asked."""
    crm = open_crm()
    with crm.connection() as connection:
        print_json(export_person(connection, _whom(connection, **named)).places)


def _whom(
    connection: Connection,
    *,
    store: str | None,
    customer: str | None,
    order: str | None,
    client: str | None,
    email: str | None,
    organization: str | None,
    is_each: bool,
) -> Whom:
    ways = [one for one in (customer, order, client, email) if one is not None]
    if len(ways) != 1 or (store is None) != (customer is None and order is None):
        raise ConfigurationError(
            "name one person: STORE and ID, STORE and --order ID, --client ID or --email ADDRESS"
        )
    row = find_store(connection, store) if store is not None else None
    if row is not None and organization not in (None, row.organization_id, row.organization_name):
        raise ConfigurationError(f'store "{row.key}" does not belong to "{organization}"')
    return Whom(
        organization_id=row.organization_id if row else _organization(connection, organization),
        store=row,
        customer=customer,
        order=order,
        client=client,
        email=email,
        is_each=is_each,
    )


def _organization(connection: Connection, given: str | None) -> str:
    """Return the organization meant; the only one there is when none is named."""
    known = {row.organization_id: row.organization_name for row in list_stores(connection)}
    known |= {
        row.organization_id: row.organization_name
        for row in list_stores(connection, status="removed")
    }
    if given is None:
        if len(known) == 1:
            return next(iter(known))
        raise ConfigurationError("there are several organizations; name one with --organization")
    if given in known:
        return given
    if given in known.values():
        return ensure_organization(connection, given)
    raise ConfigurationError(f'no store belongs to an organization "{given}"')


def _erase(erase: Callable[..., Erased], *, is_rehearsal: bool, yes: bool, as_json: bool) -> None:
    if not (is_rehearsal or yes):
        would = erase(rehearsal=True)
        click.confirm(
            f"Erase {would.clients} clients for good ({would.rows} rows, {would.orders} orders "
            "keep their amounts)?",
            abort=True,
            err=True,
        )
    done = erase(rehearsal=is_rehearsal)
    if as_json:
        print_json({"dry_run": is_rehearsal, **_plain(done, is_rehearsal=is_rehearsal)})
        return
    word = "would erase" if is_rehearsal else "erased"
    out.print(f"{word} {done.clients} clients; {done.orders} orders keep their amounts")
    _counts("place", done.counts)
    if not is_rehearsal:
        out.print(f"next: storeloom privacy report {done.id} proves it")


def _plain(done: Erased, *, is_rehearsal: bool) -> dict[str, Any]:
    return {
        "id": None if is_rehearsal else done.id,
        "clients": done.clients,
        "orders": done.orders,
        "counts": dict(done.counts),
    }


def _list(rows: list[Erasure], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("nothing was erased yet")
        return
    table = Table("number", "when (UTC)", "what", "store", "clients", "rows", "by", box=None)
    for row in rows:
        table.add_row(
            str(row.id),
            f"{row.erased_at:%Y-%m-%d %H:%M}",
            row.scope + (", everything" if row.is_everything else ""),
            row.store or "-",
            str(len(row.client_ids)),
            str(sum(row.counts.values())),
            escape(row.requested_by),
        )
    out.print(table)


def _counts(title: str, counts: Any) -> None:
    table = Table(title, "rows", box=None)
    for place, number in counts.items():
        table.add_row(place, str(number))
    out.print(table)


def _run_id() -> str:
    return f"cli-{uuid.uuid4()}"
