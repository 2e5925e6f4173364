"""Diagonal: a script rising across the print with a tail beneath it, small capitals above and below."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.fitting import Line, block, extent, middle, quiet, suits, traced
from studio.lettering.flourishes import swash
from studio.lettering.ornaments import sparkle
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Everything turns together about the centre, so the baselines stay parallel."""
    area, tilt = canvas.area, draw.choice([-10.0, -8.0, -6.0])
    short = wording.length <= 14
    lead, loud, tail = ("", wording.text, "") if short else (wording.lead, wording.emphasis, wording.tail)
    loud = loud[:1].upper() + loud[1:]
    rows = block(loud, "script", middle(area, area.width - 330, 2600), 0.0, 0.0, 1 if len(loud) <= 14 else 2)
    body = extent(rows)
    above = quiet(lead, "heavy", middle(area, area.width * 0.72, 800), 330, 0.1)
    below = quiet(tail, "heavy", middle(area, area.width * 0.72, 800), 330, 0.1)
    hook = quiet(wording.hook, "sans", middle(area, area.width * 0.6, 300), 165, 0.2, 2)
    heights = [extent(part).height if part else 0.0 for part in (above, below, hook)]
    total = body.height + 420 + sum(height + 170 for height in heights if height)
    top, centre = area.centre[1] - total / 2, area.centre

    def put(part: list[Line], fill: str, y: float) -> None:
        for row in part:
            run = row.run.moved(0, y - extent(part).y)
            canvas.letters(run.bent(run.outline.turned(tilt, centre)), fill)

    put(above, palette.ink, top)
    top += heights[0] + 170 if above else 0
    put(rows, palette.accent(), top)
    wide = max(1800.0, body.width * 0.8)
    tail_y = top + body.height + 190
    canvas.shape(traced(swash(centre[0] - wide / 2, tail_y, wide, 90, 120)).turned(tilt, centre), palette.accent())
    glints = [
        (body.right - 40, top - 130, 190),
        (body.right + 150, top + 120, 110),
        (body.x - 20, top + body.height + 60, 120),
    ]
    for x, y, size in glints:
        canvas.shape(traced(sparkle(x, y, size)).turned(tilt, centre), palette.accent(1))
    top = tail_y + 230
    put(below, palette.ink, top)
    put(hook, palette.ink, top + (heights[1] + 170 if below else 0))


def fits(wording: Wording) -> float:
    """A word that a script makes handsome."""
    return suits(wording, 10, 40)


COMPOSITION = Composition("diagonal", compose, fits, ("script", "retro", "baseball", "dynamic", "friendly"))
