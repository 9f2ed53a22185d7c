"""matplotlib's figures as inline SVG that belongs to the page: its fonts, its colours, its titles.

Colours are roles. matplotlib knows no CSS variables, so each role is drawn in a colour of its own
that nothing else has, and the finished text says `var(--role)` there: one drawing serves the light
page, the dark one and the printer. Text stays text, found by search and read aloud.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast
from xml.etree import ElementTree

import matplotlib as mpl
import msgspec
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle

# Role -> the colour it is drawn in; near black, so that a forgotten one is seen.
_ROLES: Final = (
    "ink", "muted", "grid", "paper", "accent", "accent-2", "heat", "good", "warn", "bad", "none",
    "step-1", "step-2", "step-3", "step-4", "lost",
)  # fmt: skip
ROLE: Final[Mapping[str, str]] = {name: f"#0102{n:02x}" for n, name in enumerate(_ROLES)}
_COLOUR: Final = re.compile("|".join(ROLE.values()))
_NAME_OF: Final = {colour: name for name, colour in ROLE.items()}
_FONT: Final = re.compile(r"font-family:[^;]*;?|font:\s*(?P<size>[\d.]+px)[^;]*;?")
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_SVG: Final = "http://www.w3.org/2000/svg"
_LINK: Final = "http://www.w3.org/1999/xlink"
# SVG is drawn at 72 dots per inch, so a point is one unit of the picture: font sizes are pixels.
_DPI: Final = 72
FONT_PX: Final = 12

_STYLE: Final = {
    "svg.fonttype": "none",
    # The same figures give the same file, byte by byte.
    "svg.hashsalt": "storeloom",
    # A product called $x$ is a name and no formula.
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": FONT_PX,
    "axes.edgecolor": ROLE["grid"],
    "axes.labelcolor": ROLE["muted"],
    "axes.labelsize": FONT_PX,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "text.color": ROLE["ink"],
    "xtick.color": ROLE["muted"],
    "ytick.color": ROLE["muted"],
    "xtick.labelsize": FONT_PX,
    "ytick.labelsize": FONT_PX,
    "ytick.major.size": 0,
    "xtick.major.size": 3,
    "grid.color": ROLE["grid"],
    "grid.linewidth": 1,
    "hatch.linewidth": 1,
}


class Drawing(msgspec.Struct, frozen=True):
    """One figure twice: for wide windows, and for a phone, where it has fewer and larger parts."""

    wide: Markup
    narrow: Markup


class Canvas:
    """A figure being drawn. `tips`: what the pointer is told over an element, by its gid."""

    def __init__(self, figure: Figure, axes: Axes) -> None:
        self.figure = figure
        self.axes = axes
        self.tips: dict[str, str] = {}
        self.svg = Markup()

    def box(
        self, x: float, y: float, width: float, height: float, *, role: str, tip: str,
        alpha: float = 1, hatch: str | None = None,
    ) -> None:  # fmt: skip
        """Draw a rectangle; a plain patch, since a bar of its own costs ten times as much."""
        patch = Rectangle(
            (x, y), width, height, facecolor=ROLE[role], alpha=alpha, hatch=hatch,
            edgecolor=ROLE["paper"] if hatch else "none", linewidth=0,
        )  # fmt: skip
        # Not add_patch: measuring each for the axes' limits takes longer than drawing them all.
        self.axes.add_artist(patch)
        self.tip(patch, tip)

    def column(self, place: float, tip: str) -> None:
        """Show `tip` wherever the pointer is above or below `place`, not only on what is drawn."""
        low, high = self.axes.get_ylim()
        self.box(place - 0.5, low, 1, high - low, role="paper", alpha=0, tip=tip)

    def tip(self, artist: Any, text: str) -> None:
        """Show `text` when the pointer rests on `artist`."""
        gid = f"tip{len(self.tips)}"
        artist.set_gid(gid)
        self.tips[gid] = text


@contextmanager
def canvas(name: str, title: str, summary: str, width: int, height: int) -> Iterator[Canvas]:
    """Draw in the block; `svg` of the canvas is the finished element after it.

    `name`: unique in the page, the prefix of every id; `title` and `summary` are read aloud;
    `width` and `height` in pixels of a page shown at its own size.
    """
    with mpl.rc_context(cast(Any, _STYLE)), warnings.catch_warnings():
        # Glyphs are the browser's; that matplotlib's own font lacks some shifts a label a little.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, layout=None)
        figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02))
        FigureCanvasSVG(figure)
        opened = Canvas(figure, figure.add_subplot())
        yield opened
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    opened.svg = _inline(text.getvalue(), name, title, summary, opened.tips)


def _inline(text: str, name: str, title: str, summary: str, tips: Mapping[str, str]) -> Markup:
    root = ElementTree.fromstring(text)  # noqa: S314 - matplotlib wrote it a moment ago
    for parent in list(root.iter()):
        for child in list(parent):
            # Its style sheet would style the whole page.
            if child.tag in {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}:
                parent.remove(child)
    used = {reference for element in root.iter() for reference in _references(element)}
    for element in root.iter():
        _settle(element, name, used, tips)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-summary")
    told = (("title", "title", title), ("desc", "summary", summary))
    for place, (kind, ending, said) in enumerate(told):
        spoken = ElementTree.Element(f"{{{_SVG}}}{kind}", {"id": f"{name}-{ending}"})
        spoken.text = said
        root.insert(place, spoken)
    ElementTree.register_namespace("", _SVG)
    # Both came escaped from the serializer.
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - escaped by the writer


def _references(element: ElementTree.Element) -> Iterator[str]:
    link = element.get(f"{{{_LINK}}}href")
    if link is not None:
        yield link.removeprefix("#")
    for value in element.attrib.values():
        yield from _REFERENCE.findall(value)


def _settle(
    element: ElementTree.Element, name: str, used: set[str], tips: Mapping[str, str]
) -> None:
    """Make ids unique in a page of many figures, colours roles, and fonts the page's."""
    found = element.attrib.pop("id", None)
    if found is not None and found in tips:
        told = ElementTree.Element(f"{{{_SVG}}}title")
        told.text = tips[found]
        element.insert(0, told)
    elif found in used:
        element.set("id", f"{name}-{found}")
    link = element.attrib.pop(f"{{{_LINK}}}href", None)
    if link is not None:
        element.set("href", f"#{name}-{link.removeprefix('#')}")
    for attribute, value in list(element.attrib.items()):
        if attribute in {"style", "clip-path", "fill", "stroke"}:
            styled = _COLOUR.sub(lambda hit: f"var(--{_NAME_OF[hit.group()]})", value)
            styled = _REFERENCE.sub(lambda hit: f"url(#{name}-{hit.group(1)})", styled)
            if element.tag == f"{{{_SVG}}}text":
                styled = _FONT.sub(_font_size, styled).strip()
            element.set(attribute, styled)


def _font_size(hit: re.Match[str]) -> str:
    return f"font-size: {hit.group('size')};" if hit.group("size") else ""
