"""Background: the plain ground around a picture is made transparent; what might be the subject is left alone.

    border -> the ground's colour everywhere (a smooth surface fitted to the border, so light may fall off)
           -> flood from the border over what is that colour (CIELAB); enclosed islands of it are kept
           -> edge: share of subject in each pixel beside the flood, and its colour without the ground's
    unsure -> the picture as it was, and why

A ground is plain where the fitted surface explains the border; a texture, a scene or a subject that fades into its
ground is not cut at all, for a person can cut what is whole and cannot mend what is eaten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from studio.descriptors.colour import to_lab

Levels = NDArray[np.float32]
Mask = NDArray[np.bool_]

WORKED = 1100
"""Pixels of the longer side that the cut is found at; pictures of models are hardly larger by nature."""
RIM = 0.02
"""Width of the border that shows the ground, of the shorter side."""
HOLES = 0.005
"""Share of transparent pixels from which a picture was cut before."""
PLAIN = 8.0
"""CIELAB distance from the fitted surface within which a border pixel is ground."""
PLAIN_SHARE = 0.8
"""Of the border: the rest may be a subject that reaches it."""
REACH = (4.0, 12.0)
"""The least and the most CIELAB distance that the flood crosses."""
LEAST_LEFT = 0.01
"""Share of a picture that a subject fills at least."""
FADE = 1.8
"""Times the reach that the subject must differ beside the cut, else it fades into its ground."""
EDGE = 2
"""Pixels beside the flood that may be mixed of both."""
STEEPER = 2.0
"""Contrast given back to an edge that was found on a reduced picture."""
STEEP = [round(min(max((level - 127.5) * STEEPER + 127.5, 0), 255)) for level in range(256)]
"""What becomes of each of the 256 levels of cover then."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The picture, RGBA; what was done, in words; and whether that can be relied on."""

    image: Image.Image
    what: str
    sure: bool


