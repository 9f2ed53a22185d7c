"""`storeloom store`: connect stores and look after them."""

from __future__ import annotations

import os
import re
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing

import click
from rich.table import Table

from connectors.base import StoreConfig, StoreProbe
from connectors.crm.stores import (
    Status,
    add_store,
    ensure_organization,
    find_store,
    list_stores,
    set_status,
)
from connectors.crm.vault import UnsavedVault
from connectors.errors import ConfigurationError
from connectors.registry import PLATFORMS, open_connector
from connectors.registry import platform as platform_of
from connectors.services import Services
from orchestration.commands.check import check
from orchestration.commands.settings import parse_settings
from orchestration.commands.shared import json_option, notes, open_crm, out, print_json
from orchestration.commands.store_set import set_


@click.group()
def store() -> None:
    """Connect stores: add, list, check, set, pause, resume, remove.

    Credentials come from the environment or a prompt, never from the command line, where other
    users of the machine can read them. For a store "eu-shop":

    \b
      STORELOOM_STORE_EU_SHOP_ACCESS_TOKEN      Shopify (or …_CLIENT_ID and …_CLIENT_SECRET, with
                                                …_REFRESH_TOKEN where it was installed by OAuth)
      STORELOOM_STORE_EU_SHOP_CONSUMER_KEY      WooCommerce, with …_CONSUMER_SECRET
      STORELOOM_STORE_EU_SHOP_USERNAME          Vendure, with …_PASSWORD (or …_API_TOKEN)
      STORELOOM_STORE_EU_SHOP_API_KEY           Medusa (or …_EMAIL and …_PASSWORD)
      STORELOOM_STORE_EU_SHOP_ACCESS_TOKEN      BigCommerce, of a store-level API account

    A folder of files (--platform files --url file:///path) needs none.
    """


store.add_command(check)
store.add_command(set_)


@store.command()
@click.argument("key")
@click.option("--platform", type=click.Choice(PLATFORMS), required=True)
@click.option(
    "--url",
    "base_url",
    required=True,
    help="Address of the store: https://shop.example, for files file:///path.",
)
@click.option("--organization", required=True, help="Name of the organization; made when new.")
@click.option("--currency", help="Reporting currency of a new organization (default: the store's).")
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting, e.g. ca_file=/etc/ca.pem, allow_http=true or mapping=@mapping.json.",
)
@click.option("--no-check", is_flag=True, help="Save without asking the store whether all is well.")
@json_option
def add(
    key: str,
    *,
    platform: str,
    base_url: str,
    organization: str,
    currency: str | None,
    pairs: Sequence[str],
    no_check: bool,
    as_json: bool,
) -> None:
    """Connect the store KEY (a short name you choose), or give it a new address or credentials.

    The store is asked first; nothing is saved when it refuses. See `storeloom store --help` for
    how to hand over credentials.
    """
    settings = parse_settings(pairs)
    credentials = credentials_from_environment(key) or _prompt(key, platform)
    require_credentials(key, platform, credentials)
    crm = open_crm()
    probe = None
    # What the check renews (a refresh token is replaced by its use) is what has to be saved.
    vault = UnsavedVault(credentials)
    if not no_check:
        probe = _probe(
            StoreConfig(
                id=str(uuid.uuid4()),
                organization_id=str(uuid.uuid4()),
                key=key,
                platform=platform,
                base_url=base_url.rstrip("/"),
                settings=settings,
                credentials=credentials,
            ),
            Services(vault=vault),
        )
    with crm.connection() as connection:
        organization_id = ensure_organization(
            connection, organization, currency or (probe.currency if probe else None)
        )
        row = add_store(
            connection,
            crm.keys,
            organization_id=organization_id,
            key=key,
            platform=platform,
            base_url=base_url,
            credentials=vault.values,
            settings=settings,
            currency=probe.currency if probe else None,
            time_zone=probe.time_zone if probe else None,
        )
    if as_json:
        print_json(row)
    else:
        out.print(f'store "{row.key}" is connected to {row.organization_name}')
        _say(probe)
        out.print(f"next: storeloom sync {row.key}")


@store.command(name="list")
@click.option("--all", "with_removed", is_flag=True, help="Removed ones too.")
@json_option
def list_(*, with_removed: bool, as_json: bool) -> None:
    """List the stores."""
    crm = open_crm()
    with crm.connection() as connection:
        rows = list_stores(connection)
        if with_removed:
            rows += list_stores(connection, status="removed")
    if as_json:
        print_json(rows)
        return
    if not rows:
        out.print("no stores yet: storeloom store add --help")
        return
    table = Table("store", "platform", "status", "organization", "currency", "address", box=None)
    for row in rows:
        table.add_row(
            row.key, row.platform, row.status, row.organization_name, row.currency, row.base_url
        )
    out.print(table)


@store.command()
@click.argument("key")
def pause(key: str) -> None:
    """Leave the store out of nightly runs; its data stays."""
    _change(key, "paused")


@store.command()
@click.argument("key")
def resume(key: str) -> None:
    """Take the store into nightly runs again."""
    _change(key, "active")


@store.command()
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(key: str, *, yes: bool) -> None:
    """Forget the store's credentials and sync it no more; what it brought stays in the CRM."""
    if not yes:
        click.confirm(f'Delete the credentials of "{key}"?', abort=True)
    _change(key, "removed")


def credentials_from_environment(key: str) -> dict[str, str]:
    """Return what STORELOOM_STORE_<KEY>_* variables hold, by lower-case name."""
    prefix = f"STORELOOM_STORE_{re.sub(r'[^A-Za-z0-9]', '_', key).upper()}_"
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in os.environ.items()
        if name.startswith(prefix) and value
    }


def require_credentials(key: str, platform: str, credentials: Mapping[str, str]) -> None:
    """Raise ConfigurationError naming the variables unless one complete set is there."""
    sets = platform_of(platform).credentials
    if any(set(needed) <= set(credentials) for needed in sets):
        return
    prefix = f"STORELOOM_STORE_{re.sub(r'[^A-Za-z0-9]', '_', key).upper()}_"
    ways = " or ".join(" and ".join(prefix + name.upper() for name in needed) for needed in sets)
    raise ConfigurationError(f'store "{key}" has no credentials: set {ways}')


def _prompt(key: str, platform: str) -> dict[str, str]:
    if not platform_of(platform).credentials[0] or not sys.stdin.isatty():
        return {}
    notes.print(f"Credentials of {key} ({platform}); they are stored encrypted.")
    return {
        name: click.prompt(name.replace("_", " "), hide_input=True, err=True)
        for name in platform_of(platform).credentials[0]
    }


def _probe(config: StoreConfig, services: Services) -> StoreProbe:
    with closing(open_connector(config, services)) as connector:
        return connector.probe()


def _change(key: str, status: Status) -> None:
    crm = open_crm()
    with crm.connection() as connection:
        set_status(connection, key, status)
        row = find_store(connection, key)
    out.print(f'store "{row.key}" is {row.status}')


def _say(probe: StoreProbe | None) -> None:
    if probe is None:
        return
    out.print(f"it answers as {probe.name}, currency {probe.currency}")
    for warning in probe.warnings:
        out.print(warning, style="yellow")
