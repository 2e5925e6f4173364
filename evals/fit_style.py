"""Fit style: draws styles, fits the classical descriptor on them, calibrates it on others, writes what ships.

    python -m evals.fit_style    writes classical.json and background.npz of studio/descriptors, prints the calibration

Fitted on 60 families of four styles; the background is one image of each style of 50 other families; the lines are
drawn on 40 families of another seed. An episode is a style, one to ten references of it, and images of other subjects:
of the style, of its sisters (one or two traits apart) and of strangers. A line lets through what it promises of a
style's own images; what it then lets through of others is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from evals.drawn import drawn
from studio.brand import LINES as BRAND_LINES
from studio.brand import Calibration, Likeness, Look, Vector, passes, reaches
from studio.descriptors.classical import (
    BACKGROUND,
    EDGE_PARTS,
    FIGURES,
    LEAST,
    MEASURED,
    PALETTE,
    PARTS,
    SHARES,
    Background,
    Measured,
    Slope,
    Yardstick,
    look_at,
    mix,
    nearness,
    pack,
    total,
)

FIT_SEED, LINE_SEED, BACKGROUND_SEED = 1, 2, 4
FIT_FAMILIES, LINE_FAMILIES, BACKGROUND_FAMILIES = 60, 40, 50
SUBJECTS = 12
REFERENCES = (1, 3, 5, 10)
TOLD_APART = 3.0
"""Squared spread that a palette's prior is at least."""
PRIOR_SHARE = 1.5
"""How many variances of a drawn style's figure count as its prior spread."""
FLOOR = 0.003
"""A figure's prior spread is at least this share of its variance over all styles."""
SHARES_APART = 0.03
"""What two histograms of one style do not share, in the mean: the prior of theirs."""
RIDGE, SCALE_RIDGE = 0.03, 1e-6
MOST = {"own": 6, "sister": 8, "stranger": 4}
"""Images of each kin in an episode."""
KEEPS = {"style": 0.035, "edge": 0.015, "overall": 0.015}
"""Share of a style's own images that each line may refuse."""
LINES = {"style": 0.85, "edge": 0.80, "overall": 0.85}
PALETTE_LINE = 15.0
NO_LINES = Calibration(LINES["style"], PALETTE_LINE, LINES["edge"], LINES["overall"], 0.0, 0.0, "")
SCALES = ("near", "count", "apart", "alone")
USUAL = 0.95
"""The score that the median image of a style has."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The looks of drawn images with what they are."""

    looks: list[Look]
    style: NDArray[np.str_]
    subject: NDArray[np.int64]

    @property
    def family(self) -> NDArray[np.str_]:
        return np.array([name.split(".")[0] for name in self.style])


@dataclass(frozen=True, slots=True)
class Episode:
    """References of one style and images held against them; `kin` says of each "own", "sister" or "stranger"."""

    references: list[Look]
    looks: list[Look]
    kin: NDArray[np.str_]


def seen(seed: int, families: int, subjects: int = SUBJECTS) -> Seen:
    """Draws and looks, in as many processes as there are cores; the same seed gives the same looks."""
    with ProcessPoolExecutor() as pool:
        parts = list(pool.map(_seen_family, [seed] * families, range(families), [subjects] * families))
    cases = [case for part in parts for case in part]
    return Seen(
        [case[0] for case in cases], np.array([case[1] for case in cases]), np.array([case[2] for case in cases])
    )


def _seen_family(seed: int, family: int, subjects: int) -> list[tuple[Look, str, int]]:
    return [(look_at(case.image), case.style, case.subject) for case in drawn(seed, [family], subjects)]


def episodes(cases: Seen, seed: int) -> Iterator[Episode]:
    """For each style and number of references: six of its own, eight of its sisters, four strangers; other subjects."""
    rng = np.random.default_rng(seed)
    family = cases.family
    for name in np.unique(cases.style):
        own = np.flatnonzero(cases.style == name)
        kin = family == name.split(".")[0]
        for count in REFERENCES:
            chosen = rng.choice(own, count, replace=False)
            free = ~np.isin(cases.subject, cases.subject[chosen])
            rest = np.setdiff1d(own, chosen), np.flatnonzero(kin & (cases.style != name) & free), np.flatnonzero(~kin)
            picked = [rng.permutation(rows)[:most] for rows, most in zip(rest, MOST.values(), strict=True)]
            looks = [cases.looks[number] for number in np.concatenate(picked)]
            yield Episode(
                [cases.looks[row] for row in chosen], looks, np.repeat([*MOST], [len(rows) for rows in picked])
            )


