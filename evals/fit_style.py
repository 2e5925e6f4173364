"""Fit style: draws styles, fits the classical descriptor on them, calibrates it on others, writes what ships.

    python -m evals.fit_style            writes studio/descriptors/classical.json, and prints the calibration

Fitted on 80 families of four styles; the lines are drawn on 40 families of another seed. An episode is a style, one to
ten references of it, and images of other subjects: of the style, of its sisters (one or two traits apart) and of
strangers. A line lets through what it promises of a style's own images; what it then lets through of others is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from evals.drawn import drawn
from studio.brand import Calibration, Likeness, Look, Vector, passes
from studio.descriptors.classical import (
    EDGE_PARTS,
    MEASURED,
    PALETTE,
    PARTS,
    Measured,
    Slope,
    Yardstick,
    look_at,
    mix,
    pack,
    total,
)

FIT_SEED, LINE_SEED = 1, 2
FIT_FAMILIES, LINE_FAMILIES = 80, 40
SUBJECTS = 12
REFERENCES = (1, 3, 5, 10)
TOLD_APART = 3.0
"""Squared spread that a palette's prior is at least."""
PRIOR_SHARE = 1.5
"""How many variances of a drawn style's figure count as its prior spread."""
FLOOR = 0.003
"""A figure's prior spread is at least this share of its variance over all styles."""
RIDGE = 1e-3
MOST = {"own": 6, "sister": 8, "stranger": 4}
"""Images of each kin in an episode."""
KEEPS = {"style": 0.04, "edge": 0.02, "overall": 0.02}
"""Share of a style's own images that each line may refuse."""
LINES = {"style": 0.85, "edge": 0.80, "overall": 0.85}
PALETTE_LINE = 15.0
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


def seen(seed: int, families: int) -> Seen:
    """Draws and looks, in as many processes as there are cores; the same seed gives the same looks."""
    with ProcessPoolExecutor() as pool:
        parts = list(pool.map(_seen_family, [seed] * families, range(families)))
    cases = [case for part in parts for case in part]
    return Seen(
        [case[0] for case in cases], np.array([case[1] for case in cases]), np.array([case[2] for case in cases])
    )


def _seen_family(seed: int, family: int) -> list[tuple[Look, str, int]]:
    return [(look_at(case.image), case.style, case.subject) for case in drawn(seed, [family], SUBJECTS)]


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
    for part in PARTS:
        rows = np.stack([look.parts[part] for look in cases.looks])
        within = np.mean([rows[group].var(axis=0) for group in groups], axis=0)
        spread[part] = PRIOR_SHARE * (within + FLOOR * rows.var(axis=0) + 1e-9)
    spread[PALETTE] = np.array([TOLD_APART**2])
    return spread


def fit(cases: Seen, seed: int) -> tuple[dict[str, Vector], dict[str, Vector]]:
    """Prior spread, and weights by logistic regression with none below zero, both answers counted alike."""
    spread = prior_of(cases)
    chosen = list(episodes(cases, seed))
    rows = np.stack([flat(each) for each in scaled(chosen, spread)])
    weight = weights_of(rows, np.concatenate([episode.kin for episode in chosen]) == "own")
    return spread, unflat(weight, spread)


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
        yardstick = Yardstick.of(episode.references, found.spread)
        said += [yardstick.likeness(look, found) for look in episode.looks]
    return said


def weights_of(rows: Vector, own: NDArray[np.bool_]) -> Vector:
    """The weights w >= 0 under which the distance rows @ w tells best which rows are of the style itself."""
    counts = np.where(own, 0.5 / own.mean(), 0.5 / (1 - own.mean()))

    def loss(state: Vector) -> tuple[float, Vector]:
        weight, offset = state[:-1], state[-1]
        logit = offset - rows @ weight
        error = (1 / (1 + np.exp(-logit)) - own) * counts
        value = float(((np.logaddexp(0, logit) - own * logit) * counts).mean() + RIDGE * weight @ weight)
        return value, np.append(-(rows.T @ error) / len(rows) + 2 * RIDGE * weight, error.mean())

    start = np.append(np.full(rows.shape[1], 0.01), 0.0)
    bounds = [(0.0, None)] * rows.shape[1] + [(None, None)]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:-1])


def flat(parts: Mapping[str, Vector]) -> Vector:
    return np.concatenate([parts[part] for part in (*PARTS, PALETTE)])


def unflat(values: Vector, like: Mapping[str, Vector]) -> dict[str, Vector]:
    ends = np.cumsum([len(like[part]) for part in (*PARTS, PALETTE)])[:-1]
    return dict(zip((*PARTS, PALETTE), np.split(values, ends), strict=True))


def calibrate(
    spread: Mapping[str, Vector], weight: Mapping[str, Vector], chosen: Sequence[Episode], data: str
) -> Measured:
    """Draws each line where it refuses the share of own images that it may, and counts what passes all of them."""
    kin = np.concatenate([episode.kin for episode in chosen])
    own = kin == "own"
    apart = scaled(chosen, spread)
    slopes = {
        "style": _slope("style", np.array([total(each, weight) for each in apart])[own]),
        "edge": _slope("edge", np.array([total(each, weight, EDGE_PARTS) for each in apart])[own]),
        "overall": Slope(0.5, 1.0),
    }
    blank = Calibration(LINES["style"], PALETTE_LINE, LINES["edge"], LINES["overall"], 0.0, 0.0, data)
    found = Measured(spread, weight, slopes, blank)
    mixed = np.array([1 - mix(each.style, each.edge, each.palette_de) for each in judged(chosen, found)])
    found = replace(found, slopes={**slopes, "overall": _slope("overall", mixed[own])})
    return replace(found, calibration=counted(found, chosen, kin))


def _slope(name: str, distances: Vector) -> Slope:
    line, usual = np.quantile(distances, (1 - KEEPS[name], 0.5))
    return Slope.through((float(line), LINES[name]), (float(usual), USUAL))


def counted(found: Measured, chosen: Sequence[Episode], kin: NDArray[np.str_]) -> Calibration:
    """The lines with the shares that pass wrongly (the mean of sisters' and strangers') and fail wrongly."""
    lines = found.calibration
    passed = np.array([passes(each, lines) for each in judged(chosen, found)])
    own, sister, stranger = (float(passed[kin == each].mean()) for each in MOST)
    data = f"{lines.data}; accepted of sister styles {sister:.3f}, of strangers {stranger:.3f}"
    return replace(lines, false_accept=(sister + stranger) / 2, false_reject=1 - own, data=data)


def main() -> None:
    """Fits, calibrates, writes, prints."""
    cases = seen(FIT_SEED, FIT_FAMILIES)
    spread, weight = fit(cases, FIT_SEED)
    others = seen(LINE_SEED, LINE_FAMILIES)
    styles = len(np.unique(others.style))
    data = (
        f"{len(others.looks):,} images in {styles} styles drawn by code (seed {LINE_SEED}, none of them fitted on), "
        f"against {', '.join(map(str, REFERENCES))} references each"
    )
    found = calibrate(spread, weight, list(episodes(others, LINE_SEED)), data)
    MEASURED.write_text(json.dumps(pack(found), indent=1) + "\n", "utf-8")
    print(json.dumps(pack(found)["calibration"]))  # the last line, for machines


if __name__ == "__main__":
    main()
