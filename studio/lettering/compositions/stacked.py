"""Stacked: every line as wide as the print, the words that carry it in the accent."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.palettes import Palette
from studio.lettering.setting import around, centred, fit, line, stack
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """A wall of capitals, one line in the accent, the hook beneath."""
    role = draw.choice(["display", "heavy", "condensed"])
    lines = [upper(each) for each in wording.best_lines(2, 7, letters=9)]
    area = canvas.area
    room = area.inset(0, 0) if not wording.hook else area._replace(height=area.height * 0.9)
    runs = stack(lines, role, room, gap=0.035, tallest=2.6, give=1.25)
    loud = upper(wording.emphasis)
    for text, run in zip(lines, runs, strict=True):
        canvas.letters(run, palette.accent() if loud in text or text in loud else palette.ink)
    if wording.hook:
        foot = fit(line(upper(wording.hook), "sans", 0.12), area.width * 0.7, area.width * 0.055)
        block = around(runs)
        canvas.letters(centred(foot, area.centre[0], block.bottom + area.width * 0.085), palette.ink)


def fits(wording: Wording) -> float:
    """Two to twelve words; one alone makes no stack."""
    return 0.3 if len(wording.words) == 1 else 1.0 if wording.length <= 60 else 0.6


COMPOSITION = Composition("stacked", compose, fits, ("bold", "modern", "loud"))
