"""Raster: an SVG of outlines becomes pixels, by resvg; no font is read, none can be replaced."""

from __future__ import annotations

from io import BytesIO

import resvg_py
from PIL import Image

from studio.drawing import Size


def draw(svg: bytes, size: Size) -> Image.Image:
    """RGBA of exactly this size; what the SVG leaves out is transparent. The SVG's proportions must be the size's."""
    return opened(packed(svg, size), size)


def packed(svg: bytes, size: Size) -> bytes:
    """The same as the PNG file that resvg makes of it, which may be a pixel smaller on one side."""
    return resvg_py.svg_to_bytes(
        svg_string=svg.decode(), width=size.width, height=size.height, skip_system_fonts=True, dpi=float(size.dpi)
    )


def opened(png: bytes, size: Size) -> Image.Image:
    """What `packed` made, in the middle of exactly this size."""
    image = Image.open(BytesIO(png))
    image.load()
    if image.mode == "RGBA" and image.size == (size.width, size.height):
        return image
    sheet = Image.new("RGBA", (size.width, size.height))
    sheet.paste(image.convert("RGBA"), ((size.width - image.width) // 2, (size.height - image.height) // 2))
    return sheet
