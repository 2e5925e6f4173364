"""Seal: a scalloped disc, words around its rim, the loud one across the middle under an emblem."""

from __future__ import annotations

import math
import random

from studio.lettering.compositions import Composition
from studio.lettering.curves import on_circle
from studio.lettering.cutting import cut_out
from studio.lettering.emblems import emblem, emblem_for
from studio.lettering.fitting import Line, block, extent, line, runs, suits, traced
from studio.lettering.flourishes import divider
from studio.lettering.ornaments import disc, polar, ring, rope, scalloped, star
from studio.lettering.outline import Box, joined
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """A solid rim that shows the words through, or a rope; inside, emblem and word."""
    (x, y), radius = canvas.area.centre, canvas.area.width / 2
    tail = wording.tail or wording.hook
    inner = radius * 0.66
    rim = [*curved(wording.lead, x, y, radius * 0.83, 0), *curved(tail, x, y, radius * 0.83, 180)]
    stars = [traced(star(*polar(x, y, radius * 0.83, turn), radius * 0.07)) for turn in starred(wording.lead, tail)]
    disk = [scalloped(x, y, radius, draw.choice([36, 44, 52]), 0.045), disc(x, y, inner + radius * 0.045, hole=True)]
    line = traced(ring(x, y, radius * 0.955, radius * 0.012))
    cut_out(canvas, joined([traced(part) for part in disk]), palette.ink, runs(rim), [line, *stars])
    canvas.shape(traced(rope(x, y, inner + radius * 0.02, radius * 0.03, 96)), palette.accent())
    centre(wording, palette, canvas, draw, Box(x - inner, y - inner, 2 * inner, 2 * inner))


def starred(lead: str, tail: str) -> list[float]:
    """Where stars stand on the rim: at both sides, and wherever there are no words."""
    above = [] if lead else [-48.0, -24.0, 0.0, 24.0, 48.0]
    below = [] if tail else [132.0, 156.0, 180.0, 204.0, 228.0]
    return [-90.0, 90.0, *above, *below]


def curved(text: str, x: float, y: float, radius: float, degrees: float) -> list[Line]:
    """Capitals on the rim, centred at the top or the foot, over 150 degrees at most."""
    if not text:
        return []
    row = line(upper(text), "sans", 0.1)
    size = min(radius * math.radians(146) / row.run.width, radius * 0.155 / row.body.height)
    run = row.run.scaled(size)
    at = radius + (row.body.height * size / 2 if degrees == 180 else -row.body.height * size / 2)
    return [row.bent(on_circle(run, (x, y), at, degrees, degrees == 180).outline)]


def centre(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random, box: Box) -> None:
    """Emblem above, the word across, a divider or the hook below."""
    x, y = box.centre
    rows = block(
        upper(wording.emphasis),
        "heavy",
        Box(x - box.width * 0.44, y - box.height * 0.14, box.width * 0.88, box.height * 0.36),
        0.2,
        0.01,
        2,
    )
    body = extent(rows)
    canvas.letters(runs(rows), palette.ink)
    top = y - box.height * 0.46
    size = min(box.width * 0.3, body.y - top - 60)
    canvas.shape(traced(emblem(emblem_for(wording.text, draw), x, (top + body.y) / 2, size)), palette.accent())
    foot = (body.bottom + y + box.height * 0.42) / 2
    if wording.hook and wording.tail:
        half = math.sqrt(max(0.0, (box.width / 2) ** 2 - (foot - y + 120) ** 2)) * 0.8
        canvas.letters(
            runs(block(upper(wording.hook), "sans", Box(x - half, foot - 160, 2 * half, 320), 0.5, 0.12, 2, 150)),
            palette.ink,
        )
    else:
        canvas.shape(traced(divider(x, foot, box.width * 0.5, 170, "star")), palette.ink)


def fits(wording: Wording) -> float:
    """Parts short enough for a rim."""
    return suits(wording, 12, 48) if max(len(wording.lead), len(wording.tail)) <= 30 else 0.3


COMPOSITION = Composition("seal", compose, fits, ("badge", "vintage", "emblem", "symmetric", "craft"))
