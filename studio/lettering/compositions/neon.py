"""Neon: letters bent from tubes, two lines and a core, in a rounded sign."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import block, extent, middle, quiet, runs, traced, voiced
from studio.lettering.ornaments import frame
from studio.lettering.outline import Box, Outline
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """The sign is as high as what stands in it."""
    area = canvas.area
    rows = block(upper(wording.text), draw.choice(["round", "display"]), area.inset(520, 1150), 0.42, 0.06, 5, 1250)
    hook = quiet(wording.hook, "round", middle(area, area.width - 1100, 400), 200, 0.16, 2)
    body, sign = extent(rows), 760.0
    foot = 290 + extent(hook).height if hook else 0.0
    total = sign + 200 + body.height + foot
    top = area.centre[1] - total / 2
    rows = [row.to(row.body._replace(y=row.body.y + top + sign + 200 - body.y)) for row in rows]
    low = extent(rows).bottom
    thick = min(46.0, 0.1 * min(row.body.height for row in rows))
    for row, loud in voiced(rows, wording):
        tube(canvas, row.run.outline, palette.accent() if loud else palette.ink, thick)
    canvas.noted(runs(rows))
    tube(
        canvas,
        traced(emblem(emblem_for(wording.text, draw), area.centre[0], top + sign / 2, sign * 0.86)),
        palette.fine,
        46,
    )
    canvas.letters([row.run.moved(0, low + 290 - extent(hook).y) for row in hook], palette.fine)
    box = Box(area.x, top - 380, area.width, total + 760)
    box = Box(box.x, max(area.y, box.y), box.width, min(area.bottom, box.bottom) - max(area.y, box.y))
    canvas.shape(traced(frame(*box, 50, 420)), palette.accent())
    canvas.shape(traced(frame(*box.inset(130), 26, 300)), palette.ink)


def tube(canvas: Canvas, outline: Outline, colour: str, thick: float) -> None:
    """One line along the edges, round at every corner."""
    canvas.shape(outline, None, colour, thick)


def fits(wording: Wording) -> float:
    """Few words; outlines need size."""
    return 1.0 if wording.length <= 24 else 0.3


COMPOSITION = Composition("neon", compose, fits, ("neon", "outline", "monoline", "modern", "night"))
