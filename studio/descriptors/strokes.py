"""Strokes: how wide lines are, how much is filled, and in how many tones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from studio.brand import Vector
from studio.descriptors.colour import Pixels
from studio.descriptors.view import SIDE, View, depth_of

TINTS = (0.06, 0.12, 0.25, 0.5, 0.75)
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
DEPTHS = (0.01, 0.02, 0.04, 0.07, 0.11)
"""Shares of the image that ink is deep."""
WINDOW = 19
"""Side of the square in which a width is measured, about a tenth of the image."""
WIDEST = 0.5
"""Share of the image at which a width is cut: beyond, it is an area."""


def stroke_features(view: View) -> Vector:
    """32 figures: widths of lines and of gaps (log of shares of the image), fill, tints, length of outline."""
    widths, areas = widths_of(view)
    gaps, _ = _widths(1 - view.ink, _gap_depth(view.strong))
    return np.concatenate([_spread(widths, None), _spread(widths, areas), _spread(gaps, None), _fill(view)])


def widths_of(view: View) -> tuple[Vector, Vector]:
    """Log of the width of lines at each point of their ridges, as a share of the image, and the area it stands for."""
    return _widths(view.ink, view.depth)


def _gap_depth(strong: NDArray[np.bool_]) -> Vector:
    """Depth of the ground, but that which reaches to the rim: holes and counters."""
    labels, _ = ndimage.label(~strong)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    holes = ~np.isin(labels, rim)
    return depth_of(holes)


def _widths(ink: Pixels, depth: Vector) -> tuple[Vector, Vector]:
    """Log of the width at each point of the ridges, as a share of the image, and the area each stands for.

    Twice the ink over the length of its outline, in a window: grey levels make it finer than a pixel. Where a window
    holds no outline the depth of the ridge is the width.
    """
    ridge = (depth > 0.9) & (depth >= ndimage.maximum_filter(depth, 3))
    if not ridge.any():
        return np.log(np.array([1 / SIDE])), np.ones(1)
    outline = np.hypot(*np.gradient(ink))
    held = ndimage.uniform_filter(ink, WINDOW)[ridge]
    around = ndimage.uniform_filter(outline, WINDOW)[ridge]
    reach = 2 * depth[ridge]
    exact = 2 * held / np.maximum(around, 1e-6)
    width = np.where(reach < WINDOW / 2, np.clip(exact, reach * 0.6, reach * 1.4), reach)
    return np.log(np.clip(width / SIDE, 1 / SIDE, WIDEST)), reach


def _spread(values: Vector, weights: Vector | None) -> Vector:
    """Five quantiles and the standard deviation, each value counted by its weight."""
    order = np.argsort(values, kind="stable")
    mass = np.ones(len(values)) if weights is None else weights[order]
    at = (np.cumsum(mass) - mass / 2) / mass.sum()
    return np.append(np.interp(QUANTILES, at, values[order]), values.std())


def _fill(view: View) -> Vector:
    """Shares of the image at five strengths of ink, of ink that is deep, of ink that is tint, and two lengths."""
    shares = [float((view.ink >= tint).mean()) for tint in TINTS]
    deep = [float((view.depth > depth * SIDE).mean() / max(shares[3], 1e-3)) for depth in DEPTHS]
    deepest = np.log(np.clip(2 * view.depth.max() / SIDE, 1 / SIDE, 1))
    outline = float(view.rise.sum()) / max(view.contrast, 1) / SIDE
    area = float(view.ink.mean()) * SIDE
    return np.array(
        [*shares, *deep, deepest, shares[1] - shares[3], np.log(outline + 0.1), np.log(area / (outline + 0.1) + 0.1)]
    )
