"""Stencilled: heavy capitals with bridges through their counters, in the frame of a packing case."""

from __future__ import annotations

import random
from collections.abc import Iterator

from studio.lettering.compositions import Composition
from studio.lettering.outline import Box, Outline, area, contours, joined, rectangle, turned_round
from studio.lettering.palettes import Palette
from studio.lettering.setting import around, centred, filling, fit, line
from studio.lettering.shaping import Run
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """A broken frame, lines as wide as it, bridges that show the product, the hook in the frame's lower edge."""
    whole = canvas.area
    thick = whole.width * draw.choice([0.018, 0.024])
    hang = whole.width * 0.03 if wording.hook else 0.0
    room = whole.inset(thick * 3.2)
    room = room._replace(height=room.height - 2 * hang)
    block = [run for _, run in filling(wording, ["stencil", "condensed"], room, 7, 0.04, 2.2, 1.3)]
    ink = around(block)
    top = max(whole.y, ink.y - thick * 3.2)
    bottom = min(whole.bottom - hang + thick / 2, ink.bottom + thick * 3.2 + hang)
    frame = Box(whole.x, top, whole.width, bottom - top)
    foot = fit(line(upper(wording.hook), "stencil", 0.1), whole.width * 0.6, hang * 2) if wording.hook else None
    label = centred(foot, frame.centre[0], frame.bottom - thick / 2) if foot else None
    gaps = breaks(frame, thick, label)
    slits = [slit for run in block for slit in bridges(run, min(whole.width * 0.009, run.body.height * 0.05))]
    with canvas.without(*gaps, *slits):
        canvas.shape(framed(frame, thick), palette.accent())
        canvas.letters(block, palette.ink)
    if label:
        canvas.letters(label, palette.fine)


def framed(frame: Box, thick: float) -> Outline:
    """Four bars, their outer edge the frame's."""
    return joined([rectangle(frame), turned_round(rectangle(frame.inset(thick)))])


def breaks(frame: Box, thick: float, label: Run | None) -> list[Outline]:
    """Where the frame's bars are held: a gap near each end of the long bars, and the label's place."""
    wide, x, y = thick * 1.2, frame.x, frame.y
    gaps = [Box(x + frame.width * share, y - 1, wide, thick + 2) for share in (0.12, 0.88 - wide / frame.width)]
    gaps += [gap._replace(y=frame.bottom - thick - 1) for gap in gaps]
    gaps += [Box(side, y + frame.height / 2 - wide / 2, thick + 2, wide) for side in (x - 1, frame.right - thick - 1)]
    if label:
        gaps.append(label.box.inset(-thick * 1.5, -thick))
    return [rectangle(gap) for gap in gaps]


def bridges(run: Run, wide: float) -> list[Outline]:
    """A slit down the middle of every letter that has a counter, so that a stencil of it would hold."""
    return [
        rectangle(Box(box.centre[0] - wide / 2, box.y - 5, wide, box.height + 10))
        for box, has_counter in letters(run)
        if has_counter
    ]


def letters(run: Run) -> Iterator[tuple[Box, bool]]:
    """Each letter's box, and whether a contour of it runs backwards: a counter."""
    at, found = 0, dict[int, list[Outline]]()
    for ops, points in contours(run.outline):
        found.setdefault(int(run.glyph[at]), []).append(Outline(ops + "Z", points))
        at += len(points)
    for parts in found.values():
        yield joined(parts).box, any(area(part) < 0 for part in parts)


def fits(wording: Wording) -> float:
    """Any slogan in capitals; letters that join cannot be cut."""
    return 0.0 if any("\u0600" <= sign <= "\u097f" for sign in wording.text) else 0.9 if wording.length <= 70 else 0.5


COMPOSITION = Composition("stencilled", compose, fits, ("stencil", "bold", "vintage", "industrial"))
