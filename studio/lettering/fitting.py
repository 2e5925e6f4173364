"""Fitting: words set as large as a box allows: one line, a block of even lines, a tower of lines of one width.

A line's body is what the eye measures: capitals from baseline to cap height, small letters with what hangs below them.
Bodies, not advances, are put into boxes, so gaps look even.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.lettering.curves import Edge, envelope
from studio.lettering.faces import Face, for_role
from studio.lettering.outline import TAKES, Box, Outline, joined
from studio.lettering.palettes import Palette, contrast
from studio.lettering.shaping import Run, shape
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording, broken, units, upper

EM = 100.0
"""Size that text is shaped at before it is fitted."""


@dataclass(frozen=True, slots=True)
class Line:
    """A set line, its body, and how much of the body stands above the baseline."""

    text: str
    run: Run
    body: Box
    up: float

    def to(self, body: Box) -> Line:
        """The same line with its body moved and stretched to another box."""
        across, down = body.width / self.body.width, body.height / self.body.height
        run = self.run.scaled(across, down).moved(body.x - self.body.x * across, body.y - self.body.y * down)
        return Line(self.text, run, body, self.up * down)

    def within(self, box: Box, tallest: float = np.inf) -> Line:
        """As large as the box allows (and no taller than `tallest`), in its middle, in its own proportions."""
        scale = min(box.width / self.body.width, min(box.height, tallest) / self.body.height)
        return self.to(middle(box, self.body.width * scale, self.body.height * scale))

    def bent(self, outline: Outline) -> Line:
        """The line in another outline."""
        return Line(self.text, self.run.bent(outline), outline.box, self.up)


def middle(box: Box, width: float, height: float) -> Box:
    """A box of this size in the middle of another."""
    return Box(box.x + (box.width - width) / 2, box.y + (box.height - height) / 2, width, height)


def line(text: str, role: str, tracking: float = 0.0, face: Face | None = None) -> Line:
    """Text on one line, its baseline at 0, in the role's face or the one given."""
    chosen = face or for_role(role, text)
    run = shape(text, chosen, EM, tracking)
    ink = run.box
    height = -shape("H", chosen, EM).box.y if chosen.has("H") else -ink.y
    top = -height if 0.97 < -ink.y / height < 1.03 else ink.y
    top, bottom = min(top, -0.4 * height), max(0.0, ink.bottom)
    if text == text.upper() and text != text.lower():
        bottom = max(0.0, ink.bottom - 0.3 * height)
    return Line(text, run, Box(ink.x, top, max(ink.width, 1.0), bottom - top), -top)


def lines_of(text: str, role: str, count: int, tracking: float = 0.0) -> list[Line]:
    """The text on at most `count` lines, all in one face: the role's first that has every letter."""
    face = for_role(role, text)
    return [line(row, role, tracking, face) for row in broken(text, count)]


def block(
    text: str,
    role: str,
    box: Box,
    gap: float = 0.3,
    tracking: float = 0.0,
    most: int = 6,
    tallest: float = np.inf,
    align: float = 0.5,
) -> list[Line]:
    """Text as large as the box allows, on as many lines as that takes, all of one size.

    Args:
        gap: From line to line, of the body's height.
        most: Lines at most.
        tallest: No body is taller, in canvas units.
        align: 0 sets the lines to the left, .5 in the middle, 1 to the right.
    """
    best: tuple[float, list[Line], float, float] | None = None
    for count in range(1, min(most, len(units(text))) + 1):
        rows = lines_of(text, role, count, tracking)
        up, pitch = max(row.up for row in rows), max(row.up for row in rows) * (1 + gap) + 0.7 * hang(rows)
        whole = pitch * (len(rows) - 1) + up + hang(rows)
        scale = min(box.width / max(row.body.width for row in rows), box.height / whole, tallest / up)
        if best is None or scale > best[0] * 1.02:
            best = scale, rows, pitch * scale, whole * scale
    assert best is not None  # noqa: S101
    scale, rows, pitch, whole = best
    top = box.y + (box.height - whole) / 2
    up = max(row.up for row in rows) * scale
    placed = []
    for index, row in enumerate(rows):
        wide, tall = row.body.width * scale, row.body.height * scale
        x = box.x + (box.width - wide) * align
        placed.append(row.to(Box(x, top + index * pitch + up - row.up * scale, wide, tall)))
    return placed


def hang(rows: Sequence[Line]) -> float:
    """How far the lowest body hangs below its baseline."""
    return max(row.body.height - row.up for row in rows)


def tower(
    text: str, role: str, box: Box, gap: float = 0.03, most: int = 7, stretch: float = 1.3, tracking: float = 0.0
) -> list[Line]:
    """Text on lines all as wide as one another, on as many as cover most of the box, in its middle.

    Args:
        gap: Between bodies, of the box's width.
        stretch: How much taller than drawn letters may become where the box has room.
    """
    best: tuple[float, list[Line], Box, float] | None = None
    for count in range(1, min(most, len(units(text))) + 1):
        rows = lines_of(text, role, count, tracking)
        natural = [row.body.height / row.body.width for row in rows]
        gaps = gap * box.width * (len(rows) - 1)
        wide = min(box.width, (box.height - gaps) / sum(natural))
        grown = min(stretch, (box.height - gaps) / (sum(natural) * wide))
        whole = middle(box, wide, sum(natural) * wide * grown + gaps)
        cover = wide * whole.height / max(1.0, max(natural) / min(natural) / 3.5)
        if best is None or cover > best[0]:
            best = cover, rows, whole, grown
    assert best is not None  # noqa: S101
    _, rows, whole, grown = best
    placed, top = [], whole.y
    for row in rows:
        height = row.body.height / row.body.width * whole.width * grown
        placed.append(row.to(Box(whole.x, top, whole.width, height)))
        top += height + gap * box.width
    return placed


