"""Is a store fit to be synced? Asked before the first sync, and whenever somebody wonders."""

from connectors.preflight.findings import Finding, Preflight, Severity
from connectors.preflight.runner import Reporting, preflight

__all__ = ["Finding", "Preflight", "Reporting", "Severity", "preflight"]
