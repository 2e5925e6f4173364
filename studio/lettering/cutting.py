"""Cutting: panels that show the product through words and figures.

What is cut out becomes holes of the panel's own path wherever it can: a mask makes the raster hold a second sheet,
which costs two seconds of drawing at full size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.lettering.outline import Outline, Points, area, contours, enclosed, flattened, joined, turned_round
from studio.lettering.shaping import Run
from studio.lettering.svg import Canvas


def cut_out(
    canvas: Canvas, panel: Outline, fill: str, runs: Sequence[Run] = (), figures: Sequence[Outline] = ()
) -> None:
    """A panel that shows the product through lettering and figures, all of which lie inside it.

    What lies over itself or over another (letters that join, figures of parts) needs the mask.
    """
    holes = [*figures, *(run.outline for run in runs)]
    if is_apart(joined(holes)):
        canvas.shape(pierced(panel, holes), fill)
    else:
        with canvas.without(*holes):
            canvas.shape(panel, fill)
    canvas.noted(runs)


def pierced(panel: Outline, holes: Sequence[Outline]) -> Outline:
    """The panel with holes that run the other way round, so that the nonzero rule leaves them open."""
    way = area(panel)
    return joined([panel, *(turned_round(hole) if area(hole) * way > 0 else hole for hole in holes)])


def is_apart(figure: Outline) -> bool:
    """Whether no edges cross, what is filled stands on nothing that is, and every hole is in one that is."""
    parts = [points for _, points in contours(flattened(figure, 6))]
    low, high = (np.array([edge(each, axis=0) for each in parts]).reshape(-1, 1, 2) for edge in (np.min, np.max))
    near = np.asarray(((low < high.swapaxes(0, 1)) & (low.swapaxes(0, 1) < high)).all(axis=2))
    for at, part in enumerate(parts):
        others = [parts[other] for other in np.flatnonzero(near[at]) if other != at]
        under = sum((turns(each, part) for each in others), np.zeros(len(part)))
        if (under != (0 if enclosed(part) > 0 else 1)).any() or any(crosses(part, each) for each in others):
            return False
    return True


def crosses(one: Points, two: Points) -> bool:
    """Whether an edge of one polygon has its ends on both sides of an edge of another, and the other way round."""
    a, b, c, d = one[:, None], np.roll(one, -1, axis=0)[:, None], two[None], np.roll(two, -1, axis=0)[None]
    return bool(((side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)).any())


def turns(polygon: Points, points: Points) -> Points:
    """How often a polygon (n, 2) goes clockwise, as seen, around each of the points (m, 2)."""
    start, end, at = polygon[None], np.roll(polygon, -1, axis=0)[None], points[:, None]
    down, up = start[..., 1] <= at[..., 1], end[..., 1] <= at[..., 1]
    right = side(start, end, at) > 0
    wound: Points = ((down & ~up & right).sum(axis=1) - (~down & up & ~right).sum(axis=1)).astype(float)
    return wound


def side(start: Points, end: Points, point: Points) -> Points:
    """Above 0 where a point is on the right of a line, as seen; 0 on it."""
    along, away = end - start, point - start
    turned: Points = along[..., 0] * away[..., 1] - along[..., 1] * away[..., 0]
    return turned
