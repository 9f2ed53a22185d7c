"""BG/NBD: how often clients buy while they do, and when they have left for good.

While a client is alive he buys at a rate of his own (over all clients: gamma, shape r, inverse
scale alpha); after each repeat purchase he leaves with a chance of his own (beta, a and b). Who has
not bought a second time has had none to leave after: the model calls him alive for certain.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import pandas as pd
from scipy.special import digamma, expit, gammaln, hyp2f1

from connectors.lifetime.maximum import Array, LogLikelihood, maximise

DAYS_PER_WEEK: Final = 7.0
# What a client's history is to the model, in this order.
HISTORY: Final = ("frequency", "recency_days", "age_days")
# Next to a = 1 the expectation is a quotient of two noughts; half way between two neighbours it is
# right to nine digits.
_NEAR_ONE: Final = 1e-5
# Below it, 2F1's last parameter is too close to its poles (0, -1).
_NEAR_POLE: Final = 0.5


class PurchaseModel(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted BG/NBD; `alpha` is in weeks. `log_likelihood`: of all clients together."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    is_converged: bool


def fit_purchases(summary: pd.DataFrame) -> PurchaseModel:
    """Fit the model to a frame of one row per client.

    `frequency`: purchases after the first; `recency_days`: from the first to the last purchase (0
    without a second); `age_days`: from the first purchase to the day up to which they are known.
    """
    # Few histories are unlike all others, so the likelihood is summed over kinds, not clients.
    kinds = summary.groupby(list(HISTORY), sort=True).size().reset_index(name="clients")
    weeks = max(float(summary["age_days"].sum()) / DAYS_PER_WEEK, 1.0)
    rate = max(float(summary["frequency"].sum()) / weeks, 1e-3)
    best = maximise(
        lambda step: _likelihood(kinds.iloc[::step]),
        len(kinds),
        [
            (r, r / rate, a, b)
            for r, a, b in ((0.25, 0.8, 2.5), (1.0, 0.2, 5.0), (1.0, 2.0, 2.0), (4.0, 0.5, 1.0))
        ],
    )
    r, alpha, a, b = best.parameters
    return PurchaseModel(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=best.value * len(summary),
        is_converged=best.is_converged,
    )


def p_alive(model: PurchaseModel, summary: pd.DataFrame) -> Array:
    """Return each client's probability (0 to 1) that he has not left."""
    frequency, recency, age = _history(summary)
    odds_left = (
        np.log(model.a)
        - np.log(model.b + np.maximum(frequency, 1.0) - 1.0)
        + (model.r + frequency) * (np.log(model.alpha + age) - np.log(model.alpha + recency))
    )
    alive: Array = np.where(frequency > 0, expit(-odds_left), 1.0)
    return alive


def expected_purchases(model: PurchaseModel, summary: pd.DataFrame, days: float) -> Array:
    """Return how many purchases each client is expected to make in the next `days`."""
    frequency, _, age = _history(summary)
    weeks = days / DAYS_PER_WEEK
    while_alive: Array
    if abs(model.a - 1.0) < _NEAR_ONE:
        while_alive = 0.5 * (
            _while_alive(model, model.a - 2.0 * _NEAR_ONE, frequency, age, weeks)
            + _while_alive(model, model.a + 2.0 * _NEAR_ONE, frequency, age, weeks)
        )
    else:
        while_alive = _while_alive(model, model.a, frequency, age, weeks)
    return while_alive * p_alive(model, summary)


def _while_alive(
    model: PurchaseModel, a: float, frequency: Array, age: Array, weeks: float
) -> Array:
    """Return the expectation for somebody who is alive now.

    The published form takes a power that vanishes times a 2F1 that grows without bound for eager
    buyers. Euler's transformation makes of both (1 - z) ** (a - 1) times a 2F1 that stays small.
    """
    z = weeks / (model.alpha + age + weeks)
    upper = a + model.b - 1.0 - model.r
    lower = a + model.b + frequency - 1.0
    # lower * 2F1(lower), finite where 2F1 alone has a pole: by Gauss from the two functions above.
    above = (lower - (2.0 * lower + 1.0 - upper - (a - 1.0)) * z) * hyp2f1(
        upper, a - 1.0, lower + 1.0, z
    ) + (lower + 1.0 - upper) * (lower + 2.0 - a) / (lower + 1.0) * z * hyp2f1(
        upper, a - 1.0, lower + 2.0, z
    )
    near_pole = lower < _NEAR_POLE
    direct = lower * hyp2f1(upper, a - 1.0, np.where(near_pole, _NEAR_POLE, lower), z)
    grown = np.where(near_pole, above / (1.0 - z), direct)
    expected: Array = (lower - (1.0 - z) ** (a - 1.0) * grown) / (a - 1.0)
    return expected


def _likelihood(kinds: pd.DataFrame) -> LogLikelihood:
    frequency, recency, age = _history(kinds)
    weights = kinds["clients"].to_numpy(dtype=np.float64)
    total = float(weights.sum())
    # The functions that cost are of the frequency alone, of which there are few.
    counts, place = np.unique(frequency, return_inverse=True)
    has_repeated = frequency > 0

    def log_likelihood(parameters: Array) -> tuple[float, Array]:
        r, alpha, a, b = (float(one) for one in parameters)
        ever = (
            gammaln(r + counts) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) + gammaln(b + counts) - gammaln(b) - gammaln(a + b + counts)
        )[place]  # fmt: skip
        exponent = r + frequency
        stayed = -exponent * np.log(alpha + age)
        left = np.where(
            has_repeated,
            np.log(a) - np.log(b + np.maximum(frequency, 1.0) - 1.0)
            - exponent * np.log(alpha + recency),
            -np.inf,
        )  # fmt: skip
        either = np.logaddexp(stayed, left)
        value = float(weights @ (ever + either)) / total

        share_stayed, share_left = np.exp(stayed - either), np.exp(left - either)
        of_both = (digamma(a + b) - digamma(a + b + counts))[place]
        slopes = (
            (digamma(r + counts) - digamma(r))[place] + np.log(alpha)
            - share_stayed * np.log(alpha + age) - share_left * np.log(alpha + recency),
            r / alpha
            - exponent * (share_stayed / (alpha + age) + share_left / (alpha + recency)),
            of_both + share_left / a,
            of_both + (digamma(b + counts) - digamma(b))[place]
            - share_left / (b + np.maximum(frequency, 1.0) - 1.0),
        )  # fmt: skip
        return value, np.array([weights @ slope for slope in slopes]) / total

    return log_likelihood


def _history(frame: pd.DataFrame) -> tuple[Array, Array, Array]:
    frequency, recency, age = (frame[name].to_numpy(dtype=np.float64) for name in HISTORY)
    return frequency, recency / DAYS_PER_WEEK, age / DAYS_PER_WEEK
