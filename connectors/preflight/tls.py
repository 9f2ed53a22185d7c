"""How long a store's certificate is still good, read in a handshake of our own.

A certificate that ends at three in the morning stops the night's sync of a shop whose own visitors
were never shown a warning before.
"""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from connectors.base import StoreConfig
from connectors.errors import StoreError
from connectors.preflight.findings import Finding, failure, ok, refused, warning
from connectors.transport import tls_context

_SOON: Final = timedelta(days=21)
_HTTPS_PORT: Final = 443
_WAIT_SECONDS: Final = 10.0


def certificate(config: StoreConfig, *, now: datetime) -> Finding | None:
    """Shake hands with the store's host; None where no certificate is involved."""
    address = urlsplit(config.base_url)
    if address.scheme == "file":
        return None
    if address.scheme == "http":
        return warning(
            "tls",
            "the address is plain http: whoever is on the way reads its customers",
            "use https as soon as the shop has it, and take `allow_http` out of the settings",
        )
    return _handshake(config, address.hostname or "", address.port or _HTTPS_PORT, now)


def _handshake(config: StoreConfig, host: str, port: int, now: datetime) -> Finding:
    try:
        context = tls_context(config, config.base_url)
        with (
            socket.create_connection((host, port), timeout=_WAIT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            told = secured.getpeercert()
    except StoreError as error:
        return refused("tls", error)
    except ssl.SSLCertVerificationError as error:
        return failure(
            "tls",
            f"the certificate of {host} is not valid ({error.verify_message})",
            "have the shop's host renew it; for a private authority set `ca_file`",
        )
    except OSError as error:
        return failure(
            "tls", f"no secured connection to {host} ({error})", "check address, port and firewall"
        )
    until = str(told["notAfter"]) if told and "notAfter" in told else ""
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC)
    left = ends - now
    said = f"the certificate of {host} is good until {ends:%Y-%m-%d} ({left.days} days)"
    if left < _SOON:
        return warning("tls", said, "see that the shop's host renews it in time")
    return ok("tls", said)
