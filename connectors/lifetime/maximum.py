"""The highest point of a log likelihood over positive parameters.

Searched in their logarithms, so that no step leaves the domain, and from several starts, because
one start may end on the plateau that a boundary makes. No penalty: a penalised maximum is another
estimate than the published ones, and where the data cannot tell the parameters we say so instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Array: TypeAlias = npt.NDArray[np.float64]
# Parameters -> log likelihood per observation and its derivatives by the parameters.
LogLikelihood: TypeAlias = Callable[[Array], tuple[float, Array]]
# A likelihood from every n-th observation.
Thinned: TypeAlias = Callable[[int], LogLikelihood]

# Wide enough that a maximum beyond is no maximum but a limit.
_LOWEST: Final = 1e-3
_HIGHEST: Final = 1e4
# Of the derivatives by the logarithms, per observation: 1e-5 moves no parameter in its third digit.
_FLAT: Final = 1e-5
_SCOUTED: Final = 4_000


class Maximum(msgspec.Struct, frozen=True, kw_only=True):
    """Where the search ended. `value`: log likelihood per observation there.

    `is_converged`: the slope there is nought; false at a bound too, where it need not be.
    """

    parameters: tuple[float, ...]
    value: float
    is_converged: bool


def maximise(thinned: Thinned, size: int, starts: Sequence[Sequence[float]]) -> Maximum:
    """Return the highest point found from any of the `starts` (vectors of positive numbers).

    `size`: how many observations there are. Which start leads up the hill is found out on a few
    thousand of them; the way to the top is gone once, on all.
    """
    step = -(-size // _SCOUTED)
    if step > 1:
        starts = [_highest(thinned(step), starts).parameters]
    return _highest(thinned(1), starts)


def _highest(function: LogLikelihood, starts: Sequence[Sequence[float]]) -> Maximum:
    def downhill(logs: Array) -> tuple[float, Array]:
        parameters = np.exp(logs)
        value, slope = function(parameters)
        return -value, -slope * parameters

    edge = (float(np.log(_LOWEST)), float(np.log(_HIGHEST)))
    ends = [
        minimize(
            downhill,
            np.clip(np.log(np.asarray(start, dtype=np.float64)), *edge),
            jac=True,
            method="L-BFGS-B",
            bounds=[edge] * len(start),
            options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-8},
        )
        for start in starts
    ]
    # A start from which every step was no number must not win for being none.
    best = min(ends, key=lambda end: float(end.fun) if np.isfinite(end.fun) else np.inf)
    slope = np.asarray(best.jac, dtype=np.float64)
    return Maximum(
        parameters=tuple(float(one) for one in np.exp(best.x)),
        value=-float(best.fun),
        is_converged=bool(np.isfinite(best.fun) and np.all(np.abs(slope) <= _FLAT)),
    )
