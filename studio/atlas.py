"""Atlas: many designs on few pages whose sides are powers of two, and a JSON that says where each lies.

The JSON is the "array" form of TexturePacker, which Unity's sprite importers read: pixels from the upper left corner
of the page, the pivot in shares of the frame; here it is always the middle. Nothing is turned, nothing is trimmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from studio.errors import Failed

LARGEST = 4096
"""Pixels of a page's side, at most: what every device of the last ten years holds in one texture."""
GAP = 2
"""Transparent pixels between two frames, so that a smoothed edge shows no neighbour."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where one design lies: page, pixels from the upper left corner, its size."""

    name: str
    page: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its size and its frames."""

    width: int
    height: int
    frames: tuple[Frame, ...]


def packed(sizes: Mapping[str, tuple[int, int]], largest: int = LARGEST) -> list[Page]:
    """Pages that hold every frame once, GAP apart, in shelves: the tallest first, then by name.

    Raises:
        Failed: "size" where a frame is larger than a page.
    """
    for name, (width, height) in sizes.items():
        if max(width, height) > largest or min(width, height) < 1:
            raise Failed("size", f"{name} is {width} x {height} px: a page of the atlas holds {largest} x {largest}")
    frames: list[Frame] = []
    page = x = y = shelf = 0
    for name, (width, height) in sorted(sizes.items(), key=lambda one: (-one[1][1], -one[1][0], one[0])):
        if x and x + width > largest:
            x, y, shelf = 0, y + shelf + GAP, 0
        if y and y + height > largest:
            page, x, y, shelf = page + 1, 0, 0, 0
        frames.append(Frame(name, page, x, y, width, height))
        x, shelf = x + width + GAP, max(shelf, height)
    return [_page([frame for frame in frames if frame.page == number]) for number in range(page + 1) if frames]


def _page(frames: Sequence[Frame]) -> Page:
    width = _power(max(frame.x + frame.width for frame in frames))
    height = _power(max(frame.y + frame.height for frame in frames))
    return Page(width, height, tuple(sorted(frames, key=lambda frame: frame.name)))


def _power(side: int) -> int:
    return 1 << (side - 1).bit_length()


def drawn(page: Page, images: Mapping[str, Image.Image]) -> Image.Image:
    """The page itself, transparent where nothing lies."""
    sheet = Image.new("RGBA", (page.width, page.height), (0, 0, 0, 0))
    for frame in page.frames:
        sheet.paste(images[frame.name].convert("RGBA"), (frame.x, frame.y))
    return sheet


def described(page: Page, image: str, version: str) -> dict[str, Any]:
    """The page as JSON; `image` is the name of its file."""
    meta = {
        "app": "bellwether", "version": version, "image": image, "format": "RGBA8888",
        "size": {"w": page.width, "h": page.height}, "scale": 1,
    }  # fmt: skip
    return {"frames": [_frame(frame) for frame in page.frames], "meta": meta}


def _frame(frame: Frame) -> dict[str, Any]:
    size = {"w": frame.width, "h": frame.height}
    return {
        "filename": frame.name,
        "frame": {"x": frame.x, "y": frame.y, **size},
        "rotated": False,
        "trimmed": False,
        "spriteSourceSize": {"x": 0, "y": 0, **size},
        "sourceSize": size,
        "pivot": {"x": 0.5, "y": 0.5},
    }


def fitted(image: Image.Image, side: int) -> Image.Image:
    """A copy whose longer side is `side` pixels; a smaller image is not made larger."""
    copy = image.convert("RGBA")
    copy.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return copy
