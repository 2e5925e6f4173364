"""Patch: a stitched badge with a range of mountains or an emblem over the words, as sewn on a rucksack."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import block, cut_lettering, extent, on_ink, quiet, runs, traced
from studio.lettering.flourishes import stitches
from studio.lettering.ornaments import Point, polygon
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """A pointed hexagon; the words stand on its lower half, the emblem in its upper."""
    box = canvas.area.inset(150, 60)
    cloth, seam = hexagon(box, 0), hexagon(box, 150)
    room = Box(box.x + 400, box.y + box.height * 0.45, box.width - 800, box.height * 0.34)
    rows = block(upper(wording.text), draw.choice(["heavy", "slab"]), room, 0.3, 0.02, 5, 900)
    body = extent(rows)
    hook = quiet(wording.hook, "sans", Box(box.x + 900, box.y + box.height * 0.82, box.width - 1800, 260), 170, 0.16, 2)
    sign = emblem_for(wording.text, draw)
    size = min(1500.0, (body.y - box.y) - 900)
    x, y = box.centre[0], (box.y + 620 + body.y - 170) / 2
    glow = traced(emblem(sign, x, y, size))
    dashes = traced(stitches([*seam, seam[0]], 40, 110, 70))
    cut_out(canvas, traced(polygon(cloth)), palette.ink, runs([*rows, *hook]), [glow, dashes])
    if colour := on_ink(palette):
        canvas.shape(glow, colour)
    cut_lettering(canvas, rows, wording, palette)


def hexagon(box: Box, inset: float) -> list[Point]:
    """Points at the top and the foot, sides upright; every edge `inset` inside the box's own."""
    peak = box.height * 0.17
    slope = (peak**2 + (box.width / 2) ** 2) ** 0.5 / (box.width / 2)
    x, right, top, foot = box.x + inset, box.right - inset, box.y + inset * slope, box.bottom - inset * slope
    drop = peak * (1 - 2 * inset / box.width)
    return [
        (box.centre[0], top),
        (right, top + drop),
        (right, foot - drop),
        (box.centre[0], foot),
        (x, foot - drop),
        (x, top + drop),
    ]


def fits(wording: Wording) -> float:
    """A few words."""
    return 1.0 if wording.length <= 32 else 0.5


COMPOSITION = Composition("patch", compose, fits, ("outdoor", "badge", "stitched", "craft", "scout"))
