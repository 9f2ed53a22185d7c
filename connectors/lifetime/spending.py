"""Gamma-Gamma: what a client spends on a purchase, told from what he has spent and what all have.

A client's purchases scatter around a mean of his own (gamma, shape p); the means differ from client
to client (gamma again, q and v). One purchase says little of a client's mean, ten say much: the
prediction lies between his own mean and everybody's, the nearer to his the more he has bought.
"""

from __future__ import annotations

import msgspec
import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln

from connectors.lifetime.maximum import Array, LogLikelihood, maximise


class SpendingModel(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted Gamma-Gamma; `v` is an amount of money. `log_likelihood`: of all its clients."""

    p: float
    q: float
    v: float
    log_likelihood: float
    is_converged: bool

    @property
    def mean(self) -> float:
        """The value of a purchase expected of a client who is not known; q must be above 1."""
        return self.p * self.v / (self.q - 1.0)


def fit_spending(summary: pd.DataFrame) -> SpendingModel:
    """Fit the model to the clients with repeat purchases whose mean value is above 0.

    `value_count`: repeat purchases whose value is known; `mean_value`: their mean value.
    """
    rows = summary[(summary["value_count"] > 0) & (summary["mean_value"] > 0)]
    count = rows["value_count"].to_numpy(dtype=np.float64)
    mean = rows["mean_value"].to_numpy(dtype=np.float64)
    # Yen and dollars alike: the parameters are looked for near 1.
    unit = float(mean.mean())
    best = maximise(
        lambda step: _likelihood(count[::step], mean[::step] / unit),
        len(rows),
        [(1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (2.0, 10.0, 4.0)],
    )
    p, q, v = best.parameters
    return SpendingModel(
        p=p,
        q=q,
        v=v * unit,
        # The density of a value in another unit: minus one logarithm of the unit a client.
        log_likelihood=(best.value - float(np.log(unit))) * len(rows),
        is_converged=best.is_converged,
    )


def expected_value(model: SpendingModel, summary: pd.DataFrame) -> Array:
    """Return what each client's next purchase is expected to be worth.

    Who has no repeat purchase of known value is expected to spend what everybody does; a mean below
    0 (refunds beyond the purchase) counts as 0, for the model knows no negative spending.
    """
    count = summary["value_count"].to_numpy(dtype=np.float64)
    mean = np.maximum(summary["mean_value"].fillna(0.0).to_numpy(dtype=np.float64), 0.0)
    value: Array = model.p * (model.v + count * mean) / (model.p * count + model.q - 1.0)
    return value


def _likelihood(count: Array, scaled: Array) -> LogLikelihood:
    counts, place = np.unique(count, return_inverse=True)
    log_scaled, log_total = np.log(scaled), np.log(count * scaled)

    def log_likelihood(parameters: Array) -> tuple[float, Array]:
        p, q, v = (float(one) for one in parameters)
        log_sum = np.log(count * scaled + v)
        shape = p * counts + q
        each = (
            (gammaln(shape) - gammaln(p * counts) - gammaln(q))[place]
            + q * np.log(v) + p * count * log_total - log_scaled - (p * count + q) * log_sum
        )  # fmt: skip
        of_shape = digamma(shape)
        slopes = (
            (counts * (of_shape - digamma(p * counts)))[place] + count * (log_total - log_sum),
            (of_shape - digamma(q))[place] + np.log(v) - log_sum,
            q / v - (p * count + q) / (count * scaled + v),
        )
        return float(each.mean()), np.array([slope.mean() for slope in slopes])

    return log_likelihood
