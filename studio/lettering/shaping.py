"""Shaping: text becomes outlines, in the order it is read; joining, marks and both directions by HarfBuzz."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import uharfbuzz as hb
from bidi import algorithm
from fontTools.pens.recordingPen import RecordingPen
from fontTools.unicodedata import script
from numpy.typing import NDArray

from studio.errors import Failed
from studio.lettering.faces import Face, opened
from studio.lettering.outline import NOTHING, Box, Outline, Points, area, joined, turned_round

CURSIVE = {
    "Arab", "Syrc", "Mong", "Deva", "Beng", "Guru", "Gujr", "Taml", "Telu", "Knda", "Mlym", "Sinh", "Thai", "Laoo",
    "Khmr", "Mymr",
}  # fmt: skip
"""Scripts whose letters touch, or bear marks above and below: along a curve they are bent together, not one by one."""
JOINER = "\u200d"
ATTACHED = frozenset("\ufe0e\ufe0f\u20e3")
"""What makes an emoji of the sign before it: variation selectors, the keycap."""


@dataclass(frozen=True, slots=True)
class Run:
    """A line of set text; its baseline begins at (0, 0) until it is moved."""

    outline: Outline
    face: Face
    body: Box
    """What the eye measures: capitals from baseline to cap height, all of the ink where there are small letters."""
    width: float
    """Of the advances, tracking included; the ink's is `box.width`."""
    ascent: float
    descent: float
    """Of the face at this size, both positive."""
    glyph: NDArray[np.intp]
    """(n,): which glyph each point belongs to."""
    middles: Points
    """(glyphs,): where the middle of each glyph's advance lies on the baseline."""
    cursive: bool
    dropped: str
    """Signs that were left out: emoji and other pictures, which have no outline to print."""

    @property
    def box(self) -> Box:
        return self.outline.box

    def moved(self, dx: float, dy: float) -> Run:
        body = self.body._replace(x=self.body.x + dx, y=self.body.y + dy)
        return replace(self, outline=self.outline.moved(dx, dy), body=body)

    def scaled(self, across: float, down: float | None = None) -> Run:
        """About the origin: as if set larger, or wider."""
        tall = across if down is None else down
        return replace(
            self,
            outline=self.outline.scaled(across, tall),
            body=Box(self.body.x * across, self.body.y * tall, self.body.width * across, self.body.height * tall),
            middles=self.middles * across,
            width=self.width * across,
            ascent=self.ascent * tall,
            descent=self.descent * tall,
        )

    def bent(self, outline: Outline) -> Run:
        """The same text in another outline, its body all of the ink."""
        return replace(self, outline=outline, body=outline.box)


def shape(text: str, face: Face, size: float, tracking: float = 0.0) -> Run:
    """Text as one line of outlines.

    Args:
        size: Height of the em, in the canvas's units.
        tracking: Added between letters, in ems; left out between letters that join.

    Raises:
        Failed: "text", where the face lacks a letter or nothing is left to set.
    """
    kept, dropped = without_pictures(text)
    if not kept.strip():
        raise Failed("text", f"nothing of {text!r} can be lettered")
    unit = size / face.font.face.upem
    outlines, middles, counts, at = [], [], [], 0.0
    cursive = any(script(sign) in CURSIVE for sign in kept)
    gap = 0.0 if cursive else tracking * face.font.face.upem
    for path, index, gid, x, y, advance in placed(kept, face):
        outline = glyph(path, index, gid).moved(at + x, -y)
        outlines.append(outline)
        counts.append(len(outline.points))
        middles.append(at + advance / 2)
        at += advance + gap
    ascent, descent = heights(face)
    whole = joined(outlines).scaled(unit * face.stretch, unit)
    owner = np.repeat(np.arange(len(counts)), counts)
    along = np.array(middles) * unit * face.stretch
    width = (at - gap) * unit * face.stretch
    body = body_of(kept, face, whole.box, unit)
    return Run(whole, face, body, width, ascent * unit, descent * unit, owner, along, cursive, dropped)


def body_of(text: str, face: Face, ink: Box, unit: float) -> Box:
    """From baseline to cap height where the text is capitals with nothing on their heads; else the ink."""
    capital = face.font.get_nominal_glyph(ord("H"))
    if text != text.upper() or text == text.lower() or not capital:
        return ink
    top = glyph(face.path, face.index, capital).box.y * unit
    top = ink.y if ink.y < top * 1.08 else top
    return Box(ink.x, top, ink.width, -top)


