"""Rainbow: bands of colour in an arch, the words standing under it and at its foot."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import block, extent, middle, quiet, traced, voiced
from studio.lettering.ornaments import band, rounded, sparkle
from studio.lettering.outline import joined
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """An emblem under the arch, the text below; the arch shrinks where the text needs room."""
    area, x = canvas.area, canvas.area.centre[0]
    rows = block(upper(wording.text), "round", middle(area, area.width, 2500), 0.26, 0.0, 5, 1300)
    hook = quiet(wording.hook, "round", middle(area, area.width * 0.8, 300), 180, 0.14, 2)
    body = extent(rows)
    foot = body.height + (extent(hook).height + 230 if hook else 0)
    radius = min(1900.0, (area.height - foot - 330) / 1.32)
    legs = radius * 0.32
    top = area.centre[1] - (radius + legs + 290 + foot) / 2
    y = top + radius
    colours = list(dict.fromkeys([*palette.accents, palette.ink]))
    count, width = max(4, len(colours)), radius * 0.145
    for index in range(count):
        outer = radius - index * width * 1.12
        arch = band(x, y, outer, outer - width, -90, 90)
        feet = [rounded(side, y - 1, width, legs + 1) for side in (x - outer, x + outer - width)]
        canvas.shape(joined([traced(part) for part in (arch, *feet)]), colours[index % len(colours)])
    hollow = radius - count * width * 1.12
    canvas.shape(
        traced(emblem(emblem_for(wording.text, draw), x, y + legs - hollow * 0.62, hollow * 1.05)), palette.ink
    )
    for side, size in ((-1, 150), (1, 210)):
        spot = (x + side * radius * 0.88, top + radius * (0.22 if side > 0 else 0.12))
        canvas.shape(traced(sparkle(*spot, size)), palette.accent(1))
    low = y + legs + 290
    for row, loud in voiced(rows, wording):
        canvas.letters(row.run.moved(0, low - body.y), palette.accent() if loud else palette.ink)
    canvas.letters([row.run.moved(0, low + body.height + 230 - extent(hook).y) for row in hook], palette.fine)


def fits(wording: Wording) -> float:
    """Kind words, not too many."""
    return 0.9 if wording.length <= 36 else 0.5


COMPOSITION = Composition("rainbow", compose, fits, ("retro", "seventies", "playful", "kids", "round"))
