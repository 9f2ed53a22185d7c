"""`storeloom identity`: who is which client, why, and how to decide otherwise."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from connectors.crm.explaining import Explanation, Review, list_reviews
from connectors.crm.explaining import explain as explain_client
from connectors.crm.reviewing import ENTITIES, accept, keep_apart, take_off
from connectors.errors import ConfigurationError
from orchestration.commands.shared import json_option, open_crm, out, print_json


@click.group()
def identity() -> None:
    """Which customers, guests and chats are one client, and why.

    Every link says by which rule it was made. A wrong one is taken apart with unlink; what was too
    doubtful to decide waits in review.
    """


@identity.command()
@click.argument("client_id", metavar="CLIENT")
@json_option
def explain(client_id: str, *, as_json: bool) -> None:
    """Show who CLIENT (its id) is: each person, the rule and what agreed. It is personal data."""
    with open_crm().connection() as connection:
        found = explain_client(connection, client_id)
    if as_json:
        print_json(found)
        return
    _print_client(found)
    table = Table("store", "person", "why", "what agreed", "since", "orders", "total", box=None)
    for one in found.persons:
        table.add_row(
            one.store,
            # What was typed at a checkout: "[/]" is no markup of ours.
            escape(f"{one.entity} {one.external_id}" + (" (gone)" if one.is_gone else "")),
            one.reason or "-",
            escape(_told(one.evidence)),
            f"{one.linked_at:%Y-%m-%d %H:%M}",
            str(one.orders),
            str(one.total),
        )
    if found.persons:
        out.print(table)
    else:
        out.print("no store knows this client: it was typed in, or comes from a chat")
    for merged in found.merged:
        out.print(
            f"client {merged.client_id} became this one on {merged.merged_at:%Y-%m-%d %H:%M} UTC: "
            f"{merged.reason} {_told(merged.evidence)}",
            markup=False,
        )
    for other_id in found.not_the_same:
        out.print(f"somebody decided that it is not client {other_id}", markup=False)
    for review in found.reviews:
        out.print(f"review {review.number} waits: {review.reason}", markup=False)


@identity.command()
@click.argument("number", type=int, required=False)
@click.option("--merge", "into", metavar="CLIENT", help="They are one; this client's row stays.")
@click.option("--keep-apart", "apart", is_flag=True, help="They are two, whatever comes.")
@json_option
def review(number: int | None, *, into: str | None, apart: bool, as_json: bool) -> None:
    """List the doubts that wait for a person, or decide the one with this NUMBER.

    A merge moves orders, deals, activities and notes; storeloom identity unlink takes it back.
    """
    if number is None and (into or apart):
        raise ConfigurationError("name the review to decide; without a number they are listed")
    if into and apart:
        raise ConfigurationError("choose one of --merge and --keep-apart")
    with open_crm().connection() as connection:
        if number is not None and into:
            gone = accept(connection, number, into=into, run_id=_run_id())
            _say({"review": number, "merged": gone, "into": into}, as_json=as_json)
        elif number is not None and apart:
            keep_apart(connection, number, run_id=_run_id())
            _say({"review": number, "kept": "apart"}, as_json=as_json)
        else:
            _print_reviews(list_reviews(connection, number=number), as_json=as_json)


@identity.command()
@click.argument("store")
@click.argument("entity", type=click.Choice(ENTITIES))
@click.argument("external_id")
@json_option
def unlink(store: str, entity: str, external_id: str, *, as_json: bool) -> None:
    """Take a person of STORE off the client it was linked to, for good.

    A client that had been merged away comes back under its id; otherwise the person gets a client
    of its own. Its orders come along, and no rule joins the two again.
    """
    with open_crm().connection() as connection:
        done = take_off(connection, store, entity, external_id, run_id=_run_id())
    if as_json:
        print_json(done)
        return
    out.print(
        f"{entity} {external_id} is client {done.client_id} now, apart from client "
        f"{done.former_client_id}" + (" (a merge was undone)" if done.is_restored else ""),
        markup=False,
    )


def _print_client(found: Explanation) -> None:
    name = found.full_name or found.company_name or "(no name)"
    out.print(f"{name}, client {found.client_id} of {found.organization}", markup=False)
    if found.asked_for.lower() != found.client_id:
        out.print(f"client {found.asked_for} was merged into it", markup=False)
    parts = {
        "e-mail": found.email,
        "phone": found.phone,
        "source": found.source,
        "chat": "yes" if found.has_contact else None,
        "orders": found.total_orders,
        "revenue": found.total_revenue,
    }
    out.print(
        ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None),
        markup=False,
    )


def _print_reviews(found: list[Review], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if not found:
        out.print("nothing waits")
        return
    for one in found:
        # Lines, not a table: an id that a narrow terminal cuts in two cannot be copied.
        out.print(f"{one.number}: {one.store} {one.entity} {one.external_id}", markup=False)
        out.print(f"  {one.reason}: client {one.client_id}", markup=False)
        for candidate_id in one.candidate_ids:
            out.print(f"  could be client {candidate_id}", markup=False)
    out.print("decide with storeloom identity review NUMBER --merge CLIENT or --keep-apart")


def _say(done: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(dict(done))
    else:
        out.print(", ".join(f"{name} {value}" for name, value in done.items()), markup=False)


def _told(evidence: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in evidence.items()) or "-"


def _run_id() -> str:
    return f"cli-{uuid.uuid4()}"
