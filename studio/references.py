"""References: the one door through which images from outside come in; what passes is safe to measure."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from studio.brand import MOST_REFERENCES
from studio.errors import BadReference

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
"""Nothing that hands the bytes to another program, as EPS does."""
LEAST_SIDE = 32
MOST_PIXELS = 40_000_000
MOST_TOGETHER = 80_000_000
"""Pixels of all references of a brand: opened, each takes four bytes."""
SVG_WITHIN = 4096
"""Bytes within which an SVG says what it is."""
MOST_ASPECT = 20
"""Times as long as wide: beyond, nothing is left of the short side when the long one is reduced."""
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
"""What Pillow's decoders raise over bytes that are not what their header says."""


def open_reference(content: bytes, where: str) -> Image.Image:
    """One still image, upright, in sRGB: "RGBA" where anything may be transparent, else "RGB".

    Raises BadReference, which begins with `where`, for what is no image, damaged, animated, under 32 px a side, over
    40 megapixels (by its header, before a pixel is decoded), 20 times as long as wide, or wholly transparent.
    """
    with warnings.catch_warnings(action="ignore"):
        return _opened(content, where)


def open_references(given: Sequence[tuple[str, bytes]]) -> list[Image.Image]:
    """The images of one brand, each (where it came from, its bytes).

    Raises BadReference as for one of them; where there are too many, or too many pixels together, before the first is
    decoded; for one flat colour; and for one that shows what another shows: counted twice, it would draw the lines too
    near.
    """
    _check_together(given)
    first: dict[tuple[str, tuple[int, int], bytes], str] = {}
    opened = [open_reference(content, where) for where, content in given]
    for image, (where, _) in zip(opened, given, strict=True):
        if all(low == high for low, high in image.getextrema()):  # type: ignore[misc]
            raise BadReference(f"{where}: one flat colour; there is no style to see")
        seen = (image.mode, image.size, sha256(image.tobytes()).digest())
        if seen in first:
            raise BadReference(f"{where}: shows the same as {first[seen]}; give each image once")
        first[seen] = where
    return opened


def _check_together(given: Sequence[tuple[str, bytes]]) -> None:
    if not 1 <= len(given) <= MOST_REFERENCES:
        raise BadReference(f"{len(given)} references; give one to {MOST_REFERENCES}")
    with warnings.catch_warnings(action="ignore"):
        sizes = [_header(content, where).size for where, content in given]
    if (pixels := sum(width * height for width, height in sizes)) > MOST_TOGETHER:
        raise BadReference(
            f"{len(given)} references of {pixels / 1e6:,.0f} megapixels; together at most "
            f"{MOST_TOGETHER // 1_000_000}: copies of 1,024 px a side are enough"
        )


def _opened(content: bytes, where: str) -> Image.Image:
    image = _header(content, where)
    _check_size(image.size, where)
    try:
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise BadReference(f"{where}: animated, or of several pages; save the one frame that shows the style")
        image.load()
        upright = ImageOps.exif_transpose(image)
        opened = _in_srgb(upright)
    except DAMAGED as error:
        raise BadReference(f"{where}: cut short or damaged ({error}); export it anew") from error
    if opened.mode == "RGBA" and opened.getchannel("A").getbbox() is None:
        raise BadReference(f"{where}: wholly transparent; there is nothing to see")
    return opened


def _header(content: bytes, where: str) -> Image.Image:
    try:
        return Image.open(BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        if not content:
            raise BadReference(f"{where}: empty, 0 bytes; save it anew") from error
        if b"<svg" in content[:SVG_WITHIN].lower():
            raise BadReference(f"{where}: an SVG, which has no pixels; export it as PNG") from error
        raise BadReference(f"{where}: not an image of a known kind; {', '.join(FORMATS)} are") from error
    except Image.DecompressionBombError as error:
        raise BadReference(f"{where}: {_too_large()}") from error
    except DAMAGED as error:
        raise BadReference(f"{where}: cut short or damaged ({error}); export it anew") from error


def _check_size(size: tuple[int, int], where: str) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise BadReference(f"{where}: {width} x {height}; {_too_large()}")
    if min(size) < LEAST_SIDE:
        raise BadReference(f"{where}: {width} x {height}; a side needs at least {LEAST_SIDE} px to show a style")
    if max(size) > MOST_ASPECT * min(size):
        raise BadReference(f"{where}: {width} x {height}; crop it to less than {MOST_ASPECT} times as long as wide")


def _too_large() -> str:
    return f"more than {MOST_PIXELS // 1_000_000} megapixels; a copy of 1,024 px a side is enough"


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours as the embedded profile means them; without one, or with a broken one, as Pillow converts them."""
    if image.mode.startswith(("I", "F")):
        return _from_deep_grey(image)
    if image.mode == "P" or image.mode in ("1", "L", "LA", "PA", "La"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        image = _by_profile(image, profile)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image
    return image if converted is None else converted


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """Grey of 16 bits keeps its scale; any other depth is stretched from its least to its greatest value."""
    values = np.asarray(image, dtype=np.float64)
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else (float(values.min()), float(values.max()))
    if not np.isfinite(high - low):
        raise ValueError("values that are no numbers")
    scaled = (values - low) / max(high - low, 1e-12) * 255
    return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8)).convert("RGB")
