"""The marts and how they hang together, as a picture drawn from dbt's manifest.

Hubs (marts whose key is one column beside the organization, and that others point to) stand in the
middle; the others left and right of them, a line from each column to the hub whose key it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree

import msgspec

TENANT: Final = "organization_id"
_ROW: Final = 17
_HEAD: Final = 24
_WIDTH: Final = 250
_GAP: Final = 26
_MARGIN: Final = 12
_LEFT: Final = (_MARGIN, _MARGIN + 360, _MARGIN + 720)
_COLOURS: Final = ("#2563a8", "#c2701c", "#3f8a5f", "#8a4f9e", "#a83e4a", "#5b6875")
_FONT: Final = "font-family: system-ui, sans-serif; font-size: 12px"
_MOST_COLUMNS: Final = 8


class Entity(msgspec.Struct, frozen=True):
    """A mart: its key's columns, the organization left out, and the columns that lead elsewhere."""

    name: str
    folder: str
    key: tuple[str, ...]
    links: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """The columns shown."""
        return (*self.key, *(one for one in self.links if one not in self.key))[:_MOST_COLUMNS]


def entities(manifest: Mapping[str, Any]) -> list[Entity]:
    """Return the marts of the manifest with what each column of theirs leads to."""
    marts = sorted(
        (
            node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
            and node["fqn"][1] == "marts"
            and node["config"].get("unique_key")
        ),
        key=lambda node: (node["fqn"][2], node["name"]),
    )
    keys = {node["name"]: _key(node) for node in marts}
    hubs = hub_columns(keys)
    return [
        Entity(
            node["name"],
            node["fqn"][2],
            keys[node["name"]],
            tuple(
                one
                for one in node["columns"]
                if (hub := hub_column(one, hubs)) is not None and hubs[hub] != node["name"]
            ),
        )
        for node in marts
    ]


def hub_columns(keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return column -> the mart it identifies: dim_ before fct_, the shortest name first.

    Beside the column the key may hold a currency: that is the same thing, once in each.
    """
    found: dict[str, str] = {}
    for name in sorted(keys, key=lambda name: (not name.startswith("dim_"), len(name), name)):
        identity = [column for column in keys[name] if column != "currency"]
        if len(identity) == 1 and identity[0].endswith("_id"):
            found.setdefault(identity[0], name)
    return found


def hub_column(column: str, hubs: Mapping[str, str]) -> str | None:
    """Return the hub's key that `column` holds: order_id of first_order_id; None if none."""
    return next((one for one in hubs if column == one or column.endswith(f"_{one}")), None)


def entity_diagram(manifest: Mapping[str, Any]) -> str:
    """Return the picture as SVG, white behind it: dbt's page is light."""
    found = entities(manifest)
    hubs = hub_columns({one.name: one.key for one in found})
    pointed = {hub_column(column, hubs) for one in found for column in one.links}
    middle = [one for one in found if any(hubs.get(k) == one.name for k in one.key if k in pointed)]
    rest = [one for one in found if one not in middle]
    columns = (rest[: (len(rest) + 1) // 2], middle, rest[(len(rest) + 1) // 2 :])
    height = max([_height(column) for column in columns] + [0])
    tops: dict[str, tuple[int, int]] = {}
    for left, column in zip(_LEFT, columns, strict=True):
        top = _MARGIN + (height - _height(column)) // 2
        for one in column:
            tops[one.name] = (left, top)
            top += _box_height(one) + _GAP
    width = _LEFT[-1] + _WIDTH + _MARGIN
    root = ElementTree.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", width=str(width),
        height=str(height + 2 * _MARGIN), viewBox=f"0 0 {width} {height + 2 * _MARGIN}",
    )  # fmt: skip
    ElementTree.SubElement(root, "title").text = "The marts, their keys, and what leads to what"
    ElementTree.SubElement(root, "rect", width="100%", height="100%", fill="#ffffff")
    colours = {one.name: _COLOURS[number % len(_COLOURS)] for number, one in enumerate(middle)}
    for one in found:
        for link in one.links:
            identity = hub_column(link, hubs)
            if identity is not None:
                _line(root, one, link, identity, hubs[identity], tops, found, colours)
    for one in found:
        _box(root, one, *tops[one.name], colours.get(one.name, "#5b6875"))
    return ElementTree.tostring(root, encoding="unicode")


def _key(node: Mapping[str, Any]) -> tuple[str, ...]:
    given = node["config"]["unique_key"]
    names = [given] if isinstance(given, str) else given
    return tuple(name for name in names if name != TENANT)


def _box_height(one: Entity) -> int:
    return _HEAD + _ROW * len(one.rows) + 6


def _height(column: Sequence[Entity]) -> int:
    return sum(_box_height(one) + _GAP for one in column) - _GAP if column else 0


def _line(
    root: ElementTree.Element,
    one: Entity,
    column: str,
    identity: str,
    hub: str,
    tops: Mapping[str, tuple[int, int]],
    found: Sequence[Entity],
    colours: Mapping[str, str],
) -> None:
    target = next(entity for entity in found if entity.name == hub)
    if column not in one.rows or hub not in colours:
        return
    from_left, from_top = tops[one.name]
    to_left, to_top = tops[hub]
    start = from_top + _HEAD + _ROW * one.rows.index(column) + _ROW // 2
    end = to_top + _HEAD + _ROW * target.rows.index(identity) + _ROW // 2
    if from_left == to_left:
        # Two hubs above one another: a bow at their right.
        x = from_left + _WIDTH
        path = f"M {x} {start} C {x + 50} {start} {x + 50} {end} {x} {end}"
    else:
        x1, x2 = (
            (from_left + _WIDTH, to_left) if from_left < to_left else (from_left, to_left + _WIDTH)
        )
        bend = (x1 + x2) // 2
        path = f"M {x1} {start} C {bend} {start} {bend} {end} {x2} {end}"
    ElementTree.SubElement(
        root, "path", {"d": path, "fill": "none", "stroke": colours[hub], "stroke-width": "1.3"}
    )


def _box(root: ElementTree.Element, one: Entity, left: int, top: int, colour: str) -> None:
    ElementTree.SubElement(
        root, "rect",
        {"x": str(left), "y": str(top), "width": str(_WIDTH), "height": str(_box_height(one)),
         "rx": "5", "fill": "#ffffff", "stroke": colour},
    )  # fmt: skip
    _text(root, left + 10, top + 17, one.name, "font-weight: 700; fill: #1b2530")
    _text(root, left + _WIDTH - 10, top + 17, one.folder, "text-anchor: end; fill: #8894a0")
    for number, column in enumerate(one.rows):
        is_key = column in one.key
        style = "fill: #1b2530" + ("; font-weight: 600" if is_key else "")
        place = top + _HEAD + _ROW * number + 13
        _text(root, left + 10, place, column + (" · key" if is_key else ""), style)


def _text(root: ElementTree.Element, x: int, y: int, said: str, style: str) -> None:
    written = ElementTree.SubElement(
        root, "text", {"x": str(x), "y": str(y), "style": f"{_FONT}; {style}"}
    )
    written.text = said
