"""Colour: sRGB in CIELAB, how far two colours are apart, and how far two palettes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from studio.brand import Vector


Pixels = NDArray[np.float32]

WHITE = np.array([0.95047, 1.0, 1.08883])
"""D65, 2 degrees."""
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""IEC 61966-2-1."""
MOST_COLOURS = 8
ALIKE = 7.0
"""Distance in CIELAB under which two colours of a palette are one."""
LEAST_SHARE = 0.006
UNITS = 32
"""Equal parcels a palette is cut into to be moved."""


def _linear_levels() -> Pixels:
    levels = np.arange(256) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)


LINEAR = _linear_levels()
"""Light of each of the 256 levels of sRGB."""
RGB_TO_WHITE = (TO_XYZ.T / WHITE).astype(np.float32)


def to_lab(rgb: NDArray[np.uint8]) -> Pixels:
    """(..., 3) sRGB levels as L in [0, 100], a, b (CIE 15, D65)."""
    ratio = LINEAR[rgb] @ RGB_TO_WHITE
    curved = np.where(ratio > 216 / 24389, np.cbrt(ratio), (ratio * (24389 / 27) + 16) / 116)
    x, y, z = curved[..., 0], curved[..., 1], curved[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def to_hex(lab: Vector) -> str:
    """The nearest "#rrggbb" of one colour; what sRGB cannot show is clipped."""
    y = (lab[0] + 16) / 116
    curved = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    ratio = np.where(curved > 6 / 29, curved**3, (116 * curved - 16) * 27 / 24389)
    light = np.clip(np.linalg.solve(TO_XYZ, ratio * WHITE), 0, 1)
    levels = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(level) * 255):02x}" for level in levels)


def ciede2000(one: Vector, two: Vector) -> Vector:
    """The CIEDE2000 difference of (..., 3) colours that broadcast (Sharma, Wu, Dalal 2005, kL = kC = kH = 1)."""
    l1, l2 = one[..., 0], two[..., 0]
    mean_chroma = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(two[..., 1], two[..., 2])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7))
    a1, a2 = one[..., 1] * stretch, two[..., 1] * stretch
    c1, c2 = np.hypot(a1, one[..., 2]), np.hypot(a2, two[..., 2])
    h1 = np.degrees(np.arctan2(one[..., 2], a1)) % 360
    h2 = np.degrees(np.arctan2(two[..., 2], a2)) % 360
    grey = c1 * c2 == 0
    turn = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    # A turn of exactly half a circle has its mean hue at the plain mean, as in the published test data.
    mean_hue = np.where(grey, h1 + h2, np.where(np.abs(h1 - h2) <= 180, (h1 + h2) / 2, ((h1 + h2 + 360) / 2) % 360))
    return _weighed((l1, l2), (c1, c2), turn, mean_hue)


def _weighed(light: tuple[Vector, Vector], chroma: tuple[Vector, Vector], turn: Vector, hue: Vector) -> Vector:
    """The three differences over their tolerances, with the rotation in the blues."""
    (l1, l2), (c1, c2) = light, chroma
    middle, mean = (c1 + c2) / 2, ((l1 + l2) / 2 - 50) ** 2
    t = 1 - 0.17 * _cos(hue - 30) + 0.24 * _cos(2 * hue) + 0.32 * _cos(3 * hue + 6) - 0.2 * _cos(4 * hue - 63)
    dl = (l2 - l1) / (1 + 0.015 * mean / np.sqrt(20 + mean))
    dc = (c2 - c1) / (1 + 0.045 * middle)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2) / (1 + 0.015 * middle * t)
    blue = 60 * np.exp(-(((hue - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(middle**7 / (middle**7 + 25.0**7)) * np.sin(np.radians(blue))
    return np.asarray(np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0)))


def _cos(degrees: Vector) -> Vector:
    return np.cos(np.radians(degrees))


def palette_of(rgb: NDArray[np.uint8], lab: Pixels, weight: Pixels) -> Vector:
    """(k, 4), k <= 8: L, a, b and share of the colours, by k-means in CIELAB over 4,096 cells; the largest first.

    `weight` says how much a pixel counts: the soft rims between two flat colours are colours of neither.
    """
    cells = (rgb >> 4).astype(np.int64) @ np.array([256, 16, 1])
    cells, flat = cells.ravel(), lab.reshape(-1, 3)
    counts = np.bincount(cells, weight.ravel(), 4096)
    used = counts > 0
    sums = np.stack([np.bincount(cells, weight.ravel() * flat[:, axis], 4096)[used] for axis in range(3)], axis=1)
    share = counts[used] / counts.sum()
    return palette_of_colours(sums / counts[used][:, None], share)


def palette_of_colours(points: Vector, share: Vector) -> Vector:
    """(k, 4) of colours (n, 3) with their shares: clusters, the largest first; what is next to nothing is left out."""
    centres, owner = _clusters(points, share)
    weights = np.bincount(owner, share, len(centres))
    order = np.argsort(-weights, kind="stable")
    kept = order[weights[order] >= min(LEAST_SHARE, weights.max())]
    return np.column_stack([centres[kept], weights[kept] / weights[kept].sum()])


def _clusters(points: Vector, share: Vector, rounds: int = 8) -> tuple[Vector, NDArray[np.int64]]:
    """Weighted k-means; each next centre is where most is left unexplained, until what is left is near one."""
    centres = points[[int(share.argmax())]]
    nearest = ((points - centres[0]) ** 2).sum(axis=1)
    while len(centres) < MOST_COLOURS:
        left = np.where(nearest > ALIKE**2, nearest * share, 0)
        if left.max() <= 0:
            break
        centres = np.vstack([centres, points[int(left.argmax())]])
        nearest = np.minimum(nearest, ((points - centres[-1]) ** 2).sum(axis=1))
    owner = np.zeros(len(points), dtype=np.int64)
    for _ in range(rounds):
        owner = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        mass = np.bincount(owner, share, len(centres))
        moved = np.stack([np.bincount(owner, share * points[:, axis], len(centres)) for axis in range(3)], axis=1)
        centres = np.where(mass[:, None] > 0, moved / np.maximum(mass, 1e-12)[:, None], centres)
    return centres, owner


def palette_distance(one: Vector, two: Vector) -> float:
    """CIEDE2000 between two palettes of (k, 4), moved at the least cost in 32 equal parcels; 0 is the same."""
    left, right = _parcels(one), _parcels(two)
    cost = ciede2000(one[:, None, :3], two[None, :, :3])[np.ix_(left, right)]
    return float(cost[linear_sum_assignment(cost)].mean())


def _parcels(palette: Vector) -> NDArray[np.int64]:
    """Which colour each parcel has: as many as its share, the largest remainders first."""
    exact = palette[:, 3] / palette[:, 3].sum() * UNITS
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: UNITS - int(counts.sum())]] += 1
    return np.repeat(np.arange(len(palette)), counts)
