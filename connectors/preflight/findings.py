"""What a preflight found, one line each, with what to do about it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from connectors.base import StoreProbe
from connectors.errors import StoreError


class Severity(StrEnum):
    """How much a finding matters: nothing to do, look at it soon, no sync before it is mended."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `advice`: what to do, "" when there is nothing to do."""

    code: str
    severity: Severity
    found: str
    advice: str = ""


class Preflight(msgspec.Struct, frozen=True, kw_only=True):
    """All findings of one store, worst news included. `probe`: what the store said of itself."""

    store: str
    findings: tuple[Finding, ...]
    probe: StoreProbe | None = None

    @property
    def is_fit(self) -> bool:
        """Whether nothing stands in the way of a sync."""
        return all(one.severity is not Severity.FAILURE for one in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What has to be mended first."""
        return tuple(one for one in self.findings if one.severity is Severity.FAILURE)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What can wait, but not for ever."""
        return tuple(one for one in self.findings if one.severity is Severity.WARNING)


def ok(code: str, found: str) -> Finding:
    """Return a finding that needs nobody."""
    return Finding(code=code, severity=Severity.OK, found=found)


def warning(code: str, found: str, advice: str) -> Finding:
    """Return a finding to look at soon."""
    return Finding(code=code, severity=Severity.WARNING, found=found, advice=advice)


def failure(code: str, found: str, advice: str) -> Finding:
    """Return a finding that stands in the way."""
    return Finding(code=code, severity=Severity.FAILURE, found=found, advice=advice)


def refused(code: str, error: StoreError) -> Finding:
    """Return the failure that a store's error is; its text ends with what to do."""
    text = str(error).removeprefix(f'store "{error.store}": ')
    return Finding(code=code, severity=Severity.FAILURE, found=text)