def prior_of(cases: Seen) -> dict[str, Vector]:
    """The spread of each figure within a style: the mean variance, at least a share of that over all styles."""
    groups = [np.flatnonzero(cases.style == name) for name in np.unique(cases.style)]
    spread = {}
    for part in FIGURES:
        rows = np.stack([look.parts[part] for look in cases.looks])
        within = np.mean([rows[group].var(axis=0) for group in groups], axis=0)
        spread[part] = PRIOR_SHARE * (within + FLOOR * rows.var(axis=0) + 1e-9)
    shares = {part: np.array([SHARES_APART]) for part in SHARES}
    return {**spread, **shares, PALETTE: np.array([TOLD_APART**2])}


def fit(cases: Seen, background: Background, seed: int) -> Measured:
    """Prior spread; weights by logistic regression with none below zero, both answers counted alike; then the scale."""
    spread = prior_of(cases)
    chosen = list(episodes(cases, seed))
    own = np.concatenate([episode.kin for episode in chosen]) == "own"
    rows = np.stack([flat(each) for each in scaled(chosen, spread)])
    weight = unflat(weights_of(rows, own, RIDGE, least=0.0), spread)
    bare = Measured(spread, weight, {}, NO_LINES, background=background)
    beside = np.array([row for episode in chosen for row in beside_of(episode, bare)])
    factors = weights_of(beside, own, SCALE_RIDGE, least=None)
    return replace(bare, scale=dict(zip(SCALES, (factors[1:] / factors[0]).tolist(), strict=True)))


def beside_of(episode: Episode, found: Measured) -> Iterator[tuple[float, ...]]:
    """Of each image: the logarithm of its distance, and what may be set beside it, as `SCALES` names it."""
    count = len(episode.references)
    zero = Yardstick.of(episode.references, found.spread)
    apart = 0.0
    if count > 1:
        one_out = replace(found, scale={"near": 0.0, "count": 0.0, "apart": 1.0, "alone": 0.0})
        apart = Yardstick.beside(episode.references, one_out).slack
    for look in episode.looks:
        distance = float(np.log(zero.distance(look, found.weight) + LEAST))
        yield distance, nearness(look, found), float(np.log(count)), apart, float(count == 1)


def background_of(cases: Seen) -> Background:
    """Their looks but the palettes, as they are written."""
    rows = {part: np.stack([look.parts[part] for look in cases.looks]) for part in PARTS}
    return Background({part: row.astype(np.float32).astype(np.float64) for part, row in rows.items()})


def scaled(chosen: Sequence[Episode], spread: Mapping[str, Vector]) -> list[dict[str, Vector]]:
    """How far each image is from its references, figure by figure."""
    found = []
    for episode in chosen:
        yardstick = Yardstick.of(episode.references, spread)
        found += [yardstick.scaled(look) for look in episode.looks]
    return found


def judged(chosen: Sequence[Episode], found: Measured) -> list[Likeness]:
    """What the descriptor says of each image."""
    said = []
    for episode in chosen:
        yardstick = Yardstick.beside(episode.references, found)
        said += [yardstick.likeness(look, found) for look in episode.looks]
    return said


def weights_of(rows: Vector, own: NDArray[np.bool_], ridge: float, least: float | None) -> Vector:
    """The weights w, none under `least`, with which rows @ w tells best which rows are of the style itself."""
    counts = np.where(own, 0.5 / own.mean(), 0.5 / (1 - own.mean()))

    def loss(state: Vector) -> tuple[float, Vector]:
        weight, offset = state[:-1], state[-1]
        logit = offset - rows @ weight
        error = (1 / (1 + np.exp(-logit)) - own) * counts
        value = float(((np.logaddexp(0, logit) - own * logit) * counts).mean() + ridge * weight @ weight)
        return value, np.append(-(rows.T @ error) / len(rows) + 2 * ridge * weight, error.mean())

    start = np.append(np.full(rows.shape[1], 0.01), 0.0)
    bounds = [(least, None)] * rows.shape[1] + [(None, None)]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:-1])


