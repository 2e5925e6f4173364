"""Bandit: Thompson sampling over live arms, with the exact chance of every choice.

    posteriors = Posteriors.of(prior, arms, counts)          Beta of orders in clicks, or Gamma of revenue in exposure
    shares = Thompson().shares(posteriors)                   how likely each arm is the best, made sharper, top-two
    allocate(posteriors, budget_cents, floors, caps, rng)    the budget of a batch, cent by cent, with propensities
    choose(posteriors, rng)                                  one arm, with its propensity

Chances are integrals (`rl.chances`), not counted draws, so a logged propensity is the one that acted. Errors, both
ValueError: `BadReward` (the row is quarantined, the rest goes on), `BadBounds` (floors above the budget or the caps).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rl.chances import FINE, Family, Floats, Nodes, best_chances

Ints = NDArray[np.int64]

FEWEST = 1e-12
"""The least share that bounds scale up: an arm with no chance at all may still fill what caps leave over."""
ENDING = 5.0
"""Sharpness of Thompson sampling where a whole campaign is left."""
LARGEST = 1e15
"""Counts and rewards above it would lose whole units in 64-bit floats."""


class BadReward(ValueError):
    """An outcome that no posterior may learn from: not a number, negative, too large, or more rewards than trials."""


class BadBounds(ValueError):
    """Floors and caps that no division of the budget respects."""


@dataclass(frozen=True, slots=True)
class Posteriors:
    """What is known of each arm's rate: Beta(shape, other), or Gamma(shape) / other; arrays (..., arms), over 0."""

    family: Family
    arms: tuple[str, ...]
    shape: Floats
    other: Floats

    def __post_init__(self) -> None:
        if self.shape.shape != self.other.shape or self.shape.shape[-1:] != (len(self.arms),):
            raise BadReward(f"{len(self.arms)} arms, but parameters of shape {self.shape.shape}, {self.other.shape}")
        if not self.arms:
            raise BadReward("no arm to choose from")
        for values in (self.shape, self.other):
            if not (np.isfinite(values) & (values > 0)).all():
                raise BadReward("the parameters of a posterior are finite and over 0")

    @property
    def mean(self) -> Floats:
        """The expected rate of each arm."""
        whole = self.shape + self.other if self.family == "beta" else self.other
        return np.asarray(self.shape / whole)

    @property
    def version(self) -> str:
        """A digest of what is known, the same for the same numbers."""
        digest = sha256(self.family.encode())
        for values in (self.shape, self.other):
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
        return f"{self.family}-{digest.hexdigest()[:12]}"

    def learned(self, rewards: ArrayLike, trials: ArrayLike) -> Posteriors:
        """After `rewards` in `trials` per arm, on top of what was known; BadReward names the first arm that is wrong.

        Beta: rewards are successes, at most the trials. Gamma: rewards are counts or revenue, trials the exposure.
        """
        gained, seen = checked(self.family, rewards, trials, self.arms)
        lost = seen - gained if self.family == "beta" else seen
        return Posteriors(self.family, self.arms, self.shape + gained, self.other + lost)


def checked(family: Family, rewards: ArrayLike, trials: ArrayLike, arms: Sequence[str]) -> tuple[Floats, Floats]:
    """The rewards and trials as arrays (..., arms); BadReward with the first arm and reason."""
    gained, seen = np.broadcast_arrays(np.asarray(rewards, float), np.asarray(trials, float))
    if gained.shape[-1:] != (len(arms),):
        raise BadReward(f"{len(arms)} arms, but rewards of shape {gained.shape}")
    reasons = [
        ("is not a number", ~np.isfinite(gained) | ~np.isfinite(seen)),
        ("is negative", (gained < 0) | (seen < 0)),
        (f"is over {LARGEST:g}", (gained > LARGEST) | (seen > LARGEST)),
    ]
    if family == "beta":
        reasons.append(("has more rewards than trials", gained > seen))
    for reason, wrong in reasons:
        if wrong.any():
            first = tuple(np.argwhere(wrong)[0])
            raise BadReward(f"arm {arms[first[-1]]!r} {reason}: {gained[first]:g} in {seen[first]:g}")
    return gained, seen


