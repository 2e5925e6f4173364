"""Texture: what stands between edges: local binary patterns and roughness at several scales, flatness."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from studio.brand import Vector
from studio.descriptors.colour import Pixels
from studio.descriptors.view import View

SCALES, PATTERN_SCALES = 5, 3
STEP = 1.5
"""Steps of L within which a neighbour is as light as the middle: nothing printed shows them."""
AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
PATTERNS = 10


def texture_features(view: View) -> Vector:
    """41 figures: shares of the ten rotation-free uniform patterns at three scales (roots), roughness, flatness."""
    levels = [view.lab[..., 0]]
    while len(levels) <= SCALES:
        levels.append(_halved(levels[-1]))
    patterns = [np.sqrt(_patterns(level)) for level in levels[:PATTERN_SCALES]]
    roughness = [_roughness(fine, coarse) for fine, coarse in pairwise(levels)]
    return np.concatenate([*patterns, roughness, _flatness(view)])


def _halved(light: Pixels) -> Pixels:
    """The means of squares of two by two; a side of one pixel stays."""
    for axis in (0, 1):
        pairs = light.shape[axis] // 2
        if pairs:
            even, odd = (np.take(light, np.arange(start, 2 * pairs, 2), axis) for start in (0, 1))
            light = np.asarray((even + odd) / 2, dtype=np.float32)
    return light


def _roughness(fine: Pixels, coarse: Pixels) -> float:
    """Log of how far pixels are, in the mean, from the square of two by two that they lie in."""
    height, width = (fine.shape[axis] // coarse.shape[axis] for axis in (0, 1))
    cut = fine[: coarse.shape[0] * height, : coarse.shape[1] * width]
    return float(np.log(np.abs(cut - coarse.repeat(height, axis=0).repeat(width, axis=1)).mean() + 0.05))


def _patterns(light: Pixels) -> Vector:
    """Shares of uniform local binary patterns (Ojala, Pietikainen, Maenpaa 2002): 0-8 brighter neighbours, or mixed."""
    padded = np.pad(light, 1, mode="edge")
    height, width = light.shape
    limit = light + STEP
    brighter = [padded[1 + y : 1 + y + height, 1 + x : 1 + x + width] > limit for y, x in AROUND]
    turns = sum((one != two).view(np.uint8) for one, two in zip(brighter, brighter[1:] + brighter[:1], strict=True))
    count = sum(each.view(np.uint8) for each in brighter)
    kind: NDArray[np.uint8] = np.where(np.asarray(turns) <= 2, count, PATTERNS - 1)
    return np.bincount(kind.ravel(), minlength=PATTERNS) / kind.size


def _flatness(view: View) -> Vector:
    """Shares of the image where nothing changes; of rough places, those that no strong edge explains; their light."""
    flat = [float((view.rise < limit).mean()) for limit in (0.25, 1.0, 3.0)]
    near = ndimage.maximum_filter(view.rise, 7) > 8
    away = view.rise[~near]
    grain = (
        [float(np.log(away.mean() + 0.02)), float(np.log(np.quantile(away, 0.9) + 0.02))] if away.size else [0.0, 0.0]
    )
    return np.array([*flat, *grain, float(near.mean())])
