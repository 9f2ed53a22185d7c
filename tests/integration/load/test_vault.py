"""Credentials that are renewed while several processes read one store."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.base import StoreConfig
from connectors.crm.database import connect
from connectors.crm.keys import KeyRing
from connectors.crm.services import services_for
from connectors.crm.stores import add_store, load_config
from connectors.crm.sync import Progress, sync_store
from connectors.crm.vault import StoreVault, UnsavedVault
from connectors.errors import AuthFailed, ConfigurationError, DatabaseError
from connectors.http import HttpClient
from connectors.records import Stream
from connectors.sandbox import SandboxServer, SandboxSpec
from connectors.shopify.tokens import Tokens

Make = Callable[..., StoreConfig]


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=30, products=5, same_second=2)) as running:
        yield running


@pytest.fixture
def store(make_store: Make, sandbox: SandboxServer) -> StoreConfig:
    return make_store(
        "shop",
        platform="shopify",
        base_url=sandbox.shopify_url,
        settings={"allow_http": True},
        credentials=sandbox.offline_credentials(),
    )


def reload(database: str, keys: KeyRing) -> StoreConfig:
    with connect(database) as connection:
        return load_config(connection, keys, "shop")


def tokens(config: StoreConfig, vault: StoreVault | UnsavedVault) -> Tokens:
    return Tokens(config, HttpClient(config, base_url=config.base_url), vault=vault)


def test_a_renewed_pair_is_saved_sealed_before_it_is_used(
    store: StoreConfig, database: str, keys: KeyRing, sandbox: SandboxServer
) -> None:
    token = tokens(store, StoreVault(database, keys, store)).current()
    saved = reload(database, keys).credentials
    assert saved["access_token"] == token
    assert saved["refresh_token"] not in ("", store.credentials["refresh_token"])
    assert saved["client_secret"] == store.credentials["client_secret"]
    with connect(database) as connection:
        rows = connection.execute("select envelope::text from sync.store_credentials").fetchall()
    assert not any(secret in str(rows) for secret in saved.values())


def test_what_was_saved_serves_the_next_process_without_another_renewal(
    store: StoreConfig, database: str, keys: KeyRing, sandbox: SandboxServer
) -> None:
    first = tokens(store, StoreVault(database, keys, store)).current()
    later = reload(database, keys)
    assert tokens(later, StoreVault(database, keys, later)).current() == first
    # And one that was configured before the renewal finds it when it comes to renew.
    assert tokens(store, StoreVault(database, keys, store)).current() == first
    assert sandbox.shopify_tokens.issued == 1


def test_several_processes_that_start_at_once_renew_once(
    store: StoreConfig, database: str, tmp_path: Path, sandbox: SandboxServer
) -> None:
    command = [sys.executable, "-m", "tests.integration.load.shared_store", database]
    command += [str(tmp_path), "shop", "shared", "renew"]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert len(set(said)) == 1
    assert said[0]
    assert sandbox.shopify_tokens.issued == 1


def test_several_threads_of_one_process_renew_once(
    store: StoreConfig, database: str, keys: KeyRing, sandbox: SandboxServer
) -> None:
    shared = tokens(store, StoreVault(database, keys, store))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(shared.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert sandbox.shopify_tokens.issued == 1


def test_a_token_that_another_process_replaced_is_not_renewed_once_more(
    store: StoreConfig, database: str, keys: KeyRing, sandbox: SandboxServer
) -> None:
    mine = tokens(store, StoreVault(database, keys, store))
    refused = mine.current()
    later = reload(database, keys)
    other = tokens(later, StoreVault(database, keys, later))
    fresh = other.renew(refused)
    assert fresh != refused
    assert mine.renew(refused) == fresh
    assert sandbox.shopify_tokens.issued == 2


def test_a_process_that_dies_before_it_saved_leaves_a_store_that_can_be_read(
    store: StoreConfig, database: str, keys: KeyRing, sandbox: SandboxServer
) -> None:
    # The answer came and was lost: the same refresh token still works.
    in_memory = tokens(store, UnsavedVault(store.credentials))
    lost = in_memory.current()
    assert reload(database, keys).credentials == store.credentials
    found = tokens(store, StoreVault(database, keys, store)).current()
    assert found != lost
    assert reload(database, keys).credentials["access_token"] == found


def test_a_refused_refresh_token_says_to_install_the_app_again_and_changes_nothing(
    store: StoreConfig, database: str, keys: KeyRing, sandbox: SandboxServer
) -> None:
    sandbox.shopify_tokens.revoke(is_uninstalled=True)
    with pytest.raises(AuthFailed, match=r'store "shop".*Install the app.*invalid_grant') as raised:
        tokens(store, StoreVault(database, keys, store)).current()
    assert store.credentials["refresh_token"] not in str(raised.value)
    assert reload(database, keys).credentials == store.credentials


def test_credentials_entered_by_hand_during_a_renewal_have_the_last_word(
    store: StoreConfig,
    database: str,
    keys: KeyRing,
    organization: str,
    connection: psycopg.Connection[Any],
) -> None:
    vault = StoreVault(database, keys, store)
    typed = {"access_token": "shpat_typed_by_hand"}

    def enter() -> None:
        with connect(database) as own:
            add_store(
                own,
                keys,
                organization_id=organization,
                key="shop",
                platform="shopify",
                base_url=store.base_url,
                credentials=typed,
                settings=store.settings,
            )

    person = threading.Thread(target=enter)
    with vault.exclusive() as held:
        person.start()
        while not waiting(connection):
            pass
        held.replace({**held.values, "access_token": "shpat_renewed"})
    person.join()
    assert reload(database, keys).credentials == typed


def waiting(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody waits for a lock in this database."""
    row = connection.execute(
        "select count(*) from pg_stat_activity "
        "where wait_event_type = 'Lock' and datname = current_database()"
    ).fetchone()
    return bool(row and row[0])


