"""Palettes: few colours that can be told apart on the product they are printed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONTRAST = 3.0
"""WCAG 2.2's ratio for large lettering; between every colour and the ground it is printed on."""
LIGHT, DARK = "#f7f4ec", "#1b1b1d"
"""Grounds where a brand names none that serves: a natural white and a black shirt."""
READABLE = 4.5
"""WCAG 2.2's ratio for lettering of any size."""
PLENTY = 7.0
"""More contrast than this makes no ink better."""
RANK = 0.9
APART = 18.0
"""CIE76 distance under which two inks look like one."""

Lab = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as "#rrggbb"; each stands CONTRAST or more from the ground."""

    ground: str
    """The product's colour; it is never printed, only shown through."""
    ink: str
    """What most of the lettering is printed in."""
    accents: tuple[str, ...]
    """One to three others, the most telling first; the ink itself where the brand has one colour."""

    def accent(self, number: int = 0) -> str:
        return self.accents[number % len(self.accents)]

    @property
    def fine(self) -> str:
        """For small lettering: the last accent that is READABLE on the ground; the ink where none is."""
        readable = [accent for accent in self.accents if contrast(accent, self.ground) >= READABLE]
        return readable[-1] if readable else self.ink


def palette_on(colours: Sequence[str], ground: str) -> Palette:
    """The brand's colours for one product: those near the ground left out, the rest made to stand.

    The ink is the one that stands out most, a colour counting a tenth less for each that the brand uses more; accents
    are distinct from it and from one another, the most colourful first.
    """
    inks = [standing(colour, ground) for colour in colours if distance(colour, ground) > APART]
    if not inks:
        inks = [standing(LIGHT if luminance(ground) < 0.18 else DARK, ground)]
    ink = max(inks, key=lambda colour: min(contrast(colour, ground), PLENTY) * RANK ** inks.index(colour))
    accents: list[str] = []
    for colour in sorted(inks, key=lambda colour: chroma(colour) * min(5.0, contrast(colour, ground)), reverse=True):
        if all(distance(colour, other) > APART for other in (ink, *accents)):
            accents.append(colour)
    return Palette(ground, ink, tuple(accents[:3]) or (ink,))


def colourways(colours: Sequence[str]) -> tuple[Palette, Palette]:
    """For a light product and for a dark one: grounds from the brand where it has them, else LIGHT and DARK."""
    light = max(colours, key=luminance, default=LIGHT)
    dark = min(colours, key=luminance, default=DARK)
    return (
        palette_on(colours, light if luminance(light) > 0.7 else LIGHT),
        palette_on(colours, dark if luminance(dark) < 0.035 else DARK),
    )


def standing(colour: str, ground: str) -> str:
    """The colour, moved away from the ground in CIELAB's lightness until the contrast is CONTRAST."""
    lab = to_lab(colour)
    step = 2.0 if luminance(ground) < 0.18 else -2.0
    while contrast(colour, ground) < CONTRAST and 0 <= lab[0] <= 100:
        lab[0] += step
        colour = to_hex(lab)
    return colour


def contrast(one: str, other: str) -> float:
    """WCAG's ratio, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative, 0 to 1 (WCAG, sRGB)."""
    return float(linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))


def chroma(colour: str) -> float:
    """How far from grey, in CIELAB."""
    return float(np.hypot(*to_lab(colour)[1:]))


def distance(one: str, other: str) -> float:
    """CIE76."""
    return float(np.linalg.norm(to_lab(one) - to_lab(other)))


def linear(colour: str) -> NDArray[np.float64]:
    """Linear light of "#rrggbb"."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
"""D65."""


def to_lab(colour: str) -> Lab:
    """CIELAB of sRGB, D65."""
    xyz = TO_XYZ @ linear(colour) / WHITE
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def to_hex(lab: Lab) -> str:
    """The nearest sRGB colour by clipping."""
    y = (lab[0] + 16) / 116
    root = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    xyz = np.where(root**3 > 216 / 24389, root**3, (116 * root - 16) / (24389 / 27)) * WHITE
    light = np.clip(np.linalg.solve(TO_XYZ, xyz), 0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(part * 255):02x}" for part in value)
