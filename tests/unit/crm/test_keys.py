"""Credentials at rest."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.crm.key_file import FILE_NAME
from connectors.crm.keys import VARIABLE, KeyRing, Owner, without_key
from connectors.errors import ConfigurationError

SECRETS = {"consumer_key": "ck_1", "consumer_secret": "cs_☕"}
OWNER = Owner("store", "org", "1")


def key(kid: str) -> str:
    return f"{kid}:{base64.b64encode(os.urandom(32)).decode()}"


def test_an_envelope_opens_for_its_own_store_alone(tmp_path: Path) -> None:
    ring = KeyRing.load(tmp_path, {})
    envelope = ring.encrypt(SECRETS, OWNER)

    assert "ck_1" not in str(envelope)
    assert ring.decrypt(envelope, OWNER) == SECRETS
    for other in (
        Owner("store", "org", "2"),
        Owner("store", "other", "1"),
        Owner("channel", "org", "1"),
    ):
        with pytest.raises(ConfigurationError, match=f"moved from another {other.kind}"):
            ring.decrypt(envelope, other)


@pytest.mark.parametrize(
    "damage",
    [{"ct": "AAAA"}, {"nonce": "AAAA"}, {"nonce": None}, {"ct": "é"}],
)
def test_a_damaged_envelope_says_what_to_do(tmp_path: Path, damage: dict[str, Any]) -> None:
    ring = KeyRing.load(tmp_path, {})
    with pytest.raises(ConfigurationError, match="enter them again"):
        ring.decrypt({**ring.encrypt(SECRETS, OWNER), **damage}, OWNER)


def test_keys_rotate_without_a_gap(tmp_path: Path) -> None:
    old, new = key("2025"), key("2026")
    envelope = KeyRing.load(tmp_path, {VARIABLE: old}).encrypt(SECRETS, OWNER)
    both = KeyRing.load(tmp_path, {VARIABLE: f"{new}, {old}"})

    assert both.decrypt(envelope, OWNER) == SECRETS
    assert both.encrypt(SECRETS, OWNER)["kid"] == "2026"
    with pytest.raises(ConfigurationError, match='key "2025", which is not known'):
        KeyRing.load(tmp_path, {VARIABLE: new}).decrypt(envelope, OWNER)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    envelope = KeyRing.load(tmp_path / "home", {}).encrypt(SECRETS, OWNER)
    file = tmp_path / "home" / FILE_NAME

    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == [FILE_NAME]
    assert KeyRing.load(tmp_path / "home", {}).decrypt(envelope, OWNER) == SECRETS
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        KeyRing.load(tmp_path / "home", {})


@pytest.mark.parametrize("written", ["abc", ":abcd", "kid:***", "kid:AAAA", "kid:ü"])
def test_a_key_that_is_none_is_named_not_shown(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigurationError, match=VARIABLE):
        KeyRing.load(tmp_path, {VARIABLE: written})


def test_a_key_ring_never_shows_its_keys(tmp_path: Path) -> None:
    written = key("main")
    assert repr(KeyRing.load(tmp_path, {VARIABLE: written})) == "KeyRing(main)"


def test_a_key_written_where_its_name_belongs_is_not_shown(tmp_path: Path) -> None:
    kid, _, secret = key("main").partition(":")

    with pytest.raises(ConfigurationError, match="a name and then the key") as told:
        KeyRing.load(tmp_path, {VARIABLE: f"{secret}:{kid}"})

    assert secret not in str(told.value)


@pytest.mark.parametrize("separator", ["\n", ",", " ,\n"])
def test_one_key_is_forgotten_and_those_beside_it_are_not(separator: str) -> None:
    kept, gone, also = key("kept"), key("gone"), key("gone-too")

    left = without_key(separator.join([kept, gone, also]), "gone")

    assert left.splitlines() == [kept, also]
