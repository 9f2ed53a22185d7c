"""A holdout as a small picture: what was predicted of each tenth of the clients, and what came."""

from __future__ import annotations

import base64
import io
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectors.lifetime.holdout import Holdout

# About 10 kB: it is kept in the event log, once a night and organization.
_INCHES: Final = (4.8, 2.6)
_DPI: Final = 75
_BAR: Final = 0.4
# Told apart without colour too: one is light, the other dark.
_PREDICTED: Final = "#9ecae1"
_ACTUAL: Final = "#08519c"


def holdout_png(holdout: Holdout) -> bytes:
    """Draw predicted against actual purchases by decile."""
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = [one.decile for one in holdout.deciles]
    for shift, label, colour, sums in (
        (-_BAR / 2, "predicted", _PREDICTED, [one.predicted_orders for one in holdout.deciles]),
        (_BAR / 2, "actual", _ACTUAL, [float(one.actual_orders) for one in holdout.deciles]),
    ):
        axes.bar([place + shift for place in places], sums, _BAR, label=label, color=colour)
    axes.set_title(f"Purchases in {holdout.days} days held out", fontsize=9, loc="left")
    axes.set_xlabel("tenth of clients, 10 = predicted to buy most", fontsize=8)
    axes.set_xticks(places)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def as_markdown(png: bytes, title: str) -> str:
    """Return the picture as a Markdown image that needs no file beside it."""
    text = title.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"![{text}](data:image/png;base64,{base64.b64encode(png).decode()})"
