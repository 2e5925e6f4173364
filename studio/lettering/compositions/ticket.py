"""Ticket: a notched pass with a stub torn off along a dotted line."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import Line, cut_lettering, quiet, runs, single, tower, traced
from studio.lettering.flourishes import stitches
from studio.lettering.ornaments import arc_points, frame, polygon, rule, star
from studio.lettering.outline import Box, Outline, joined
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, units, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """A solid pass that the words are cut out of; the stub bears the hook or bars."""
    box = canvas.area.inset(420, 60)
    tear = box.bottom - 1020
    rows = said(upper(wording.text), draw.choice(["heavy", "slab"]), Box(box.x, box.y, box.width, tear - box.y))
    alone = len(rows) == 1
    sign = Box(box.x, box.y + (1450 if alone else 540), box.width, 0)
    hook = quiet(wording.hook, "sans", Box(box.x + 330, tear + 190, box.width - 660, 300), 190, 0.2, 2)
    line = traced(frame(box.x + 130, box.y + 130, box.width - 260, tear - box.y - 260, 26, 40))
    head = crown(sign, 1500 if alone else 480, wording, draw)
    figures = [line, perforation(box, tear), head, bars(box, tear, bool(hook), draw)]
    cut_out(canvas, paper(box, tear), palette.ink, runs([*rows, *hook]), figures)
    cut_lettering(canvas, rows, wording, palette)


def paper(box: Box, tear: float) -> Outline:
    """The pass: a bite out of every corner, and of both sides where the stub begins."""
    bites = [(box.x, box.y, 190, 180, 90), (box.right, box.y, 190, 270, 180), (box.right, tear, 150, 360, 180)]
    bites += [(box.right, box.bottom, 190, 360, 270), (box.x, box.bottom, 190, 90, 0), (box.x, tear, 150, 180, 0)]
    return traced(polygon([point for bite in bites for point in arc_points(*bite, 6)]))


def said(text: str, role: str, body: Box) -> list[Line]:
    """A tower under the small emblem; a single word low under the large one."""
    if len(units(text)) == 1:
        return [single(text, role, Box(body.x + 330, body.y + 2350, body.width - 660, body.height - 2680))]
    return tower(text, role, Box(body.x + 330, body.y + 930, body.width - 660, body.height - 1260), 0.05, 7, 1.5)


def perforation(box: Box, y: float) -> Outline:
    return traced(stitches([(box.x + 260, y), (box.right - 260, y)], 34, 90, 80))


def crown(box: Box, size: float, wording: Wording, draw: random.Random) -> Outline:
    """An emblem at the head, between stars where it is small; large over a single word."""
    x, y = box.centre
    if size > 1000:
        return traced(emblem(emblem_for(wording.text, draw), x, y, size))
    stars = [traced(star(x + side * step, y, 95)) for side in (-1, 1) for step in (640, 960)]
    lines = [traced(rule(x + side * 1290 - 170, y, 340, 26)) for side in (-1, 1)]
    return joined([traced(emblem(emblem_for(wording.text, draw), x, y, size)), *stars, *lines])


def bars(box: Box, tear: float, low: bool, draw: random.Random) -> Outline:
    """A row of bars as on a pass; lower where the hook stands above them."""
    top, bottom = tear + (560 if low else 260), box.bottom - 230
    x, right, found = box.x + 460, box.right - 460, []
    while x < right - 90:
        wide = draw.choice([22.0, 22.0, 44.0, 70.0])
        found.append(traced(rule(x, (top + bottom) / 2, wide, bottom - top)))
        x += wide + draw.choice([26.0, 40.0, 64.0])
    return joined(found)


def fits(wording: Wording) -> float:
    """Two to eight words."""
    return 0.9 if 2 <= len(wording.words) <= 8 else 0.5


COMPOSITION = Composition("ticket", compose, fits, ("retro", "event", "block", "playful"))
