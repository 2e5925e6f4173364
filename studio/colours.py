"""Colours: what people call a colour, by the nearest of a small table in CIELAB.

The names are plain English, the values our own choice of a typical shade of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from studio.brand import Vector
from studio.descriptors.colour import ciede2000, to_lab

COLOURS: Mapping[str, str] = {
    "black": "#101010", "charcoal": "#36393d", "grey": "#808080", "silver": "#c0c2c4", "white": "#ffffff",
    "ivory": "#fbf6e6", "cream": "#f3e7c9", "beige": "#dcc9a6", "sand": "#cdb38a", "tan": "#b58d5f",
    "brown": "#7a4a24", "chocolate": "#4a2c1a", "rust": "#a8471f", "terracotta": "#c8694a", "copper": "#b4713d",
    "red": "#d01f27", "crimson": "#a3142d", "burgundy": "#6b1226", "coral": "#f4775e", "salmon": "#f5a28e",
    "pink": "#f49ab8", "hot pink": "#ee2f86", "rose": "#d6647e", "blush": "#f2d2cf", "magenta": "#c4157f",
    "plum": "#66305f", "purple": "#7a2f9e", "violet": "#6a3fc0", "lavender": "#b9a5dc", "lilac": "#d3b8de",
    "indigo": "#372a7d", "navy": "#182649", "blue": "#1f53c4", "royal blue": "#2a4fe0", "sky blue": "#7fbce8",
    "powder blue": "#bcd7e6", "slate": "#5b6b7b", "denim": "#3f6289", "turquoise": "#2fb8b6", "teal": "#137477",
    "aqua": "#7fded8", "mint": "#b2e3c8", "sage": "#9cad89", "green": "#238a3c", "forest green": "#1c4a2c",
    "olive": "#6f6e2a", "moss": "#52683a", "lime": "#a4d32b", "chartreuse": "#d4e532", "yellow": "#f7d822",
    "mustard": "#d1a021", "gold": "#c79b38", "amber": "#f1a318", "orange": "#ef7b1e", "burnt orange": "#c2571a",
    "peach": "#f8c5a0", "apricot": "#f4ab6d", "neon green": "#39ff14", "neon yellow": "#eaff00", "cyan": "#13c7e8",
}  # fmt: skip

NOTHING_ELSE = frozenset(
    (
        "blue", "brown", "burgundy", "crimson", "cyan", "green", "hot pink", "indigo", "lavender", "magenta", "navy",
        "neon green", "neon yellow", "orange", "pink", "purple", "red", "royal blue", "teal", "turquoise", "yellow",
    )
)  # fmt: skip
"""Names that are seldom a thing: "salmon" may be a fish, "red" is a colour. Black, white and grey go with all."""


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, ...], Vector]:
    return tuple(COLOURS), np.stack([lab_of(value) for value in COLOURS.values()])


@lru_cache(maxsize=4096)
def lab_of(value: str) -> Vector:
    """(3,): L, a, b of "#rrggbb"."""
    rgb = np.array(list(bytes.fromhex(value.removeprefix("#"))), dtype=np.uint8)
    return to_lab(rgb).astype(np.float64)


@lru_cache(maxsize=4096)
def name_of(value: str) -> str:
    """What people call "#rrggbb": the name of the table that is nearest by CIEDE2000."""
    names, table = _table()
    return names[int(ciede2000(table, lab_of(value)).argmin())]


def names_of(palette: Iterable[str], most: int = 5) -> tuple[str, ...]:
    """The names of the first colours of a palette, each once."""
    return tuple(dict.fromkeys(name_of(value) for value in palette))[:most]


def nearest_name(name: str, palette: Iterable[str]) -> tuple[str, float]:
    """The palette's name that is nearest to a named colour, and how far that is (CIEDE2000; 0 is the same)."""
    values = list(palette)
    apart = ciede2000(np.stack([lab_of(value) for value in values]), lab_of(COLOURS[name]))
    return name_of(values[int(apart.argmin())]), float(apart.min())
