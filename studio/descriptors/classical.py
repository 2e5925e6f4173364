"""Classical: style by measurement, with no model: lines, edges, texture, composition, lighting, palette.

Two images are compared figure by figure. How much a difference in one figure says depends on how much that figure
varies *within* a style: a prior spread, measured on styles drawn by our own code, and the spread among the references
at hand (so a style whose lines are all of one width is strict about width). Histograms (widths of lines, tints) are
compared by what they share, palettes by CIEDE2000. The logarithms of these scaled differences add up with weights,
none negative, that were fitted on drawn styles too.

A distance alone says little: between two icons it is always small, between two illustrations of one hand it is not. So
it is set beside two others: how far the image is from the nearest of a shipped background, 200 looks of other drawn
styles; and how far the references are from each other. (`python -m evals.fit_style` draws, fits and calibrates anew,
and writes `classical.json` and `background.npz`.) No image of anybody else went into it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.brand import Calibration, Likeness, Look, Vector
from studio.descriptors.colour import palette_distance
from studio.descriptors.edges import edge_features
from studio.descriptors.layout import composition_features, lighting_features
from studio.descriptors.lines import corner_features, tint_features, width_features
from studio.descriptors.strokes import stroke_features
from studio.descriptors.texture import texture_features
from studio.descriptors.view import view_of

if TYPE_CHECKING:
    from PIL.Image import Image

MEASURED = Path(__file__).parent / "classical.json"
BACKGROUND = Path(__file__).parent / "background.npz"
PARTS = {
    "stroke": stroke_features,
    "edge": edge_features,
    "texture": texture_features,
    "composition": composition_features,
    "lighting": lighting_features,
    "line": corner_features,
    "width": width_features,
    "tint": tint_features,
}
SHARES = ("width", "tint")
"""Parts that are histograms."""
FIGURES = tuple(part for part in PARTS if part not in SHARES)
EDGE_PARTS = ("stroke", "edge", "line", "width")
NEAREST = 10
"""Looks of the background that say how near others are."""
LEAST = 0.3
"""Added to a distance before its logarithm is taken."""
PALETTE = "palette"
PALETTE_SCALE = 15.0
"""CIEDE2000 at which a palette is half as like as it could be."""
MIX = {"style": 0.6, "edge": 0.2, "palette": 0.2}
"""What the overall score is made of, before it is set to its line."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A monotone map of a distance to (0, 1): a logistic curve through two calibrated points."""

    middle: float
    steepness: float

    @classmethod
    def through(cls, line: tuple[float, float], usual: tuple[float, float]) -> Slope:
        """The curve that gives each (distance, score): the line that is drawn, and what is usual within a style."""
        (at, score), (near, high) = line, usual
        logits = np.log(score / (1 - score)), np.log(high / (1 - high))
        steepness = float(logits[1] - logits[0]) / (at - near)
        return cls(at + float(logits[0]) / steepness, steepness)

    def score(self, distance: float) -> float:
        return float(1 / (1 + np.exp(np.clip(self.steepness * (distance - self.middle), -500, 500))))


@dataclass(frozen=True, slots=True)
class Background:
    """Looks of styles that are nobody's, by part: (looks, figures). Palettes are left out: any may be anybody's."""

    rows: Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class Measured:
    """What drawn styles taught: by part the prior spread (a variance) and the weight of each figure, and the lines."""

    spread: Mapping[str, Vector]
    weight: Mapping[str, Vector]
    slopes: Mapping[str, Slope]
    calibration: Calibration
    scale: Mapping[str, float] = field(default_factory=dict)
    """What the logarithm of a distance is set beside, each times its factor: "near" (the background), "apart" (the
    references from each other), "count" (the logarithm of how many they are), "alone" (1 for a single one)."""
    background: Background | None = None


