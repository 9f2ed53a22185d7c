"""By what a record was refused: this Storeloom, this mapping code, these settings of the store.

A refusal is only worth repeating when one of them has changed. The code is known by a digest of its
sources, not by the version alone: whoever mends a mapping in a checkout should not have to think of
a number to raise.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from connectors.base import StoreConfig

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DIGEST_BYTES: Final = 8
# What every record passes on its way, besides its platform's own package.
_SHARED: Final = ("connectors", "connectors.crm")
_SOURCES: Final = (".py", ".sql", ".graphql")


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What a record was judged by. `mapping`, `settings`: digests, equal when nothing changed."""

    version: str = ""
    mapping: str = ""
    settings: str = ""


def revision_of(
    config: StoreConfig, *, currency: str | None = None, time_zone: str | None = None
) -> Revision:
    """Return what the store's records are judged by now.

    `currency`, `time_zone`: what the store says of itself, where the configuration says nothing.
    """
    judged_by = (
        config.platform,
        config.currency or currency,
        config.time_zone or time_zone,
        config.settings,
    )
    return Revision(
        version=_version(),
        mapping=_mapping(config.platform),
        settings=_digest(_ENCODER.encode(judged_by)),
    )


@cache
def _version() -> str:
    try:
        return version("storeloom")
    except PackageNotFoundError:
        return "unpackaged"


@cache
def _mapping(platform: str) -> str:
    """Digest the sources a record of this platform passes: some 40 ms, once a process."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for package in (*_SHARED, f"connectors.{platform}"):
        is_deep = package != "connectors"
        for source in _sources(files(package), is_deep=is_deep):
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _sources(folder: Traversable, *, is_deep: bool) -> list[Traversable]:
    found: list[Traversable] = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir() and is_deep:
            found += _sources(entry, is_deep=True)
        elif entry.name.endswith(_SOURCES):
            found.append(entry)
    return found


def _digest(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()
