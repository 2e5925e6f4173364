"""Varsity: college slab swelling to the middle, its outline set off by a gap, the year split by a star."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.curves import hill
from studio.lettering.fitting import Line, block, enveloped, extent, ink, middle, quiet, runs, single, suits, traced
from studio.lettering.flourishes import divider
from studio.lettering.ornaments import star
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Lead, the swelling word, tail, and the hook or a star beneath."""
    area = canvas.area
    role = draw.choice(["slab", "serif"])
    short = wording.length <= 9
    lead, loud, tail = ("", wording.text, "") if short else (wording.lead, wording.emphasis, wording.tail)
    word = single(upper(loud), role, Box(area.x + 90, 0, area.width - 180, 1250), 0.02)
    wide, rise = word.body.width, min(700.0, 0.17 * word.body.width)
    tall = max(word.body.height * 1.25, min(1900.0, wide * 0.46))
    above = quiet(lead, "slab", middle(area, area.width * 0.9, 900), 300, 0.1)
    below = quiet(tail, "slab", middle(area, area.width * 0.9, 900), 300, 0.1)
    heights = [extent(rows).height if rows else 0.0 for rows in (above, below)]
    total = sum(height + 290 for height in heights if height) + tall + 520
    top = area.y + max(0.0, (area.height - total) / 2)
    draw_rows(canvas, above, top, palette.ink)
    top += heights[0] + 290 if above else 0
    swollen = swell(word, top, tall, rise, flat=bool(above))
    ring(canvas, swollen, palette)
    draw_rows(canvas, below, top + tall + 250, palette.ink)
    foot(wording, palette, canvas, top + tall + (heights[1] + 250 if below else 0) + 400)


def swell(word: Line, top: float, tall: float, rise: float, flat: bool) -> Line:
    """The word between two edges: flat above a lead's foot and hollow below, or round above and flat below."""
    if flat:
        return enveloped(word, hill(top, 0), hill(top + tall - rise, -rise))
    return enveloped(word, hill(top + rise, rise), hill(top + tall, 0))


def draw_rows(canvas: Canvas, rows: list[Line], top: float, fill: str) -> None:
    """Rows moved so that the first begins at a height."""
    if rows:
        shift = top - extent(rows).y
        canvas.letters([row.run.moved(0, shift) for row in rows], fill)


def ring(canvas: Canvas, word: Line, palette: Palette) -> None:
    """Letters in the accent, a line of ink around them, the product showing between."""
    with canvas.without(ink([word]), margin=34):
        canvas.shape(ink([word]), palette.ink, palette.ink, 150)
    canvas.letters(runs([word]), palette.accent())


def foot(wording: Wording, palette: Palette, canvas: Canvas, y: float) -> None:
    """The year split by a star, the hook between dividers, or a star alone."""
    x, area = canvas.area.centre[0], canvas.area
    y = min(y, area.bottom - 180)
    if wording.year and wording.year in wording.hook and len(wording.hook) <= 10:
        left = single(wording.year[:2], "slab", Box(x - 720, y - 170, 480, 340), 0.05)
        right = single(wording.year[2:], "slab", Box(x + 240, y - 170, 480, 340), 0.05)
        canvas.letters(runs([left, right]), palette.ink)
        canvas.shape(traced(star(x, y, 210)), palette.accent())
    elif wording.hook:
        canvas.letters(
            runs(block(upper(wording.hook), "slab", Box(x - 1500, y - 180, 3000, 360), 0.5, 0.14, 2, 170)),
            palette.accent(),
        )
    else:
        canvas.shape(traced(divider(x, y, 2400, 260, "star")), palette.ink)


def fits(wording: Wording) -> float:
    """A word that carries it, not too long to swell."""
    return suits(wording, 10, 40)


COMPOSITION = Composition("varsity", compose, fits, ("college", "varsity", "sport", "bold", "vintage"))