@cache
def measured() -> Measured:
    """What ships in `classical.json` and `background.npz`."""
    found = unpack(json.loads(MEASURED.read_text("utf-8")))
    with np.load(BACKGROUND, allow_pickle=False) as rows:
        return replace(found, background=Background({part: rows[part].astype(np.float64) for part in PARTS}))


def pack(found: Measured) -> dict[str, Any]:
    """As JSON holds it, figures to five digits; the background is a file of its own."""
    vectors = {
        name: {part: [float(f"{value:.5g}") for value in values] for part, values in getattr(found, name).items()}
        for name in ("spread", "weight")
    }
    slopes = {name: [slope.middle, slope.steepness] for name, slope in found.slopes.items()}
    calibration = {name: getattr(found.calibration, name) for name in Calibration.__slots__}
    scale = {name: float(f"{factor:.5g}") for name, factor in found.scale.items()}
    return {**vectors, "scale": scale, "slopes": slopes, "calibration": calibration}


def unpack(packed: Mapping[str, Any]) -> Measured:
    vectors = [{part: np.array(values) for part, values in packed[name].items()} for name in ("spread", "weight")]
    slopes = {name: Slope(*values) for name, values in packed["slopes"].items()}
    return Measured(vectors[0], vectors[1], slopes, Calibration(**packed["calibration"]), packed["scale"])


def look_at(image: Image) -> Look:
    """The palette and eight named vectors of an image."""
    view = view_of(image)
    return Look(view.palette, {name: features(view) for name, features in PARTS.items()})


@dataclass(frozen=True, slots=True)
class Yardstick:
    """References with the spread that differences are scaled by; made once, held against many looks."""

    references: tuple[Look, ...]
    rows: Mapping[str, Vector]
    """By part: (references, figures)."""
    variance: Mapping[str, Vector]
    slack: float = 0.0
    """What is added to the logarithm of every distance: references that are far apart forgive more."""

    @classmethod
    def of(cls, references: Sequence[Look], spread: Mapping[str, Vector]) -> Yardstick:
        """The variance of n references is the prior's and the squares of their own differences, over n."""
        if not references:
            raise ValueError("no references: at least one is needed to compare with")
        rows = {part: np.stack([reference.parts[part] for reference in references]) for part in PARTS}
        squares = {part: ((rows[part] - rows[part].mean(axis=0)) ** 2).sum(axis=0) for part in FIGURES}
        for part in SHARES:
            squares[part] = np.array([unshared(rows[part], rows[part]).sum() / 2 / len(references)])
        squares[PALETTE] = np.array([_squares([reference.palette for reference in references])])
        variance = {part: (spread[part] + squares[part]) / len(references) for part in squares}
        return cls(tuple(references), rows, variance)

    @classmethod
    def beside(cls, references: Sequence[Look], found: Measured) -> Yardstick:
        """As `of`, with the slack that its number and the distances of its references from each other give it."""
        bare, count = cls.of(references, found.spread), len(references)
        if count == 1:
            return replace(bare, slack=found.scale["alone"])
        apart = [
            cls.of([*bare.references[:at], *bare.references[at + 1 :]], found.spread).distance(look, found.weight)
            for at, look in enumerate(bare.references)
        ]
        slack = found.scale["count"] * np.log(count) + found.scale["apart"] * np.log(np.mean(apart) + LEAST)
        return replace(bare, slack=float(slack))

    def scaled(self, look: Look) -> dict[str, Vector]:
        """By part, how far a look is figure by figure: the mean over the references of log(1 + d^2 / variance)."""
        found = {
            part: np.log1p((look.parts[part] - self.rows[part]) ** 2 / self.variance[part]).mean(axis=0)
            for part in FIGURES
        }
        for part in SHARES:
            other = unshared(self.rows[part], look.parts[part][None])
            found[part] = np.log1p(other / self.variance[part]).mean(axis=0)
        away = self.palette_distances(look)[:, None]
        return {**found, PALETTE: np.log1p(away**2 / self.variance[PALETTE]).mean(axis=0)}

    def palette_distances(self, look: Look) -> Vector:
        """CIEDE2000 to the palette of each reference."""
        return np.array([palette_distance(look.palette, reference.palette) for reference in self.references])

    def distance(self, look: Look, weight: Mapping[str, Vector]) -> float:
        """All parts together; 0 is the same."""
        return total(self.scaled(look), weight)

    def likeness(self, look: Look, found: Measured, near: float | None = None) -> Likeness:
        """Style by all parts beside what is near, edge by lines and edges, the palette by its nearest reference.

        `near` is what `nearness` says of the look, where it is known.
        """
        scaled = self.scaled(look)
        palette_de = float(self.palette_distances(look).min())
        style = found.slopes["style"].score(self.set_beside(total(scaled, found.weight), look, found, near))
        edge = found.slopes["edge"].score(total(scaled, found.weight, EDGE_PARTS))
        return Likeness(style, palette_de, edge, found.slopes["overall"].score(1 - mix(style, edge, palette_de)))

    def set_beside(self, distance: float, look: Look, found: Measured, near: float | None = None) -> float:
        """The logarithm of a distance, beside those to the background and between the references."""
        around = nearness(look, found) if near is None else near
        return float(np.log(distance + LEAST) + found.scale["near"] * around + self.slack)


