"""Note: written by hand, a little slanted, underlined in one stroke, with a few glints."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import block, extent, quiet, traced, voiced
from studio.lettering.flourishes import swash
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Narrow capitals as tall as the print; the loud line in the accent."""
    area, tilt = canvas.area, draw.choice([-4.0, -3.0, 3.0])
    room = area.inset(330, 420)
    rows = block(upper(wording.text), "hand", Box(room.x, room.y, room.width, room.height - 1000), 0.2, 0.02, 6, 2100)
    body, centre = extent(rows), area.centre
    shift = centre[1] - body.centre[1]
    for row, loud in voiced(rows, wording):
        fill = palette.accent() if loud or len(rows) == 1 else palette.ink
        canvas.letters(row.run.moved(0, shift).bent(row.run.outline.moved(0, shift).turned(tilt, centre)), fill)
    low = body.bottom + shift
    wide = max(1500.0, min(body.width, room.width))
    line = traced(swash(centre[0] - wide / 2, low + 260, wide, 120, 90)).turned(tilt, centre)
    canvas.shape(line, palette.accent())
    hook = quiet(wording.hook, "hand", Box(room.x, low + 420, room.width, 380), 300, 0.06, 2)
    canvas.letters([row.run.bent(row.run.outline.turned(tilt, centre)) for row in hook], palette.ink)
    name = emblem_for(wording.text, draw)
    spot = (centre[0], body.y + shift - 400)
    canvas.shape(traced(emblem(name, *spot, 480)).turned(tilt, centre), palette.accent(1))


def fits(wording: Wording) -> float:
    """Anything said in a sentence."""
    return 1.0 if 2 <= len(wording.words) <= 12 else 0.5


COMPOSITION = Composition("note", compose, fits, ("hand", "casual", "light", "friendly", "handwritten"))
