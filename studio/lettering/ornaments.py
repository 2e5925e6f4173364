"""Ornaments: our own vectors beside the letters: rays, stars, frames, ribbons, wreaths, seals, dividers, waves.

Every function gives the data of one SVG path in canvas units (y grows downwards). Only absolute M, L, C and Z are used,
so the box of the control points holds the ink; holes turn the other way round, so either fill rule draws them alike.
The same arguments give the same text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]
KAPPA = 0.5522847498
"""Handle of a cubic that stands for a quarter of a unit circle; off by .03 % of the radius at most."""


def num(value: float) -> str:
    """Two decimals at most, no trailing zeros, never "-0"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def at(point: Point) -> str:
    return f"{num(point[0])} {num(point[1])}"


def polar(x: float, y: float, radius: float, degrees: float) -> Point:
    """The point at an angle, 0 at the top, clockwise."""
    turn = math.radians(degrees - 90)
    return x + radius * math.cos(turn), y + radius * math.sin(turn)


def polygon(points: Iterable[Point], hole: bool = False) -> str:
    """A closed shape of straight sides, turned clockwise whatever the order; a hole the other way."""
    corners = list(points)
    area = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*corners, corners[0]]))
    if (area < 0) != hole:
        corners.reverse()
    return "M" + "L".join(at(corner) for corner in corners) + "Z"


def clipped(points: Sequence[Point], box: tuple[float, float, float, float]) -> list[Point]:
    """What of a convex polygon lies in a box (left, top, width, height); Sutherland and Hodgman, 1974."""
    x, y, width, height = box
    kept = list(points)
    for axis, edge, sign in ((0, x, 1), (0, x + width, -1), (1, y, 1), (1, y + height, -1)):
        corners, kept = kept, []
        for a, b in pairwise([*corners, *corners[:1]]):
            depth_a, depth_b = sign * (a[axis] - edge), sign * (b[axis] - edge)
            if depth_a >= 0:
                kept.append(a)
            if depth_a * depth_b < 0:
                kept.append(between(a, b, depth_a / (depth_a - depth_b)))
    return kept


def spline(start: Point, curves: Iterable[tuple[Point, Point, Point]], hole: bool = False) -> str:
    """A closed shape of cubics, each two handles and an end; turned clockwise, a hole the other way."""
    points = [start, *(point for curve in curves for point in curve)]
    area = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*points, start]))
    if (area < 0) != hole:
        points.reverse()
    ends = (points[index : index + 3] for index in range(1, len(points), 3))
    return "M" + at(points[0]) + "".join("C" + " ".join(at(point) for point in curve) for curve in ends) + "Z"


def ellipse(x: float, y: float, across: float, down: float, hole: bool = False) -> str:
    """Half-axes `across` and `down`; clockwise, a hole the other way."""
    kx, ky = across * KAPPA, down * KAPPA
    quarters = [
        ((x + kx, y - down), (x + across, y - ky), (x + across, y)),
        ((x + across, y + ky), (x + kx, y + down), (x, y + down)),
        ((x - kx, y + down), (x - across, y + ky), (x - across, y)),
        ((x - across, y - ky), (x - kx, y - down), (x, y - down)),
    ]
    return spline((x, y - down), quarters, hole)


def disc(x: float, y: float, radius: float, hole: bool = False) -> str:
    return ellipse(x, y, radius, radius, hole)


def ring(x: float, y: float, radius: float, width: float) -> str:
    """A circle's line, `width` thick, its outer edge at `radius`."""
    return disc(x, y, radius) + disc(x, y, radius - width, hole=True)


def arc_points(x: float, y: float, radius: float, start: float, stop: float, step: float = 2.0) -> list[Point]:
    """Points of an arc from angle to angle, at most `step` degrees apart, both ends among them."""
    count = max(1, math.ceil(abs(stop - start) / step))
    return [polar(x, y, radius, start + (stop - start) * index / count) for index in range(count + 1)]


def band(x: float, y: float, outer: float, inner: float, start: float, stop: float, hole: bool = False) -> str:
    """The part of a ring between two angles."""
    return polygon(arc_points(x, y, outer, start, stop) + arc_points(x, y, inner, stop, start), hole)


def star(x: float, y: float, radius: float, points: int = 5, inner: float = 0.45, turn: float = 0.0) -> str:
    """A star, its first point at `turn` degrees; inner corners at `inner` of the radius."""
    step = 180 / points
    return polygon(
        polar(x, y, radius * (inner if index % 2 else 1), turn + index * step) for index in range(2 * points)
    )


