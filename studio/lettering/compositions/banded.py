"""Banded: full letters and bars with letters cut out of them, in turn, from edge to edge."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.outline import Box, rectangle
from studio.lettering.palettes import Palette
from studio.lettering.setting import centred, filling, fit, line
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Every second line is a bar; the words that carry it are in one where the count allows."""
    area = canvas.area
    pad = area.width * 0.045
    room = area.inset(pad, pad)._replace(height=area.height - (area.width * 0.1 if wording.hook else 0) - 2 * pad)
    found = filling(wording, [draw.choice(["heavy", "display", "condensed"]), "condensed"], room, 6, 0.085, 2.2, 1.25)
    loud = set(wording.emphasis.split())
    odd = next((number % 2 for number, (text, _) in enumerate(found) if loud & set(text.split())), 0)
    for number, (_, run) in enumerate(found):
        if number % 2 != odd:
            canvas.letters(run, palette.ink)
            continue
        bar = Box(area.x, run.body.y - pad * 0.75, area.width, run.body.height + pad * 1.5)
        cut_out(canvas, rectangle(bar), palette.accent(number // 2 if len(found) > 3 else 0), [run])
    if wording.hook:
        last = max(run.body.bottom for _, run in found)
        foot = fit(line(upper(wording.hook), "sans", 0.14), area.width * 0.8, area.width * 0.05)
        y = min(last + pad * 0.75 + area.width * 0.075, area.bottom - foot.body.height / 2)
        canvas.letters(centred(foot, area.centre[0], y), palette.ink)


def fits(wording: Wording) -> float:
    """Two lines and more make bands; one is a label."""
    return 1.0 if len(wording.words) >= 2 and wording.length <= 70 else 0.4


COMPOSITION = Composition("banded", compose, fits, ("bold", "modern", "block"))
