"""Travel: a framed view of sun, mountains and water over a plate of words, as on posters of national parks."""

from __future__ import annotations

import random

from studio.lettering.compositions import Composition
from studio.lettering.cutting import cut_out
from studio.lettering.emblems import pine
from studio.lettering.fitting import block, cut_lettering, extent, middle, quiet, runs, traced
from studio.lettering.flourishes import wave_line
from studio.lettering.ornaments import Point, clipped, disc, frame, polar, polygon, rounded
from studio.lettering.outline import Box, joined
from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, upper


def compose(wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None:
    """The view takes what the words leave, at least half of the frame."""
    box = canvas.area.inset(210, 30)
    hook = quiet(wording.hook, "sans", middle(box, box.width * 0.8, 300), 150, 0.24, 2)
    room = Box(box.x + 260, box.y, box.width - 520, 1500)
    rows = block(upper(wording.text), draw.choice(["heavy", "display"]), room, 0.22, 0.02, 4, 900)
    foot = 320 + extent(rows).height + (extent(hook).height + 170 if hook else 0)
    view = Box(box.x + 130, box.y + 130, box.width - 260, box.height - foot - 260)
    plate = Box(box.x, view.bottom + 90, box.width, box.bottom - view.bottom - 90)
    rows = [row.to(row.body._replace(y=row.body.y + plate.y + 150 - extent(rows).y)) for row in rows]
    low = extent(rows).bottom + 170
    low -= extent(hook).y if hook else 0.0
    hook = [row.to(row.body._replace(y=row.body.y + low)) for row in hook]
    scene(canvas, palette, draw, view)
    cut_out(canvas, traced(rounded(*plate, 60)), palette.ink, runs([*rows, *hook]))
    canvas.shape(traced(frame(box.x, box.y, box.width, box.height, 60, 90)), palette.ink)
    cut_lettering(canvas, rows, wording, palette)


def scene(canvas: Canvas, palette: Palette, draw: random.Random, view: Box) -> None:
    """Rays, a sun, two ranges, pines and water inside the view; layers are kept apart by gaps."""
    x, y, sun = view.x + view.width * draw.uniform(0.35, 0.65), view.y + view.height * 0.42, view.width * 0.2
    shore = view.y + view.height * 0.86
    feet = [(view.right, shore), (view.x, shore)]
    hills = traced(polygon([*ridge(draw, view, 0.62, 0.3, 5), *feet]))
    trees = [traced(pine(px, shore - 365 * s, 720 * s)) for px, s in stand(draw, view)]
    ground = joined([traced(polygon([*ridge(draw, view, 0.82, 0.12, 4), *feet])), *trees])
    with canvas.without(hills, margin=36):
        canvas.shape(traced(sky(x, y, sun + 50, view._replace(height=shore - view.y - 60))), palette.accent())
        canvas.shape(traced(disc(x, y, sun)), palette.accent(1))
    with canvas.without(ground, margin=36):
        canvas.shape(hills, palette.accent(1))
    canvas.shape(ground, palette.ink)
    for index in range(3):
        low = shore + (index + 0.75) * (view.bottom - shore) / 3.2
        canvas.shape(traced(wave_line(view.x, low, view.width, 90, 7 + index, 44)), palette.accent(index))


def sky(x: float, y: float, hub: float, box: Box) -> str:
    """Rays around the sun as far as the box reaches."""
    wedges = []
    for index in range(32):
        edges = [(index - 0.25) * 11.25, (index + 0.25) * 11.25]
        near = [polar(x, y, hub, turn) for turn in reversed(edges)]
        wedges.append(polygon(clipped([*(polar(x, y, box.width * 1.5, turn) for turn in edges), *near], box)))
    return "".join(wedges)


def ridge(draw: random.Random, view: Box, level: float, height: float, peaks: int) -> list[Point]:
    """Peaks from the left edge to the right; heights are shares of the view."""
    points = []
    for index in range(2 * peaks + 1):
        lift = height * draw.uniform(0.6, 1.0) if index % 2 else height * draw.uniform(0.0, 0.25)
        across = min(1.0, max(0.0, (index + (draw.uniform(-0.25, 0.25) if 0 < index < 2 * peaks else 0)) / (2 * peaks)))
        points.append((view.x + view.width * across, view.y + view.height * (level - lift)))
    return points


def stand(draw: random.Random, view: Box) -> list[tuple[float, float]]:
    """Where pines stand and how large they are: clumps at both edges."""
    shares = [0.1, 0.18, 0.27, 0.75, 0.83, 0.9]
    return [(view.x + view.width * share, draw.uniform(0.75, 1.2)) for share in shares]


def fits(wording: Wording) -> float:
    """Words of the outdoors or few of any kind."""
    return 1.0 if wording.length <= 32 else 0.5


COMPOSITION = Composition("travel", compose, fits, ("outdoor", "poster", "scenic", "retro", "nature"))
