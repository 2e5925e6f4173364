"""Layout: where the subject stands, how symmetric it is, and how light lies on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio.descriptors.view import View

if TYPE_CHECKING:
    from studio.brand import Vector

LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)


def composition_features(view: View) -> Vector:
    """20 figures: centre, spread, margins, symmetry left to right and top to bottom, thirds, shape of the image."""
    ink = view.ink.astype(np.float64)
    total = ink.sum() + 1e-9
    height, width = ink.shape
    across, down = ink.sum(axis=0) / total, ink.sum(axis=1) / total
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    centre = np.array([across @ x, down @ y])
    spread = np.sqrt([across @ (x - centre[0]) ** 2, down @ (y - centre[1]) ** 2])
    thirds = [band.sum() for row in np.array_split(ink, 3) for band in np.array_split(row, 3, axis=1)]
    return np.concatenate(
        [centre, spread, _margins(ink), symmetry(view), np.array(thirds) / total, [np.log(width / height)]]
    )


def symmetry(view: View) -> Vector:
    """How alike the ink is to its mirror image, left to right and top to bottom; in [0, 1]."""
    ink = view.ink
    whole = float((ink**2).sum()) + 1e-9
    return np.array([float((ink * ink[:, ::-1]).sum()) / whole, float((ink * ink[::-1]).sum()) / whole])


def _margins(ink: Vector) -> Vector:
    """Shares of the image that stay empty at its left, right, top and bottom."""
    drawn = ink > 0.25
    columns, rows = np.flatnonzero(drawn.any(axis=0)), np.flatnonzero(drawn.any(axis=1))
    if not len(columns):
        return np.full(4, 0.5)
    height, width = ink.shape
    return np.array([columns[0] / width, 1 - (columns[-1] + 1) / width, rows[0] / height, 1 - (rows[-1] + 1) / height])


def lighting_features(view: View) -> Vector:
    """24 figures: the tone curve, contrast, the light of ground and ink, colourfulness, number of tones."""
    light = view.lab[..., 0]
    chroma = np.hypot(view.lab[..., 1], view.lab[..., 2])
    share = view.palette[:, 3]
    tones = np.exp(-float((share * np.log(share + 1e-12)).sum()))
    weight = view.ink / (float(view.ink.sum()) + 1e-9)
    colour = [float((weight * view.lab[..., axis]).sum()) for axis in range(3)]
    curve = np.quantile(light, LEVELS) / 100
    vivid = np.log1p(np.quantile(chroma, (0.25, 0.5, 0.75, 0.95)))
    rest = [float(light.std()) / 100, view.contrast / 100, tones, float(len(share)), float(share[0]), _midtones(view)]
    drawn = float((weight * chroma).sum())
    return np.concatenate(
        [curve, vivid, rest, view.ground / [100, 50, 50], np.array(colour) / [100, 50, 50], [np.log1p(drawn)]]
    )


def _midtones(view: View) -> float:
    """Share of the image that is neither ground nor full ink and yet flat: tints and shades."""
    return float(((view.ink > 0.08) & (view.ink < 0.85) & (view.rise < 2)).mean())
