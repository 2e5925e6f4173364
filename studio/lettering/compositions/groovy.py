"""Groovy: round letters on a wave inside rings of colour, as album covers of the seventies had them."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.curves import envelope, ripple
from studio.lettering.palettes import Palette
from studio.lettering.setting import around, centred, filling, fit, line
from studio.lettering.shaping import Run
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """A wall of round letters between two waves; rings of the accents around it, a gap of the product between."""
    area = canvas.area
    band = area.width * 0.02
    rings = [colour for colour in palette.accents if colour != palette.ink][:2] or [palette.ink]
    swing = area.width * 0.06
    room = area.inset(band * (len(rings) + 1), band * (len(rings) + 1) + swing)
    room = room._replace(height=room.height - (area.width * 0.11 if wording.hook else 0.0))
    runs = waved([run for _, run in filling(wording, ["round"], room, 5, 0.055, 2.2, 1.35)], swing, draw)
    with canvas.without(*(run.outline for run in canvas.noted(runs)), margin=band * 0.55):
        for number, colour in enumerate(reversed(rings)):
            canvas.letters(runs, colour, colour, band * (2 * (len(rings) - number) + 1.1))
    canvas.letters(runs, palette.ink)
    if wording.hook:
        foot = fit(line(upper(wording.hook), "round", 0.06), area.width * 0.8, area.width * 0.048)
        below = around(runs).bottom + band * (len(rings) + 1) + foot.body.height * 1.2
        canvas.letters(centred(foot, area.centre[0], min(below, area.bottom - foot.body.height / 2)), palette.ink)


def waved(runs: list[Run], swing: float, draw: random.Random) -> list[Run]:
    """The block between two parallel waves, rising first on the left or on the right."""
    block, way = around(runs), swing * draw.choice([1.0, -1.0])
    top, bottom = ripple(block.y, way), ripple(block.bottom, way)
    return [run.bent(envelope(run.outline, top, bottom, block)) for run in runs]


def fits(wording: Wording) -> float:
    """A few cheerful words."""
    return 1.0 if len(wording.words) <= 7 and wording.longest <= 10 else 0.5


COMPOSITION = Composition("groovy", compose, fits, ("seventies", "retro", "playful", "round", "wavy"))
