"""Panel: a solid plate that the words are cut out of, the loud line filled, worn as an old print is."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.fitting import cut_lettering, extent, ink, quiet, runs, tower, traced
from studio.lettering.flourishes import specks
from studio.lettering.ornaments import frame, rounded
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """The plate is as high as its words; a line runs inside its edge."""
    area = canvas.area
    hook = quiet(wording.hook, "heavy", Box(area.x + 420, area.y, area.width - 840, 330), 190, 0.22, 2)
    foot = 420.0 if hook else 0.0
    rows = tower(upper(wording.text), draw.choice(["heavy", "display"]), area.inset(330, 340 + foot / 2), 0.045, 7, 1.5)
    body = extent(rows)
    plate = Box(area.x, body.y - 340 - foot / 2, area.width, body.height + 680 + foot)
    rows = [row.to(row.body._replace(y=row.body.y - foot / 2)) for row in rows]
    low = plate.bottom - 415 - extent(hook).centre[1] if hook else 0.0
    hook = [row.to(row.body._replace(y=row.body.y + low)) for row in hook]
    worn = traced(specks(draw, canvas.width, canvas.height, 420, 34))
    line = traced(frame(*plate.inset(110), 36))
    with canvas.without(ink(rows), ink(hook), line, worn):
        canvas.shape(traced(rounded(*plate, 60)), palette.ink)
    with canvas.without(worn):
        cut_lettering(canvas, rows, wording, palette)
    canvas.noted(runs([*rows, *hook]))


def fits(wording: Wording) -> float:
    """Two to ten words."""
    return 1.0 if 2 <= len(wording.words) <= 10 else 0.6


COMPOSITION = Composition("panel", compose, fits, ("bold", "block", "vintage", "worn"))
