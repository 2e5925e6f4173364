"""Curves: lines of lettering laid on circles and waves, or warped into arches, flags and bulges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.lettering.outline import Box, Outline, Points, flattened, joined, split
from studio.lettering.shaping import Run

Edge = Callable[[Points], Points]
"""From how far across, 0 to 1, to a height y."""


def on_circle(run: Run, centre: tuple[float, float], radius: float, degrees: float = 0.0, inside: bool = False) -> Run:
    """The run with its baseline on a circle and its middle at `degrees` clockwise from the top.

    Read from outside the circle, heads out; `inside` puts heads towards the centre, as at the foot of a badge
    (there, 180 is the foot). Letters are turned, not bent, but where they join.
    """
    along = run.outline.points[:, 0] - run.width / 2
    down = run.outline.points[:, 1]
    if run.cursive:
        outline = split(run.outline, 4)
        along, down = outline.points[:, 0] - run.width / 2, outline.points[:, 1]
        return run.bent(Outline(outline.ops, polar(along, 0 * along, down, centre, radius, degrees, inside)))
    middle = run.middles[run.glyph] - run.width / 2
    return run.bent(
        Outline(run.outline.ops, polar(middle, along - middle, down, centre, radius, degrees, inside)),
    )


def polar(
    along: Points, aside: Points, down: Points, centre: tuple[float, float], radius: float, degrees: float, inside: bool
) -> Points:
    """Points by arc length from the middle, then along the tangent there, then along the radius."""
    facing = -1.0 if inside else 1.0
    angle = np.radians(degrees) + facing * along / radius
    outward, tangent = np.stack([np.sin(angle), -np.cos(angle)], 1), np.stack([np.cos(angle), np.sin(angle)], 1)
    far = radius - facing * down
    at: Points = np.array(centre) + outward * far[:, None] + tangent * (facing * aside)[:, None]
    return at


def on_wave(run: Run, height: float, length: float, phase: float = 0.0) -> Run:
    """The run with its baseline on a sine `height` above and below it, `length` from crest to crest."""
    turn = 2 * np.pi / length
    middle = run.middles[run.glyph]
    aside, down = run.outline.points[:, 0] - middle, run.outline.points[:, 1]
    slope = np.arctan(height * turn * np.cos(turn * middle + phase))
    x = middle + aside * np.cos(slope) - down * np.sin(slope)
    y = height * np.sin(turn * middle + phase) + aside * np.sin(slope) + down * np.cos(slope)
    return run.bent(Outline(run.outline.ops, np.stack([x, y], 1)))


def warp(outline: Outline, move: Callable[[Points, Points], tuple[Points, Points]], pieces: int = 3) -> Outline:
    """Every point moved by `move(x, y)`, lines and curves cut first so that they bend."""
    fine = split(outline, pieces)
    x, y = move(fine.points[:, 0], fine.points[:, 1])
    return Outline(fine.ops, np.stack([x, y], 1))


def envelope(outline: Outline, top: Edge, bottom: Edge, box: Box | None = None) -> Outline:
    """The outline's box (or one that it is part of) stretched between two edges, in the canvas's own heights."""
    box = box or outline.box

    def move(x: Points, y: Points) -> tuple[Points, Points]:
        across, down = (x - box.x) / box.width, (y - box.y) / box.height
        high = top(across)
        return x, high + (bottom(across) - high) * down

    return warp(outline, move)


def hill(edge: float, rise: float) -> Edge:
    """An edge at height `edge` at both ends and `rise` above it in the middle (negative: below), a parabola."""
    return lambda across: edge - rise * (1 - (2 * across - 1) ** 2)


def slope(left: float, right: float) -> Edge:
    """A straight edge from one height to another."""
    return lambda across: left + (right - left) * across


def ripple(edge: float, rise: float, waves: float = 1.0) -> Edge:
    """An edge that swings `rise` above and below its height, as a flag's."""
    return lambda across: edge - rise * np.sin(2 * np.pi * waves * across)


def extruded(outline: Outline, dx: float, dy: float, pieces: int = 6) -> Outline:
    """What the outline sweeps over when it moves by (dx, dy): a block shadow, for beneath the letters."""
    fine = flattened(outline, pieces)
    quads, at = [], 0
    for length in contour_lengths(fine.ops):
        contour = fine.points[at : at + length]
        quads.append(swept(contour, np.array([dx, dy])))
        at += length
    sides = np.concatenate(quads) if quads else np.zeros((0, 4, 2))
    walls = Outline("MLLLZ" * len(sides), sides.reshape(-1, 2))
    return joined([outline.moved(dx, dy), walls])


def contour_lengths(ops: str) -> list[int]:
    """Points in each contour of straight lines."""
    return [len(contour) for contour in ops.split("Z") if contour]


def swept(contour: Points, step: Points) -> Points:
    """The quadrilaterals under each edge, (n, 4, 2), all one way round so that none cuts a hole into another."""
    after = np.roll(contour, -1, axis=0)
    quads = np.stack([contour, after, after + step, contour + step], axis=1)
    edge = after - contour
    turn = edge[:, 0] * step[1] - edge[:, 1] * step[0]
    quads[turn < 0] = quads[turn < 0][:, ::-1]
    solid: Points = quads[np.abs(turn) > 1e-9]
    return solid
