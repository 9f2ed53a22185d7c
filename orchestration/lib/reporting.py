"""The reports of all organizations, in the night and as an asset: one that fails stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dagster import AssetMaterialization, DagsterLogManager, MetadataValue, TableRecord

from connectors.report.building import Built, Organization, build_report, organizations
from orchestration.lib.resources import Crm

REPORTS: Final = "organization_reports"
# One plot per organization is a picture for a handful of them and noise for a thousand.
_PLOTTED_ORGANIZATIONS: Final = 20
_MOST_ROWS: Final = 200
_MOST_LINES: Final = 20


@dataclass(frozen=True)
class Reported:
    """What became of the reports. `troubles`: a line for each that could not be made."""

    built: tuple[Built, ...]
    troubles: tuple[str, ...]


def build_reports(crm: Crm, log: DagsterLogManager) -> Reported:
    """Write the report of every organization as the marts are now."""
    with crm.connection() as connection:
        everybody = organizations(connection)
    built: list[Built] = []
    troubles: list[str] = []
    for organization in everybody:
        try:
            # A connection each: one that broke must not break the next report.
            with crm.connection() as connection:
                built.append(build_report(connection, organization, crm.settings.home))
        except Exception as error:
            # Told at the end of the run; the others' reports go on.
            log.exception(f'report of "{organization.name}"')
            troubles.append(_trouble(organization, error))
    if len(troubles) > _MOST_LINES:
        more = len(troubles) - _MOST_LINES
        troubles = [*troubles[:_MOST_LINES], f"and {more} more reports, see the log"]
    return Reported(tuple(built), tuple(troubles))


def reports_event(reported: Reported) -> AssetMaterialization:
    """Return the event of a night's reports."""
    return AssetMaterialization(REPORTS, metadata=report_metadata(reported))


def report_metadata(reported: Reported) -> dict[str, Any]:
    """Return numbers to plot, and where each report lies."""
    built = reported.built
    figures: dict[str, Any] = {}
    if len(built) <= _PLOTTED_ORGANIZATIONS:
        for one in built:
            for figure in one.key_figures:
                if figure.value is not None:
                    # A plot, not an account: the report has the exact figure.
                    name = f"{figure.key} of {one.organization.name}"
                    figures[name] = float(figure.value)
    return {
        "organizations": len(built) + len(reported.troubles),
        "reports": len(built),
        "failed": len(reported.troubles),
        "with_cautions": sum(one.cautions > 0 for one in built),
        "seconds": round(sum(one.seconds for one in built), 3),
        **({"path": MetadataValue.path(built[0].path)} if len(built) == 1 else {}),
        "where": MetadataValue.table(_table(built)) if built else "no organization yet",
        **figures,
    }


def _table(built: Sequence[Built]) -> list[TableRecord]:
    return [
        TableRecord(
            {
                "organization": one.organization.name,
                **{figure.key: figure.shown for figure in one.key_figures},
                "cautions": one.cautions,
                "path": one.path,
            }
        )
        for one in built[:_MOST_ROWS]
    ]


def _trouble(organization: Organization, error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return (
        f'the report of "{organization.name}" could not be made: {said}. Try '
        f"`storeloom report {organization.organization_id}`"
    )
