"""Signpost: every line on a board of its own, pointing left and right on one post."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.fitting import Line, lines_of, quiet, traced, voiced
from studio.lettering.ornaments import disc, polygon, rounded
from studio.lettering.outline import Box, Outline, joined
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Boards of one height, as long as their words need, a little crooked; the hook is the lowest board."""
    area, x = canvas.area, canvas.area.centre[0]
    count = len(wording.best_lines(1, 6, 9.0))
    rows = lines_of(upper(wording.text), "heavy", count, 0.03)
    boards = len(rows) + (1 if wording.hook else 0)
    high = min(900.0 if boards > 2 else 1250.0, (area.height - 700) / (boards * 1.16))
    way, y = draw.choice([-1, 1]), area.centre[1] - (boards * 1.16 * high - 0.16 * high + 620) / 2 + 200
    stand = traced(rounded(x - 120, y - 200, 240, boards * 1.16 * high + 420 + 200, 60))
    shapes = []
    for index, row in enumerate(rows):
        tilt = draw.uniform(-2.2, 2.2)
        box = Box(area.x + 120, y + index * 1.16 * high, area.width - 240, high)
        shapes.append(board(row, box, way * (1 if index % 2 else -1), tilt))
    if wording.hook:
        row = quiet(wording.hook, "sans", Box(0, 0, 3000, 300), 300, 0.1, 1)[0]
        box = Box(area.x + 420, y + len(rows) * 1.16 * high, area.width - 840, high * 0.72)
        shapes.append(board(row, box, way * (1 if len(rows) % 2 else -1), 0.0))
    with canvas.without(*[plank for _, plank, _ in shapes], margin=40):
        canvas.shape(stand, palette.ink)
    for (row, loud), (_, plank, nails) in zip(voiced([row for row, _, _ in shapes], wording), shapes, strict=True):
        cut_out(canvas, plank, palette.accent() if loud else palette.ink, [row.run], [nails])


def board(row: Line, box: Box, way: int, tilt: float) -> tuple[Line, Outline, Outline]:
    """The line on its plank, the plank with a point on one side, and two nails; turned together."""
    x, y = box.centre
    tip = box.height * 0.42
    fitted = row.within(Box(box.x + tip * 1.5, box.y, box.width - tip * 3, box.height * 0.52), box.height * 0.52)
    half = min(box.width / 2, max(fitted.body.width / 2 + tip * 1.5, box.width * 0.36))
    fitted = fitted.to(
        fitted.body._replace(y=y - fitted.body.height / 2, x=x - fitted.body.width / 2 - way * tip * 0.2)
    )
    point = [
        (x - way * half, box.y),
        (x + way * (half - tip), box.y),
        (x + way * half, y),
        (x + way * (half - tip), box.bottom),
        (x - way * half, box.bottom),
        (x - way * (half - tip * 0.3), y),
    ]
    nails = joined([traced(disc(x - way * (half - tip * 0.75), y + side * box.height * 0.33, 26)) for side in (-1, 1)])
    turned = fitted.bent(fitted.run.outline.turned(tilt, (x, y)))
    return turned, traced(polygon(point)).turned(tilt, (x, y)), nails.turned(tilt, (x, y))


def fits(wording: Wording) -> float:
    """Several short lines."""
    return 0.9 if 3 <= len(wording.words) <= 9 and wording.longest <= 11 else 0.4


COMPOSITION = Composition("signpost", compose, fits, ("outdoor", "travel", "playful", "rustic"))
