"""Drawing: series, scores and words turned into coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.page import ScoreTerm, Spark

MOST_LINES = 3
FEWEST_POINTS = 3
ROOM = {"shirt": 38.0, "hoodie": 38.0, "mug": 44.0, "poster": 46.0, "tote": 48.0, "ornament": 50.0, "sticker": 52.0}
"""How wide lettering may be on a product, in the drawing's own units; 48 on others."""
GLYPH = 0.64
"""Width of a letter against its size, in a bold serif face."""


def spark(series: Sequence[float], caption: str, width: int = 240, height: int = 56) -> Spark | None:
    """The series as a line that fills the box, its lowest value zero; None below three points or where all is zero."""
    top = max(series, default=0.0)
    if len(series) < FEWEST_POINTS or top <= 0:
        return None
    step = width / (len(series) - 1)
    points = [
        (round(i * step, 1), round(height - max(0.0, value) / top * (height - 6), 1)) for i, value in enumerate(series)
    ]
    line = "M" + "L".join(f"{x} {y}" for x, y in points)
    area = f"{line}L{points[-1][0]} {height}L0 {height}Z"
    return Spark(
        line=line, area=area, end_x=points[-1][0], end_y=points[-1][1], caption=caption, width=width, height=height
    )


def waterfall(terms: Sequence[Mapping[str, Any]]) -> tuple[ScoreTerm, ...]:
    """The terms of a score as bars that begin where the one before ended; a missing term has no length."""
    start, drawn = 0.0, []
    for term in terms:
        value, weight = term.get("value"), float(term["weight"])
        length = 0.0 if value is None else round(float(value) * weight * 100, 2)
        drawn.append(
            ScoreTerm(
                name=str(term["name"]).replace("_", " "),
                value="" if value is None else f"{float(value):.2f}",
                weight=f"{weight:.2f}",
                start=round(start, 2),
                length=length,
                reason=str(term.get("reason", "")),
                missing=value is None,
            )
        )
        start += length
    return tuple(drawn)


def letter(phrase: str, product: str = "") -> tuple[tuple[str, ...], float]:
    """The phrase in up to three lines, broken where the type can be largest, and that size."""
    words = [word if len(word) <= 14 else word[:13] + "…" for word in phrase.split()] or [""]
    room = ROOM.get(product, 48.0)
    breaks = [_wrap(words, width)[:MOST_LINES] for width in range(4, 33) if len(_wrap(words, width)) <= MOST_LINES]
    lines = max(breaks or [_wrap(words, 32)[:MOST_LINES]], key=lambda lines: _size(lines, room))
    return tuple(lines), _size(lines, room)


def _wrap(words: Sequence[str], width: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _size(lines: Sequence[str], room: float) -> float:
    longest = max(1, *(len(line) for line in lines))
    return round(min(14.0, room / longest / GLYPH, 40.0 / len(lines)), 1)
