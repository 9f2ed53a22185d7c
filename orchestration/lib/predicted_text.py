"""What the models came to, as Dagster metadata: figures as a table, holdouts as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dagster import MetadataValue

from connectors.crm.lifetime import OrganizationFit, PredictionResult
from connectors.lifetime.drawing import as_markdown, holdout_png

# The largest organizations; every one is in sync.ltv_fits.
_LISTED: Final = 20
_DRAWN: Final = 6
_COLUMNS: Final = (
    "organization", "clients", "bought again", "r", "alpha (weeks)", "a", "b", "p", "q", "v",
    "correlation", "held out: predicted", "actual", "without rate", "no prediction because",
)  # fmt: skip


def prediction_metadata(result: PredictionResult) -> dict[str, Any]:
    """Return the metadata of one measurement of all organizations."""
    largest = sorted(result.fits, key=lambda one: (-one.fit.clients, one.organization_name))
    metadata: dict[str, Any] = {
        "organizations": result.organizations,
        "organizations_predicted": sum(one.fit.reason is None for one in result.fits),
        "organizations_failed": len(result.failures),
        "measured": result.measured,
        "written": result.written,
        "seconds": round(result.seconds, 3),
        "dagster/row_count": result.measured,
        "as_of": result.as_of.isoformat(),
        "fits": MetadataValue.md(_table(largest[:_LISTED], len(largest))),
    }
    drawn = [one for one in largest if one.holdout is not None][:_DRAWN]
    if drawn:
        metadata["holdout"] = MetadataValue.md("\n\n".join(_picture(one) for one in drawn))
    for one in drawn:
        if one.holdout is not None and one.holdout.actual_orders:
            # Dagster draws numbers over the nights: 1 is a model that was right in sum.
            metadata[f"predicted / actual of {one.organization_name}"] = (
                one.holdout.predicted_orders / one.holdout.actual_orders
            )
    return metadata


def _table(fits: Sequence[OrganizationFit], total: int) -> str:
    lines = [_line(_COLUMNS), _line(["---"] * len(_COLUMNS)), *(_line(_cells(one)) for one in fits)]
    if total > len(fits):
        lines += ["", f"The {len(fits)} largest of {total}; all are in sync.ltv_fits."]
    return "\n".join(lines)


def _cells(one: OrganizationFit) -> list[str]:
    fit = one.fit
    models = [
        *(getattr(fit.purchases, name, None) for name in ("r", "alpha", "a", "b")),
        *(getattr(fit.spending, name, None) for name in ("p", "q", "v")),
        fit.correlation,
        None if one.holdout is None else one.holdout.predicted_orders,
    ]
    return [
        one.organization_name,
        str(fit.clients),
        str(fit.repeat_clients),
        *("" if number is None else f"{number:.4g}" for number in models),
        "" if one.holdout is None else str(one.holdout.actual_orders),
        str(one.unrated_orders),
        fit.reason or "",
    ]


def _picture(one: OrganizationFit) -> str:
    assert one.holdout is not None  # noqa: S101 - the caller draws those that have one
    heading = _escaped(one.organization_name)
    return f"**{heading}**\n\n{as_markdown(holdout_png(one.holdout), one.organization_name)}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
