"""Would the model have been right? Fitted on the time before, tested on the days held out."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import pandas as pd

from connectors.lifetime.forecast import (
    FEWEST_CLIENTS,
    FEWEST_REPEAT_CLIENTS,
    pearson,
    refused_purchases,
)
from connectors.lifetime.purchases import expected_purchases, fit_purchases

_LONGEST_DAYS: Final = 90
_SHORTEST_DAYS: Final = 14
_DECILES: Final = 10


class Decile(msgspec.Struct, frozen=True, kw_only=True):
    """A tenth of the clients, 10 = predicted to buy most. Purchases are sums over them."""

    decile: int
    clients: int
    predicted_orders: float
    actual_orders: int


class Holdout(msgspec.Struct, frozen=True, kw_only=True):
    """What was predicted for `days` that have passed, and what came.

    `mean_absolute_error`: purchases a client. `correlation`: over clients, None where
    nobody bought.
    """

    days: int
    clients: int
    predicted_orders: float
    actual_orders: int
    mean_absolute_error: float
    correlation: float | None
    deciles: tuple[Decile, ...]


def days_to_hold_out(known_days: int) -> int | None:
    """Return how many of the last days to hold out, None when too few are known to spare any.

    `known_days`: from the first purchase of anybody on. A third of them, ninety at most: twice as
    many stay to learn from.
    """
    days = min(known_days // 3, _LONGEST_DAYS)
    return days if days >= _SHORTEST_DAYS else None


def hold_out(before: pd.DataFrame, days: int) -> Holdout | None:
    """Fit on the time before the held out days, predict these, compare with what came.

    `before`: a summary as `fit_purchases` takes it, of the clients known then, with `later_orders`,
    their purchases in the held out days. None when the time before is too empty to fit, or its fit
    is not to be predicted with.
    """
    if len(before) < FEWEST_CLIENTS or (before["frequency"] > 0).sum() < FEWEST_REPEAT_CLIENTS:
        return None
    model = fit_purchases(before)
    if refused_purchases(model) is not None:
        return None
    tested = pd.DataFrame(
        {
            "predicted": expected_purchases(model, before, float(days)),
            "actual": before["later_orders"].to_numpy(),
        }
    )
    return Holdout(
        days=days,
        clients=len(tested),
        predicted_orders=float(tested["predicted"].sum()),
        actual_orders=int(tested["actual"].sum()),
        mean_absolute_error=float((tested["predicted"] - tested["actual"]).abs().mean()),
        correlation=pearson(tested["predicted"], tested["actual"]),
        deciles=_deciles(tested),
    )


def _deciles(tested: pd.DataFrame) -> tuple[Decile, ...]:
    # Clients predicted alike share their place by order of the frame, which is by id: ties must not
    # make tenths of different size.
    ranks = tested["predicted"].rank(method="first").to_numpy()
    tenths = np.ceil(ranks * _DECILES / len(tested)).astype(int)
    return tuple(
        Decile(
            decile=number,
            clients=int((tenths == number).sum()),
            predicted_orders=float(tested["predicted"].to_numpy()[tenths == number].sum()),
            actual_orders=int(tested["actual"].to_numpy()[tenths == number].sum()),
        )
        for number in range(1, _DECILES + 1)
    )
