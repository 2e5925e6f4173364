"""Edges: which way they run, how sharp they are, how strong, how often they turn."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from studio.brand import Vector
from studio.descriptors.view import View

BINS = 8
EDGE = 3.0
"""Rise of L a pixel from which there is an edge."""
AROUND = 9
"""Side of the neighbourhood in which edges are compared."""
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def edge_features(view: View) -> Vector:
    """23 figures: a histogram of directions over half a turn, its evenness, strength, sharpness, coherence, density."""
    found = view.rise > EDGE
    strength = np.log1p(view.rise[found]) if found.any() else np.zeros(1)
    histogram = _directions(view)
    spread = -float((histogram * np.log(histogram + 1e-9)).sum()) / np.log(BINS)
    dense = [float((view.rise > limit).mean()) for limit in (1.0, EDGE, 10.0)]
    return np.concatenate(
        [
            np.sqrt(histogram),
            [spread],
            np.quantile(strength, QUANTILES),
            _sharpness(view),
            _coherence(view),
            np.sqrt(dense),
        ]
    )


def _directions(view: View) -> Vector:
    """Shares of the rise by direction; neighbouring bins share what lies between them."""
    down, right = view.slope
    position = (np.arctan2(down, right) / np.pi * BINS) % BINS
    low = np.floor(position).astype(np.int64)
    part = position - low
    rise = np.where(view.rise > EDGE, view.rise, 0).ravel()
    counts = np.bincount((low % BINS).ravel(), rise * (1 - part).ravel(), BINS)
    counts += np.bincount(((low + 1) % BINS).ravel(), rise * part.ravel(), BINS)
    return np.asarray((counts + 1e-6) / (counts + 1e-6).sum())


def _sharpness(view: View) -> Vector:
    """Where edges are: the rise left after two blurs over the rise before; a soft edge keeps most of its own."""
    light = view.lab[..., 0]
    found = view.rise > EDGE
    before = float(view.rise[found].mean()) if found.any() else 1.0
    kept = []
    for side in (3, 7):
        after = np.hypot(*np.gradient(ndimage.uniform_filter(light, side)))
        kept.append(float(after[found].mean()) / before if found.any() else 1.0)
    return np.array(kept)


def _coherence(view: View) -> Vector:
    """How much edges run one way (1) or cross (0) in their neighbourhood: mean and two quantiles, and corners."""
    down, right = view.slope
    yy, xx, xy = (ndimage.uniform_filter(each, AROUND) for each in (down * down, right * right, down * right))
    whole = xx + yy
    found = whole > EDGE
    if not found.any():
        return np.array([1.0, 1.0, 1.0, 0.0])
    apart = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    coherent = apart[found] / whole[found]
    return np.array([coherent.mean(), *np.quantile(coherent, (0.1, 0.5)), float((coherent < 0.5).mean())])
