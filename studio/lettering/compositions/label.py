"""Label: a printer's label with double rules, an emblem and fine dividers, as on a jar or a bottle."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import Line, extent, piled, quiet, single, suits, traced
from studio.lettering.flourishes import divider
from studio.lettering.ornaments import notched_frame
from studio.lettering.outline import Box
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """From the top: emblem, lead, the loud word as wide as the label, tail, hook; dividers between."""
    area = canvas.area
    box = Box(area.x + 210, area.y, area.width - 420, area.height)
    inside = box.inset(420, 480)
    size, gap = 900.0, 330.0
    word = single(upper(wording.emphasis), draw.choice(["serif", "slab"]), Box(inside.x, 0, inside.width, 1100))
    lead = quiet(wording.lead, "book", Box(inside.x, 0, inside.width * 0.94, 1000), 330, 0.1)
    tail = quiet(wording.tail, "book", Box(inside.x, 0, inside.width * 0.94, 1000), 330, 0.1)
    hook = quiet(wording.hook, "sans", Box(inside.x, 0, inside.width * 0.9, 400), 160, 0.26, 2)
    room = Box(inside.x, inside.y + size + gap, inside.width, inside.height - size - gap - 200)
    groups = piled([lead, [word], tail, hook], room, gap)
    used = extent([row for rows in groups for row in rows])
    total = size + gap + used.height + 360
    top = area.centre[1] - total / 2
    edge = Box(box.x, max(area.y, top - 620), box.width, 0)
    edge = edge._replace(height=2 * (area.centre[1] - edge.y))
    for bite, inset, line in ((330, 0, 62), (330, 120, 22)):
        canvas.shape(traced(notched_frame(*edge.inset(inset), bite, line)), palette.ink)
    canvas.shape(traced(emblem(emblem_for(wording.text, draw), area.centre[0], top + size / 2, size)), palette.accent())
    lettered(canvas, groups, top + size + gap - used.y, palette)
    canvas.shape(traced(divider(area.centre[0], top + total - 90, inside.width * 0.62, 190)), palette.ink)


def lettered(canvas: Canvas, groups: list[list[Line]], shift: float, palette: Palette) -> None:
    """The loud group in the accent, the others in ink."""
    for rows, fill in zip(groups, (palette.ink, palette.accent(), palette.ink, palette.ink), strict=True):
        canvas.letters([row.run.moved(0, shift) for row in rows], fill)


def fits(wording: Wording) -> float:
    """A loud word and a little beside it."""
    return suits(wording, 12, 50)


COMPOSITION = Composition("label", compose, fits, ("vintage", "classic", "craft", "elegant", "symmetric"))