def sparkle(x: float, y: float, radius: float, waist: float = 0.2) -> str:
    """Four points with hollow sides."""
    tips = [polar(x, y, radius, 90 * index) for index in range(4)]
    waists = [polar(x, y, radius * waist, 45 + 90 * index) for index in range(4)]
    curves = []
    for index in range(4):
        tip, mid, end = tips[index], waists[index], tips[(index + 1) % 4]
        near, far = between(tip, (x, y), 0.52), between(end, (x, y), 0.52)
        curves += [(near, mid, mid), (mid, far, end)]
    return spline(tips[0], curves)


def between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def rays(x: float, y: float, inner: float, outer: float, count: int, span: tuple[float, float] = (0, 360)) -> str:
    """Wedges that widen outwards over a span of degrees, as wide as the gaps between them."""
    start, stop = span
    full = stop - start >= 360
    step = (stop - start) / (count if full else count - 0.5)
    wedges = []
    for index in range(count):
        left = start + step * (index - (0.25 if full else 0))
        right = left + step / 2
        near, far = arc_points(x, y, inner, right, left, 90), arc_points(x, y, outer, left, right, 90)
        wedges.append(polygon(far + near))
    return "".join(wedges)


def striped_sun(
    x: float, y: float, radius: float, cuts: int = 5, share: float = 0.62, horizon: float = math.inf
) -> str:
    """A disc whose lower `share` is cut by ever wider gaps, as on old posters; nothing of it is below the horizon."""
    top, span = y + radius * (1 - 2 * share), 2 * radius * share
    edges, slices = [top], 2 * cuts + 1
    weights = [1 + 0.0 * index if index % 2 else 2.6 * (1 - index / slices) + 0.35 for index in range(slices)]
    weights = [weight * (0.35 + 0.9 * index / slices) if index % 2 else weight for index, weight in enumerate(weights)]
    total = sum(weights)
    for weight in weights:
        edges.append(edges[-1] + span * weight / total)
    parts = [slice_of_disc(x, y, radius, y - radius, edges[1])]
    shown = [index for index in range(2, slices, 2) if edges[index] < horizon - 0.01 * radius]
    parts += [slice_of_disc(x, y, radius, edges[index], min(edges[index + 1], horizon)) for index in shown]
    return "".join(parts)


def slice_of_disc(x: float, y: float, radius: float, top: float, bottom: float) -> str:
    """What of a disc lies between two heights."""
    above = math.degrees(math.acos(max(-1.0, min(1.0, (y - top) / radius))))
    below = math.degrees(math.acos(max(-1.0, min(1.0, (y - bottom) / radius))))
    return polygon(arc_points(x, y, radius, above, below) + arc_points(x, y, radius, -below, -above))


def rounded(x: float, y: float, width: float, height: float, radius: float = 0.0, hole: bool = False) -> str:
    """A rectangle with round corners; `x`, `y` is its top left corner."""
    r = max(0.0, min(radius, width / 2, height / 2))
    k, right, bottom = r * (1 - KAPPA), x + width, y + height
    side = [
        ("L", [(right - r, y)]),
        ("C", [(right - k, y), (right, y + k), (right, y + r)]),
        ("L", [(right, bottom - r)]),
        ("C", [(right, bottom - k), (right - k, bottom), (right - r, bottom)]),
        ("L", [(x + r, bottom)]),
        ("C", [(x + k, bottom), (x, bottom - k), (x, bottom - r)]),
        ("L", [(x, y + r)]),
        ("C", [(x, y + k), (x + k, y), (x + r, y)]),
    ]
    if hole:
        side = mirrored(side, 2 * x + width)
    start = (right - r, y) if hole else (x + r, y)
    return "M" + at(start) + "".join(letter + " ".join(at(point) for point in points) for letter, points in side) + "Z"


def mirrored(side: list[tuple[str, list[Point]]], twice: float) -> list[tuple[str, list[Point]]]:
    """The same commands seen in a mirror that stands at half of `twice`."""
    return [(letter, [(twice - px, py) for px, py in points]) for letter, points in side]


def frame(x: float, y: float, width: float, height: float, line: float, radius: float = 0.0) -> str:
    """A rectangle's line, `line` thick, its outer edge at the box."""
    inside = rounded(x + line, y + line, width - 2 * line, height - 2 * line, radius - line, hole=True)
    return rounded(x, y, width, height, radius) + inside


