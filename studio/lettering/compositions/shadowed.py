"""Shadowed: rising letters with a solid shadow, as on a shop's window or a team's shirt."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.curves import extruded
from studio.lettering.outline import joined
from studio.lettering.palettes import Palette
from studio.lettering.setting import around, centred, filling, fit, line
from studio.lettering.shaping import Run
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper

RISE = 7.0
"""Degrees that lines climb from left to right."""


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Lines climb; letters stand off a shadow by a gap that shows the product."""
    area = canvas.area
    deep = area.width * draw.choice([0.028, 0.036, 0.044])
    room = area.inset(deep, area.width * 0.075)._replace(height=area.height * (0.76 if wording.hook else 0.84))
    role = draw.choice(["heavy", "display", "round"])
    found = [run for _, run in filling(wording, [role, "condensed"], room, 5, 0.06, 2.0, 1.2)]
    deep = min(deep, 0.24 * min(run.body.height for run in found))
    runs = [tilted(run, area.centre) for run in found]
    shift = around(runs)
    tall = area.height * (0.93 if wording.hook else 1.0) - deep
    scale = min(1.0, (area.width - deep) / shift.width, tall / shift.height)
    runs = [run.scaled(scale) for run in runs]
    middle = around(runs).centre
    lift = area.width * 0.03 if wording.hook else 0.0
    runs = [
        run.moved(area.centre[0] - middle[0] - deep / 2, area.centre[1] - middle[1] - deep / 2 - lift) for run in runs
    ]
    words = joined([run.outline for run in canvas.noted(runs)])
    with canvas.without(words, margin=deep * 0.2):
        canvas.shape(extruded(words, deep, deep), palette.accent())
    canvas.shape(words, palette.ink)
    if wording.hook:
        foot = fit(line(upper(wording.hook), "sans", 0.1), area.width * 0.45, area.width * 0.045)
        box = around(runs)
        y = min(area.bottom - foot.body.height, box.bottom - box.width * 0.01)
        canvas.letters(tilted(centred(foot, area.right - foot.width / 2 - deep, y), (area.right, y)), palette.ink)


def tilted(run: Run, about: tuple[float, float]) -> Run:
    """Climbing by RISE, stems upright as the eye wants them."""
    return run.bent(run.outline.turned(-RISE, about))


def fits(wording: Wording) -> float:
    """Up to four words of some weight."""
    return 1.0 if wording.length <= 30 else 0.5 if wording.length <= 60 else 0.2


COMPOSITION = Composition("shadowed", compose, fits, ("vintage", "bold", "retro", "playful"))
