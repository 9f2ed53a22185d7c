"""Secrets that were put in everywhere are looked for everywhere else.

A deployment with a password in each address, two encryption keys, stores of every kind, a shop that
echoes the credentials it was sent, and a channel: set up, checked, synced, modelled and run by
night, with tracebacks on. Then every table of both databases, every file it left, all it said and
what its web server shows are searched, for each secret as it is and as it travels.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import psycopg
import pytest
from dagster import AssetKey
from fixtures.deployments import Deployment, deployment
from fixtures.http.scripted import Asked, ScriptedServer, Told
from fixtures.web import served
from psycopg import sql

from connectors.crm.embedded import EmbeddedServer
from connectors.crm.keys import make_key
from connectors.crm.provision import database_name, ensure_database
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import SandboxSpec
from orchestration.definitions import defs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("secrets")]

# What a person may open in the UI and what it is made of.
PAGES = (
    "{ instance { info runLauncher { name } } }",
    """{ runsOrError(limit: 20) { ... on Runs { results { runId status runConfigYaml
      tags { key value } eventConnection { events { __typename ... on MessageEvent { message }
      ... on ErrorEvent { error { message stack } } } } } } } }""",
    """{ assetsOrError { ... on AssetConnection { nodes { key { path } definition { description
      metadataEntries { label description } } } } } }""",
    """{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name }
      schedules { name } sensors { name } displayMetadata { key value } } } } }""",
)


@dataclass(frozen=True)
class Searched:
    """Where to look, and the secrets by name. `canary`: no secret, and sure to be found."""

    deployed: Deployment
    secrets: Mapping[str, str]
    told: Mapping[str, str]
    canary: str


def echo(asked: Asked) -> Told:
    """Refuse a request by repeating everything it said, as debugging plugins do."""
    said = {"headers": dict(asked.headers), "query": asked.pairs, "body": asked.body.decode()}
    return Told(
        status=400 if "orders" in asked.path else 200,
        body=json.dumps({"code": "debug", "message": json.dumps(said), "data": said}).encode(),
        headers={"X-Debug": json.dumps(asked.pairs)},
    )


@pytest.fixture(scope="module")
def searched(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searched]:
    home = tmp_path_factory.mktemp("secrets") / "home"
    passwords = {name: f"{name}-{secrets.token_hex(12)}" for name in ("crm", "dagster")}
    keys = [make_key("new"), make_key("old")]
    channel_token = f"wa-{secrets.token_hex(12)}"
    with (
        SandboxServer(SandboxSpec(orders=60, products=8, seed=5)) as sandbox,
        ScriptedServer(echo) as shop,
        deployment(server, template, home) as deployed,
        roles(server, passwords),
        pytest.MonkeyPatch.context() as patch,
    ):
        given = {
            "silk": ("shopify", sandbox.base_url("shopify"), sandbox.offline_credentials()),
            "wool": ("woocommerce", sandbox.base_url("woocommerce"),
                     sandbox.credentials("woocommerce")),
            "linen": ("medusa", sandbox.base_url("medusa"), sandbox.credentials("medusa")),
            "jute": ("bigcommerce", sandbox.base_url("bigcommerce"),
                     sandbox.credentials("bigcommerce")),
            "echo": ("woocommerce", shop.url, {
                "consumer_key": f"ck_{secrets.token_hex(12)}",
                "consumer_secret": f"cs_{secrets.token_hex(12)}",
            }),
        }  # fmt: skip
        storage = storage_of(deployed.url)
        ensure_database(server.url(), database_name(storage))
        environment = {
            "STORELOOM_DATABASE_URL": address(deployed.url, "crm", passwords["crm"]),
            "STORELOOM_DAGSTER_DATABASE_URL": address(storage, "dagster", passwords["dagster"]),
            "STORELOOM_ENCRYPTION_KEYS": keys[1],
            "STORELOOM_CHANNEL_ACCESS_TOKEN": channel_token,
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        told, canary = work(deployed, environment, given, keys)
        known = {
            "the CRM's password": passwords["crm"],
            "Dagster's password": passwords["dagster"],
            **{f"key {key.partition(':')[0]}": key.partition(":")[2] for key in keys},
            "the channel's token": channel_token,
            **{
                f"{store}'s {name}": value
                for store, (_, _, credentials) in given.items()
                for name, value in credentials.items()
                # Shopify's client id is no secret: it stands in the address of its log-in page.
                if name != "client_id"
            },
        }
        yield Searched(deployed, known, told, canary)


@contextmanager
def roles(server: EmbeddedServer, passwords: Mapping[str, str]) -> Iterator[None]:
    """Roles with passwords while the block lasts; what they made goes to the server's own."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for name, password in passwords.items():
            connection.execute(
                sql.SQL("create role {} superuser login password {}").format(
                    sql.Identifier(role(name)), sql.Literal(password)
                )
            )
        yield
        databases = connection.execute("select datname from pg_database where datallowconn")
        for (database,) in databases.fetchall():
            with psycopg.connect(server.url(database), autocommit=True) as inside:
                for name in passwords:
                    inside.execute(
                        sql.SQL("reassign owned by {} to current_user").format(
                            sql.Identifier(role(name))
                        )
                    )
                    # Its default privileges, which are nobody else's.
                    inside.execute(sql.SQL("drop owned by {}").format(sql.Identifier(role(name))))
        for name in passwords:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role(name))))


