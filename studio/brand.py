"""Brand: what makes images of one style alike, seen in one to five references; the one protocol of all descriptors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """What a descriptor sees in one image."""

    palette: Vector
    """(k, 4): L, a, b of CIELAB (D65) and the share of the image, the largest first; shares add up to 1."""
    parts: Mapping[str, Vector]
    """Named vectors: "stroke", "edge", "texture", "composition", "lighting"; or "clip"."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like an image is to a set of references; each in [0, 1] but the distance."""

    style: float
    palette_de: float
    """CIEDE2000 between the palettes, moved at the least cost; 0 is the same."""
    edge: float
    overall: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where a descriptor draws its lines, and what that was measured to cost."""

    style: float
    palette_de: float
    edge: float
    overall: float
    false_accept: float
    """Share of images of another style that pass."""
    false_reject: float
    """Share of images of the same style that do not."""
    data: str
    """What it was measured on, in one line: the data, its size, the seed."""


class Descriptor(Protocol):
    """Sees and compares. What it says of the same pixels is always the same."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def calibration(self) -> Calibration: ...

    def look(self, image: Image) -> Look:
        """What it sees in an image; transparent parts are seen as paper is: white."""
        ...

    def compare(self, look: Look, references: Sequence[Look]) -> Likeness:
        """How like one image is to at least one reference."""
        ...


@dataclass(frozen=True, slots=True)
class Profile:
    """A brand: the looks of its references, and the parameters that people may lock."""

    name: str
    descriptor: str
    version: str
    looks: tuple[Look, ...]
    palette: tuple[str, ...]
    """"#rrggbb", the most used first."""
    terms: tuple[str, ...] = ()
    """Words of the style ("monoline", "warm", "symmetric"), for prompts and for the check of them."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What was measured or chosen: symmetry, thirds, texture, lighting, composition, faces."""
    locked: frozenset[str] = frozenset()
    """Names of parameters (or "palette", "terms") that a refinement may not change."""
