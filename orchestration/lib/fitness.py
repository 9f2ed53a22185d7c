"""The preflight of stores as an asset check: one table, the worst news decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dagster import AssetCheckResult, AssetCheckSeverity, MetadataValue, TableRecord

from connectors.errors import ConfigurationError
from connectors.preflight import Finding, Severity
from orchestration.lib.resources import Crm

PREFLIGHT_CHECK: Final = "preflight"


def preflight_result(crm: Crm, keys: Sequence[str]) -> AssetCheckResult:
    """Look at each store; a failure fails the check as an error, a warning as a warning."""
    found = {key: _findings(crm, key) for key in keys}
    severities = {one.severity for findings in found.values() for one in findings}
    rows = [
        TableRecord(
            {
                "store": key,
                "severity": one.severity.value,
                "code": one.code,
                "found": one.found,
                "what to do": one.advice,
            }
        )
        for key, findings in found.items()
        for one in findings
    ]
    return AssetCheckResult(
        asset_key="stores",
        check_name=PREFLIGHT_CHECK,
        passed=severities <= {Severity.OK},
        severity=(
            AssetCheckSeverity.ERROR if Severity.FAILURE in severities else AssetCheckSeverity.WARN
        ),
        metadata={"findings": MetadataValue.table(rows)} if rows else {},
    )


def _findings(crm: Crm, key: str) -> tuple[Finding, ...]:
    try:
        return crm.preflight(crm.store(key)).findings
    except ConfigurationError as error:
        return (Finding(code="access", severity=Severity.FAILURE, found=str(error)),)