def role(name: str) -> str:
    return f"secretive_{name}_{os.getpid()}"


def address(url: str, name: str, password: str) -> str:
    return f"postgresql://{role(name)}:{password}@{url.partition('@')[2]}"


def work(
    deployed: Deployment,
    environment: Mapping[str, str],
    given: Mapping[str, tuple[str, str, Mapping[str, str]]],
    keys: list[str],
) -> tuple[dict[str, str], str]:
    """Use the deployment in every way; return all it said, by what said it, and a run's id."""
    told: dict[str, str] = {}

    def run(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        done = deployed.run("--debug", *arguments, **{**environment, **extra})
        told[" ".join(arguments)] = done.stdout + done.stderr
        return done

    for key, (platform, url, credentials) in given.items():
        handed = {f"STORELOOM_STORE_{key.upper()}_{name.upper()}": value
                  for name, value in credentials.items()}  # fmt: skip
        arguments = ("store", "add", key, "--platform", platform, "--organization", "Acme",
                     "--url", url, "--set", "allow_http=true")  # fmt: skip
        if key == "echo":
            # It refuses: told, and saved all the same for what follows.
            assert run(*arguments, **handed).returncode == 1
            arguments = (*arguments, "--no-check")
        assert run(*arguments, **handed).returncode == 0, told
    channel = deployed.one(
        "insert into channels (organization_id, name, platform) values (%s, 'Shop', 'whatsapp')"
        " returning id::text",
        deployed.organization_id,
    )
    assert run("channel", "seal", channel, "access_token").returncode == 0, told
    both = ",".join(keys)
    assert run("keys", "rotate", STORELOOM_ENCRYPTION_KEYS=both).returncode == 0, told
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORELOOM_ENCRYPTION_KEYS", both)
        environment = {**environment, "STORELOOM_ENCRYPTION_KEYS": both}
        assert run("sync", "--all").returncode == 1
        assert run("sync", "--all", "--json").returncode == 1
        for arguments in (
            ("store", "list", "--all"), ("store", "check", "silk"), ("store", "check", "echo"),
            ("keys", "list"), ("channel", "list"), ("quarantine", "list"), ("db", "status"),
            ("analytics", "build"), ("metrics", "compute"), ("nonsense",), ("sync", "no-such"),
        ):  # fmt: skip
            run(*arguments)
        with deployed.instance() as instance:
            night = defs.resolve_job_def("nightly_sync").execute_in_process(
                instance=instance, raise_on_error=False
            )
            failed = [event.step_key for event in night.all_events if event.is_step_failure]
            assert failed == ["close_night"], failed
            defs.resolve_job_def("sync_store").execute_in_process(
                instance=instance, raise_on_error=False, partition_key="echo"
            )
            assert instance.get_latest_materialization_event(AssetKey("crm_orders")) is not None
            told["the night"] = "\n".join(str(event) for event in night.all_events)
        with served(deployed.home, environment) as ask:
            for number, page in enumerate(PAGES):
                told[f"page {number}"] = json.dumps(ask(page))
    return told, night.run_id


def forms(secret: str) -> set[str]:
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
        secret.encode().hex(),
    }


def hits(searched: Searched, text: str) -> list[str]:
    return [
        name
        for name, secret in searched.secrets.items()
        if any(form in text for form in forms(secret))
    ]


def test_there_are_twelve_and_they_were_used(searched: Searched) -> None:
    assert len(set(searched.secrets.values())) >= 12
    synced = searched.deployed.one(
        "select count(distinct store_id) from sync.record_map where entity = 'orders'"
    )
    assert synced == 4
    refused = [said for said in searched.told.values() if 'store "echo"' in said]
    assert refused != []


def test_none_is_in_anything_that_was_said(searched: Searched) -> None:
    assert search(searched, searched.told) == {}


def test_none_is_in_a_file_that_was_left(searched: Searched) -> None:
    home = searched.deployed.home
    assert (
        search(
            searched,
            {
                str(path.relative_to(home)): path.read_bytes().decode("utf-8", "replace")
                for path in home.rglob("*")
                if path.is_file()
            },
        )
        == {}
    )


@pytest.mark.parametrize("database", ["the CRM's", "Dagster's"])
def test_none_is_in_a_table(searched: Searched, database: str) -> None:
    url = searched.deployed.url
    with psycopg.connect(url if database == "the CRM's" else storage_of(url)) as connection:
        tables = connection.execute(
            "select n.nspname, c.relname from pg_class as c"
            " inner join pg_namespace as n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'm') and n.nspname !~ '^pg_|^information_schema'"
        ).fetchall()
        texts = {
            f"{schema}.{table}": "\n".join(
                str(row[0])
                for row in connection.execute(
                    sql.SQL("select t::text from {} as t").format(sql.Identifier(schema, table))
                )
            )
            for schema, table in tables
        }
    assert search(searched, texts) == {}


def search(searched: Searched, texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the secrets found, by where; a search that would find nothing anywhere fails."""
    assert any(searched.canary in text for text in texts.values())
    found = {place: hits(searched, text) for place, text in texts.items()}
    return {place: names for place, names in found.items() if names}


def storage_of(url: str) -> str:
    database = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
    return url.replace(f"/{database}", f"/{database}_dagster")
