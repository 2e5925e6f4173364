"""Mock-ups: a design on a product, as a shop shows it: flat, in its colour, at its true scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from math import asin, cos

import numpy as np
from PIL import Image, ImageColor

from studio.descriptors.colour import ciede2000, to_lab
from studio.drawing import Size
from studio.errors import NotConfigured
from studio.lettering.raster import draw
from studio.products import BACKDROP, BLURS, PRODUCTS, Product

SIDE = 1200
"""Pixels a side of every mock-up."""
SCALE = SIDE / 1000
TILT = 0.1
"""How far the middle of a cylinder's print hangs below its ends, as a share of its radius: seen from a little above."""
STRIPS = 48
HIDDEN = 25.0
"""CIEDE2000 between an ink and what it is printed on, under which a shop's picture does not show it."""


def mockup(image: Image.Image, product: str, colourway: str, side: str = "front") -> Image.Image:
    """RGB, 1200 x 1200: the design as large as the print area holds it, at the top of it, in the middle.

    Raises:
        NotConfigured: there is no such product, colourway or side; the message lists those there are.
    """
    chosen = _product(product, colourway, side)
    under, over = _layers(product, colourway, side)
    area = chosen.areas[side]
    picture = under.copy()
    picture.alpha_composite(*_placed(image, area, chosen.bulge))
    picture.alpha_composite(over)
    return picture.convert("RGB")


def key_of(product: str, colourway: str, side: str) -> str:
    """A hash of all that a mock-up shows beside its design: drawn otherwise, it is another.

    Raises NotConfigured as `mockup` does.
    """
    chosen = _product(product, colourway, side)
    layers = chosen.draw(chosen.colourways[colourway], side)
    told = repr((layers, chosen.areas[side], chosen.bulge, SIDE, TILT, STRIPS, BACKDROP, BLURS))
    return sha256(told.encode()).hexdigest()


def nearest_colourway(product: str, ground: str) -> str:
    """The colourway of a product that is most like a colour, "#rrggbb" (CIEDE2000)."""
    if product not in PRODUCTS:
        raise NotConfigured(f"no product {product!r}; there are: {', '.join(PRODUCTS)}")
    wanted = _lab(ground)
    colours = PRODUCTS[product].colourways
    return min(colours, key=lambda name: float(ciede2000(wanted, _lab(colours[name]))))


def hidden_on(product: str, colourway: str, inks: Sequence[str]) -> str:
    """Which of these colours hardly shows on a product, by HIDDEN, and where it would; '' where all do."""
    colours = PRODUCTS[product].colourways
    hidden = [ink for ink in inks if _apart(ink, colours[colourway]) < HIDDEN]
    if not hidden:
        return ""
    better = [name for name, colour in colours.items() if all(_apart(ink, colour) >= HIDDEN for ink in inks)]
    instead = f"; it does on {', '.join(better)}" if better else ""
    return f"{hidden[0]} hardly shows on {colourway}{instead}"


def _apart(one: str, other: str) -> float:
    return float(ciede2000(_lab(one), _lab(other)))


def _lab(colour: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return to_lab(np.array(ImageColor.getrgb(colour)[:3], dtype=np.uint8)).astype(np.float64)


def _product(product: str, colourway: str, side: str) -> Product:
    if product not in PRODUCTS:
        raise NotConfigured(f"no product {product!r}; there are: {', '.join(PRODUCTS)}")
    chosen = PRODUCTS[product]
    if colourway not in chosen.colourways:
        raise NotConfigured(f"no {product} in {colourway!r}; there are: {', '.join(chosen.colourways)}")
    if side not in chosen.areas:
        raise NotConfigured(f"a {product} is not printed on its {side}; there are: {', '.join(chosen.areas)}")
    return chosen


@lru_cache(maxsize=64)
def _layers(product: str, colourway: str, side: str) -> tuple[Image.Image, Image.Image]:
    chosen = PRODUCTS[product]
    under, over = chosen.draw(chosen.colourways[colourway], side)
    wall = f'<defs>{BACKDROP}</defs><rect width="1000" height="1000" fill="url(#wall)"/>'
    return _drawn(wall + under), _drawn(over)


def _drawn(inside: str) -> Image.Image:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000"><defs>{BLURS}</defs>{inside}</svg>'
    return draw(svg.encode(), Size(SIDE, SIDE, 96))


def _placed(
    image: Image.Image, area: tuple[float, float, float, float], bulge: float
) -> tuple[Image.Image, tuple[int, int]]:
    """The design as it lies on the product, and its upper left corner."""
    left, top, right, bottom = (value * SCALE for value in area)
    scale = min((right - left) / image.width, (bottom - top) / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.convert("RGBA").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    corner = (round((left + right - size[0]) / 2), round(top))
    return (_bent(small, bulge), corner) if bulge else (small, corner)


def _bent(flat: Image.Image, bulge: float) -> Image.Image:
    """A print around a cylinder whose radius is `bulge` times half its width, seen from a little above."""
    half = flat.width / 2
    radius, reach = half * bulge, asin(1 / bulge)
    sag = radius * TILT
    low = cos(reach)
    size = (flat.width, round(flat.height + sag * (1 - low)))
    edges = [round(size[0] * step / STRIPS) for step in range(STRIPS + 1)]
    strips = []
    for left, right in pairwise(edges):
        ends = [asin((edge - half) / radius) for edge in (left, right)]
        (x0, y0), (x1, y1) = ((half + angle / reach * half, -sag * (cos(angle) - low)) for angle in ends)
        strips.append(((left, 0, right, size[1]), (x0, y0, x0, y0 + size[1], x1, y1 + size[1], x1, y1)))
    return flat.transform(size, Image.Transform.MESH, strips, Image.Resampling.BICUBIC)
