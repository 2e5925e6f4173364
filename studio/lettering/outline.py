"""Outline: letters and shapes as one kind of thing, lines and cubic curves in numpy; y grows downwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

TAKES = {"M": 1, "L": 1, "C": 3, "Z": 0}
"""How many points each operation takes."""
COUNTS = np.array([TAKES.get(chr(code), 0) for code in range(128)])
ROUND = 0.5522847498
"""Where a cubic's handles lie to draw a quarter circle: 4/3 (sqrt 2 - 1)."""


class Box(NamedTuple):
    """Left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def inset(self, across: float, down: float | None = None) -> Box:
        """Smaller on every side; negative makes it larger."""
        down = across if down is None else down
        return Box(self.x + across, self.y + down, self.width - 2 * across, self.height - 2 * down)

    def below(self, gap: float, height: float) -> Box:
        """A box as wide, under this one."""
        return Box(self.x, self.bottom + gap, self.width, height)


@dataclass(frozen=True, slots=True)
class Outline:
    """Closed contours: `ops` over M, L, C, Z and the points they take in order, shape (n, 2)."""

    ops: str
    points: Points

    @property
    def box(self) -> Box:
        """The smallest box around the ink, to about a thousandth of its size (curves are sampled)."""
        if not len(self.points):
            return Box(0.0, 0.0, 0.0, 0.0)
        at = flattened(self, 12).points
        low, high = at.min(axis=0), at.max(axis=0)
        return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))

    def moved(self, dx: float, dy: float) -> Outline:
        return replace(self, points=self.points + np.array([dx, dy]))

    def scaled(self, across: float, down: float | None = None) -> Outline:
        """About the origin; `down` is `across` unless it is given."""
        return replace(self, points=self.points * np.array([across, across if down is None else down]))

    def turned(self, degrees: float, about: tuple[float, float] = (0.0, 0.0)) -> Outline:
        """Clockwise as seen, since y grows downwards."""
        turn, pivot = np.radians(degrees), np.array(about)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        return replace(self, points=(self.points - pivot) @ matrix + pivot)

    def slanted(self, slope: float) -> Outline:
        """Leaning: x moves by `slope` for each unit upwards from y = 0."""
        return replace(self, points=self.points @ np.array([[1.0, 0.0], [-slope, 1.0]]))


NOTHING = Outline("", np.zeros((0, 2)))


def joined(outlines: Sequence[Outline]) -> Outline:
    """One outline of many; what overlaps is filled once (nonzero rule)."""
    if not outlines:
        return NOTHING
    return Outline("".join(each.ops for each in outlines), np.concatenate([each.points for each in outlines]))


def polygon(points: Sequence[tuple[float, float]] | Points) -> Outline:
    """Straight edges through the points, closed."""
    at = np.asarray(points, dtype=np.float64)
    return Outline("M" + "L" * (len(at) - 1) + "Z", at)


def rectangle(box: Box, radius: float = 0.0) -> Outline:
    """Its corners rounded by `radius`, at most half the shorter side."""
    x, y, right, bottom = box.x, box.y, box.right, box.bottom
    r = min(radius, box.width / 2, box.height / 2)
    if r <= 0:
        return polygon([(x, y), (right, y), (right, bottom), (x, bottom)])
    k = r * (1 - ROUND)
    at = [(x + r, y), (right - r, y), (right - k, y), (right, y + k), (right, y + r)]
    at += [(right, bottom - r), (right, bottom - k), (right - k, bottom), (right - r, bottom)]
    at += [(x + r, bottom), (x + k, bottom), (x, bottom - k), (x, bottom - r)]
    at += [(x, y + r), (x, y + k), (x + k, y), (x + r, y)]
    return Outline("MLCLCLCLCZ", np.array(at))


def ellipse(x: float, y: float, across: float, down: float | None = None) -> Outline:
    """About the centre (x, y), with the two radii; `down` is `across` unless it is given."""
    rx, ry = across, across if down is None else down
    kx, ky = rx * ROUND, ry * ROUND
    at = [(rx, 0), (rx, ky), (kx, ry), (0, ry), (-kx, ry), (-rx, ky), (-rx, 0)]
    at += [(-rx, -ky), (-kx, -ry), (0, -ry), (kx, -ry), (rx, -ky), (rx, 0)]
    return Outline("MCCCCZ", np.array(at) + np.array([x, y]))


def ring(x: float, y: float, outer: float, inner: float) -> Outline:
    """A circle with a hole: the inner contour runs the other way round."""
    return joined([ellipse(x, y, outer), reversed_circle(x, y, inner)])


def reversed_circle(x: float, y: float, radius: float) -> Outline:
    """A circle that cuts a hole into what it lies on, under the nonzero rule."""
    return turned_round(ellipse(x, y, radius))


def turned_round(outline: Outline) -> Outline:
    """The same ink with every contour run the other way."""
    return joined([Outline("M" + ops[:0:-1] + "Z", points[::-1]) for ops, points in contours(outline)])


def contours(outline: Outline) -> Iterator[tuple[str, Points]]:
    """The operations of each contour without its Z, and its points."""
    at = 0
    for ops in outline.ops.split("Z")[:-1]:
        took = sum(TAKES[op] for op in ops)
        yield ops, outline.points[at : at + took]
        at += took


def area(outline: Outline) -> float:
    """Of the ink, positive where outer contours run clockwise as seen; holes are taken off."""
    return sum(enclosed(points) for _, points in contours(flattened(outline, 4)))


def enclosed(corners: Points) -> float:
    """The area in a polygon (n, 2), positive where it runs clockwise as seen: the shoelace formula."""
    x, y = corners.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def split(outline: Outline, pieces: int) -> Outline:
    """The same ink with every line and curve cut into `pieces` cubics, so that it can be bent."""
    cut = segments(outline)
    at = np.linspace(0.0, 1.0, pieces + 1)
    on = bezier(cut.curves, at)
    slope = bezier_slope(cut.curves, at) / (3 * pieces)
    first, second = on[:, :-1] + slope[:, :-1], on[:, 1:] - slope[:, 1:]
    return cut.assembled(np.stack([first, second, on[:, 1:]], axis=2).reshape(-1, pieces * 3, 2), "C" * pieces)


def flattened(outline: Outline, pieces: int) -> Outline:
    """Every curve as `pieces` straight lines (straight lines as well, so that the count is even)."""
    cut = segments(outline)
    return cut.assembled(bezier(cut.curves, np.linspace(0.0, 1.0, pieces + 1))[:, 1:], "L" * pieces)


@dataclass(frozen=True, slots=True)
class Segments:
    """An outline taken apart."""

    ops: str
    """M for a start, S for a segment, Z for a contour's end."""
    starts: Points
    """(m, 2)."""
    curves: Points
    """(n, 4, 2), straight lines as cubics of even speed."""

    def assembled(self, points: Points, becomes: str) -> Outline:
        """The outline again, from the points (n, k, 2) and the ops that each segment became."""
        code = np.frombuffer(self.ops.encode(), dtype=np.uint8)
        counts = np.where(code == ord("S"), points.shape[1], 1) * (code != ord("Z"))
        places = np.cumsum(counts) - counts
        whole = np.empty((int(counts.sum()), 2))
        whole[places[code == ord("M")]] = self.starts
        whole[places[code == ord("S")][:, None] + np.arange(points.shape[1])] = points
        return Outline(self.ops.replace("S", becomes), whole)


