"""Ribbon: the loud word cut out of a ribbon before a fan of rays, the rest above and below."""

from __future__ import annotations

import random

from studio.lettering import ornaments
from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.fitting import Line, block, extent, middle, quiet, runs, single, suits, traced
from studio.lettering.flourishes import divider
from studio.lettering.outline import Box, Outline
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """Rays rise from the ribbon; a lead stands in their hub."""
    area, x = canvas.area, canvas.area.centre[0]
    word = single(upper(wording.emphasis), draw.choice(["heavy", "serif"]), middle(area, area.width - 1250, 640), 0.03)
    high = max(700.0, word.body.height + 340)
    below = quiet(wording.tail, "serif", middle(area, area.width * 0.86, 1000), 340, 0.06)
    hook = quiet(wording.hook, "sans", middle(area, area.width * 0.7, 400), 170, 0.25, 2)
    foot = sum(extent(rows).height + 210 for rows in (below, hook) if rows) + (0 if hook else 300)
    hub, reach = (1150.0 if wording.lead else 420.0), area.width / 2
    y = area.centre[1] + (reach * 0.92 - foot) / 2
    hub_y = y - high * 0.3
    rays = traced(ornaments.rays(x, hub_y, hub + 130, reach * 0.98, draw.choice([17, 21, 25]), (-90, 90)))
    face, tails, folds = (traced(part) for part in ornaments.ribbon(x, y, area.width, high, 520, high * 0.2))
    with canvas.without(face, tails, margin=50):
        canvas.shape(rays, palette.accent())
        if not wording.lead:
            canvas.shape(traced(ornaments.slice_of_disc(x, hub_y, hub, hub_y - hub, hub_y)), palette.accent())
    ribbon_of(canvas, face, tails, folds, [word.to(word.body._replace(y=y - word.body.height / 2))], palette)
    lead = (
        block(
            upper(wording.lead),
            "serif",
            Box(x - hub * 0.78, hub_y - hub * 0.86, hub * 1.56, hub * 0.66),
            0.3,
            0.02,
            4,
            420,
        )
        if wording.lead
        else []
    )
    canvas.letters(runs(lead), palette.ink)
    top = y + high / 2 + high * 0.2 + 190
    for rows, fill in ((below, palette.ink), (hook, palette.fine)):
        if rows:
            canvas.letters([row.run.moved(0, top - extent(rows).y) for row in rows], fill)
            top += extent(rows).height + 210
    if not hook:
        canvas.shape(traced(divider(x, top + 40, 2200, 220, "star")), palette.ink)


def ribbon_of(
    canvas: Canvas, face: Outline, tails: Outline, folds: Outline, rows: list[Line], palette: Palette
) -> None:
    """The face in ink with the words cut out, the tails apart from it by a gap."""
    with canvas.without(face, margin=28):
        canvas.shape(tails, palette.ink)
    canvas.shape(folds, palette.accent(1))
    cut_out(canvas, face, palette.ink, runs(rows))


def fits(wording: Wording) -> float:
    """A word that a ribbon can hold."""
    return suits(wording, 10, 45)


COMPOSITION = Composition("ribbon", compose, fits, ("vintage", "badge", "classic", "symmetric"))