def cut_out(image: Image.Image) -> Cut:
    """An RGBA picture without its ground; as it was where it has none, or none that can be told from the subject."""
    if _holes(image) >= HOLES:
        return Cut(image, "transparent already", True)
    factor = -(-max(image.size) // WORKED)
    small = np.asarray(Image.merge("RGB", [image.getchannel(name).reduce(factor) for name in "RGB"]))
    ground = _ground(small)
    distance = np.linalg.norm(to_lab(small) - to_lab(ground), axis=-1)
    rim = distance[_rim(distance.shape)]
    if (rim < PLAIN).mean() < PLAIN_SHARE:
        return Cut(image, "kept: the ground is textured or a scene, cut it by hand", False)
    reach = float(np.clip(2 * np.quantile(rim[rim < PLAIN], 0.98), *REACH))
    flood = _flood(distance < reach)
    fault = _fault(flood, distance, reach)
    if fault:
        return Cut(image, f"kept: {fault}, cut it by hand", False)
    return Cut(_without(image, small, ground, flood, factor), "removed: plain ground", True)


def _holes(image: Image.Image) -> float:
    return sum(image.getchannel("A").histogram()[:128]) / (image.width * image.height)


def _rim(shape: tuple[int, ...]) -> Mask:
    width = max(1, round(min(shape[:2]) * RIM))
    rim = np.ones(shape[:2], dtype=bool)
    rim[width:-width, width:-width] = False
    return rim


def _ground(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) levels of the ground everywhere: a quadratic surface through the border, outliers left out once."""
    height, width = pixels.shape[:2]
    across, down = (np.linspace(-1, 1, side, dtype=np.float32) for side in (width, height))
    rim = _rim(pixels.shape)
    seen, (row, column) = pixels[rim].astype(np.float32), np.nonzero(rim)
    x, y = across[column], down[row]
    near = np.abs(seen - np.median(seen, axis=0)).max(axis=1) < 48
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    (flat, to_x, to_y, twist, bend_x, bend_y), *_ = np.linalg.lstsq(terms[near], seen[near], rcond=None)
    x, y = across[:, None], down[:, None, None]
    surface = (flat + x * to_x + x * x * bend_x) + y * (to_y + x * twist + y * bend_y)
    return np.asarray(np.clip(np.rint(surface), 0, 255), dtype=np.uint8)


def _flood(alike: Mask) -> Mask:
    """What is alike and joined to the border."""
    parts, _ = ndimage.label(alike)
    joined = np.zeros(int(parts.max()) + 1, dtype=bool)
    joined[parts[_rim(alike.shape)]] = True
    joined[0] = False
    return np.asarray(joined[parts])


def _fault(flood: Mask, distance: Levels, reach: float) -> str:
    """Why this flood is not to be trusted; empty where it is."""
    if 1 - flood.mean() < LEAST_LEFT:
        return "next to nothing stands out from the ground"
    beside = ndimage.binary_dilation(flood, iterations=EDGE + 1) & ~flood
    strongest = ndimage.maximum_filter(distance, size=2 * EDGE + 1)
    if np.quantile(strongest[beside], 0.2) < FADE * reach:
        return "the subject fades into the ground"
    return ""


def _without(
    image: Image.Image, small: NDArray[np.uint8], ground: NDArray[np.uint8], flood: Mask, factor: int
) -> Image.Image:
    """The subject; what is clear has no colour, but near the subject, where whoever enlarges it mixes that in."""
    there = _around(~flood)
    share, pure = _unmixed(small[there].astype(np.float32), ground[there].astype(np.float32), flood[there])
    mixed = ndimage.binary_dilation((share < 1) & ~flood[there], iterations=EDGE)
    left, top = there[1].start * factor, there[0].start * factor
    box = (left, top, min(there[1].stop * factor, image.width), min(there[0].stop * factor, image.height))
    size, shown = (box[2] - left, box[3] - top), ((box[2] - left) / factor, (box[3] - top) / factor)
    solid = Image.fromarray(np.rint(share * 255).astype(np.uint8)).resize(
        size, Image.Resampling.BICUBIC, (0, 0, *shown)
    )
    colours, edge = (
        Image.fromarray(each).resize(size, Image.Resampling.NEAREST, (0, 0, *shown))
        for each in (pure, np.where(mixed, np.uint8(255), np.uint8(0)))
    )
    alpha = solid.point(STEEP) if factor > 1 else solid
    kept = alpha.point([0, *[255] * 255])
    kept.paste(255, mask=edge)
    subject = Image.new("RGB", size)
    subject.paste(image.crop(box).convert("RGB"), mask=kept)
    subject.paste(colours, mask=edge)
    subject.putalpha(alpha)
    cut = Image.new("RGBA", image.size)
    cut.paste(subject, box)
    return cut


def _around(subject: Mask) -> tuple[slice, slice]:
    """The rows and the columns of the subject, and what beside it is looked at."""
    beside = 2 * EDGE + 2
    rows, columns = (np.flatnonzero(subject.any(axis=axis)) for axis in (1, 0))
    down, across = (slice(max(0, int(each[0]) - beside), int(each[-1]) + 1 + beside) for each in (rows, columns))
    return slice(down.start, min(down.stop, subject.shape[0])), slice(across.start, min(across.stop, subject.shape[1]))


def _unmixed(pixels: Levels, ground: Levels, flood: Mask) -> tuple[Levels, NDArray[np.uint8]]:
    """How much of each pixel is subject, in [0, 1], and the subject's own colour there.

    A pixel beside the flood is a mixture of the ground and of the purest subject near it: the one that differs most.
    """
    apart = np.linalg.norm(pixels - ground, axis=-1)
    purest = ndimage.maximum_filter(np.where(flood, 0, apart), size=2 * EDGE + 1)
    beside = ndimage.binary_dilation(flood, iterations=EDGE) & ~flood
    share = np.where(flood, 0, 1).astype(np.float32)
    share[beside] = np.clip(apart[beside] / np.maximum(purest[beside], 1), 0, 1)
    part = np.maximum(share, 0.1)[..., None]
    pure = np.clip(ground + (pixels - ground) / part, 0, 255).astype(np.uint8)
    nearest = ndimage.distance_transform_edt(share < 0.1, return_distances=False, return_indices=True)
    return share, np.asarray(pure[tuple(nearest)])