def flat(parts: Mapping[str, Vector]) -> Vector:
    return np.concatenate([parts[part] for part in (*PARTS, PALETTE)])


def unflat(values: Vector, like: Mapping[str, Vector]) -> dict[str, Vector]:
    ends = np.cumsum([len(like[part]) for part in (*PARTS, PALETTE)])[:-1]
    return dict(zip((*PARTS, PALETTE), np.split(values, ends), strict=True))


def calibrate(fitted: Measured, chosen: Sequence[Episode], data: str) -> Measured:
    """Draws each line where it refuses the share of own images that it may, and counts what passes all of them."""
    kin = np.concatenate([episode.kin for episode in chosen])
    own = kin == "own"
    style, edge = np.array([each for episode in chosen for each in _apart(episode, fitted)]).T
    slopes = {"style": _slope("style", style[own]), "edge": _slope("edge", edge[own]), "overall": Slope(0.5, 1.0)}
    found = replace(fitted, slopes=slopes, calibration=replace(NO_LINES, data=data))
    mixed = np.array([1 - mix(each.style, each.edge, each.palette_de) for each in judged(chosen, found)])
    found = replace(found, slopes={**slopes, "overall": _slope("overall", mixed[own])})
    return replace(found, calibration=counted(found, chosen, kin))


def _apart(episode: Episode, found: Measured) -> Iterator[tuple[float, float]]:
    """Of each image, what the lines of style and of edges are drawn through."""
    yardstick = Yardstick.beside(episode.references, found)
    for look in episode.looks:
        scaled = yardstick.scaled(look)
        style = yardstick.set_beside(total(scaled, found.weight), look, found)
        yield style, total(scaled, found.weight, EDGE_PARTS)


def _slope(name: str, distances: Vector) -> Slope:
    line, usual = np.quantile(distances, (1 - KEEPS[name], 0.5))
    return Slope.through((float(line), LINES[name]), (float(usual), USUAL))


def counted(found: Measured, chosen: Sequence[Episode], kin: NDArray[np.str_]) -> Calibration:
    """The lines with the shares that pass wrongly (the mean of sisters' and strangers') and fail wrongly."""
    lines, said = found.calibration, judged(chosen, found)
    shares = {line: _shares(np.array([reaches(each, lines, line) for each in said]), kin) for line in BRAND_LINES}
    own, sister, stranger = _shares(np.array([passes(each, lines) for each in said]), kin)
    data = f"{lines.data}; accepted of sister styles {sister:.3f}, of strangers {stranger:.3f}"
    each = {line: [round((two + three) / 2, 4), round(1 - one, 4)] for line, (one, two, three) in shares.items()}
    return replace(lines, false_accept=(sister + stranger) / 2, false_reject=1 - own, data=data, each=each)


def _shares(passed: NDArray[np.bool_], kin: NDArray[np.str_]) -> tuple[float, float, float]:
    """Of a style's own images, of its sisters', of strangers'."""
    own, sister, stranger = (float(passed[kin == each].mean()) for each in MOST)
    return own, sister, stranger


def main() -> None:
    """Fits, calibrates, writes, prints."""
    background = background_of(seen(BACKGROUND_SEED, BACKGROUND_FAMILIES, 1))
    fitted = fit(seen(FIT_SEED, FIT_FAMILIES), background, FIT_SEED)
    others = seen(LINE_SEED, LINE_FAMILIES)
    styles = len(np.unique(others.style))
    data = (
        f"{len(others.looks):,} images in {styles} styles drawn by code (seed {LINE_SEED}, none of them fitted on), "
        f"against {', '.join(map(str, REFERENCES))} references each"
    )
    found = calibrate(fitted, list(episodes(others, LINE_SEED)), data)
    MEASURED.write_text(json.dumps(pack(found), indent=1) + "\n", "utf-8")
    rows: dict[str, Any] = {part: row.astype(np.float32) for part, row in background.rows.items()}
    np.savez_compressed(BACKGROUND, **rows)
    print(json.dumps(pack(found)["calibration"]))  # the last line, for machines


if __name__ == "__main__":
    main()
