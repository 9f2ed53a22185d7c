"""`storeloom keys`: the keys that credentials are encrypted with."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import UTC, datetime

import click
from rich.table import Table

from connectors.crm import rotation
from connectors.crm.key_file import FILE_NAME, change
from connectors.crm.keys import VARIABLE, KeyRing, make_key, without_key
from connectors.errors import ConfigurationError
from orchestration.commands.shared import Crm, json_option, open_crm, out, print_json


@click.group()
def keys() -> None:
    """The keys that stores' and channels' credentials are encrypted with.

    They come from STORELOOM_ENCRYPTION_KEYS, the first one encrypts and all decrypt, or from a file
    under the home. Keep a copy: without its key nobody opens what it encrypted.
    """


@keys.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List key ids and how much each encrypts; never a key.

    Ends with code 1 when something cannot be read with the keys known here.
    """
    crm = open_crm()
    with crm.connection() as connection:
        used = rotation.usage(rotation.envelopes(connection))
        troubles = rotation.unopened(connection, crm.keys)
    known = list(crm.keys.ids)
    rows = [
        {
            "key": kid,
            "is_known": kid in known,
            "encrypts": kid == known[0],
            "credentials": used.get(kid, 0),
        }
        for kid in [*known, *(kid for kid in used if kid not in known)]
    ]
    if as_json:
        print_json({"keys": rows, "unreadable": troubles})
    else:
        table = Table("key", "credentials", "", box=None)
        for row in rows:
            note = "encrypts" if row["encrypts"] else "" if row["is_known"] else "not known here"
            table.add_row(str(row["key"]), str(row["credentials"]), note)
        out.print(table)
    _end(troubles)


@keys.command()
def make() -> None:
    """Print a new random key, ready to be put first into STORELOOM_ENCRYPTION_KEYS."""
    click.echo(make_key(_name()))


@keys.command()
@json_option
def rotate(*, as_json: bool) -> None:
    """Encrypt everything again with the newest key.

    With STORELOOM_ENCRYPTION_KEYS: put a new key (`storeloom keys make`) before the old ones, give
    that to every process of yours, rotate, then take the old ones away. With the key file: a new
    key is made, and the old ones stay in it until `storeloom keys forget`.
    """
    crm = open_crm()
    ring = crm.keys
    if not os.environ.get(VARIABLE):
        change(crm.settings.home, lambda text: f"{make_key(_name())}\n{text}")
        ring = KeyRing.load(crm.settings.home, os.environ)
    done = rotation.rotate(crm.url, ring)
    if as_json:
        print_json({"key": ring.ids[0], "renewed": done.renewed, "unchanged": done.unchanged,
                    "failures": done.failures})  # fmt: skip
    else:
        out.print(
            f'{done.renewed} encrypted again with key "{ring.ids[0]}", {done.unchanged} were before'
        )
    _end(done.failures)


@keys.command()
@click.argument("kid")
def forget(kid: str) -> None:
    """Take the key KID out of the key file, once nothing is encrypted with it.

    Backups of the database that are older than the last rotation cannot be read without it.
    """
    crm = open_crm()
    _check_forgettable(crm, kid)
    change(crm.settings.home, lambda text: without_key(text, kid))
    out.print(f'key "{kid}" is forgotten')


def _check_forgettable(crm: Crm, kid: str) -> None:
    if os.environ.get(VARIABLE):
        raise ConfigurationError(f"the keys come from {VARIABLE}: take the old one out there")
    if kid not in crm.keys.ids:
        raise ConfigurationError(f'{FILE_NAME} holds no key "{kid}"; see storeloom keys list')
    if kid == crm.keys.ids[0]:
        raise ConfigurationError(f'key "{kid}" is the one that encrypts; storeloom keys rotate')
    with crm.connection() as connection:
        held = rotation.usage(rotation.envelopes(connection)).get(kid, 0)
    if held:
        raise ConfigurationError(
            f'key "{kid}" still encrypts the credentials of {held}; run storeloom keys rotate'
        )


def _name() -> str:
    # By the day, for people; by chance, since two may be made on one day.
    return f"{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(2)}"


def _end(troubles: list[str] | tuple[str, ...]) -> None:
    for line in troubles:
        click.echo(f"storeloom: {' '.join(line.split())}", err=True)
    if troubles:
        sys.exit(1)
