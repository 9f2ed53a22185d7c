"""A folder of files from the command line into the CRM, as docs/adding-a-platform.md shows it."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fixtures.deployments import Deployment
from fixtures.files.stores import HERE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example shop that the test may change."""
    copy = tmp_path / "my shop"
    shutil.copytree(HERE / "shop", copy)
    return copy


def add(deployed: Deployment, folder: Path, key: str = "my-files") -> Any:
    return deployed.run(
        "store", "add", key, "--platform", "files", "--organization", "Acme",
        "--url", folder.as_uri(), "--set", f"mapping=@{folder / 'mapping.json'}",
    )  # fmt: skip


def synced(deployed: Deployment, key: str = "my-files") -> dict[str, Any]:
    done = deployed.run("sync", key, "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)[key]
    return told["streams"]  # type: ignore[no-any-return]  # JSON


def written(streams: dict[str, Any]) -> int:
    return sum(one["inserted"] + one["updated"] + one["deleted"] for one in streams.values())


def test_a_folder_is_added_synced_and_followed(deployed: Deployment, folder: Path) -> None:
    done = add(deployed, folder)
    assert done.returncode == 0, done.stderr
    assert "storeloom sync my-files" in done.stdout

    first = synced(deployed)
    assert {name: one["inserted"] for name, one in first.items()} == {
        "customers": 3, "products": 3, "orders": 4,
    }  # fmt: skip
    assert deployed.one("select sum(total) from crm_orders where currency = 'EUR'") == Decimal(
        "1277.75"
    )
    assert written(synced(deployed)) == 0

    rows = (folder / "orders.csv").read_text("cp1252").splitlines(keepends=True)
    rows[1] = rows[1].replace("versandt", "storniert")
    del rows[3]
    (folder / "orders.csv").write_text("".join(rows), encoding="cp1252")
    lines = (folder / "order_lines.csv").read_text("cp1252").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("2024-0003")]
    (folder / "order_lines.csv").write_text("".join(kept), encoding="cp1252")

    orders = synced(deployed)["orders"]
    assert (orders["updated"], orders["deleted"], orders["inserted"]) == (1, 1, 0)
    assert deployed.one(
        "select string_agg(ecommerce_order_id, ',' order by ecommerce_order_id)"
        " from crm_orders where status = 'cancelled'"
    ) == ("2024-0001,2024-0003,2024-0004")
    assert written(synced(deployed)) == 0


def test_a_set_of_purchases_is_a_store(deployed: Deployment) -> None:
    assert add(deployed, HERE / "purchases").returncode == 0
    streams = synced(deployed)
    assert (streams["orders"]["inserted"], streams["orders"]["quarantined"]) == (3, 1)
    assert streams["customers"]["inserted"] == 2
    assert deployed.one("select sum(total) from crm_orders") == Decimal("52.83")
    assert written(synced(deployed)) == 0


def test_damaged_rows_wait_in_quarantine_and_are_loaded_when_they_are_mended(
    deployed: Deployment, folder: Path
) -> None:
    assert add(deployed, folder).returncode == 0
    path = folder / "customers.csv"
    whole = path.read_bytes()
    # A character that the encoding does not have, one that no database takes, half a row.
    damaged = whole.replace(b"Nu\xf1ez", b"Nu\x81ez").replace(b"Dresden", b"Dres\x00den")
    path.write_bytes(damaged + b"0010;Frau\n")
    customers = synced(deployed)["customers"]
    assert (customers["inserted"], customers["quarantined"]) == (1, 3)
    assert written(synced(deployed)) == 0

    path.write_bytes(whole)
    # Their orders had made clients of them already.
    customers = synced(deployed)["customers"]
    assert (customers["updated"], customers["quarantined"]) == (2, 0)
    assert deployed.one("select count(*) from crm_clients where full_name = 'José Nuñez'") == 1


def test_nothing_is_saved_when_a_column_is_missing(deployed: Deployment, folder: Path) -> None:
    mapping = json.loads((folder / "mapping.json").read_text("utf-8"))
    mapping["orders"]["fields"]["total"] = "Sum"
    (folder / "mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
    done = add(deployed, folder)
    assert done.returncode != 0
    assert (
        'orders.csv has no column "Sum", which `mapping.orders.fields.total` names' in done.stderr
    )
    assert deployed.one("select count(*) from sync.stores") == 0


@pytest.mark.parametrize(
    ("value", "told"), [("@nowhere.json", "No such file"), ("@rubbish.json", "is no JSON")]
)
def test_a_setting_from_a_file_that_cannot_be_read_says_so(
    value: str, told: str, deployed: Deployment, folder: Path
) -> None:
    (folder / "rubbish.json").write_text("{")
    done = deployed.run(
        "store", "add", "my-files", "--platform", "files", "--organization", "Acme",
        "--url", folder.as_uri(), "--set", f"mapping=@{folder / value[1:]}",
    )  # fmt: skip
    assert done.returncode != 0
    assert told in done.stderr


def test_no_other_platform_may_have_a_folder_for_an_address(
    connection: psycopg.Connection[Any], organization: str
) -> None:
    insert = (
        "insert into sync.stores (organization_id, key, platform, base_url, currency, id_prefix)"
        " values (%s, %s, %s, %s, 'EUR', %s)"
    )
    connection.execute(insert, [organization, "a", "files", "file:///srv/export", "a:"])
    for platform, address in (("shopify", "file:///srv"), ("files", "https://shop.example")):
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(insert, [organization, "b", platform, address, "b:"])
