"""Racing: slanted heavy lines between chequered bands, speed lines running into them."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.fitting import Line, extent, middle, quiet, tower, traced, voiced
from studio.lettering.ornaments import polygon, rounded
from studio.lettering.outline import Box, Outline, joined
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper

LEAN = 0.2
"""How far to the right the tops lean, of their height."""


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Everything leans by the same slope about the foot of the print."""
    area = canvas.area
    hook = quiet(wording.hook, "heavy", middle(area, area.width * 0.7, 300), 210, 0.18, 2)
    foot = 210.0 + extent(hook).height if hook else 0.0
    room = area.inset(330, 560 + foot / 2)
    room = room._replace(height=min(room.height, 3600))
    rows = tower(upper(wording.text), "heavy", room, 0.04, 6, 1.45)
    body = extent(rows)
    shift = area.centre[1] - body.centre[1] - foot / 2
    rows = [row.to(row.body._replace(y=row.body.y + shift)) for row in rows]
    body = extent(rows)
    wide = min(area.width - LEAN * (body.height + 1000), body.width)
    rows = [narrowed(row, body, wide) for row in rows]
    body = extent(rows)
    middle_y = body.centre[1]
    for row, loud in voiced(rows, wording):
        fill = palette.accent() if loud else palette.ink
        canvas.letters(row.run.bent(leaning(row.run.outline, middle_y)), fill)
    for y in (body.y - 150 - 2 * 150, body.bottom + 150):
        canvas.shape(leaning(chequers(body.x, y, body.width, 150, 2), middle_y), palette.ink)
    for index, y in enumerate((body.y - 150 - 2 * 150 - 110, body.bottom + 150 + 2 * 150 + 40)):
        share = draw.uniform(0.55, 0.8)
        x = body.x if index else body.x + body.width * (1 - share)
        canvas.shape(leaning(traced(rounded(x, y, body.width * share, 70)), middle_y), palette.accent())
    low = body.bottom + 150 + 300 + 290
    for row in hook:
        run = row.run.moved(0, low - extent(hook).y)
        canvas.letters(run.bent(leaning(run.outline, middle_y)), palette.fine)


def narrowed(row: Line, around: Box, wide: float) -> Line:
    """Room is made at both sides for what the slope takes."""
    x = around.centre[0] - wide / 2
    share = wide / around.width
    return row.to(Box(x, around.centre[1] + (row.body.y - around.centre[1]), row.body.width * share, row.body.height))


def leaning(outline: Outline, y: float) -> Outline:
    """Slanted about a height, so that it stays where it is."""
    return outline.moved(0, -y).slanted(LEAN).moved(0, y)


def chequers(x: float, y: float, width: float, size: float, rows: int) -> Outline:
    """Rows of squares, every other one; as many as make the width."""
    count = max(4, round(width / size))
    step = width / count
    cells = [(column, row) for row in range(rows) for column in range(row % 2, count, 2)]
    squares = [Box(x + column * step, y + row * size, step, size) for column, row in cells]
    return joined(
        [traced(polygon([(b.x, b.y), (b.right, b.y), (b.right, b.bottom), (b.x, b.bottom)])) for b in squares]
    )


def fits(wording: Wording) -> float:
    """One to six words."""
    return 1.0 if len(wording.words) <= 6 else 0.5


COMPOSITION = Composition("racing", compose, fits, ("sport", "speed", "bold", "dynamic", "motor"))
