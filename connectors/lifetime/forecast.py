"""From what clients did to what they are expected to do, or to the reason why nobody can tell.

A prediction that rests on nothing looks like any other, so a model has to earn it: enough clients,
a search that ended at a maximum, parameters that mean something, and purchases whose value does not
depend on how many there are, since the two models are fitted apart and then multiplied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
import numpy as np
import pandas as pd

from connectors.lifetime.purchases import (
    PurchaseModel,
    expected_purchases,
    fit_purchases,
    p_alive,
)
from connectors.lifetime.spending import SpendingModel, expected_value, fit_spending

Method = Literal["bg_nbd_gamma_gamma", "historic_only"]

FEWEST_CLIENTS: Final = 100
FEWEST_REPEAT_CLIENTS: Final = 30
# Fader and Hardie call the 0.11 of CDNOW independent enough. In a sample of 30, 0.3 is what chance
# alone exceeds one time in ten.
HIGHEST_CORRELATION: Final = 0.3
# Outside, a distribution over clients is a point or a nought: the maximum has run to a boundary.
_SENSIBLE: Final = (0.01, 500.0)
# How far the model's mean value of a purchase may be from the clients' own.
_MEAN_FACTOR: Final = 2.0

SUMMARY: Final = (
    "client_id", "frequency", "recency_days", "age_days", "value_count", "mean_value",
)  # fmt: skip
PREDICTIONS: Final = (
    "p_alive", "expected_orders_90d", "expected_orders_365d", "expected_order_value",
    "predicted_ltv_365d",
)  # fmt: skip


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt of one organization's clients.

    `reason`: a sentence why nothing is predicted, None where it is. `value_clients`: clients that
    Gamma-Gamma could be fitted on. `correlation`: of number and mean value of repeat purchases,
    None where one does not vary. The models are kept where they were tried, refused or not.
    """

    clients: int
    repeat_clients: int
    value_clients: int
    reason: str | None
    purchases: PurchaseModel | None = None
    spending: SpendingModel | None = None
    correlation: float | None = None

    @property
    def method(self) -> Method:
        """What the lifetime value of this organization's clients rests on."""
        return "bg_nbd_gamma_gamma" if self.reason is None else "historic_only"

    @property
    def is_converged(self) -> bool | None:
        """Whether every search that was tried ended at a maximum; None where none was."""
        tried = [model.is_converged for model in (self.purchases, self.spending) if model]
        return all(tried) if tried else None


def fit(summary: pd.DataFrame) -> Fit:
    """Fit both models to a frame of one row per client, with the columns of `SUMMARY`.

    What the columns mean is said in `fit_purchases` and `fit_spending`.
    """
    valued = summary[(summary["value_count"] > 0) & (summary["mean_value"] > 0)]
    counted = Fit(
        clients=len(summary),
        repeat_clients=int((summary["frequency"] > 0).sum()),
        value_clients=len(valued),
        reason=None,
    )
    too_few = _too_few(counted)
    if too_few is not None:
        return msgspec.structs.replace(counted, reason=too_few)
    purchases = fit_purchases(summary)
    spending = fit_spending(summary)
    correlation = pearson(valued["value_count"], valued["mean_value"])
    return msgspec.structs.replace(
        counted,
        purchases=purchases,
        spending=spending,
        correlation=correlation,
        reason=refused_purchases(purchases)
        or _refused_spending(spending, float(valued["mean_value"].mean()))
        or _refused_correlation(correlation),
    )


def forecast(summary: pd.DataFrame) -> tuple[Fit, pd.DataFrame]:
    """Fit, and predict for the same clients.

    The frame has `client_id` and the columns of `PREDICTIONS`: NaN all where there is a reason,
    else rounded to what is stored, six decimals and amounts to two.
    """
    fitted = fit(summary)
    predicted = pd.DataFrame({"client_id": summary["client_id"].to_numpy()})
    if fitted.reason is None and fitted.purchases is not None and fitted.spending is not None:
        quarter = np.maximum(expected_purchases(fitted.purchases, summary, 90.0), 0.0)
        year = np.maximum(expected_purchases(fitted.purchases, summary, 365.0), quarter)
        value = expected_value(fitted.spending, summary)
        predicted["p_alive"] = p_alive(fitted.purchases, summary).round(6)
        predicted["expected_orders_90d"] = quarter.round(6)
        predicted["expected_orders_365d"] = year.round(6)
        predicted["expected_order_value"] = value.round(2)
        predicted["predicted_ltv_365d"] = (year * value).round(2)
        if np.isfinite(predicted[list(PREDICTIONS)].to_numpy()).all():
            return fitted, predicted
        fitted = msgspec.structs.replace(
            fitted, reason="the models answer with what is no number for some client"
        )
    predicted[list(PREDICTIONS)] = np.nan
    return fitted, predicted


def refused_purchases(model: PurchaseModel) -> str | None:
    """Return why a purchase model is not to be predicted with, None when it is."""
    degenerate = _degenerate("purchase", (("r", model.r), ("a", model.a), ("b", model.b)))
    if degenerate is None and not model.is_converged:
        return "the search for the most likely purchase model did not end at a maximum"
    return degenerate


def pearson(one: pd.Series[float], other: pd.Series[float]) -> float | None:
    """Return the correlation, None where one of the two does not vary."""
    left, right = one.to_numpy(dtype=np.float64), other.to_numpy(dtype=np.float64)
    if len(left) < 2 or np.ptp(left) == 0 or np.ptp(right) == 0:  # noqa: PLR2004 - one has none
        return None
    return float(np.corrcoef(left, right)[0, 1])


def _too_few(counted: Fit) -> str | None:
    if counted.clients == 0:
        return "nobody has ordered yet"
    for number, fewest, who in (
        (counted.clients, FEWEST_CLIENTS, "clients have ordered"),
        (counted.repeat_clients, FEWEST_REPEAT_CLIENTS, "clients ordered on a second day"),
        (
            counted.value_clients,
            FEWEST_REPEAT_CLIENTS,
            "clients' later orders have a known value above 0",
        ),
    ):
        if number < fewest:
            return f"only {number} {who}, and a model needs {fewest}"
    return None


def _refused_spending(model: SpendingModel, observed: float) -> str | None:
    if model.q <= 1.0:
        return f"the order values scatter so widely that the model has no mean (q = {model.q:.3g})"
    degenerate = _degenerate("value", (("p", model.p), ("q", model.q)))
    if degenerate is None and not model.is_converged:
        return "the search for the most likely model of order values did not end at a maximum"
    if degenerate is None and not 1 / _MEAN_FACTOR <= model.mean / observed <= _MEAN_FACTOR:
        return (
            f"the model of order values expects {model.mean:.2f} of an order, clients spent "
            f"{observed:.2f}"
        )
    return degenerate


def _refused_correlation(correlation: float | None) -> str | None:
    if correlation is None or abs(correlation) <= HIGHEST_CORRELATION:
        return None
    return (
        f"number and value of clients' orders go together (correlation {correlation:.2f}, at most "
        f"{HIGHEST_CORRELATION} is allowed), so they cannot be predicted apart"
    )


def _degenerate(name: str, parameters: Sequence[tuple[str, float]]) -> str | None:
    lowest, highest = _SENSIBLE
    outside = [f"{one} = {value:.3g}" for one, value in parameters if not lowest < value < highest]
    if not outside:
        return None
    return (
        f"the {name} model has run to a boundary ({', '.join(outside)}): the orders do not tell "
        "how clients differ"
    )
