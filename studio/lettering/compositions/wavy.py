"""Wavy: lines of one width swing like a flag, each in the next colour over a deep shadow."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.curves import extruded, ripple
from studio.lettering.fitting import enveloped, extent, ink, middle, quiet, tower, traced
from studio.lettering.flourishes import wave_line
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper

RISE = 190.0
SHADOW = (90.0, 110.0)


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Three waves run above and below where there is room."""
    area, swing = canvas.area, draw.choice([-0.7, 0.7]) * RISE
    hook = quiet(wording.hook, "round", middle(area, area.width * 0.8, 300), 190, 0.12, 2)
    foot = extent(hook).height + 260 if hook else 0.0
    room = Box(area.x + 60, area.y + RISE, area.width - 190, area.height - 2 * RISE - foot - 130)
    rows = tower(upper(wording.text), "round", room, 0.06, 7, 1.7)
    around, colours = extent(rows), list(dict.fromkeys(palette.accents))
    low = around.bottom + 400
    if room.height - around.height > 1500:
        stripes(canvas, colours, room, around.y - 160, -1, swing)
        stripes(canvas, colours, room, around.bottom + 290, 1, swing)
        low = around.bottom + 1080
    bent = [enveloped(row, ripple(row.body.y, swing), ripple(row.body.bottom, swing)) for row in rows]
    with canvas.without(ink(bent), margin=20):
        for row, flat in zip(bent, rows, strict=True):
            depth = min(1.0, 0.22 * flat.body.height / SHADOW[1])
            canvas.shape(extruded(row.run.outline, SHADOW[0] * depth, SHADOW[1] * depth), palette.ink)
    for index, row in enumerate(bent):
        canvas.letters(row.run, colours[index % len(colours)])
    low = min(low, area.bottom - extent(hook).height) if hook else low
    canvas.letters([row.run.moved(0, low - extent(hook).y) for row in hook], palette.ink)


def stripes(canvas: Canvas, colours: list[str], room: Box, start: float, way: int, swing: float) -> None:
    """Three parallel waves going away from the words."""
    for index in range(3):
        y = start + way * (150 + index * 190)
        wave = wave_line(room.x, y, room.width, 2 * abs(swing) + 110, 1, 110)
        canvas.shape(traced(wave), colours[index % len(colours)])


def fits(wording: Wording) -> float:
    """A few cheerful words."""
    return 1.0 if len(wording.words) <= 7 and wording.longest <= 10 else 0.5


COMPOSITION = Composition("wavy", compose, fits, ("seventies", "retro", "playful", "round", "colourful"))