def placed(text: str, face: Face) -> Iterator[tuple[Path, int, int, float, float, float]]:
    """Glyphs from left to right: the file, its index, the glyph, its offset and its advance, in the file's units."""
    for piece, right_to_left in runs(text):
        buffer = hb.Buffer()
        buffer.add_str(piece)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if right_to_left else "ltr"
        hb.shape(face.font, buffer)
        for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            if info.codepoint == 0:
                raise Failed("text", f"{face.family} has no letter for a sign in {piece!r}: choose another face")
            yield (
                face.path,
                face.index,
                info.codepoint,
                position.x_offset,
                position.y_offset,
                position.x_advance,
            )


def runs(text: str) -> list[tuple[str, bool]]:
    """Pieces of one direction and one script, in the order they are seen (UAX 9): the piece as written, and whether
    it is read from right to left."""
    levels = bidi_levels(text)
    pieces: list[tuple[int, int, str]] = []
    for sign, level in zip(text, levels, strict=True):
        code = script(sign)
        last = pieces[-1] if pieces else None
        common = last is not None and (code in {"Zyyy", "Zinh"} or last[2] in {"Zyyy", code})
        if last is not None and last[0] == level and common:
            kind = last[2] if code in {"Zyyy", "Zinh"} else code
            pieces[-1] = (level, last[1] + 1, kind)
        else:
            pieces.append((level, 1, code))
    return seen(text, [(level, length) for level, length, _ in pieces])


def seen(text: str, pieces: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Pieces of text in visual order: from the highest level down, stretches are turned round (UAX 9, rule L2)."""
    cut, at = [], 0
    for level, length in pieces:
        cut.append((level, text[at : at + length]))
        at += length
    for limit in range(max((level for level, _ in cut), default=0), 0, -1):
        start = 0
        while start < len(cut):
            end = start
            while end < len(cut) and cut[end][0] >= limit:
                end += 1
            cut[start:end] = cut[start:end][::-1]
            start = max(end, start + 1)
    return [(piece, level % 2 == 1) for level, piece in cut]


def bidi_levels(text: str) -> list[int]:
    """The embedding level of each character: odd is read from right to left."""
    if not any(unicodedata.bidirectional(sign) in {"R", "AL", "AN"} for sign in text):
        return [0] * len(text)
    storage: dict[str, Any] = algorithm.get_empty_storage()
    storage["base_level"] = algorithm.get_base_level(text)
    storage["base_dir"] = ("L", "R")[storage["base_level"]]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    return [int(each["level"]) for each in storage["chars"]]


def without_pictures(text: str) -> tuple[str, str]:
    """The text without emoji, their joiners and skin tones, spaces closed up; and what was left out."""
    kept, dropped = "", ""
    for before, sign in pairwise(" " + text):
        if is_picture(sign):
            dropped += sign
        elif sign not in ATTACHED and not (sign == JOINER and (is_picture(before) or before in ATTACHED)):
            kept += sign
    return " ".join(kept.split()), dropped


def is_picture(sign: str) -> bool:
    """Emoji and other pictographs: symbols above the Basic Multilingual Plane, dingbats, tags, private use."""
    kind, code = unicodedata.category(sign), ord(sign)
    astral = code > 0x1F000 and kind in {"So", "Sk", "Cn", "Cf"}
    return astral or 0x2600 <= code <= 0x27BF or 0x2B00 <= code <= 0x2BFF or kind == "Co"


@cache
def heights(face: Face) -> tuple[float, float]:
    """Ascent and descent in the file's units, both positive."""
    extents = face.font.get_font_extents("ltr")
    return float(extents.ascender), float(-extents.descender)


@cache
def glyph(path: Path, index: int, gid: int) -> Outline:
    """One glyph in the file's units, y downwards, outer contours clockwise; quadratic curves as the same cubic ones."""
    pen = RecordingPen()
    opened(path, index).draw_glyph_with_pen(gid, pen)
    ops: list[str] = []
    points: list[tuple[float, float]] = []
    for verb, took in pen.value:
        if verb == "qCurveTo":
            points += cubic_handles(points[-1], *took)
        else:
            points += took
        ops.append({"moveTo": "M", "lineTo": "L", "qCurveTo": "C", "curveTo": "C"}.get(verb, "Z"))
    if not ops:
        return NOTHING
    outline = Outline("".join(ops), np.array(points, dtype=np.float64) * [1, -1])
    return outline if area(outline) > 0 else turned_round(outline)


def cubic_handles(
    start: tuple[float, float], handle: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """What a quadratic curve takes as a cubic one: handles two thirds of the way to its own."""
    first = (start[0] + (handle[0] - start[0]) * 2 / 3, start[1] + (handle[1] - start[1]) * 2 / 3)
    second = (end[0] + (handle[0] - end[0]) * 2 / 3, end[1] + (handle[1] - end[1]) * 2 / 3)
    return [first, second, end]
