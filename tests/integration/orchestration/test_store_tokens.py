"""A store whose refresh token is replaced each time it is used, added and checked by hand."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from fixtures.deployments import Deployment

from connectors.crm.keys import KeyRing
from connectors.crm.stores import load_config
from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import SandboxSpec


@pytest.fixture
def own() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxSpec(orders=20, products=5, same_second=2)) as running:
        yield running


def test_what_the_check_renewed_is_what_is_saved_and_serves_the_next_command(
    deployed: Deployment, own: SandboxServer
) -> None:
    given = own.offline_credentials()
    done = deployed.run(
        "store", "add", "eu-shop", "--platform", "shopify", "--organization", "Acme",
        "--url", own.shopify_url, "--set", "allow_http=true",
        **{f"STORELOOM_STORE_EU_SHOP_{name.upper()}": value for name, value in given.items()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    saved = credentials(deployed)
    assert saved["refresh_token"] != given["refresh_token"]
    assert own.shopify_tokens.issued == 1

    checked = deployed.run("store", "check", "eu-shop")
    assert checked.returncode == 0, checked.stderr
    assert own.shopify_tokens.issued == 1

    own.shopify_tokens.revoke()
    assert deployed.run("store", "check", "eu-shop").returncode == 0
    assert own.shopify_tokens.issued == 2
    assert credentials(deployed)["refresh_token"] != saved["refresh_token"]

    own.shopify_tokens.revoke(is_uninstalled=True)
    refused = deployed.run("store", "check", "eu-shop")
    assert refused.returncode == 1
    assert "storeloom store add eu-shop" in refused.stderr
    shown = done.stdout + done.stderr + refused.stdout + refused.stderr
    known = {name: value for name, value in credentials(deployed).items() if "_at" not in name}
    assert [value for value in [*given.values(), *known.values()] if value in shown] == []


def credentials(deployed: Deployment) -> dict[str, str]:
    with psycopg.connect(deployed.url) as connection:
        keys = KeyRing.load(deployed.home, {})
        return dict(load_config(connection, keys, "eu-shop").credentials)