def nearness(look: Look, found: Measured) -> float:
    """The logarithm of how far the ten nearest looks of the background are, in the mean; their palettes left out."""
    if found.background is None:
        raise ValueError("no background: nothing says how near others are")
    rows = found.background.rows
    apart = np.zeros(len(rows[FIGURES[0]]))
    for part in FIGURES:
        apart += np.log1p((look.parts[part] - rows[part]) ** 2 / found.spread[part]) @ found.weight[part]
    for part in SHARES:
        apart += np.log1p(unshared(rows[part], look.parts[part][None]) / found.spread[part]) @ found.weight[part]
    return float(np.log(np.sort(apart)[:NEAREST].mean()))


def unshared(one: Vector, two: Vector) -> Vector:
    """(n, m): 1 less the Bhattacharyya coefficient of histograms (n, steps) and (m, steps); 0 is the same."""
    return np.asarray(np.maximum(1 - np.sqrt(one) @ np.sqrt(two).T, 0.0))


def _squares(palettes: Sequence[Vector]) -> float:
    """Squares from the mean, where only distances are known: the squares of all pairs, over the number of palettes."""
    pairs = (palette_distance(one, two) ** 2 for number, one in enumerate(palettes) for two in palettes[:number])
    return sum(pairs) / len(palettes)


def total(distances: Mapping[str, Vector], weight: Mapping[str, Vector], parts: Sequence[str] | None = None) -> float:
    """The weighted sum over all parts, or over some."""
    return float(sum(distances[part] @ weight[part] for part in parts or tuple(distances)))


class Classical:
    """The descriptor that needs nothing but pixels; about 25 ms an image."""

    name = "classical"
    version = "2"

    def __init__(self) -> None:
        self._held: Yardstick | None = None

    @property
    def calibration(self) -> Calibration:
        return measured().calibration

    def look(self, image: Image) -> Look:
        return look_at(image)

    def compare(self, look: Look, references: Sequence[Look]) -> Likeness:
        """How like one image is to at least one reference; each score is on its calibrated line where SPEC draws it.

        The references that it was asked about last are kept as a yardstick.
        """
        held = self._held
        if held is None or len(held.references) != len(references) or any(map(_is_other, held.references, references)):
            held = self._held = Yardstick.beside(references, measured())
        return held.likeness(look, measured())


def _is_other(one: Look, two: Look) -> bool:
    return one is not two


def mix(style: float, edge: float, palette_de: float) -> float:
    """The weighted mean of the three, in [0, 1]."""
    palette = 1 / (1 + (palette_de / PALETTE_SCALE) ** 2)
    return MIX["style"] * style + MIX["edge"] * edge + MIX["palette"] * palette
