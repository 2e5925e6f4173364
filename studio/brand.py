"""Brand: what makes images of one style alike, seen in one to five references; the one protocol of all descriptors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.descriptors.colour import to_hex
from studio.descriptors.traits import mean_traits, shared_palette, words_for
from studio.descriptors.view import view_of
from studio.errors import BadReference

if TYPE_CHECKING:
    from PIL.Image import Image

Vector = NDArray[np.float64]

MOST_REFERENCES = 5
DARK_GROUND = 35.0
"""L of the references' ground below which a brand's designs are drawn for dark products."""


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
    each: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By line ("style", "palette_de", "edge", "overall"), of that line alone: false accept, false reject."""


LINES = ("style", "palette_de", "edge", "overall")


def passes(likeness: Likeness, lines: Calibration) -> bool:
    """Whether an image is of the style: it reaches every line."""
    return all(reaches(likeness, lines, line) for line in LINES)


def reaches(likeness: Likeness, lines: Calibration, line: str) -> bool:
    """Whether it is on the right side of one line: not over a distance, not under a score."""
    found, wanted = getattr(likeness, line), getattr(lines, line)
    return bool(found <= wanted if line == "palette_de" else found >= wanted)


class Descriptor(Protocol):
    """Sees and compares. What it says of the same pixels is always the same."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def calibration(self) -> Calibration: ...

    def look(self, image: Image) -> Look:
        """What it sees in an image; transparent parts are seen as white, or as dark behind what is pale."""
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


def profile_of(
    name: str,
    images: Sequence[Image],
    descriptor: Descriptor,
    parameters: Mapping[str, Any] | None = None,
    locked: frozenset[str] = frozenset(),
) -> Profile:
    """The brand of one to five references; what is given as a parameter stands in place of what was measured."""
    if not 1 <= len(images) <= MOST_REFERENCES:
        raise BadReference(f"brand {name!r}: {len(images)} references; give one to {MOST_REFERENCES}")
    views = [view_of(image) for image in images]
    looks = tuple(descriptor.look(image) for image in images)
    palette = tuple(to_hex(colour[:3]) for colour in shared_palette(views))
    traits = mean_traits(views)
    return Profile(
        name,
        descriptor.name,
        descriptor.version,
        looks,
        palette,
        words_for(traits),
        {**traits, "ground": "dark" if traits["ground_light"] < DARK_GROUND else "light", **(parameters or {})},
        locked,
    )


def pack_profile(profile: Profile) -> dict[str, Any]:
    """As JSON holds it; `unpack_profile` gives back an equal profile, numbers included."""
    looks = [
        {"palette": look.palette.tolist(), "parts": {part: values.tolist() for part, values in look.parts.items()}}
        for look in profile.looks
    ]
    return {
        "name": profile.name,
        "descriptor": profile.descriptor,
        "version": profile.version,
        "looks": looks,
        "palette": list(profile.palette),
        "terms": list(profile.terms),
        "parameters": dict(profile.parameters),
        "locked": sorted(profile.locked),
    }


def unpack_profile(packed: Mapping[str, Any]) -> Profile:
    """The profile that was packed."""
    looks = tuple(
        Look(np.array(look["palette"]), {part: np.array(values) for part, values in look["parts"].items()})
        for look in packed["looks"]
    )
    return Profile(
        packed["name"],
        packed["descriptor"],
        packed["version"],
        looks,
        tuple(packed["palette"]),
        tuple(packed["terms"]),
        dict(packed["parameters"]),
        frozenset(packed["locked"]),
    )
