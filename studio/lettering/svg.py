"""Svg: the canvas that compositions draw on; the same calls give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

import numpy as np

from studio.lettering.outline import TAKES, Box, Outline
from studio.lettering.shaping import Run

WIDTH = 4500.0
"""Every canvas is this wide in its own units, whatever it is rastered to."""


TEMPLATES = {op: op + " ".join(["%g"] * 2 * count) for op, count in TAKES.items()}


@dataclass(slots=True)
class Canvas:
    """Paths on nothing: what is not drawn stays transparent. `height` is in the same units as `WIDTH`."""

    height: float = 5400.0
    width: float = WIDTH
    body: list[str] = field(default_factory=list)
    masks: list[str] = field(default_factory=list)
    faces: dict[str, str] = field(default_factory=dict)
    """Names of the faces that were lettered, with their licences."""
    dropped: str = ""
    """Signs that no outline stands for."""

    @property
    def area(self) -> Box:
        """The print area inside its margins (a thirtieth of the width); fill it."""
        return Box(0, 0, self.width, self.height).inset(self.width / 30)

    def shape(
        self,
        outline: Outline | str,
        fill: str | None = None,
        stroke: str | None = None,
        width: float = 0.0,
        opacity: float = 1.0,
    ) -> None:
        """An outline, filled by the nonzero rule, stroked on both sides of its edge with round joins."""
        paint = f" fill={quoteattr(fill or 'none')}"
        if stroke:
            paint += f' stroke={quoteattr(stroke)} stroke-width="{short(width)}" stroke-linejoin="round"'
            paint += ' stroke-linecap="round"'
        if opacity < 1:
            paint += f' opacity="{short(opacity, 3)}"'
        self.body.append(f'<path d="{path(outline)}"{paint}/>')

    def letters(
        self,
        runs: Run | Sequence[Run],
        fill: str | None = None,
        stroke: str | None = None,
        width: float = 0.0,
        opacity: float = 1.0,
    ) -> None:
        """Lettering, where it was moved to; its face goes on record."""
        for run in self.noted(runs):
            self.shape(run.outline, fill, stroke, width, opacity)

    def noted(self, runs: Run | Sequence[Run]) -> Sequence[Run]:
        """The runs, their faces and what they dropped on record: for lettering that is drawn as shapes."""
        each = [runs] if isinstance(runs, Run) else runs
        for run in each:
            self.faces[run.face.name] = run.face.licence
            self.dropped += run.dropped
        return each

    @contextmanager
    def without(self, *holes: Outline | str, margin: float = 0.0) -> Iterator[None]:
        """What is drawn inside shows the product through these outlines (and `margin` around them)."""
        name = f"m{len(self.masks)}"
        around = f' stroke="#000" stroke-width="{short(2 * margin)}" stroke-linejoin="round"' if margin else ""
        cut = "".join(f'<path d="{path(hole)}"{around}/>' for hole in holes)
        whole = f'width="{short(self.width)}" height="{short(self.height)}"'
        self.masks.append(
            f'<mask id="{name}" maskUnits="userSpaceOnUse" x="0" y="0" {whole}><rect {whole} fill="#fff"/>{cut}</mask>'
        )
        with self.group(f'mask="url(#{name})"'):
            yield

    @contextmanager
    def within(self, outline: Outline | str) -> Iterator[None]:
        """What is drawn inside shows only where the outline is."""
        name = f"m{len(self.masks)}"
        self.masks.append(f'<clipPath id="{name}"><path d="{path(outline)}"/></clipPath>')
        with self.group(f'clip-path="url(#{name})"'):
            yield

    @contextmanager
    def group(self, attributes: str) -> Iterator[None]:
        self.body.append(f"<g {attributes}>")
        yield
        self.body.append("</g>")

    def svg(self) -> bytes:
        """The whole drawing, UTF-8."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {short(self.width)} {short(self.height)}">'
        definitions = f"<defs>{''.join(self.masks)}</defs>" if self.masks else ""
        return "\n".join([head, definitions, *self.body, "</svg>\n"]).encode()


def path(outline: Outline | str) -> str:
    """The outline as path data, to a tenth of a unit; what is path data already stays so."""
    if isinstance(outline, str):
        return outline
    template = "".join([TEMPLATES[op] for op in outline.ops])
    return template % tuple((np.round(outline.points, 1) + 0.0).ravel().tolist())


def short(number: float, digits: int = 1) -> str:
    """The fewest digits that say it."""
    return f"{round(number, digits) + 0.0:g}"
