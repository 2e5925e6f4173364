"""Ink: sRGB to the CMYK of coated paper, with no more ink on any pixel than paper bears.

The conversion (relative colorimetric, black point compensated) is computed once at the nodes of a lattice, the ink of
each node is limited there, and pixels lie between nodes. A mixture of colours under a limit is under it, so the limit
holds everywhere by construction; `coverage` measures it again on the pixels that are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFilter

PROFILE = Path(__file__).parent / "profiles" / "bellwether_coated_300.icc"
PROFILE_NAME = "Bellwether Coated 300 (made from FOGRA39L)"
MOST_INK = 300.0
"""Percent, C + M + Y + K: what sheet-fed offset on coated paper dries (ISO 12647-2)."""
NODES = 52
"""Nodes a side: 5 levels apart, so that 0 and 255 and every node are exact 8-bit colours."""
ROUNDING = 2
"""Levels that rounding four inks can add between nodes: four halves."""
BAND = 1 << 19
"""Pixels worked on at a time, so that they stay in the processor's cache."""
FLAT = 1 << 12
"""Colours up to which a drawing is flat: then colours are worked on, not pixels. Lettering has about a hundred."""
LIGHTS = 0x00FF00FF


@cache
def profile_bytes() -> bytes:
    """The ICC profile of the paper and press, as it is embedded."""
    return PROFILE.read_bytes()


def separate(image: Image.Image) -> Image.Image:
    """CMYK of an RGB image of the same size; white is no ink, and no pixel has more than `MOST_INK`."""
    return image.filter(_lattice())


def slabs(image: Image.Image, rows: int) -> Iterator[Image.Image]:
    """CMYK of what an RGBA image shows on white paper, so many rows at a time from the top down.

    Of a flat drawing colours are separated, else pixels: what comes out is the same.
    """
    colours = image.getcolors(FLAT)
    table = None if colours is None else _table(np.array([colour for _, colour in colours], dtype=np.uint8))
    for top in range(0, image.height, rows):
        slab = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield _on_white(slab) if table is None else _looked_up(slab, *table)


def on_paper(image: Image.Image) -> Image.Image:
    """RGB: what shows of an RGBA image on white paper."""
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image)
    return paper


def coverage(image: Image.Image) -> float:
    """The most ink, in percent, on any pixel of a CMYK image: 0 to 400."""
    colours, box = image.getcolors(FLAT), image.getbbox()
    if colours is not None:
        return int(np.array([colour for _, colour in colours]).sum(axis=1).max()) * 100 / 255
    return max(_most(pixels) for pixels in _bands(image.crop(box))) * 100 / 255


def limited(inks: NDArray[np.uint8], most: float = MOST_INK) -> NDArray[np.float64]:
    """(n, 4) levels of C, M, Y, K with at most `most` percent together: black stays, the colours shrink alike.

    Two levels are kept free for the rounding of what is mixed from these.
    """
    levels = inks.astype(np.float64)
    black, colour = levels[:, 3:], levels[:, :3].sum(axis=1, keepdims=True)
    room = most / 100 * 255 - ROUNDING - black
    levels[:, :3] *= np.minimum(1.0, room / np.maximum(colour, 1.0))
    return levels


@cache
def _lattice() -> ImageFilter.Color3DLUT:
    side = np.arange(NODES, dtype=np.uint8) * (255 // (NODES - 1))
    blue, green, red = np.meshgrid(side, side, side, indexing="ij")
    nodes = Image.fromarray(np.stack([red, green, blue], axis=-1).reshape(NODES, -1, 3))
    inks = np.asarray(ImageCms.applyTransform(nodes, _transform())).reshape(-1, 4)
    return ImageFilter.Color3DLUT(NODES, (limited(inks) / 255).ravel(), channels=4, target_mode="CMYK")


def _transform() -> ImageCms.ImageCmsTransform:
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.NOOPTIMIZE
    press = ImageCms.ImageCmsProfile(BytesIO(profile_bytes()))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.buildTransform(ImageCms.createProfile("sRGB"), press, "RGB", "CMYK", intent, flags)


def _on_white(image: Image.Image) -> Image.Image:
    separated, box = Image.new("CMYK", image.size), image.getbbox()
    if box is not None:
        separated.paste(separate(on_paper(image.crop(box))), box)
    return separated


def _table(colours: NDArray[np.uint8]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The RGBA of each of (n, 4) colours as one number, in order, and its CMYK on white paper."""
    inks = np.asarray(separate(on_paper(Image.fromarray(colours[None])))).reshape(-1, 4)
    known, mixed = (np.ascontiguousarray(each).view(np.uint32).ravel() for each in (colours, inks))
    order = np.argsort(known)
    return known[order], mixed[order]


def _looked_up(image: Image.Image, known: NDArray[np.uint32], mixed: NDArray[np.uint32]) -> Image.Image:
    """CMYK of an RGBA image of known colours: neighbours of one colour are looked up together."""
    done = []
    for pixels in _bands(image):
        begun = np.append(0, np.flatnonzero(pixels[1:] != pixels[:-1]) + 1)
        inks = mixed[np.searchsorted(known, pixels[begun])]
        done.append(np.repeat(inks, np.diff(begun, append=pixels.size)))
    return Image.frombytes("CMYK", image.size, np.concatenate(done).tobytes())


def _bands(image: Image.Image) -> Iterator[NDArray[np.uint32]]:
    """All pixels of an image of four bytes each, some rows at a time."""
    rows = max(1, BAND // image.width)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield np.frombuffer(band.tobytes(), dtype=np.uint32)


def _most(pixels: NDArray[np.uint32]) -> int:
    """The largest sum of the four bytes of a pixel: two sums at a time, 16 bits each."""
    pairs = (pixels & LIGHTS) + (pixels >> 8 & LIGHTS)
    return int(((pairs & 0xFFFF) + (pairs >> 16)).max())
