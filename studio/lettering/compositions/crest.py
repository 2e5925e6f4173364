"""Crest: a shield with an emblem, a ribbon with the loud word across it, laurel on both sides."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.compositions.ribbon import ribbon_of
from studio.lettering.cutting import cut_out
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import extent, middle, quiet, single, suits, traced
from studio.lettering.flourishes import wreath
from studio.lettering.ornaments import ribbon, shield, star
from studio.lettering.outline import Box, joined
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """The lead stands above, tail and hook below; the shield keeps its size unless they need the room."""
    area, x = canvas.area, canvas.area.centre[0]
    lead = quiet(wording.lead, "serif", middle(area, area.width * 0.84, 800), 340, 0.08)
    tail = quiet(wording.tail, "serif", middle(area, area.width * 0.84, 800), 340, 0.08)
    hook = quiet(wording.hook, "sans", middle(area, area.width * 0.7, 400), 165, 0.22, 2)
    heights = [extent(rows).height + 170 if rows else 0.0 for rows in (lead, tail, hook)]
    tall = min(3500.0, (area.height - sum(heights) - 60) / 1.09)
    top = area.y + (area.height - tall * 1.09 - sum(heights)) / 2
    canvas.letters([row.run.moved(0, top - extent(lead).y) for row in lead], palette.ink)
    y = top + heights[0] + tall / 2
    escutcheon(canvas, wording, palette, draw, Box(x - tall * 0.41, y - tall / 2, tall * 0.82, tall))
    word = single(upper(wording.emphasis), draw.choice(["serif", "slab"]), Box(x - 1480, y - 250, 2960, 500), 0.03)
    parts = [
        traced(part) for part in ribbon(x, y + tall * 0.1, area.width, max(640.0, word.body.height + 300), 480, 150)
    ]
    gap = parts[0].box
    canvas_word = word.to(word.body._replace(y=gap.centre[1] - word.body.height / 2))
    ribbon_of(canvas, parts[0], parts[1], parts[2], [canvas_word], palette)
    top = y + tall * 0.59 + 170
    canvas.letters([row.run.moved(0, top - extent(tail).y) for row in tail], palette.ink)
    canvas.letters([row.run.moved(0, top + heights[1] - extent(hook).y) for row in hook], palette.fine)


def escutcheon(canvas: Canvas, wording: Wording, palette: Palette, draw: random.Random, box: Box) -> None:
    """The shield with a line inside its edge, emblem above and stars below the ribbon, and the laurel behind it."""
    (x, y), wide, tall = box.centre, box.width, box.height
    edge = joined(
        [traced(shield(x, y, wide * 0.92, tall * 0.93)), traced(shield(x, y, wide * 0.88, tall * 0.9, hole=True))]
    )
    sign = traced(emblem(emblem_for(wording.text, draw), x, y - tall * 0.21, wide * 0.4))
    stars = [
        traced(
            star(
                x + step * wide * 0.16,
                y + tall * (0.31 if tall > 2900 else 0.35) - abs(step) * tall * 0.035,
                wide * 0.055,
            )
        )
        for step in ((-1, 0, 1) if tall > 2900 else (0,))
    ]
    slot = traced(ribbon(x, y + tall * 0.1, canvas.area.width, 760, 480, 150)[0])
    outer = traced(shield(x, y, wide, tall))
    with canvas.without(outer, slot, margin=70):
        canvas.shape(
            traced(wreath(x, y + tall * 0.02, min(tall * 0.56, canvas.area.width / 2), 11, 68, 0.21)), palette.accent()
        )
    with canvas.without(slot, margin=56):
        cut_out(canvas, outer, palette.ink, figures=[edge, sign, *stars])


def fits(wording: Wording) -> float:
    """A word that a ribbon can hold, little beside it."""
    return suits(wording, 10, 36)


COMPOSITION = Composition("crest", compose, fits, ("heraldic", "badge", "classic", "symmetric", "vintage"))
