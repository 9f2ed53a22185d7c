"""Keep credentials out of everything a person or a log may see.

A shop's consumer secret once sat in a support ticket because it had travelled in a URL: httpx logs
every URL, query included, at INFO. So messages never quote a query, texts from outside are
searched for the secrets in all the forms they travel in, and httpx's own log lines are stripped.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

import httpx

MASK: Final = "***"
# Shorter values would blank ordinary words ("a", "1") and protect nothing.
_SHORTEST_SECRET: Final = 4
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SENSITIVE: Final = re.compile(
    r"""(?ix)
    (authorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|oauth)\s+)?
     |(?:consumer_key|consumer_secret|oauth_[a-z_]+|access_token|refresh_token|client_secret
        |password|api_?key|token)["']?\s*[:=]\s*["']?)
    [^\s"'&,;<>]+"""
)


class Redactor:
    """Replaces known secrets, and anything that looks like one, in a text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: tuple[str, ...] = ()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Replace these too from now on: a renewed token is as secret as the one before."""
        forms = set(self._forms)
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                forms |= {secret, quote(secret, safe=""), quote_plus(secret)}
                forms.add(base64.b64encode(secret.encode()).decode())
        # Longest first: a secret that contains another must not leave its tail standing. One
        # assignment, since other threads may be replacing.
        self._forms = tuple(sorted(forms, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """Return `text` with every secret replaced by `***`, and fit to be printed and stored.

        Half a character, or a NUL, in what a store said ended the process that wrote it down.
        """
        for form in self._forms:
            text = text.replace(form, MASK)
        text = _SENSITIVE.sub(lambda match: match.group(1) + MASK, text)
        return _UNPRINTABLE.sub("\ufffd", text)

    def __repr__(self) -> str:
        return "Redactor()"


class _QueryStripper(logging.Filter):
    """Removes queries from the URLs httpx logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                argument.copy_with(query=None) if isinstance(argument, httpx.URL) else argument
                for argument in record.args
            )
        return True


class _HeaderDropper(logging.Filter):
    """Drops httpcore's dumps of answer headers, where session tokens travel."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "headers" not in str(record.msg)


_STRIPPER: Final = _QueryStripper()
_DROPPER: Final = _HeaderDropper()


def silence_request_logs() -> None:
    """Strip queries and headers from what httpx and httpcore log, whatever level is set."""
    logging.getLogger("httpx").addFilter(_STRIPPER)
    logging.getLogger("httpcore.http11").addFilter(_DROPPER)