@dataclass(frozen=True, slots=True)
class Thompson:
    """How chances become shares.

    `sharpness` multiplies the parameters of every posterior before chances are taken (1: Thompson sampling; larger:
    closer to the arm with the highest mean; posterior reshaping of Chapelle and Li, 2011). `challenge` is the share of
    plays that go to the best of the others instead (top-two, Russo 2016): 0 is none, .5 finds the best arm fastest.
    """

    sharpness: float = 1.0
    challenge: float = 0.0
    nodes: Nodes = FINE
    """How closely the integrals are taken."""

    @classmethod
    def ending(cls, left_ratio: float, nodes: Nodes = FINE) -> Thompson:
        """For a campaign that ends, with `left_ratio` in (0, 1] of it still to be spent, this batch included.

        What is learned is worth less the less is left to use it on: the sharpness is 5 / left_ratio. The 5 is flat
        between 4 and 6 on headline tests of every second digest (`bellwether eval bandit` measures all of them).
        """
        if not 0 < left_ratio <= 1:
            raise BadBounds(f"what is left of a campaign is a share in (0, 1], got {left_ratio}")
        return cls(ENDING / left_ratio, nodes=nodes)

    def __post_init__(self) -> None:
        if not 0 < self.sharpness < np.inf:
            raise BadBounds(f"sharpness is over 0, got {self.sharpness}")
        if not 0 <= self.challenge <= 1:
            raise BadBounds(f"challenge is a share in [0, 1], got {self.challenge}")

    @property
    def version(self) -> str:
        """The rule and its settings."""
        return f"thompson-1 sharpness={self.sharpness:g} challenge={self.challenge:g}"

    def shares(self, posteriors: Posteriors) -> Floats:
        """The exact chance that each arm is played, (..., arms); rows add up to one."""
        sharp = self.sharpness
        chances = best_chances(posteriors.family, sharp * posteriors.shape, sharp * posteriors.other, self.nodes)
        return top_two(chances, self.challenge) if self.challenge else chances


def top_two(chances: Floats, challenge: float) -> Floats:
    """Shares where a leader drawn by its chance gives way, in `challenge` of the plays, to another drawn by chance.

    (..., arms) to (..., arms). The challenger of leader j is i with chance p_i / (1 - p_j); a leader that is certain
    has no challenger and keeps its plays.
    """
    left = 1 - chances
    odds = np.where(left > FEWEST, chances / np.maximum(left, FEWEST), 0.0)
    challenged = chances * (odds.sum(axis=-1, keepdims=True) - odds)
    kept = np.where(left > FEWEST, (1 - challenge) * chances, chances)
    shares = kept + challenge * challenged
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Choice:
    """One arm that was played."""

    arm: str
    propensity: float
    """The chance in (0, 1] with which it was drawn."""
    version: str
    seed: int | None


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one arm gets of a batch's budget."""

    arm: str
    cents: int
    share: float
    """`cents` of all cents that were divided; 0 where there were none."""
    propensity: float
    """The chance that any one cent goes to this arm, after floors and caps; they add up to one."""
    version: str
    seed: int | None


def choose(
    posteriors: Posteriors, rng: np.random.Generator, rule: Thompson | None = None, seed: int | None = None
) -> Choice:
    """One arm, drawn by its share; posteriors of one row."""
    rule = rule or Thompson()
    shares = rule.shares(posteriors)
    arm = int(rng.choice(len(shares), p=shares))
    return Choice(posteriors.arms[arm], float(shares[arm]), f"{rule.version} {posteriors.version}", seed)