def test_a_static_token_entered_meanwhile_is_used_instead_of_a_renewal(
    store: StoreConfig,
    database: str,
    keys: KeyRing,
    organization: str,
    sandbox: SandboxServer,
) -> None:
    reader = tokens(store, StoreVault(database, keys, store))
    with connect(database) as own:
        add_store(
            own,
            keys,
            organization_id=organization,
            key="shop",
            platform="shopify",
            base_url=store.base_url,
            credentials=sandbox.credentials("shopify"),
            settings=store.settings,
        )
    assert reader.current() == sandbox.credentials("shopify")["access_token"]
    assert sandbox.shopify_tokens.issued == 0


def test_a_removed_store_does_not_get_its_credentials_back(
    store: StoreConfig, database: str, keys: KeyRing
) -> None:
    vault = StoreVault(database, keys, store)
    with connect(database) as own:
        own.execute("delete from sync.store_credentials")
    with (
        pytest.raises(ConfigurationError, match='store "shop" has no credentials'),
        vault.exclusive(),
    ):
        pass


def test_a_database_that_is_away_is_named(store: StoreConfig, keys: KeyRing) -> None:
    vault = StoreVault("postgresql://nobody@127.0.0.1:1/nowhere", keys, store)
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:1"), vault.exclusive():
        pass


def test_services_show_nothing_of_what_they_hold(
    store: StoreConfig, database: str, keys: KeyRing
) -> None:
    services = services_for(database, keys, store)
    with StoreVault(database, keys, store).exclusive() as held:
        shown = repr([services, services.vault, services.allowance, held])
        secrets = list(held.values.values())
    assert [secret for secret in secrets if secret in shown] == []


def test_a_sync_whose_token_is_revoked_half_way_goes_on_with_another(
    store: StoreConfig, database: str, keys: KeyRing, sandbox: SandboxServer
) -> None:
    def revoke(step: Progress) -> None:
        if sandbox.shopify_tokens.issued == 1:
            sandbox.shopify_tokens.revoke()

    result = sync_store(
        database,
        store,
        run_id="one",
        services=services_for(database, keys, store),
        on_progress=revoke,
    )
    assert result.error is None
    assert result.streams[Stream.ORDERS].inserted == sandbox.truth("shopify").rows["orders"]
    assert sandbox.shopify_tokens.issued == 2
    assert reload(database, keys).credentials["refresh_token"] != store.credentials["refresh_token"]
