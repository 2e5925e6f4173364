"""View: an image as all measures see it: on a ground, 192 px on the longer side, in CIELAB, with its ground and ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from studio.descriptors.colour import Pixels, palette_of, to_lab

if TYPE_CHECKING:
    from studio.brand import Vector

SIDE = 192
LEAST_SHORT = 16
PALE = 0.8
"""Mean level of what is drawn on a transparent canvas from which on it is meant for a dark product."""
DARK = "#141414"
STRONG = 0.5
"""Ink from here on is drawn; a tint that fills is under it."""
FAINT = 6.0
"""Distance in CIELAB that the ink is from the ground at least; below, noise would count as ink."""


@dataclass(frozen=True, slots=True)
class View:
    """Arrays are (height, width); lengths are in pixels of this view, `SIDE` to the longer side."""

    lab: Pixels
    rise: Pixels
    """How much light changes from pixel to pixel: the length of the gradient of L."""
    slope: tuple[Pixels, Pixels]
    """The gradient of L: down, right."""
    palette: Vector
    ground: Vector
    """L, a, b of what surrounds the subject: the commonest colour along the rim."""
    ink: Pixels
    """How far each pixel is from the ground, in [0, 1]: 1 is as far as the strongest colour of the image."""
    contrast: float
    """That strongest distance, in CIELAB."""
    strong: NDArray[np.bool_]
    """What is drawn; a tint that fills is not."""
    depth: Vector
    """How far each drawn pixel is from the nearest that is not; 0 there."""


def view_of(image: Image.Image) -> View:
    """What transparent parts show is white, or dark where what is drawn is pale.

    Small images are enlarged, so that lengths are shares of the image.
    """
    rgb = _reduced(image)
    lab = to_lab(rgb)
    slope = _slope(lab[..., 0])
    rise = np.hypot(*slope)
    palette = palette_of(rgb, lab, np.asarray(1 / (1 + (rise / 4) ** 2), dtype=np.float32))
    ground = _ground(lab, palette)
    away = np.sqrt(((lab - ground.astype(np.float32)) ** 2).sum(axis=-1))
    contrast = max(float(np.quantile(away, 0.998)), FAINT)
    ink = np.minimum(away / contrast, 1)
    return View(lab, rise, slope, palette, ground, ink, contrast, ink >= STRONG, depth_of(ink >= STRONG))


def depth_of(mask: NDArray[np.bool_]) -> Vector:
    """How far each pixel of a mask is from the nearest outside; the rim of the image is no outside."""
    return np.asarray(ndimage.distance_transform_edt(mask) if mask.any() else np.zeros(mask.shape))


def _reduced(image: Image.Image) -> NDArray[np.uint8]:
    scale = SIDE / max(image.size)
    size = (max(round(image.width * scale), LEAST_SHORT), max(round(image.height * scale), LEAST_SHORT))
    way = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BILINEAR
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB").resize(size, way))
    clear = image.convert("RGBA").resize(size, way)
    paper = Image.new("RGBA", size, _paper(np.asarray(clear)))
    return np.asarray(Image.alpha_composite(paper, clear).convert("RGB"))


def _paper(pixels: NDArray[np.uint8]) -> str:
    """White; a dark product where what is drawn, in the mean of its cover, is too light for white."""
    cover = pixels[..., 3].astype(np.float64)
    light = float((pixels[..., :3].mean(axis=-1) * cover).sum() / max(cover.sum(), 1.0)) / 255
    return DARK if light > PALE else "white"


def _slope(light: Pixels) -> tuple[Pixels, Pixels]:
    """Central differences, so that along a line they add up to the whole rise."""
    down, right = (np.asarray(np.gradient(light, axis=axis), dtype=np.float32) for axis in (0, 1))
    return down, right


def _ground(lab: Pixels, palette: Vector) -> Vector:
    """The colour of the palette that most of the rim is nearest to."""
    rim = np.concatenate(
        [lab[:2].reshape(-1, 3), lab[-2:].reshape(-1, 3), lab[:, :2].reshape(-1, 3), lab[:, -2:].reshape(-1, 3)]
    )
    nearest = ((rim[:, None] - palette[None, :, :3]) ** 2).sum(axis=2).argmin(axis=1)
    return np.asarray(palette[np.bincount(nearest).argmax(), :3])
