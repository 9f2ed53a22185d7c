"""Keys change while stores and channels keep their credentials."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.crm.channels import find_channel, list_channels, seal_channel
from connectors.crm.key_file import change
from connectors.crm.keys import VARIABLE, KeyRing, Owner, make_key
from connectors.crm.rotation import envelopes, rotate, unopened, usage
from connectors.crm.stores import add_store, load_config
from connectors.crm.vault import StoreVault
from connectors.errors import ConfigurationError

OLD, NEW = make_key("old"), make_key("new")
TOKEN = {"access_token": "shpat_first"}


def ring(*keys: str) -> KeyRing:
    return KeyRing.load(Path("unused"), {VARIABLE: ",".join(keys)})


def connect_store(
    connection: psycopg.Connection, keys: KeyRing, organization: str, key: str = "eu-shop"
) -> None:
    add_store(
        connection,
        keys,
        organization_id=organization,
        key=key,
        platform="shopify",
        base_url="https://shop.example",
        credentials=TOKEN,
    )


def open_channel(connection: psycopg.Connection, organization: str) -> str:
    row = connection.execute(
        "insert into channels (organization_id, name, platform) values (%s, 'Shop', 'whatsapp')"
        " returning id::text",
        [organization],
    ).fetchone()
    assert row is not None
    return str(row[0])


def held(connection: psycopg.Connection, channel: str) -> Any:
    row = connection.execute("select credentials from channels where id = %s", [channel]).fetchone()
    assert row is not None
    return row[0]


def test_everything_is_under_the_new_key_and_opens_without_the_old_one(
    database: str, connection: psycopg.Connection, organization: str
) -> None:
    connect_store(connection, ring(OLD), organization)
    channel = find_channel(connection, open_channel(connection, organization))
    seal_channel(connection, ring(OLD), channel, {"token": "wa-secret"})

    done = rotate(database, ring(NEW, OLD))

    assert (done.renewed, done.unchanged, done.failures) == (2, 0, ())
    assert usage(envelopes(connection)) == {"new": 2}
    assert load_config(connection, ring(NEW), "eu-shop").credentials == TOKEN
    owner = Owner("channel", organization, channel.id)
    assert ring(NEW).decrypt(held(connection, channel.id), owner) == {"token": "wa-secret"}
    assert rotate(database, ring(NEW, OLD)).unchanged == 2


def test_what_does_not_open_is_named_and_left_while_the_rest_goes_on(
    database: str, connection: psycopg.Connection, organization: str
) -> None:
    connect_store(connection, ring(make_key("lost")), organization, "lost-shop")
    connect_store(connection, ring(OLD), organization)

    done = rotate(database, ring(NEW, OLD))

    assert done.renewed == 1
    assert [line.split(":")[0] for line in done.failures] == ['store "lost-shop"']
    assert usage(envelopes(connection)) == {"new": 1, "lost": 1}
    assert len(unopened(connection, ring(NEW))) == 1


def test_an_envelope_moved_to_another_tenants_channel_does_not_open(
    connection: psycopg.Connection, organization: str, make_organization: Any
) -> None:
    keys = ring(OLD)
    connect_store(connection, keys, organization)
    mine = find_channel(connection, open_channel(connection, organization))
    seal_channel(connection, keys, mine, {"token": "wa-secret"})
    theirs = open_channel(connection, make_organization("Other"))
    connection.execute(
        "update channels set credentials = (select credentials from channels where id = %s)"
        " where id = %s",
        [mine.id, theirs],
    )
    connection.execute("update channels set credentials = (select envelope from"
                       " sync.store_credentials) where id = %s", [mine.id])  # fmt: skip

    assert len(unopened(connection, keys)) == 2
    assert all("wa-secret" not in line for line in unopened(connection, keys))


def test_a_token_renewed_during_a_rotation_is_not_lost(
    database: str, connection: psycopg.Connection, organization: str
) -> None:
    connect_store(connection, ring(OLD), organization)
    config = load_config(connection, ring(OLD), "eu-shop")
    keys = ring(NEW, OLD)
    done: list[int] = []
    with StoreVault(database, keys, config).exclusive() as credentials:
        rotating = threading.Thread(target=lambda: done.append(rotate(database, keys).renewed))
        rotating.start()
        # The rotation waits for the row; whichever comes first, the renewed token stays.
        credentials.replace({"access_token": "shpat_renewed"})
    rotating.join(30)

    assert len(done) == 1
    assert usage(envelopes(connection)) == {"new": 1}
    assert load_config(connection, ring(NEW), "eu-shop").credentials == {
        "access_token": "shpat_renewed"
    }


def test_a_process_with_the_old_key_file_reads_and_writes_what_a_rotation_left(
    database: str, connection: psycopg.Connection, organization: str, tmp_path: Path
) -> None:
    running = KeyRing.load(tmp_path, {})
    connect_store(connection, running, organization)
    change(tmp_path, lambda text: f"{make_key('later')}\n{text}")
    rotate(database, KeyRing.load(tmp_path, {}))

    assert load_config(connection, running, "eu-shop").credentials == TOKEN
    assert running.encrypt(TOKEN, Owner("store", organization, "1"))["kid"] == "later"


def test_rotations_at_once_keep_each_others_keys(tmp_path: Path) -> None:
    KeyRing.load(tmp_path, {})
    threads = [
        threading.Thread(
            target=change, args=(tmp_path, lambda text, n=n: f"{make_key(f'k{n}')}\n{text}")
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert set(KeyRing.load(tmp_path, {}).ids) == {"local-1", *(f"k{n}" for n in range(8))}
    assert (tmp_path / "encryption.key").stat().st_mode & 0o777 == 0o600


def test_a_channel_without_credentials_or_of_no_such_id_is_told(
    connection: psycopg.Connection, organization: str
) -> None:
    channel = find_channel(connection, open_channel(connection, organization))
    assert [one.is_sealed for one in list_channels(connection)] == [False]
    with pytest.raises(ConfigurationError, match="no credentials to keep"):
        seal_channel(connection, ring(OLD), channel, {})
    for unknown in ("nonsense", "00000000-0000-0000-0000-000000000001"):
        with pytest.raises(ConfigurationError, match="storeloom channel list"):
            find_channel(connection, unknown)