def allocate(
    posteriors: Posteriors,
    budget_cents: int,
    floors: ArrayLike = 0,
    caps: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    rule: Thompson | None = None,
    seed: int | None = None,
) -> list[Allocation]:
    """Divides a batch's budget over the arms of one row of posteriors; one allocation an arm, in their order.

    `floors` and `caps` are whole cents per arm (or one for all). Where the caps add up to less than the budget the rest
    is left unspent. Every arm gets its propensity times what is divided, rounded up or down at random so that the mean
    is exact (systematic rounding; without `rng` the same offset every time); the cents never exceed the budget.
    """
    rule = rule or Thompson()
    if posteriors.shape.ndim != 1:
        raise BadBounds(f"one budget divides one row of posteriors, got shape {posteriors.shape.shape}")
    shares, spend = divided(rule.shares(posteriors), budget_cents, floors, caps)
    cents = rounded(shares, spend, rng.random() if rng else 0.5)
    version = f"{rule.version} {posteriors.version}"
    rows = zip(posteriors.arms, cents.tolist(), shares.tolist(), strict=True)
    return [Allocation(arm, amount, amount / max(spend, 1), share, version, seed) for arm, amount, share in rows]


def divided(shares: Floats, budget_cents: int, floors: ArrayLike, caps: ArrayLike | None) -> tuple[Floats, int]:
    """Shares (arms,) within floors and caps in cents, adding up to one, and the cents they divide; BadBounds."""
    if budget_cents < 0:
        raise BadBounds(f"a budget is 0 cents or more, got {budget_cents}")
    least, most = (_cents(each, len(shares)) for each in (floors, budget_cents if caps is None else caps))
    if (least < 0).any() or (least > most).any():
        arm = int(np.argmax((least < 0) | (least > most)))
        raise BadBounds(f"arm {arm}: a floor lies between 0 and the cap, got {least[arm]} of {most[arm]} cents")
    if least.sum() > budget_cents:
        raise BadBounds(f"floors of {least.sum()} cents are more than the budget of {budget_cents}")
    spend = int(min(budget_cents, np.minimum(most, budget_cents).sum()))
    if spend == 0:
        return shares, 0
    return within(shares, least / spend, np.minimum(most / spend, 1.0)), spend


def _cents(bound: ArrayLike, arms: int) -> Ints:
    """A bound of each arm; BadBounds where it is not in whole cents, or of another number of arms."""
    given = np.asarray(bound)
    if given.dtype.kind not in "iu" or given.shape not in ((), (arms,)):
        raise BadBounds(f"floors and caps are whole cents, one for all or one for each of {arms} arms, got {bound!r}")
    return np.broadcast_to(given.astype(np.int64), (arms,))


def within(shares: Floats, least: Floats, most: Floats) -> Floats:
    """The shares clip(scale x share, least, most) that add up to one, (..., arms); bounds must leave room for one.

    Of all shares within the bounds these have the least Kullback-Leibler divergence to the shares asked for.
    """
    shares = np.maximum(shares, FEWEST)
    low, high = np.full(shares.shape[:-1], -40.0), np.full(shares.shape[:-1], 40.0)
    for _ in range(60):
        middle = (low + high) / 2
        total = np.clip(np.exp(middle)[..., None] * shares, least, most).sum(axis=-1)
        low, high = np.where(total < 1, middle, low), np.where(total < 1, high, middle)
    inside = np.clip(np.exp(high)[..., None] * shares, least, most)
    return np.asarray(inside / inside.sum(axis=-1, keepdims=True))


def rounded(shares: Floats, whole: int, offset: float) -> Ints:
    """Whole numbers that add up to `whole`, each its share rounded up or down; up in proportion to what is cut off.

    Systematic rounding: with `offset` uniform in [0, 1) the mean of each is exactly share x whole.
    """
    edges = np.rint(np.cumsum(shares) * whole * 2**20) / 2**20
    edges[-1] = whole
    return np.asarray(np.diff(np.floor(edges + offset), prepend=np.floor(offset)), dtype=np.int64)
