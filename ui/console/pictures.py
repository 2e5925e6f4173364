"""Pictures: designs as a browser takes them: small ones inside the page, a large one as a file; reduced once, kept.

A picture of which the file is gone (moved to a colder place, lost) is none, and its page says so in its own words.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from store.assets import Assets

SMALL, LARGE = 256, 1_200
QUALITY = 82
"""Of WebP: a thumbnail of lettering is 3 to 8 KB, and no edge frays that one could see."""
GROUND = re.compile(r"#[0-9a-fA-F]{6}")


def inline(folder: Path, digest: str | None, side: int = SMALL) -> str:
    """A data URL of at most so many pixels a side; empty where there is no such picture."""
    return _url(webp(folder, digest, side))


def webp(folder: Path, digest: str | None, side: int = LARGE) -> bytes:
    """The picture, its alpha kept, at most so many pixels a side; empty where there is none."""
    if not digest:
        return b""
    try:
        return _small(folder, digest, side) if side <= SMALL else _large(folder, digest, side)
    except (FileNotFoundError, UnidentifiedImageError):
        return b""


def ground(colour: str | None) -> str:
    """The colour if it is "#rrggbb", else nothing: it goes into a style."""
    return colour if colour and GROUND.fullmatch(colour) else ""


@lru_cache(maxsize=64)
def of_file(path: Path, side: int = LARGE) -> bytes:
    """A picture that lies in a file which is never written again, reduced."""
    with Image.open(path) as opened:
        return _written(opened, side)


def of_image(image: Image.Image, side: int = SMALL) -> str:
    """A data URL of a picture that is open."""
    return _url(_written(image, side))


def _url(content: bytes) -> str:
    return f"data:image/webp;base64,{b64encode(content).decode()}" if content else ""


def _reduced(folder: Path, digest: str, side: int) -> bytes:
    with Image.open(Assets(folder).path(digest)) as opened:
        return _written(opened, side)


def _written(image: Image.Image, side: int) -> bytes:
    small = image.convert("RGBA") if image.has_transparency_data else image.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    written = BytesIO()
    small.save(written, "WEBP", quality=QUALITY, method=2)
    return written.getvalue()


_small = lru_cache(maxsize=2_048)(_reduced)
_large = lru_cache(maxsize=64)(_reduced)
