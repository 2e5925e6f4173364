"""Poster: a small voice, a loud one, a small one again, between rules; as wood type was set."""

from __future__ import annotations

import random
from dataclasses import replace

from studio.lettering.compositions import Composition
from studio.lettering.outline import Box, rectangle
from studio.lettering.palettes import Palette
from studio.lettering.setting import filling, fit, line, piled
from studio.lettering.shaping import Run
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, broken, extent, upper

GAP = 0.045
"""Between lines, of the width."""


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Every line of the emphasis at full width, the others near half as tall, rules where voices change."""
    area = canvas.area
    loud, calm = draw.choice([("condensed", "slab"), ("heavy", "script"), ("serif", "sans"), ("display", "script")])
    foot = [fit(line(upper(wording.hook), "sans", 0.14), area.width * 0.6, area.width * 0.045)] if wording.hook else []
    before, after = calm_lines(wording.lead, calm, area), calm_lines(wording.tail, calm, area)
    small = [*before, *after, *foot]
    room = area.height - sum(run.body.height for run in small) - GAP * area.width * len(small)
    core = replace(wording, text=wording.emphasis)
    box = area._replace(height=max(area.height * 0.3, room))
    middle = [run for _, run in filling(core, [loud, "condensed"], box, 3, GAP, 1.8, 1.25)]
    rows = [(run, palette.ink) for run in before] + [(run, palette.accent()) for run in middle]
    placed(rows + [(run, palette.ink) for run in (*after, *foot)], palette, canvas)


def calm_lines(text: str, role: str, area: Box) -> list[Run]:
    """The lines of a small voice at the width of the print, no taller than it may speak."""
    if not text:
        return []
    count = max(1, round(extent(text) / 15))
    cased = [each if role == "script" else upper(each) for each in broken(text, count)]
    return [fit(line(each, role), area.width, area.width * 0.17, 1.15) for each in cased]


def placed(rows: list[tuple[Run, str]], palette: Palette, canvas: Canvas) -> None:
    """Rows one under another, as large as the print holds, rules beside the short ones."""
    area = canvas.area
    block = piled([run for run, _ in rows], area, GAP * area.width)
    for run, (_, colour) in zip(block, rows, strict=True):
        canvas.letters(run, colour)
        flanked(run, colour, palette, canvas, area.width * 0.009)


def flanked(run: Run, colour: str, palette: Palette, canvas: Canvas, thick: float) -> None:
    """A rule on either side of a line that leaves a fifth of the width or more."""
    area = canvas.area
    reach = (area.width - run.box.width) / 2 - area.width * 0.035
    if reach < area.width * 0.08 or colour != palette.ink:
        return
    for x in (area.x, area.right - reach):
        canvas.shape(rectangle(Box(x, run.body.centre[1] - thick / 2, reach, thick)), palette.accent(1))


def fits(wording: Wording) -> float:
    """Slogans of several voices: a stretch that carries and words beside it."""
    return 1.0 if (wording.lead or wording.tail) and wording.length <= 70 else 0.4


COMPOSITION = Composition("poster", compose, fits, ("vintage", "bold", "letterpress", "symmetric"))
