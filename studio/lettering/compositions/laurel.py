"""Laurel: serif lines between two branches, as prizes are printed."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.fitting import block, extent, middle, quiet, traced, voiced
from studio.lettering.flourishes import wreath
from studio.lettering.ornaments import star
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """The wreath is as wide as the print; lines keep inside it, the hook stands beneath."""
    area = canvas.area
    hook = quiet(wording.hook, "book", middle(area, area.width * 0.8, 300), 190, 0.2, 2)
    radius = area.width / 2
    (x, _), y = area.centre, area.centre[1] - (220 if hook else 0)
    reach = radius * (0.72 if len(wording.words) == 1 else 0.64)
    room = Box(x - reach, y - radius * 0.46, 2 * reach, radius * 0.92)
    rows = block(upper(wording.text), "serif", room, 0.3, 0.02, 5, 900)
    canvas.shape(traced(wreath(x, y, radius, draw.choice([15, 17, 19]), 22, 0.19)), palette.accent())
    canvas.shape(traced(star(x, y - radius * 0.86, radius * 0.1)), palette.accent(1))
    for row, loud in voiced(rows, wording):
        canvas.letters(row.run, palette.accent(1) if loud else palette.ink)
    low = y + radius + 230
    canvas.letters([row.run.moved(0, low - extent(hook).y) for row in hook], palette.ink)


def fits(wording: Wording) -> float:
    """A title's worth of words."""
    return 0.9 if wording.length <= 40 else 0.4


COMPOSITION = Composition("laurel", compose, fits, ("elegant", "classic", "award", "symmetric", "serif"))
