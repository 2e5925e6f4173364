"""Drawing: what a renderer is asked for and what it gives back; the one protocol of all renderers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.brand import Profile


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels across and down, and how many of them an inch has on paper."""

    width: int = 4500
    height: int = 5400
    dpi: int = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a batch, as it was read and cleaned."""

    id: str
    text: str
    """What is lettered, or what the picture is of."""
    keyword: str = ""
    hook: str = ""
    """A year, a place, a memory: what a seller adds beneath ("est. 1986")."""
    audience: str = ""
    product_format: str = "shirt"
    prompt: str = ""
    """What the row itself asks of a picture, beside the brand's style."""
    seed: int | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Knobs:
    """What a refinement turns, attempt by attempt (SPEC 4 step 6)."""

    attempt: int = 0
    guidance: float = 7.5
    steps: int = 40
    style_weight: float = 0.6
    style_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """One drawing that is wanted. The same brief gives the same bytes."""

    row: Row
    profile: Profile
    prompt: str
    negative: str
    seed: int
    size: Size = field(default_factory=Size)
    knobs: Knobs = field(default_factory=Knobs)


def company(brief: Brief) -> tuple[object, ...]:
    """What briefs share that one call can draw: brand with its references, size, and the knobs of a renderer."""
    profile, knobs = brief.profile, brief.knobs
    seen = (profile.name, profile.palette, tuple(profile.parameters.get("references", ())))
    return (*seen, brief.size, knobs.steps, knobs.guidance, knobs.style_weight)


LOOKED_AT = 900
"""Pixels of the longer side, at most, of the copy that every look at a drawing is taken from."""


@dataclass(frozen=True)
class Drawing:
    """What came of a brief: RGBA of exactly the size asked for, and the vectors where there are any."""

    image: Image
    svg: bytes | None
    renderer: str
    version: str
    """Of the renderer and whatever it draws with; part of what makes the same bytes."""
    seed: int
    made_with: Mapping[str, Any]
    """Composition, faces, palette, model, licences: as JSON can hold it; the manifest shows it."""
    packed: bytes | None = None
    """The image as a PNG file, where whoever drew it had to pack it anyway: then nobody packs it again."""

    @cached_property
    def small(self) -> Image:
        """RGBA, its longer side at most `LOOKED_AT`: whole pixels in one, each by its cover. Reduced once."""
        image = self.image if self.image.mode == "RGBA" else self.image.convert("RGBA")
        return image.reduce(-(-max(image.size) // LOOKED_AT))


class Renderer(Protocol):
    """Draws briefs. Synchronous: whoever calls it chooses the process or thread."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def at_once(self) -> int:
        """How many briefs are best given together."""
        ...

    def draw(self, briefs: Sequence[Brief]) -> list[Drawing | Exception]:
        """A drawing for each brief, in order; Failed or RendererDown in the place of one that could not be made.

        Raises RendererDown or NotConfigured where none could.
        """
        ...
