"""Setting: text in boxes; every line is drawn as large as its box allows, and lines are even by what the eye measures.

The eye measures capitals from baseline to cap height: what hangs below (Q, J, a comma) does not make a line smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from studio.lettering.faces import for_role
from studio.lettering.outline import Box
from studio.lettering.shaping import Run, shape

EM = 1000.0


@lru_cache(maxsize=512)
def line(text: str, role: str, tracking: float = 0.0) -> Run:
    """The text at an em of 1,000 in the role's face."""
    return shape(text, for_role(role, text), EM, tracking)


def fit(run: Run, width: float, height: float, give: float = 1.0) -> Run:
    """As large as its body may be in a width and a height.

    Args:
        give: How far it may be widened or narrowed to fill both: 1.15 is fifteen hundredths; 1 keeps the letters' form.
    """
    across, down = width / run.body.width, height / run.body.height
    return run.scaled(min(across, down * give), min(down, across * give))


def centred(run: Run, x: float, y: float) -> Run:
    """Its body's centre at (x, y)."""
    middle = run.body.centre
    return run.moved(x - middle[0], y - middle[1])


def in_box(run: Run, box: Box, give: float = 1.0) -> Run:
    """As large as fits, in the middle of the box."""
    return centred(fit(run, box.width, box.height, give), *box.centre)


def stack(
    lines: Sequence[str],
    role: str | Sequence[str],
    box: Box,
    gap: float = 0.05,
    tracking: float = 0.0,
    tallest: float = 2.2,
    give: float = 1.12,
) -> list[Run]:
    """Lines one under another, each as wide as the box, the whole centred in it and filling it as far as form allows.

    Args:
        role: One for all lines, or one each.
        gap: Between the bodies of lines, as a share of the box's width.
        tallest: How many times as tall as the smallest line the tallest may be; a short line is then set narrower
            than the box.
        give: How far letters may be stretched, in one direction or the other, to fill the box.
    """
    roles = [role] * len(lines) if isinstance(role, str) else list(role)
    words = [line(text, each, tracking) for text, each in zip(lines, roles, strict=True)]
    full = [run.scaled(box.width / run.body.width) for run in words]
    smallest = min(run.body.height for run in full)
    full = [run.scaled(min(1.0, tallest * smallest / run.body.height)) for run in full]
    return piled(full, box, gap * box.width, give)


def piled(runs: Sequence[Run], box: Box, gap: float, give: float = 1.0) -> list[Run]:
    """Runs of their own sizes, one under another with even gaps, scaled together to fit the box, centred in it."""
    tall = sum(run.body.height for run in runs) + gap * (len(runs) - 1)
    across, down = box.width / max(run.body.width for run in runs), box.height / tall
    across, down = min(across, down * give), min(down, across * give)
    y = box.centre[1] - tall * down / 2
    placed = []
    for run in runs:
        sized = run.scaled(across, down)
        placed.append(sized.moved(box.centre[0] - sized.body.centre[0], y - sized.body.y))
        y += sized.body.height + gap * down
    return placed


def around(runs: Sequence[Run]) -> Box:
    """The smallest box around all their ink."""
    boxes = [run.box for run in runs]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)
