"""Bubble: what is said, cut out of a speech bubble; the hook answers in a small one."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import Line, block, cut_lettering, extent, middle, quiet, runs, traced
from studio.lettering.ornaments import bubble
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """The bubble is as high as its words and wide as the print."""
    area, side = canvas.area, draw.choice([-1, 1])
    answer = quiet(wording.hook, "round", middle(area, area.width * 0.5, 400), 210, 0.04, 2)
    spare = (extent(answer).height if answer else 330.0) + 380 + 190 + 240
    rows = block(
        upper(wording.text), draw.choice(["round", "heavy"]), area.inset(430, 430 + spare / 2), 0.3, 0.01, 6, 1500
    )
    body = extent(rows)
    high = body.height + 860
    top = area.centre[1] - (high + spare) / 2
    rows = [row.to(row.body._replace(y=row.body.y + top + 430 - body.y)) for row in rows]
    cut_out(canvas, traced(bubble(area.x, top, area.width, high, 520, side)), palette.ink, runs(rows))
    cut_lettering(canvas, rows, wording, palette)
    reply(canvas, wording, answer, draw, Box(area.x, top + high, area.width, spare), -side, palette)


def reply(
    canvas: Canvas, wording: Wording, rows: list[Line], draw: random.Random, box: Box, side: int, palette: Palette
) -> None:
    """A small bubble beneath, its tail to the other side, with the hook or an emblem in it."""
    body = extent(rows) if rows else Box(0, 0, 640, 330)
    wide, high = body.width + 420, body.height + 380
    x = box.right - wide if side > 0 else box.x
    placed = [
        row.to(row.body._replace(x=row.body.x + x + 210 - body.x, y=row.body.y + box.y + 380 - body.y)) for row in rows
    ]
    sign = traced(emblem(emblem_for(wording.text, draw), x + wide / 2, box.y + 190 + high / 2, 480))
    plate = traced(bubble(x, box.y + 190, wide, high, 240, side))
    cut_out(canvas, plate, palette.accent(1), runs(placed), [] if rows else [sign])


def fits(wording: Wording) -> float:
    """Something one says."""
    return 1.0 if 2 <= len(wording.words) <= 10 else 0.5


COMPOSITION = Composition("bubble", compose, fits, ("playful", "comic", "speech", "casual", "round"))
