"""Lines: the widths they have and the tints beside them, as histograms; fill and corners by their own width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from studio.brand import Vector
from studio.descriptors.strokes import widths_of
from studio.descriptors.view import SIDE, View, depth_of

NARROWEST, WIDEST = np.log(1 / SIDE), np.log(0.45)
WIDTHS, TINTS = 48, 20
FAINTEST = 0.04
"""Ink below is ground."""
FLAT = 2.0
"""Change of L a pixel from which on a place is a rim and has no tint of its own."""


def width_features(view: View) -> Vector:
    """48 shares, by length of line, of the widths from a pixel to .45 of the image, by equal steps of their logarithm.

    A line counts in the two steps it lies between; one more blur lets neighbours be alike.
    """
    widths, _ = widths_of(view)
    return spread_over(widths, NARROWEST, WIDEST, WIDTHS)


def tint_features(view: View) -> Vector:
    """20 shares of what is drawn and flat by how strong it is: tints of one strength are a step of their own."""
    ink = view.ink[(view.ink >= FAINTEST) & (view.rise < FLAT)].astype(np.float64)
    return spread_over(ink if ink.size else np.ones(1), FAINTEST, 1.0, TINTS)


def spread_over(values: Vector, low: float, high: float, steps: int) -> Vector:
    """Shares that add up to 1."""
    position = np.clip((values - low) / (high - low) * (steps - 1), 0, steps - 1)
    floor = np.minimum(position.astype(np.int64), steps - 2)
    part = position - floor
    counts = np.bincount(floor, 1 - part, steps) + np.bincount(floor + 1, part, steps)
    blurred = ndimage.gaussian_filter1d(counts, 1.0, mode="nearest")
    return np.asarray(blurred / blurred.sum())


def corner_features(view: View) -> Vector:
    """7 figures: how much one width prevails, what is filled beyond it, how sharp corners are, fine lines, rims."""
    widths = width_features(view)
    peak = int(widths.argmax())
    near = widths[max(peak - 2, 0) : peak + 3]
    width = float(np.exp(NARROWEST + peak * (WIDEST - NARROWEST) / (WIDTHS - 1))) * SIDE
    beyond = float((view.depth > max(0.7 * width, 1.5)).sum() / max(view.strong.sum(), 1))
    length = float(view.rise.sum()) / max(view.contrast, 1) + 1.0
    radius = float(np.clip(0.42 * width, 1.5, SIDE / 12))
    depths = ((view.strong, view.depth), (~view.strong, depth_of(~view.strong)))
    cut = [_lost(*each, radius) / (length * radius) for each in depths]
    finest = float(widths[: WIDTHS // 4].sum())
    return np.array([near.sum(), beyond, *np.sqrt(cut), finest, *_rims(view)])


def _lost(mask: NDArray[np.bool_], depth: Vector, radius: float) -> float:
    """Pixels of a mask that no disc of this radius within it reaches, counted where it is wide enough for one."""
    inner = depth > radius
    if not inner.any():
        return 0.0
    away = depth_of(~inner)
    return float((mask & (away > radius + 0.5) & (away < 2 * radius + 2)).sum())


def _rims(view: View) -> list[float]:
    """Of rims: the share between two inks rather than ink and ground, and how far apart in strength their sides are."""
    found = view.rise > 6
    if not found.any():
        return [0.0, 0.0]
    low, high = ndimage.minimum_filter(view.ink, 5)[found], ndimage.maximum_filter(view.ink, 5)[found]
    return [float((low > 0.1).mean()), float((high - low).mean())]