def piled(groups: Sequence[Sequence[Line]], box: Box, gap: float) -> list[list[Line]]:
    """Groups of lines one under another, `gap` (canvas units) between bodies, made smaller together where they must be.

    Empty groups take no room; the whole is in the middle of the box.
    """
    boxes = [extent(rows) if rows else None for rows in groups]
    there = [each for each in boxes if each]
    total = sum(each.height for each in there) + gap * (len(there) - 1)
    scale = min(1.0, box.height / total, box.width / max(each.width for each in there))
    top = box.y + (box.height - total * scale) / 2
    placed: list[list[Line]] = []
    for rows, around in zip(groups, boxes, strict=True):
        if around is None:
            placed.append([])
            continue
        left = box.x + (box.width - around.width * scale) / 2
        placed.append([row.to(carried(row.body, around, left, top, scale)) for row in rows])
        top += (around.height + gap) * scale
    return placed


def carried(body: Box, around: Box, left: float, top: float, scale: float) -> Box:
    """Where a body comes to lie when the box around its group is moved and scaled."""
    x, y = left + (body.x - around.x) * scale, top + (body.y - around.y) * scale
    return Box(x, y, body.width * scale, body.height * scale)


def quiet(text: str, role: str, box: Box, tallest: float, tracking: float = 0.08, most: int = 3) -> list[Line]:
    """A lesser part of the wording, in capitals, on few lines; none where it is empty."""
    return block(upper(text), role, box, 0.45, tracking, most, tallest) if text else []


def single(text: str, role: str, box: Box, tracking: float = 0.0, tallest: float = np.inf) -> Line:
    """Text on one line in the middle of a box."""
    return line(text, role, tracking).within(box, tallest)


def enveloped(row: Line, top: Edge, bottom: Edge) -> Line:
    """The line's ink stretched between two edges."""
    return row.bent(envelope(row.run.outline, top, bottom))


def ink(rows: Iterable[Line]) -> Outline:
    """All lines as one outline."""
    return joined([row.run.outline for row in rows])


def extent(rows: Iterable[Line]) -> Box:
    """The box around the bodies."""
    bodies = [row.body for row in rows]
    left, top = min(body.x for body in bodies), min(body.y for body in bodies)
    right, bottom = max(body.right for body in bodies), max(body.bottom for body in bodies)
    return Box(left, top, right - left, bottom - top)


def runs(rows: Iterable[Line]) -> list[Run]:
    return [row.run for row in rows]


def voiced(rows: Sequence[Line], wording: Wording) -> list[tuple[Line, bool]]:
    """Each line, and whether it has any of the words that carry the text; where all lines have, none stands out."""
    loud = [is_loud(row.text, wording.emphasis) for row in rows]
    return [(row, said and not all(loud)) for row, said in zip(rows, loud, strict=True)]


def is_loud(said: str, emphasis: str) -> bool:
    """Whether a line shares a word with the emphasis, or holds all of it where words are not spaced."""
    spoken, loud = (re.findall(r"[^\W_]+", text.casefold()) for text in (said, emphasis))
    return bool(set(spoken) & set(loud)) or emphasis.casefold() in said.casefold()


def suits(wording: Wording, loud: int, length: int) -> float:
    """For settings of one loud word: 1 within both counts of characters, .5 beyond, .15 where the word gets small."""
    if len(wording.emphasis) > 1.5 * loud:
        return 0.15
    return 1.0 if len(wording.emphasis) <= loud and wording.length <= length else 0.5


def on_ink(palette: Palette) -> str | None:
    """The accent that stands out most from a panel of ink, at a ratio of 2 or more; None where none does.

    What is cut out of the panel then stays open, which always can be read.
    """
    best = max(palette.accents, key=lambda colour: contrast(colour, palette.ink))
    return best if contrast(best, palette.ink) >= 2.0 else None


def cut_lettering(canvas: Canvas, rows: Sequence[Line], wording: Wording, palette: Palette) -> None:
    """Lines that were cut out of a panel: the loud ones are filled with what stands out there."""
    colour = on_ink(palette)
    for row, loud in voiced(rows, wording):
        if colour and loud:
            canvas.letters(row.run, colour)


def traced(path: str) -> Outline:
    """The outline of a path of absolute M, L, C and Z, one letter a point group, as `ornaments` writes them."""
    parts = re.findall(r"([MLCZ])([^MLCZ]*)", path)
    values = [float(value) for _, numbers in parts for value in numbers.split()]
    assert all(len(numbers.split()) == 2 * TAKES[op] for op, numbers in parts), path  # noqa: S101
    return Outline("".join(op for op, _ in parts), np.array(values).reshape(-1, 2))
