"""Credentials at rest: AES-256-GCM, bound to the store they belong to.

An envelope copied from one store's row to another's does not open, because organization and store
are part of what is authenticated. A store's key outlives the machine it was typed on, so several
keys may be known at once: the first encrypts, all decrypt, and rotation needs no downtime.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.errors import ConfigurationError

VARIABLE: Final = "STORELOOM_ENCRYPTION_KEYS"
ALGORITHM: Final = "A256GCM"
VERSION: Final = 1
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
FILE_NAME: Final = "encryption.key"
_OTHERS: Final = 0o077


class KeyRing:
    """Encrypts and decrypts the credentials of stores. Its repr shows key ids, never keys."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ConfigurationError(f"{VARIABLE} holds no key; write kid:base64-of-32-bytes")
        for kid, key in keys.items():
            if len(key) != KEY_BYTES:
                raise ConfigurationError(
                    f'{VARIABLE}: key "{kid}" has {len(key)} bytes, not {KEY_BYTES}; '
                    "make one with: openssl rand -base64 32"
                )
        self._keys = dict(keys)
        self._first = next(iter(self._keys))

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @classmethod
    def load(cls, home: Path, environment: Mapping[str, str]) -> KeyRing:
        """Read the keys from the environment, else from a file under `home`, made on first use.

        Raises ConfigurationError for keys that are none and for a file others may read.
        """
        written = environment.get(VARIABLE)
        if written:
            return cls(_parse(written))
        return cls(_parse(_read_or_make(home / FILE_NAME)))

    def encrypt(
        self, credentials: Mapping[str, str], *, organization_id: str, store_id: str
    ) -> dict[str, Any]:
        """Return the envelope that `decrypt` opens for the same organization and store only."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._keys[self._first]).encrypt(
            nonce, msgspec.json.encode(dict(credentials)), _bound_to(organization_id, store_id)
        )
        return {
            "v": VERSION,
            "alg": ALGORITHM,
            "kid": self._first,
            "nonce": base64.b64encode(nonce).decode(),
            "ct": base64.b64encode(sealed).decode(),
        }

    def decrypt(
        self, envelope: Mapping[str, Any], *, organization_id: str, store_id: str
    ) -> dict[str, str]:
        """Open an envelope. Raises ConfigurationError when its key is unknown or it was moved."""
        kid = str(envelope.get("kid"))
        if envelope.get("v") != VERSION or envelope.get("alg") != ALGORITHM:
            raise ConfigurationError(
                "the store's credentials were written by another version; enter them again with "
                "storeloom store add"
            )
        key = self._keys.get(kid)
        if key is None:
            raise ConfigurationError(
                f'the store\'s credentials were encrypted with key "{kid}", which is not known '
                f"here; add it to {VARIABLE}, or bring back the key file it came from"
            )
        try:
            plain = AESGCM(key).decrypt(
                base64.b64decode(envelope["nonce"]),
                base64.b64decode(envelope["ct"]),
                _bound_to(organization_id, store_id),
            )
        except (InvalidTag, KeyError, TypeError, ValueError):
            raise ConfigurationError(
                f'the store\'s credentials do not open with key "{kid}": they were damaged or '
                "moved from another store; enter them again with storeloom store add"
            ) from None
        return msgspec.json.decode(plain, type=dict[str, str])


def _bound_to(organization_id: str, store_id: str) -> bytes:
    return f"{organization_id}/{store_id}".encode()


def _parse(written: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for part in written.split(","):
        kid, separator, encoded = part.strip().partition(":")
        if not separator or not kid:
            raise ConfigurationError(f"{VARIABLE}: write kid:base64, several separated by commas")
        try:
            keys[kid] = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ConfigurationError(f'{VARIABLE}: key "{kid}" is not base64') from None
    return keys


def _read_or_make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = f"local-1:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n"
    # Written aside and linked into place: two first starts at once must agree on one whole key.
    aside = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    if not path.exists():
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            # Somebody else's first start was quicker: theirs is the key.
            return _read_or_make(path)
        finally:
            aside.unlink()
    if path.stat().st_mode & _OTHERS:
        raise ConfigurationError(f"{path} can be read by others; run: chmod 600 {path}")
    return path.read_text()