def segments(outline: Outline) -> Segments:
    """Every edge as a cubic; a contour that does not end where it began is closed by an edge of its own."""
    code = np.frombuffer(outline.ops.encode(), dtype=np.uint8)
    took = COUNTS[code]
    after = np.cumsum(took)
    begun = np.maximum.accumulate(np.where(code == ord("M"), after - took, 0))
    closing = code == ord("Z")
    last = np.where(closing, begun, after - 1)
    here, there = outline.points[after - took - 1], outline.points[last]
    kept = ~closing | (np.abs(here - there).max(axis=1) > 1e-6) if len(code) else closing
    step = (there - here)[:, None] * (np.arange(4) / 3)[None, :, None]
    curves = here[:, None] + step
    bent = code == ord("C")
    curves[bent, 1], curves[bent, 2] = outline.points[after[bent] - 3], outline.points[after[bent] - 2]
    edge = kept & (code != ord("M"))
    ops = outline.ops
    if closing.any():
        ops = "".join(
            op if op in "MZ" and not (op == "Z" and drawn) else "SZ" if op == "Z" else "S"
            for op, drawn in zip(ops, edge.tolist(), strict=True)
        )
    return Segments(ops, outline.points[begun[code == ord("M")]], curves[edge])


def bezier(curves: Points, at: Points) -> Points:
    """Points on cubics (n, 4, 2) at parameters (k,): (n, k, 2)."""
    t = at[None, :, None]
    a, b, c, d = (curves[:, None, i] for i in range(4))
    value: Points = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    return value


def bezier_slope(curves: Points, at: Points) -> Points:
    """Derivatives of the same: (n, k, 2)."""
    t = at[None, :, None]
    a, b, c, d = (curves[:, None, i] for i in range(4))
    value: Points = 3 * (1 - t) ** 2 * (b - a) + 6 * (1 - t) * t * (c - b) + 3 * t**2 * (d - c)
    return value
