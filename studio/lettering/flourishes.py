"""Flourishes: lines with a hand in them: strokes, stitches, swashes, dividers, leaves, laurel, wear.

Paths as in `ornaments`: absolute M, L, C and Z in canvas units, the same text for the same arguments.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

from studio.lettering.ornaments import (
    Point,
    arc_points,
    between,
    disc,
    polar,
    polygon,
    spline,
    star,
)


def stitches(points: Sequence[Point], width: float, dash: float, gap: float) -> str:
    """Dashes along a line of points, evenly spread from its first to its last point."""
    lengths = [math.dist(a, b) for a, b in pairwise(points)]
    count = max(1, round((sum(lengths) + gap) / (dash + gap)))
    pitch = (sum(lengths) + gap) / count
    return "".join(
        stroke(along(points, lengths, index * pitch, index * pitch + dash * pitch / (dash + gap)), width)
        for index in range(count)
    )


def along(points: Sequence[Point], lengths: Sequence[float], start: float, stop: float) -> list[Point]:
    """The part of a line of points between two distances from its beginning."""
    part, gone = [], 0.0
    for a, b, length in zip(points, points[1:], lengths, strict=False):
        low, high = max(start, gone), min(stop, gone + length)
        if high > low:
            part += [between(a, b, (low - gone) / length), between(a, b, (high - gone) / length)]
        gone += length
    return part


def stroke(points: Sequence[Point], width: float, taper: float = 0.0) -> str:
    """A line of points `width` thick with flat ends; `taper` in [0, 1] thins both ends."""
    left, right, last = [], [], len(points) - 1
    for index, (x, y) in enumerate(points):
        before, after = points[max(0, index - 1)], points[min(last, index + 1)]
        length = math.dist(before, after) or 1.0
        nx, ny = (before[1] - after[1]) / length, (after[0] - before[0]) / length
        half = width / 2 * (1 - taper + taper * max(0.0, math.sin(math.pi * index / last)) ** 0.7)
        left.append((x + nx * half, y + ny * half))
        right.append((x - nx * half, y - ny * half))
    return polygon(left + right[::-1])


def swash(x: float, y: float, width: float, rise: float, thick: float) -> str:
    """A stroke of a broad pen under a word: thick in the middle, lifted by `rise` at the end."""
    points = [(x + width * t, y - rise * t + rise * 0.9 * math.sin(math.pi * t)) for t in (i / 40 for i in range(41))]
    return stroke(points, thick, taper=0.92)


def wave_line(x: float, y: float, width: float, height: float, count: float, thick: float) -> str:
    """A sine line of `count` waves, `thick` of stroke; all of it in the box of `width` and `height` centred on `y`."""
    steps = max(24, int(24 * count))
    shares = [index / steps for index in range(steps + 1)]
    x, width = x + thick / 2, width - thick
    points = [(x + width * t, y + (height - thick) / 2 * math.sin(2 * math.pi * count * t)) for t in shares]
    return stroke(points, thick)


def divider(x: float, y: float, width: float, size: float, kind: str = "diamond") -> str:
    """A line on either side of a small figure ("diamond", "star", "dot"), centred on `x`, `y`."""
    thick, reach = size * 0.16, size * 0.85
    arm = max(0.0, width / 2 - reach)
    figures = {
        "diamond": star(x, y, size / 2, 4, 0.55),
        "star": star(x, y, size / 2),
        "dot": disc(x, y, size * 0.3),
    }
    lines = [tapered(x - reach, y, -arm, thick), tapered(x + reach, y, arm, thick)] if arm else []
    return "".join([*lines, figures[kind]])


def tapered(x: float, y: float, length: float, thick: float) -> str:
    """A line that runs out to a point; a negative length runs to the left."""
    return polygon([(x, y - thick / 2), (x + length, y), (x, y + thick / 2)])


def leaf(x: float, y: float, length: float, width: float, degrees: float) -> str:
    """A pointed leaf from its stem at `x`, `y`, pointing to an angle."""
    tip = polar(x, y, length, degrees)
    sides = []
    for lean in (-1, 1):
        nx, ny = polar(0, 0, lean * width * 0.66, degrees + 90)
        low, high = between((x, y), tip, 0.25), between((x, y), tip, 0.72)
        sides.append(((low[0] + nx, low[1] + ny), (high[0] + nx, high[1] + ny)))
    return spline((x, y), [(*sides[0], tip), (sides[1][1], sides[1][0], (x, y))])


def wreath(x: float, y: float, radius: float, leaves: int = 11, gap: float = 38.0, size: float = 0.26) -> str:
    """Two branches of laurel from the foot up both sides, `gap` degrees open at the top; leaves `size` of the radius.

    No leaf reaches further from the centre than the radius.
    """
    parts = []
    stem, length = radius * (1 - size * 0.62), radius * size
    for side in (-1, 1):
        first, last = 180 - side * 4, side * gap if side > 0 else 360 - gap
        for index in range(leaves):
            share = index / (leaves - 1)
            turn = first + (last - first) * share
            grown = length * (1 - 0.35 * share)
            foot = polar(x, y, stem, turn)
            way = turn - side * 90
            parts += [leaf(*foot, grown, grown * 0.42, way + side * lean) for lean in (34, -34)]
        parts.append(stroke(arc_points(x, y, stem, first, last, 3), radius * 0.018))
    return "".join(parts)


def specks(draw: random.Random, width: float, height: float, count: int, size: float) -> str:
    """Worn print: `count` ragged specks scattered over a box from 0, 0; most are small, none is wider than `size`.

    Meant to be cut out of a drawing; kept wholly inside the box.
    """
    parts = []
    for _ in range(count):
        reach = size / 2 * (0.12 + 0.88 * draw.random() ** 3)
        x, y = draw.uniform(reach, width - reach), draw.uniform(reach, height - reach)
        corners, turn = draw.randint(5, 8), draw.uniform(0, 360)
        parts.append(
            polygon(
                polar(x, y, reach * draw.uniform(0.45, 1), turn + 360 * index / corners) for index in range(corners)
            )
        )
    return "".join(parts)
