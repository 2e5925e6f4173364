"""Arched: a wall of type swelling like a barrel or rising like a bridge."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.curves import envelope, hill
from studio.lettering.outline import Box, rectangle
from studio.lettering.palettes import Palette
from studio.lettering.setting import around, centred, filling, fit, line
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Lines as wide as the print, bent together, the emphasis in the accent, the hook between rules beneath."""
    area = canvas.area
    barrel = draw.random() < 0.6
    rise = area.width * (0.1 if barrel else 0.15)
    foot = area.width * 0.12 if wording.hook else 0.0
    room = Box(area.x, area.y + rise, area.width, area.height - rise * (2 if barrel else 1) - foot)
    found = filling(wording, [draw.choice(["heavy", "serif", "condensed"]), "condensed"], room, 4, 0.04, 1.9, 1.3)
    block = around([run for _, run in found])
    top, bottom = hill(block.y, rise), hill(block.bottom, -rise if barrel else rise)
    loud, single = set(wording.emphasis.split()), len(found) == 1
    for text, run in found:
        bent = run.bent(envelope(run.outline, top, bottom, block))
        canvas.letters(bent, palette.accent() if loud & set(text.split()) and not single else palette.ink)
    if wording.hook:
        sag = rise if barrel else -rise * 0.25
        beneath(wording.hook, palette, canvas, block.bottom + sag + area.width * 0.075)


def beneath(hook: str, palette: Palette, canvas: Canvas, y: float) -> None:
    """The hook between two rules."""
    area = canvas.area
    foot = fit(line(upper(hook), "sans", 0.14), area.width * 0.6, area.width * 0.048)
    y = min(y, area.bottom - foot.body.height / 2)
    words = centred(foot, area.centre[0], y)
    canvas.letters(words, palette.ink)
    reach = area.width * 0.12
    for x in (words.box.x - area.width * 0.03 - reach, words.box.right + area.width * 0.03):
        canvas.shape(rectangle(Box(x, y - area.width * 0.004, reach, area.width * 0.008)), palette.accent())


def fits(wording: Wording) -> float:
    """Short slogans; more than sixty letters would be small between the bows."""
    return 1.0 if wording.length <= 45 and wording.longest <= 14 else 0.4


COMPOSITION = Composition("arched", compose, fits, ("bold", "vintage", "symmetric"))
