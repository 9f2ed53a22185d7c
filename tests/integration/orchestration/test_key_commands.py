"""The key file through the command line: rotated, and an old key taken out of it."""

from __future__ import annotations

import json
import os

import psycopg
from fixtures.deployments import Deployment

from connectors.crm.key_file import FILE_NAME
from connectors.crm.keys import KeyRing, make_key
from connectors.crm.stores import add_store, load_config

TOKEN = {"access_token": "shpat_first"}


def test_keys_are_rotated_and_only_the_one_that_holds_nothing_is_forgotten(
    deployed: Deployment,
) -> None:
    deployed.home.mkdir(parents=True, exist_ok=True)
    file = deployed.home / FILE_NAME
    # Pasted as it stood in the variable: several in a line.
    file.write_text(f"{make_key('today')},{make_key('restored')}, {make_key('unused')}")
    file.chmod(0o600)
    with psycopg.connect(deployed.url) as connection:
        for key, ring in (
            ("silk", KeyRing.load(deployed.home, {})),
            ("wool", KeyRing.load(deployed.home, {"STORELOOM_ENCRYPTION_KEYS":
                                                  file.read_text().split(",")[1]})),
        ):  # fmt: skip
            add_store(
                connection,
                ring,
                organization_id=deployed.organization_id,
                key=key,
                platform="shopify",
                base_url=f"https://{key}.example",
                credentials=TOKEN,
            )

    for kid, words in (
        ("today", "is the one that encrypts"),
        ("restored", "still encrypts the credentials of 1"),
        ("nobody", "holds no key"),
    ):
        refused = deployed.run("keys", "forget", kid)
        assert (refused.returncode, words in refused.stderr) == (1, True), refused.stderr
    assert deployed.run("keys", "forget", "unused").returncode == 0

    listed = json.loads(deployed.run("keys", "list", "--json").stdout)
    assert {one["key"]: one["credentials"] for one in listed["keys"]} == {"today": 1, "restored": 1}
    assert listed["unreadable"] == []

    assert json.loads(deployed.run("keys", "rotate", "--json").stdout)["renewed"] == 2
    for kid in ("today", "restored"):
        assert deployed.run("keys", "forget", kid).returncode == 0

    ring = KeyRing.load(deployed.home, os.environ)
    assert len(ring.ids) == 1
    with psycopg.connect(deployed.url) as connection:
        for key in ("silk", "wool"):
            assert load_config(connection, ring, key).credentials == TOKEN
