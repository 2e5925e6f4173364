"""Typographic: the brief's words lettered in the brand's palette; real print files with no model at all."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from PIL import Image

from studio.brand import Descriptor, Look, Profile
from studio.drawing import Brief, Drawing, Row, Size
from studio.errors import Failed, NotConfigured
from studio.lettering.compositions import Composition, compositions
from studio.lettering.palettes import Palette, colourways
from studio.lettering.raster import draw, opened, packed
from studio.lettering.svg import WIDTH, Canvas
from studio.lettering.words import Wording, wording_of

SAMPLE = Row("sample", "Mountains are calling", keyword="mountains", hook="est. 1986")
SAMPLE_SIZE = Size(450, 540, 30)
NEAR = 0.05
"""How much less alike than the best a composition may be and still be chosen by the seed, unless the brand's parameter
"variety" says."""
SUITS = 0.5
"""A composition that fits less is only taken where nothing fits better."""


@dataclass(slots=True)
class Typographic:
    """Letters briefs; a brief always gives the same bytes.

    Args:
        descriptor: Compares samples of the compositions with the brand's references; without one, the brand's terms
            choose among them.
    """

    descriptor: Descriptor | None = None
    name: str = "typographic"
    at_once: int = 1
    samples: dict[tuple[str, ...], dict[str, Look]] = field(default_factory=dict)
    """Looks of every composition in a palette, made once for each palette."""

    @property
    def version(self) -> str:
        return f"2 (resvg-py {version('resvg-py')}, uharfbuzz {version('uharfbuzz')})"

    def draw(self, briefs: Sequence[Brief]) -> list[Drawing | Exception]:
        """A drawing for each brief, or the failure that stands for it."""
        return [self.drawn(brief) for brief in briefs]

    def drawn(self, brief: Brief) -> Drawing | Exception:
        try:
            return self.lettered(brief)
        except Failed as failed:
            return failed

    def lettered(self, brief: Brief) -> Drawing:
        """The brief's picture and vectors.

        Raises:
            Failed: "text", where the words cannot be set.
            NotConfigured: a face or a composition that is asked for is not there.
        """
        wording, palette = wording_of(brief.row), palette_of(brief.profile)
        composition = self.chosen(brief, wording, palette)
        canvas = Canvas(height=WIDTH * brief.size.height / brief.size.width)
        composition.compose(wording, palette, canvas, random.Random(brief.seed))
        svg = canvas.svg()
        png, made_with = packed(svg, brief.size), described(composition, palette, canvas)
        return Drawing(opened(png, brief.size), svg, self.name, self.version, brief.seed, made_with, png)

    def chosen(self, brief: Brief, wording: Wording, palette: Palette) -> Composition:
        """The one the profile names; else by seed among those that fit and look most like the brand.

        Each refinement leaves fewer to the seed: by the third the nearest is taken.
        """
        named = brief.profile.parameters.get("composition")
        if named is not None:
            return get_composition(str(named))
        fitting = suited(wording)
        likeness = self.likenesses(brief.profile, palette)
        best = max(likeness[each.name] for each in fitting)
        slack = float(brief.profile.parameters.get("variety", NEAR)) * max(0.0, 1 - brief.knobs.attempt / 3)
        near = [each for each in fitting if likeness[each.name] >= best - slack]
        return random.Random(f"composition {brief.seed}").choice(near)

    def likenesses(self, profile: Profile, palette: Palette) -> Mapping[str, float]:
        """How like the brand each composition's sample is, in [0, 1]."""
        if self.descriptor is None or not profile.looks:
            return {name: shared_terms(each, profile) for name, each in compositions().items()}
        looks = self.sampled(palette)
        return {name: self.descriptor.compare(look, profile.looks).overall for name, look in looks.items()}

    def sampled(self, palette: Palette) -> Mapping[str, Look]:
        """What the descriptor sees in each composition's sample, in this palette on its ground."""
        key = (palette.ground, palette.ink, *palette.accents)
        if key not in self.samples:
            self.samples[key] = {name: self.look_of(each, palette) for name, each in compositions().items()}
        return self.samples[key]

    def look_of(self, composition: Composition, palette: Palette) -> Look:
        if self.descriptor is None:
            raise NotConfigured("a look needs a descriptor: give one to Typographic")
        canvas = Canvas(height=WIDTH * SAMPLE_SIZE.height / SAMPLE_SIZE.width)
        composition.compose(wording_of(SAMPLE), palette, canvas, random.Random(0))
        sample = draw(canvas.svg(), SAMPLE_SIZE)
        return self.descriptor.look(Image.alpha_composite(Image.new("RGBA", sample.size, palette.ground), sample))


def palette_of(profile: Profile) -> Palette:
    """The brand's palette on the product its parameters name: "ground" is "light" (unless said) or "dark"."""
    light, dark = colourways(profile.palette)
    return dark if profile.parameters.get("ground") == "dark" else light


def suited(wording: Wording) -> list[Composition]:
    """Those the wording fits well, else the best there is."""
    scores = {name: each.fits(wording) for name, each in compositions().items()}
    limit = min(SUITS, max(scores.values()))
    return [each for name, each in compositions().items() if scores[name] >= limit and scores[name] > 0]


def get_composition(name: str) -> Composition:
    """The composition of this name.

    Raises:
        NotConfigured: there is none; the message lists those there are.
    """
    if name not in compositions():
        raise NotConfigured(f"no composition {name!r}; there are: {', '.join(compositions())}")
    return compositions()[name]


def shared_terms(composition: Composition, profile: Profile) -> float:
    """The share of the composition's terms that the brand's terms have; .5 where either has none."""
    if not composition.terms or not profile.terms:
        return 0.5
    return len(set(composition.terms) & set(profile.terms)) / len(composition.terms)


def described(composition: Composition, palette: Palette, canvas: Canvas) -> dict[str, Any]:
    """What the manifest shows: JSON-ready."""
    return {
        "composition": composition.name,
        "faces": dict(sorted(canvas.faces.items())),
        "palette": {"ground": palette.ground, "ink": palette.ink, "accents": list(palette.accents)},
        "dropped": canvas.dropped,
        "licence": "own vectors; outlines of the faces above",
    }
