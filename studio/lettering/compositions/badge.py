"""Badge: a round seal; words on its rim, those that carry it on a disc in the middle."""

from __future__ import annotations

import random
from dataclasses import replace

from studio.lettering.compositions import Composition
from studio.lettering.curves import on_circle
from studio.lettering.cutting import cut_out
from studio.lettering.fitting import traced
from studio.lettering.ornaments import polar, rope, star
from studio.lettering.outline import Box, ellipse, ring
from studio.lettering.palettes import Palette
from studio.lettering.setting import filling, line
from studio.lettering.shaping import Run
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper

RIM = (0.68, 0.92)
"""Where the rim's words may stand, of the outer radius."""


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """A disc in the ink, a rope or a ring around it; its words and lines show the product through."""
    (x, y), edge = canvas.area.centre, min(canvas.area.width, canvas.area.height) / 2
    outer = edge * 0.93
    top, middle, foot = parts(wording)
    rim = [*on_rim(top, (x, y), outer, False), *on_rim(foot, (x, y), outer, True)]
    bare = not rim
    inner = outer * (0.86 if bare else RIM[0] - 0.05)
    heart = [run for _, run in filling(middle, [draw.choice(["heavy", "serif"]), "condensed"], square((x, y), inner))]
    marks = [] if bare else [traced(star(*polar(x, y, outer * sum(RIM) / 2, side), outer * 0.05)) for side in (-90, 90)]
    lines = [ring(x, y, outer * 0.955, outer * 0.943), ellipse(x, y, inner + outer * 0.03)]
    cut_out(canvas, ellipse(x, y, outer), palette.ink, rim, [*lines, *marks])
    cut_out(canvas, ellipse(x, y, inner + outer * 0.012), palette.accent(), heart)
    canvas.shape(rope(x, y, edge, edge * 0.045) if draw.random() < 0.5 else ring(x, y, edge, edge * 0.975), palette.ink)


def parts(wording: Wording) -> tuple[str, Wording, str]:
    """What stands above on the rim, in the middle, and below on the rim; what is too long for a rim stays inside."""
    around = [wording.lead, wording.tail or wording.hook]
    if max(len(each) for each in around) > 26 or (wording.lead and not around[1] and len(wording.lead) > 26):
        return "", wording, wording.hook if len(wording.hook) <= 26 else ""
    heart = replace(wording, text=wording.emphasis, lead="", tail="")
    top = wording.lead or (wording.hook if wording.tail else "")
    return top, heart, around[1]


def on_rim(text: str, centre: tuple[float, float], outer: float, inside: bool) -> list[Run]:
    """The words on the upper or the lower half of the rim, as large as a third of the circle holds."""
    if not text:
        return []
    run = line(upper(text), "sans", 0.08)
    high = (RIM[1] - RIM[0]) * outer * (0.8 if run.cursive else 0.52)
    run = run.scaled(min(high / run.body.height, 2.35 * outer * sum(RIM) / 2 / run.width))
    middle = outer * sum(RIM) / 2
    radius = middle + run.body.centre[1] * (-1 if inside else 1)
    return [on_circle(run, centre, radius, 180.0 if inside else 0.0, inside)]


def square(centre: tuple[float, float], radius: float) -> Box:
    """The lying box in a circle that words fill best."""
    wide, tall = radius * 0.88, radius * 0.5
    return Box(centre[0] - wide, centre[1] - tall, 2 * wide, 2 * tall)


def fits(wording: Wording) -> float:
    """Slogans with a word to put in the middle and few enough others for the rim."""
    top, middle, foot = parts(wording)
    if len(middle.text) > 40 or middle.longest > 12:
        return 0.3
    return 1.0 if top or foot else 0.6


COMPOSITION = Composition("badge", compose, fits, ("badge", "vintage", "round", "symmetric"))
