"""What goes wrong at a person's desk ends in one line with store and remedy, and a code not 0."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from fixtures.deployments import Deployment

from connectors.sandbox.server import SandboxServer
from connectors.sandbox.spec import SandboxSpec


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error of a command that failed."""
    assert done.returncode not in {0, None}, done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def loaded_rows(deployed: Deployment) -> int:
    return int(
        deployed.one(
            "select (select count(*) from crm_orders) + (select count(*) from sync.cursors)"
            " + (select count(*) from sync.loads)"
        )
    )


def test_a_wrong_key(deployed: Deployment, sandbox: SandboxServer) -> None:
    wrong = {"consumer_key": "ck_wrong", "consumer_secret": "cs_wrong"}
    deployed.connect(sandbox, "woocommerce", "eu-shop", credentials=wrong)

    line = one_line(deployed.run("sync", "eu-shop"))

    assert line.startswith('storeloom: store "eu-shop": ')
    assert "key" in line
    assert "cs_wrong" not in line
    assert loaded_rows(deployed) == 0


def test_an_unknown_host(deployed: Deployment, sandbox: SandboxServer) -> None:
    deployed.connect(sandbox, "shopify", "eu-shop", base_url="https://shop.storeloom.invalid")

    line = one_line(deployed.run("sync", "eu-shop"))

    assert line.startswith('storeloom: store "eu-shop": ')
    assert "shop.storeloom.invalid" in line
    assert loaded_rows(deployed) == 0


@pytest.fixture
def tls_sandbox(tmp_path: Path) -> Iterator[SandboxServer]:
    """Stores over https with a certificate of an authority nobody knows."""
    issued = trustme.CA().issue_cert("127.0.0.1")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    with SandboxServer(SandboxSpec(orders=20, certificate=certificate, private_key=key)) as running:
        yield running


def test_a_certificate_nobody_vouches_for(deployed: Deployment, tls_sandbox: SandboxServer) -> None:
    deployed.connect(tls_sandbox, "woocommerce", "eu-shop", settings={})

    line = one_line(deployed.run("sync", "eu-shop"))

    assert line.startswith('storeloom: store "eu-shop": ')
    assert "certificate" in line
    assert "ca_file" in line
    assert loaded_rows(deployed) == 0


def test_a_missing_permission(deployed: Deployment) -> None:
    with SandboxServer(SandboxSpec(orders=20, scopes=("read_customers", "read_products"))) as shop:
        deployed.connect(shop, "shopify", "us-shop")

        line = one_line(deployed.run("sync", "us-shop"))

    assert line.startswith('storeloom: store "us-shop": ')
    assert "read_orders" in line
    assert deployed.one("select count(*) from crm_orders") == 0


def test_the_database_is_down(deployed: Deployment) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://crm:hunter2@127.0.0.1:{closed.getsockname()[1]}/crm"

        line = one_line(deployed.run("sync", "--all", STORELOOM_DATABASE_URL=url))

    assert "database" in line
    assert "STORELOOM_DATABASE_URL" in line
    assert "hunter2" not in line


def test_the_database_is_not_migrated(deployed: Deployment, empty_database: str) -> None:
    line = one_line(deployed.run("store", "list", STORELOOM_DATABASE_URL=empty_database))

    assert "storeloom db migrate" in line


def test_a_store_that_does_not_exist(deployed: Deployment) -> None:
    line = one_line(deployed.run("sync", "nobody"))

    assert '"nobody"' in line
    assert "storeloom store add" in line


def test_no_store_named(deployed: Deployment) -> None:
    assert "--all" in one_line(deployed.run("sync"))


def test_a_misspelt_setting(deployed: Deployment) -> None:
    line = one_line(deployed.run("sync", "--all", STORELOOM_CONCURENCY="8"))

    assert "STORELOOM_CONCURENCY" in line
    assert "STORELOOM_CONCURRENCY" in line


def test_a_setting_of_the_store_that_is_wrong(deployed: Deployment, sandbox: SandboxServer) -> None:
    deployed.connect(sandbox, "woocommerce", "eu-shop", settings={})

    line = one_line(deployed.run("sync", "eu-shop"))

    assert line.startswith('storeloom: store "eu-shop": ')
    assert "allow_http" in line


def test_a_bad_store_does_not_stop_the_others(deployed: Deployment, sandbox: SandboxServer) -> None:
    deployed.connect(sandbox, "shopify", "a-bad", credentials={"access_token": "shpat_wrong"})
    deployed.connect(sandbox, "woocommerce", "b-good")

    line = one_line(deployed.run("sync", "--all"))

    assert '"a-bad"' in line
    assert deployed.one("select count(*) from crm_orders") > 0


def test_adding_a_store_that_refuses_saves_nothing(
    deployed: Deployment, sandbox: SandboxServer
) -> None:
    done = deployed.run(
        "store", "add", "eu-shop", "--platform", "woocommerce", "--organization", "New",
        "--url", sandbox.woocommerce_url, "--set", "allow_http=true",
        STORELOOM_STORE_EU_SHOP_CONSUMER_KEY="ck_wrong",
        STORELOOM_STORE_EU_SHOP_CONSUMER_SECRET="cs_wrong",
    )  # fmt: skip

    assert '"eu-shop"' in one_line(done)
    assert deployed.one("select count(*) from sync.stores") == 0
    assert deployed.one("select count(*) from organizations where name = 'New'") == 0


def test_adding_a_store_without_credentials_names_the_variables(deployed: Deployment) -> None:
    line = one_line(
        deployed.run(
            "store", "add", "eu-shop", "--platform", "shopify", "--organization", "New",
            "--url", "https://shop.example",
        )
    )  # fmt: skip

    assert "STORELOOM_STORE_EU_SHOP_ACCESS_TOKEN" in line