def notched(x: float, y: float, width: float, height: float, bite: float, hole: bool = False) -> str:
    """A rectangle with a quarter circle bitten out of each corner: tickets and labels."""
    corners = [(x, y, 180, 90), (x + width, y, 270, 180), (x + width, y + height, 360, 270), (x, y + height, 90, 0)]
    points = [point for cx, cy, start, stop in corners for point in arc_points(cx, cy, bite, start, stop, 6)]
    return polygon(points, hole)


def notched_frame(x: float, y: float, width: float, height: float, bite: float, line: float) -> str:
    """The line of a notched rectangle, `line` thick on every side and in every notch."""
    inside = notched(x + line, y + line, width - 2 * line, height - 2 * line, bite, hole=True)
    return notched(x, y, width, height, bite) + inside


def scalloped(x: float, y: float, radius: float, lobes: int = 28, depth: float = 0.05) -> str:
    """A seal: a disc with lobes, its outermost points at the radius, `depth` of it between crest and hollow."""
    wave = radius * depth / 2
    count = lobes * 12
    turns = [360 * index / count for index in range(count)]
    return polygon(polar(x, y, radius - wave + wave * math.cos(math.radians(turn * lobes)), turn) for turn in turns)


def rope(x: float, y: float, radius: float, width: float, strands: int = 72) -> str:
    """A ring of slanting strands, its outer edge at the radius."""
    step, inner, middle = 360 / strands, radius - width, radius - width / 2
    parts = []
    for index in range(strands):
        turn = index * step
        a, b = polar(x, y, inner, turn), polar(x, y, radius, turn + step * 0.9)
        left, right = (
            polar(x, y, middle + width * 0.28, turn + step * 0.05),
            polar(x, y, middle - width * 0.28, turn + step * 0.85),
        )
        parts.append(spline(a, [(between(a, left, 0.5), left, b), (between(b, right, 0.5), right, a)]))
    return "".join(parts)


def rule(x: float, y: float, width: float, thick: float) -> str:
    """A straight line from `x`, centred on `y`."""
    return rounded(x, y - thick / 2, width, thick)


def ribbon(x: float, y: float, width: float, height: float, fold: float, drop: float) -> tuple[str, str, str]:
    """A ribbon centred on `x`, `y`: its face, its two tails behind, and the dark folds between them.

    The whole is `width` wide; tails are `fold` wide beyond the face and hang `drop` lower.
    """
    left, right, top, bottom = x - width / 2 + fold, x + width / 2 - fold, y - height / 2, y + height / 2
    tuck, notch = fold * 0.45, height * 0.36
    tails, folds = [], []
    for inner, way in ((left, -1), (right, 1)):
        outer = inner + way * fold
        root = inner - way * tuck
        mid = (top + bottom) / 2 + drop
        tails.append(
            polygon(
                [
                    (root, top + drop),
                    (outer, top + drop),
                    (outer - way * notch, mid),
                    (outer, bottom + drop),
                    (root, bottom + drop),
                ]
            )
        )
        folds.append(polygon([(root, bottom), (inner, bottom), (root, bottom + drop)]))
    return polygon([(left, top), (right, top), (right, bottom), (left, bottom)]), "".join(tails), "".join(folds)


def shield(x: float, y: float, width: float, height: float, hole: bool = False) -> str:
    """A crest's shield: flat top with a small peak, full sides, pointed foot; centred on `x`, `y`."""
    half, top, foot, peak = width / 2, y - height / 2, y + height / 2, height * 0.045
    curves = [
        (
            (x + half * 0.4, top + peak * 0.2),
            (x + half * 0.7, top + peak * 1.4),
            (x + half, top + peak),
        ),
        ((x + half * 1.02, y + height * 0.16), (x + half * 0.62, foot - height * 0.13), (x, foot)),
        (
            (x - half * 0.62, foot - height * 0.13),
            (x - half * 1.02, y + height * 0.16),
            (x - half, top + peak),
        ),
        ((x - half * 0.7, top + peak * 1.4), (x - half * 0.4, top + peak * 0.2), (x, top)),
    ]
    return spline((x, top), curves, hole)


def bubble(x: float, y: float, width: float, height: float, tail: float, side: int = -1) -> str:
    """A speech bubble; `x`, `y` is the top left corner; its tail hangs `tail` below the box, left (-1) or right (1)."""
    r, foot = min(width, height) * 0.22, y + height
    root = x + width * (0.5 + side * 0.2)
    reach = root + side * tail * 0.75
    pointer = polygon(
        [(root - side * tail * 0.62, foot - 1), (root + side * tail * 0.2, foot - 1), (reach, foot + tail)]
    )
    return rounded(x, y, width, height, r) + pointer
