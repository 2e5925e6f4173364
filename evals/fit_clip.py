"""Fit clip: draws the lines of one set of CLIP weights, on the styles that code draws: of images, and of prompts.

    bellwether brand calibrate        draws, looks, keeps the lines beside the assets; minutes on a processor

Nothing is fitted but lines: each stands where it refuses the share of a style's own images that it may (the shares of
the classical descriptor), and what all of them let through of sister styles and of strangers is counted and told.

A prompt of a style is the one that its measured words make; half of them lost a term and a colour. Half of the prompts
of others are a sister's, half a stranger's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from evals.drawn import MEMBERS, drawn
from evals.fit_style import KEEPS, LINE_SEED, MOST, PALETTE_LINE, SUBJECTS, Episode, Seen, episodes
from studio import brief as briefs
from studio.brand import Calibration, Look, Profile, Vector, passes, profile_of
from studio.brief import brief_of, speech
from studio.descriptors.classical import Slope
from studio.descriptors.clip import Clip, Measured
from studio.drawing import Row

FAMILIES = 10
"""Of four styles each; twelve images a style."""
SEEN_OF_EACH = 3
"""References of the brand that a style becomes for its prompts."""
PROMPT_KEEPS = 0.06
"""Share of a style's own prompts that the line may refuse: what the checklist refuses."""
USUAL = 0.95
TOLD_APART = 1e-6
"""Cosines nearer than this are the same."""

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was seen of drawn styles: every look, and the brand that each style's first images make."""

    cases: Seen
    brands: dict[str, Profile]


def fit(clip: Clip, families: int | None = None, seed: int = LINE_SEED, tell: Tell | None = None) -> Measured:
    """The lines of these weights; the same weights give the same ones. `tell` hears how many images of how many."""
    found = look(clip, families or FAMILIES, seed, tell)
    data = f"{len(found.cases.looks)} images in {len(found.brands)} styles drawn by code (seed {seed})"
    lines = lines_of(clip, list(episodes(found.cases, seed)), data)
    slope, prompt_lines = prompts_of(clip, found.brands, seed)
    return Measured(lines, slope, prompt_lines)


def look(clip: Clip, families: int, seed: int, tell: Tell | None = None) -> Drawn:
    """Draws the styles and looks at every image once."""
    looks: list[Look] = []
    subjects: list[int] = []
    brands: dict[str, Profile] = {}
    styles: list[str] = []
    for style, cases in groupby(drawn(seed, range(families), SUBJECTS), key=lambda case: case.style):
        images = list(cases)
        brands[style] = profile_of(style, [case.image for case in images[:SEEN_OF_EACH]], clip)
        looks += [*brands[style].looks, *(clip.look(case.image) for case in images[SEEN_OF_EACH:])]
        subjects += [case.subject for case in images]
        styles += [style] * len(images)
        if tell is not None:
            tell(len(looks), families * MEMBERS * SUBJECTS)
    return Drawn(Seen(looks, np.array(styles), np.array(subjects)), brands)


def lines_of(clip: Clip, chosen: Sequence[Episode], data: str) -> Calibration:
    """Each line at the quantile that its share refuses; then what all of them let through and refuse."""
    kin = np.concatenate([episode.kin for episode in chosen])
    said = [clip.compare(look, episode.references) for episode in chosen for look in episode.looks]
    own = [each for each, kind in zip(said, kin, strict=True) if kind == "own"]
    at = {name: float(np.quantile([getattr(each, name) for each in own], keeps)) for name, keeps in KEEPS.items()}
    lines = Calibration(at["style"], PALETTE_LINE, at["edge"], at["overall"], 0.0, 0.0, data)
    passed = np.array([passes(each, lines) for each in said])
    kept, sister, stranger = (float(passed[kin == each].mean()) for each in MOST)
    told = f"{data}; accepted of sister styles {sister:.3f}, of strangers {stranger:.3f}"
    return replace(lines, false_accept=(sister + stranger) / 2, false_reject=1 - kept, data=told)


def prompts_of(clip: Clip, brands: dict[str, Profile], seed: int) -> tuple[Slope, briefs.Calibration]:
    """The curve that gives a style's own prompts their confidence, and what the line costs."""
    rng = random.Random(seed)
    own = np.array([clip.below(_said(_poorer(brand, rng)), brand) for brand in brands.values()])
    other = np.array([clip.below(_said(brands[name]), brand) for brand, name in _others(brands, rng)])
    line, usual = np.quantile(own, (1 - PROMPT_KEEPS, 0.25))
    slope = Slope.through((float(max(line, usual + TOLD_APART)), briefs.SURE), (float(usual), USUAL))
    return slope, briefs.Calibration(
        briefs.SURE,
        false_accept=_share(slope, other),
        false_reject=1 - _share(slope, own),
        data=f"prompts of {len(brands)} styles drawn by code (seed {seed}), half of them without a term and a colour, "
        "against those of a sister and of a stranger",
    )


def _share(slope: Slope, below: Vector) -> float:
    return float(np.mean([slope.score(float(each)) >= briefs.SURE for each in below]))


def _said(brand: Profile) -> str:
    return speech(brief_of(Row("", ""), brand))


def _poorer(brand: Profile, rng: random.Random) -> Profile:
    """The same brand, or, half of the time, without its last term and colour."""
    return replace(brand, terms=brand.terms[:-1], palette=brand.palette[:-1]) if rng.random() < 0.5 else brand


def _others(brands: dict[str, Profile], rng: random.Random) -> Iterator[tuple[Profile, str]]:
    """Each brand with a sister's name, and with a stranger's."""
    for style, brand in brands.items():
        family = style.split(".")[0]
        sisters = [name for name in brands if name != style and name.startswith(f"{family}.")]
        strangers = [name for name in brands if not name.startswith(f"{family}.")]
        for kin in (sisters, strangers):
            if kin:
                yield brand, rng.choice(kin)
