"""Setting: text in boxes; every line is drawn as large as its box allows, and lines are even by what the eye measures.

The eye measures capitals from baseline to cap height: what hangs below (Q, J, a comma) does not make a line smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from studio.errors import Failed
from studio.lettering.faces import for_role
from studio.lettering.outline import Box, flattened
from studio.lettering.shaping import Run, shape
from studio.lettering.words import WIDE, Wording, upper

EM = 1000.0
FIRM = 1.1
"""How far letters may be stretched whose form does not bear it: Chinese, Japanese, and those that join."""


@lru_cache(maxsize=512)
def line(text: str, role: str, tracking: float = 0.0) -> Run:
    """The text at an em of 1,000 in the role's face.

    Raises:
        Failed: "text", where it leaves no ink: blanks and fillers that no product can show.
    """
    run = shape(text, for_role(role, text), EM, tracking)
    if min(run.box.width, run.box.height) <= 0:
        raise Failed("text", f"{text!r} leaves no ink")
    return run


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


def filling(
    wording: Wording,
    roles: Sequence[str],
    box: Box,
    most: int = 7,
    gap: float = 0.04,
    tallest: float = 2.4,
    give: float = 1.2,
    case: Callable[[str], str] = upper,
) -> list[tuple[str, Run]]:
    """The stack that covers most of the box, over counts of lines and over roles (the first counts a tenth more).

    A single line may be stretched a tenth more, letters that are no alphabet's hardly at all.

    Returns each line as it was written in the wording, with its run.
    """
    found: list[tuple[float, list[tuple[str, Run]]]] = []
    for rank, role in enumerate(dict.fromkeys(roles)):
        for lines in dict.fromkeys(wording.lines(count) for count in range(1, most + 1)):
            stretch = min(give, FIRM if firm(wording.text) else give) * (1.0 if len(lines) > 1 else 1.1)
            runs = stack([case(each) for each in lines], role, box, gap, 0.0, tallest, stretch)
            found.append((coverage(runs, box) * (1.0 if rank else 1.1), list(zip(lines, runs, strict=True))))
    return max(found, key=lambda each: each[0])[1]


def firm(text: str) -> bool:
    """Whether the text's letters are of those."""
    return any(WIDE.match(sign) or "\u0600" <= sign <= "\u109f" for sign in text)


def coverage(runs: Sequence[Run], box: Box) -> float:
    """The share of the box under bodies, less where line heights are far apart."""
    heights = [run.body.height for run in runs]
    under = sum(run.body.width * run.body.height for run in runs) / (box.width * box.height)
    return float(under * min(1.0, 1.7 * min(heights) / max(heights)) ** 0.5)


def piled(runs: Sequence[Run], box: Box, gap: float, give: float = 1.0) -> list[Run]:
    """Runs of their own sizes, one under another, scaled together to fit the box, centred in it.

    Bodies are `gap` apart, more where a tail would come nearer than half of that to an accent.
    """
    placed: list[Run] = []
    for run in runs:
        at = run.moved(-run.body.centre[0], -run.body.y)
        if placed:
            last = placed[-1]
            at = at.moved(0, last.body.bottom + max(gap, gap / 2 - clearance(last, at)))
        placed.append(at)
    tall = placed[-1].body.bottom
    across, down = box.width / max(run.body.width for run in runs), box.height / tall
    across, down = min(across, down * give), min(down, across * give)
    x, y = box.centre
    return [run.scaled(across, down).moved(x, y - tall * down / 2) for run in placed]


def clearance(above: Run, below: Run, columns: int = 60) -> float:
    """How far apart the inks would be, column by column, if the bodies touched; below zero where they overlap."""
    low, high = flattened(above.outline, 12).points, flattened(below.outline, 12).points
    left, right = max(low[:, 0].min(), high[:, 0].min()), min(low[:, 0].max(), high[:, 0].max())
    floor, ceiling = np.full(columns + 2, -np.inf), np.full(columns + 2, np.inf)
    wide = max(right - left, 1e-9) / columns
    np.maximum.at(floor, np.clip((low[:, 0] - left) // wide + 1, 0, columns + 1).astype(int), low[:, 1])
    np.minimum.at(ceiling, np.clip((high[:, 0] - left) // wide + 1, 0, columns + 1).astype(int), high[:, 1])
    apart = (ceiling - below.body.y) - (floor - above.body.bottom)
    return float(apart[1:-1].min())


def around(runs: Sequence[Run]) -> Box:
    """The smallest box around all their ink."""
    boxes = [run.box for run in runs]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x, y, max(box.right for box in boxes) - x, max(box.bottom for box in boxes) - y)
