"""Sunset: a striped sun with the lead cut out of it goes down behind the loud word, the rest beneath."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.fitting import Line, block, extent, middle, piled, quiet, runs, single, suits, traced
from studio.lettering.ornaments import striped_sun
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper

RADIUS = 1640.0


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """The words beneath take at most two fifths; the sun stands on them, a fifth of it below the horizon."""
    area = canvas.area
    word = single(upper(wording.emphasis), draw.choice(["heavy", "display"]), middle(area, area.width, 1150))
    below = quiet(wording.tail, "sans", middle(area, area.width * 0.9, 900), 360, 0.12, 2)
    hook = quiet(wording.hook, "sans", middle(area, area.width * 0.8, 400), 170, 0.25, 2)
    groups = piled([[word], below, hook], middle(area, area.width, 2100), 190)
    used = extent([row for rows in groups for row in rows])
    sunk = RADIUS * 0.34
    top = area.centre[1] - (2 * RADIUS - sunk + 110 + used.height) / 2
    shift = top + 2 * RADIUS - sunk + 110 - used.y
    placed = [[row.to(row.body._replace(y=row.body.y + shift)) for row in rows] for rows in groups]
    lead = said_in_sun(wording.lead, area.centre[0], top)
    sun = striped_sun(area.centre[0], top + RADIUS, RADIUS, draw.choice([5, 6, 7]), 0.5, top + 2 * RADIUS - sunk)
    cut_out(canvas, traced(sun), palette.accent(), runs(lead))
    for rows, fill in zip(placed, (palette.ink, palette.ink, palette.fine), strict=True):
        canvas.letters(runs(rows), fill)


def said_in_sun(text: str, x: float, top: float) -> list[Line]:
    """Capitals in the whole upper half of the sun."""
    room = Box(x - RADIUS * 0.74, top + RADIUS * 0.3, RADIUS * 1.48, RADIUS * 0.62)
    return block(upper(text), "heavy", room, 0.28, 0.03, 4, 560) if text else []


def fits(wording: Wording) -> float:
    """One loud word that is not too long, and not too much beside it."""
    return suits(wording, 11, 45)


COMPOSITION = Composition("sunset", compose, fits, ("retro", "summer", "outdoor", "vintage", "warm"))
