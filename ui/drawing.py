"""Drawing: series, scores and words turned into coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.page import ScoreTerm, Spark

MOST_LINES = 3
WIDEST = 62.0
"""Room for lettering on a product, in the drawing's own units."""


def spark(series: Sequence[float], caption: str, width: int = 240, height: int = 56) -> Spark | None:
    """The series as a line that fills the box, its lowest value zero; None below three points or where all is zero."""
    top = max(series, default=0.0)
    if len(series) < 3 or top <= 0:
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


def letter(phrase: str) -> tuple[tuple[str, ...], float]:
    """The phrase in up to three lines of about equal length, and the size at which the longest fits."""
    words = [word if len(word) <= 14 else word[:13] + "…" for word in phrase.split()] or [""]
    lines = min((_wrap(words, width) for width in range(4, 33)), key=_cost)
    shown = lines[:MOST_LINES]
    longest = max(len(line) for line in shown)
    return tuple(shown), round(min(15.0, WIDEST / max(1, longest) / 0.56, 44.0 / len(shown)), 1)


def _wrap(words: Sequence[str], width: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _cost(lines: Sequence[str]) -> tuple[bool, float]:
    """Too many lines last; then the largest type wins."""
    return len(lines) > MOST_LINES, -min(15.0, WIDEST / max(len(line) for line in lines) / 0.56, 44.0 / len(lines))
