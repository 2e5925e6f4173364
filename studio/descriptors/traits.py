"""Traits: what a person would say of a style, from what was measured of it; figures first, then words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from studio.descriptors.colour import palette_of_colours
from studio.descriptors.layout import symmetry
from studio.descriptors.view import SIDE, View

if TYPE_CHECKING:
    from studio.brand import Vector

WORDS = (
    ("stroke_width", 0.0, 0.035, "fine lines"),
    ("stroke_width", 0.085, 1.0, "bold"),
    ("solid", 0.5, 1.0, "solid"),
    ("solid", 0.0, 0.1, "outlined"),
    ("symmetry", 0.85, 1.0, "symmetric"),
    ("flatness", 0.8, 1.0, "flat"),
    ("flatness", 0.0, 0.35, "textured"),
    ("contrast", 75.0, 400.0, "high contrast"),
    ("contrast", 0.0, 35.0, "soft"),
    ("ground_light", 0.0, 35.0, "dark ground"),
    ("chroma", 0.0, 6.0, "monochrome"),
    ("chroma", 45.0, 200.0, "vivid"),
    ("warmth", 6.0, 200.0, "warm"),
    ("warmth", -200.0, -6.0, "cool"),
    ("margin", 0.2, 1.0, "airy"),
)
"""Trait, from, up to (not including), and the word for it."""


def traits_of(view: View) -> dict[str, float]:
    """Ten figures: lengths and areas as shares of the image, colours in CIELAB units."""
    strong = view.ink >= 0.5
    depth = ndimage.distance_transform_edt(np.pad(strong, 1))[1:-1, 1:-1]
    ridge = (depth > 0.9) & (depth >= ndimage.maximum_filter(depth, 3))
    weight = view.ink / (float(view.ink.sum()) + 1e-9)
    a, b = (float((weight * view.lab[..., axis]).sum()) for axis in (1, 2))
    rows, columns = strong.any(axis=1), strong.any(axis=0)
    return {
        "stroke_width": 2 * float(np.median(depth[ridge])) / SIDE if ridge.any() else 0.0,
        "solid": float((depth > 0.05 * SIDE).sum() / max(strong.sum(), 1)),
        "symmetry": float(symmetry(view).max()),
        "flatness": float((view.rise < 1).mean()),
        "contrast": view.contrast,
        "ground_light": float(view.ground[0]),
        "chroma": float((weight * np.hypot(view.lab[..., 1], view.lab[..., 2])).sum()),
        # Yellow and red are warm: the projection on their middle, a hue of 55 degrees.
        "warmth": float(a * np.cos(np.radians(55)) + b * np.sin(np.radians(55))),
        "margin": float(1 - max(rows.mean(), columns.mean())) / 2,
        "tones": float(len(view.palette)),
    }


def mean_traits(views: Sequence[View]) -> dict[str, float]:
    """The mean of each trait, to four digits after the point."""
    each = [traits_of(view) for view in views]
    return {name: round(float(np.mean([traits[name] for traits in each])), 4) for name in each[0]}


def words_for(traits: Mapping[str, float]) -> tuple[str, ...]:
    """The words whose range a trait lies in, in the order of the table."""
    return tuple(word for name, low, high, word in WORDS if low <= traits[name] < high)


def shared_palette(views: Sequence[View]) -> Vector:
    """(k, 4), k <= 8: the palettes of several images as one, each image counted alike."""
    colours = np.vstack([view.palette for view in views])
    return palette_of_colours(colours[:, :3], colours[:, 3] / len(views))
