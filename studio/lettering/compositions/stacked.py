"""Stacked: a wall of capitals, every line as wide as the print, the words that carry it in the accent."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.palettes import Palette
from studio.lettering.setting import around, centred, filling, fit, line
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """As many lines as cover most of the print, the hook beneath."""
    area = canvas.area
    room = area._replace(height=area.height * (0.9 if wording.hook else 1.0))
    loud = set(wording.emphasis.split())
    found = filling(wording, [draw.choice(["display", "heavy", "condensed"]), "condensed"], room)
    single = len(found) == 1
    for text, run in found:
        canvas.letters(run, palette.accent() if loud & set(text.split()) and not single else palette.ink)
    if wording.hook:
        block = around([run for _, run in found])
        foot = fit(line(upper(wording.hook), "sans", 0.12), area.width * 0.8, area.width * 0.052)
        y = min(block.bottom + area.width * 0.085, area.bottom - foot.body.height / 2)
        canvas.letters(centred(foot, area.centre[0], y), palette.ink)


def fits(wording: Wording) -> float:
    """Three words and more; one alone makes no stack."""
    return 0.3 if len(wording.words) < 2 else 0.7 if len(wording.words) == 2 else 1.0


COMPOSITION = Composition("stacked", compose, fits, ("bold", "modern", "loud"))
