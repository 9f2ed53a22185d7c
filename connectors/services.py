"""What a connector may ask of the place its store is kept in, without knowing what place that is.

Two processes on one store share its tokens and its allowance: a refresh token that both of them
spend is spent once, and an allowance that each believes to be its own is used up twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec


class HeldCredentials(Protocol):
    """A store's credentials while nobody else can change them."""

    @property
    def values(self) -> Mapping[str, str]:
        """The credentials as they are kept now, perhaps renewed by another process."""
        ...

    def replace(self, values: Mapping[str, str]) -> None:
        """Keep these instead. Durable when it returns, whatever becomes of this process."""
        ...


class CredentialVault(Protocol):
    """Where the credentials of one store are kept."""

    def exclusive(self) -> AbstractContextManager[HeldCredentials]:
        """Hold the credentials: one process at a time, the others wait."""
        ...


class SharedAllowance(Protocol):
    """A store's allowance of requests (points, tokens), known to every process that reads it."""

    def take(self, points: float) -> float:
        """Set `points` aside and return how many seconds to wait before spending them."""
        ...

    def observe(
        self, *, available: float, maximum: float, per_second: float, given_back: float = 0.0
    ) -> None:
        """Take over what the store just said of its allowance.

        `given_back`: what had been set aside for the request and was not spent after all.
        """
        ...

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        ...


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What there is for one store; None where the store is not kept anywhere (yet)."""

    vault: CredentialVault | None = None
    allowance: SharedAllowance | None = None

    def __repr__(self) -> str:
        return "Services()"
