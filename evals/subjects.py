"""Subjects: what is drawn, as paths in a box of 100 by 100, by seed: free shapes, signs as icons are, or scenes."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, sin

BOX = 100.0
STEP = 2.0
"""How far apart the points of a resampled path lie."""

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Path:
    """A line, or the outline of an area. A mark stands on or within a body."""

    points: Points
    closed: bool
    is_mark: bool = False


def subject(kind: str, seed: str, parts: int) -> list[Path]:
    """ "shapes": overlapping, anywhere. "icon": a body and marks on a grid. "scene": shapes on a line."""
    rng = random.Random(seed)
    if kind == "icon":
        return icon(rng, parts)
    count = max(1, round(parts * rng.uniform(0.6, 1.5)))
    return scene(rng, count) if kind == "scene" else shapes(rng, count)


def shapes(rng: random.Random, count: int) -> list[Path]:
    """Polygons, stars, discs and arcs, the first the largest; half of all subjects stand in the middle."""
    mirrored = rng.random() < 0.5
    found = []
    for number in range(count):
        size = rng.uniform(6, 24) if number else rng.uniform(22, 48)
        x = 50.0 if mirrored and rng.random() < 0.6 else rng.uniform(size, 100 - size)
        found.append(shape(rng, x, rng.uniform(size, 100 - size), size))
    return found


def shape(rng: random.Random, x: float, y: float, size: float) -> Path:
    corners = rng.choice((2, 3, 4, 4, 5, 6, 24, 24))
    turn, squash = rng.choice((0.0, pi / 4, rng.uniform(0, pi))), rng.uniform(0.5, 1.0)
    if corners == 2:
        bend = rng.choice((0.0, rng.uniform(-1, 1)))
        return Path(arc(x, y, size, turn, bend), False, is_mark=True)
    inner = rng.choice((1.0, 1.0, 0.5)) if corners < 24 else 1.0
    count = corners * (2 if inner < 1 else 1)
    reach = [size * (inner if number % 2 else 1.0) for number in range(count)]
    return Path([polar(x, y, r, turn + 2 * pi * n / count, squash) for n, r in enumerate(reach)], True, size < 15)


def scene(rng: random.Random, count: int) -> list[Path]:
    """A line to stand on, a disc above, and shapes between."""
    floor = rng.uniform(62, 80)
    found = [Path(disc(rng.uniform(25, 75), rng.uniform(20, 35), rng.uniform(8, 16)), True)]
    for _ in range(count):
        width, height, x = rng.uniform(10, 30), rng.uniform(12, 45), rng.uniform(10, 80)
        top = rng.choice((0.0, 0.5, 1.0))
        peak = [(x + width * top, floor - height), (x + width * max(top, 0.5), floor - height)]
        found.append(Path([(x, floor), *dict.fromkeys(peak), (x + width, floor)], True))
    return [*found, Path([(4.0, floor), (96.0, floor)], False)]


def icon(rng: random.Random, parts: int) -> list[Path]:
    """A body with marks in it or beside it, or marks alone; on a grid of 5, as symbols are drawn."""
    found: list[Path] = []
    if rng.random() < 0.75:
        found.append(Path(body(rng, 50.0, 50.0, rng.choice((30.0, 35.0, 40.0))), True))
    count = rng.randint(1, max(1, min(parts, 4))) + (0 if found else 1)
    spread = 12 if found else 22
    for _ in range(count):
        x, y = (50 + 5 * round(rng.uniform(-spread, spread) / 5) for _ in "xy")
        found += mark(rng, x, y, rng.choice((8.0, 12.0, 16.0)) * (1.0 if len(found) > 1 else 1.4))
    return found


def body(rng: random.Random, x: float, y: float, size: float) -> Points:
    """The outline of a thing: disc, card, shield, roof, drop, tab, polygon."""
    squash = rng.choice((1.0, 1.0, 0.75, 0.6))
    kind = rng.choice(("disc", "card", "card", "card", "polygon", "shield", "roof", "drop"))
    if kind == "disc":
        return disc(x, y, size)
    if kind == "card":
        wide, high = rng.sample((size, size * squash), 2)
        return [(x - wide, y - high), (x + wide, y - high), (x + wide, y + high), (x - wide, y + high)]
    if kind == "polygon":
        count = rng.choice((3, 4, 5, 6, 8))
        return [polar(x, y, size, -pi / 2 + 2 * pi * number / count) for number in range(count)]
    half = size * 0.8
    if kind == "roof":
        return [(x, y - size), (x + size, y - 5), (x + half, y - 5), (x + half, y + size), (x - half, y + size),
                (x - half, y - 5), (x - size, y - 5)]  # fmt: skip
    if kind == "drop":
        return [(x, y - size), *(polar(x, y + size * 0.25, size * 0.75, angle * pi / 12) for angle in range(-4, 17))]
    return [(x - half, y - size), (x + half, y - size), (x + half, y), (x, y + size), (x - half, y)]


def mark(rng: random.Random, x: float, y: float, size: float) -> list[Path]:
    """A small sign: tick, cross, plus, arrow, bars, ring, dot, arcs, zigzag."""
    kind = rng.choice(("tick", "cross", "plus", "arrow", "bars", "ring", "dot", "arcs", "zigzag", "line", "line"))
    turn = rng.choice((0.0, pi / 2, pi, -pi / 2))
    lines: dict[str, list[Points]] = {
        "tick": [[(-1, 0), (-0.3, 0.7), (1, -0.7)]],
        "cross": [[(-0.7, -0.7), (0.7, 0.7)], [(-0.7, 0.7), (0.7, -0.7)]],
        "plus": [[(-1, 0), (1, 0)], [(0, -1), (0, 1)]],
        "arrow": [[(-1, 0), (1, 0)], [(0.4, -0.6), (1, 0), (0.4, 0.6)]],
        "bars": [[(-1, level), (rng.uniform(0, 1), level)] for level in (-0.7, 0, 0.7)],
        "zigzag": [[(-1, 0.6), (-0.3, -0.5), (0.3, 0.5), (1, -0.6)]],
        "line": [[(-1, 0), (1, 0)]],
    }
    if kind in lines:
        return [Path(turned(points, x, y, size, turn), False, is_mark=True) for points in lines[kind]]
    if kind == "arcs":
        return [
            Path([polar(x, y, size * reach, turn + angle * pi / 12) for angle in range(-4, 5)], False, is_mark=True)
            for reach in (0.5, 1.0)
        ]
    return [Path(disc(x, y, size * (0.6 if kind == "ring" else 0.25)), True, is_mark=True)]


def turned(points: Iterable[tuple[float, float]], x: float, y: float, size: float, turn: float) -> Points:
    c, s = cos(turn) * size, sin(turn) * size
    return [(x + px * c - py * s, y + px * s + py * c) for px, py in points]


def polar(x: float, y: float, reach: float, angle: float, squash: float = 1.0) -> tuple[float, float]:
    return x + reach * cos(angle), y + reach * squash * sin(angle)


def disc(x: float, y: float, radius: float) -> Points:
    return [polar(x, y, radius, 2 * pi * number / 36) for number in range(36)]


def arc(x: float, y: float, size: float, turn: float, bend: float) -> Points:
    """From one side to the other, bent aside by a share of its size."""
    shares = [number / 12 for number in range(13)]
    return turned([(2 * share - 1, bend * 2 * share * (1 - share)) for share in shares], x, y, size, turn)


def rounded(points: Points, closed: bool, share: float) -> Points:
    """Corners cut by a curve over a share of the shorter side beside them; curves of many points stay."""
    if not share or len(points) > 16:
        return points
    found: Points = [] if closed else [points[0]]
    for number in range(len(points)) if closed else range(1, len(points) - 1):
        before, corner, after = points[number - 1], points[number], points[(number + 1) % len(points)]
        least = min(hypot(other[0] - corner[0], other[1] - corner[1]) for other in (before, after)) or 1.0
        start, end = (towards(corner, other, share * least / 2) for other in (before, after))
        found += [curved(start, corner, end, at / 6) for at in range(7)]
    return found if closed else [*found, points[-1]]


def towards(one: tuple[float, float], other: tuple[float, float], length: float) -> tuple[float, float]:
    share = length / (hypot(other[0] - one[0], other[1] - one[1]) or 1.0)
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def curved(
    start: tuple[float, float], corner: tuple[float, float], end: tuple[float, float], at: float
) -> tuple[float, float]:
    a, b, c = (1 - at) ** 2, 2 * at * (1 - at), at**2
    return a * start[0] + b * corner[0] + c * end[0], a * start[1] + b * corner[1] + c * end[1]


def by_hand(points: Points, closed: bool, wobble: float, rng: random.Random) -> Points:
    """Resampled, each point off by noise that follows on from the last: `wobble` is its size as a share of the box."""
    if not wobble:
        return points
    ends = [*points, points[0]] if closed else points
    found: Points = []
    off = [0.0, 0.0]
    for one, other in pairwise(ends):
        pieces = max(1, round(hypot(other[0] - one[0], other[1] - one[1]) / STEP))
        for piece in range(pieces):
            off = [0.85 * each + 0.53 * rng.gauss(0, wobble * BOX) for each in off]
            share = piece / pieces
            found.append((one[0] + (other[0] - one[0]) * share + off[0], one[1] + (other[1] - one[1]) * share + off[1]))
    return found if closed else [*found, (ends[-1][0] + off[0], ends[-1][1] + off[1])]


def path_of(points: Points, closed: bool) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + ("Z" if closed else "")
