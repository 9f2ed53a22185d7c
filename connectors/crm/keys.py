"""Credentials at rest: AES-256-GCM, bound to the store or channel they belong to.

An envelope copied from one row to another's does not open, because the organization and the row are
part of what is authenticated. A store's key outlives the machine it was typed on, so several keys
may be known at once: the first encrypts, all decrypt, and rotation needs no downtime.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.crm.key_file import read_or_make
from connectors.errors import ConfigurationError

VARIABLE: Final = "STORELOOM_ENCRYPTION_KEYS"
ALGORITHM: Final = "A256GCM"
VERSION: Final = 1
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

_ENTER_AGAIN: Final = {"store": "storeloom store add", "channel": "storeloom channel seal"}


class Owner(msgspec.Struct, frozen=True):
    """Whose credentials they are: a store's or a channel's, of one organization."""

    kind: Literal["store", "channel"]
    organization_id: str
    id: str

    @property
    def bound_to(self) -> bytes:
        """What the cipher authenticates beside the credentials."""
        if self.kind == "store":
            # As in every envelope written so far.
            return f"{self.organization_id}/{self.id}".encode()
        return f"{self.organization_id}/{self.kind}/{self.id}".encode()

    @property
    def remedy(self) -> str:
        """What to do when they do not open."""
        return f"enter them again with {_ENTER_AGAIN[self.kind]}"


class KeyRing:
    """Encrypts and decrypts credentials. Its repr shows key ids, never keys."""

    def __init__(
        self,
        keys: Mapping[str, bytes],
        *,
        read_again: Callable[[], Mapping[str, bytes]] | None = None,
    ) -> None:
        """Take the keys, the encrypting one first.

        `read_again`: where they came from, asked again for a key that is not among them, and before
        encrypting: another process may have rotated since.
        """
        if not keys:
            raise ConfigurationError(f"{VARIABLE} holds no key; write kid:base64-of-32-bytes")
        for kid, key in keys.items():
            if len(key) != KEY_BYTES:
                raise ConfigurationError(
                    f'{VARIABLE}: key "{kid}" has {len(key)} bytes, not {KEY_BYTES}; '
                    "make one with: storeloom keys make"
                )
        self._keys = dict(keys)
        self._read_again = read_again

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @classmethod
    def load(cls, home: Path, environment: Mapping[str, str]) -> KeyRing:
        """Read the keys from the environment, else from a file under `home`, made on first use.

        Raises ConfigurationError for keys that are none and for a file others may read.
        """
        written = environment.get(VARIABLE)
        if written:
            return cls(parse(written))

        def read() -> dict[str, bytes]:
            return parse(read_or_make(home, make_key("local-1")))

        return cls(read(), read_again=read)

    @property
    def ids(self) -> tuple[str, ...]:
        """Key ids, the encrypting one first."""
        return tuple(self._keys)

    def encrypt(self, credentials: Mapping[str, str], owner: Owner) -> dict[str, Any]:
        """Return the envelope that `decrypt` opens for the same owner only."""
        if self._read_again is not None:
            # What an outdated process wrote with a key that is about to be forgotten would be lost.
            self._keys = dict(self._read_again())
        kid, key = next(iter(self._keys.items()))
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, msgspec.json.encode(dict(credentials)), owner.bound_to)
        return {
            "v": VERSION,
            "alg": ALGORITHM,
            "kid": kid,
            "nonce": base64.b64encode(nonce).decode(),
            "ct": base64.b64encode(sealed).decode(),
        }

    def decrypt(self, envelope: Mapping[str, Any], owner: Owner) -> dict[str, str]:
        """Open an envelope. Raises ConfigurationError when its key is unknown or it was moved."""
        kid = str(envelope.get("kid"))
        if envelope.get("v") != VERSION or envelope.get("alg") != ALGORITHM:
            raise ConfigurationError(
                f"the {owner.kind}'s credentials were written by another version; {owner.remedy}"
            )
        if kid not in self._keys and self._read_again is not None:
            self._keys = dict(self._read_again())
        key = self._keys.get(kid)
        if key is None:
            raise ConfigurationError(
                f'the {owner.kind}\'s credentials were encrypted with key "{kid}", which is not '
                f"known here; add it to {VARIABLE}, or bring back the key file it came from"
            )
        try:
            plain = AESGCM(key).decrypt(
                base64.b64decode(envelope["nonce"]),
                base64.b64decode(envelope["ct"]),
                owner.bound_to,
            )
        except (InvalidTag, KeyError, TypeError, ValueError):
            raise ConfigurationError(
                f'the {owner.kind}\'s credentials do not open with key "{kid}": they were damaged '
                f"or moved from another {owner.kind}; {owner.remedy}"
            ) from None
        return msgspec.json.decode(plain, type=dict[str, str])


def make_key(kid: str) -> str:
    """Return a new random key as it is written, `kid:base64`."""
    return f"{kid}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def parse(written: str) -> dict[str, bytes]:
    """Read keys as they are written: `kid:base64`, several separated by commas or lines."""
    keys: dict[str, bytes] = {}
    for part in _parts(written):
        kid, separator, encoded = part.partition(":")
        # A key's id is shown to people, and a key in its place would be.
        if not separator or not kid or _is_key(kid):
            raise ConfigurationError(
                f"{VARIABLE}: write kid:base64, a name and then the key, several separated by "
                "commas"
            )
        if kid in keys:
            raise ConfigurationError(f'{VARIABLE}: two keys are called "{kid}"; rename one')
        try:
            keys[kid] = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ConfigurationError(f'{VARIABLE}: key "{kid}" is not base64') from None
    return keys


def without_key(written: str, kid: str) -> str:
    """Return keys as they are written, one a line, without the one called `kid`."""
    return "".join(f"{part}\n" for part in _parts(written) if part.partition(":")[0] != kid)


def _parts(written: str) -> list[str]:
    return [part.strip() for part in written.replace("\n", ",").split(",") if part.strip()]


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except ValueError:
        return False
