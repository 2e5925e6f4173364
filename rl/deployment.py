"""Deployment: how a policy or a set of weights goes live, step by step, and how it comes back. Pure functions.

candidate -> shadow -> canary -> live        one step at a time, each only with its evidence
shadow, canary, live -> rolled_back          by a guardrail, by itself, or by a person
rolled_back -> candidate                     with a new version only

A policy advances where the lower bound of at least three unbiased estimators beats what the live one earns, and
something may be concluded at all (`rl.ope`). Weights, whose rankings have no propensities of their own, advance where
an out-of-time backtest with a paired bootstrap and the explored share (what was drawn at random) both favour them.
Every step, also one that was refused, is a `Step` for the audit log: from, to, why, figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from math import isfinite
from types import MappingProxyType

from rl.ope import UNBIASED, Evaluation, Inconclusive

LEAST_AGREEING = 3
"""Estimators whose lower bounds must beat what is live."""
CANARY_PERCENT = 5.0
ENOUGH_DECISIONS = 200
"""Under so many decisions the rates of a guardrail are not judged; spend always is."""


class Stage(StrEnum):
    """Where a version stands."""

    CANDIDATE = "candidate"
    SHADOW = "shadow"
    CANARY = "canary"
    LIVE = "live"
    ROLLED_BACK = "rolled_back"


NEXT = {Stage.CANDIDATE: Stage.SHADOW, Stage.SHADOW: Stage.CANARY, Stage.CANARY: Stage.LIVE}


class NotAllowed(ValueError):
    """A step that the machine does not have; the message names both ends."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version of one thing (`policy`, `weights`) and where it stands."""

    subject: str
    version: str
    stage: Stage = Stage.CANDIDATE
    canary_percent: float = CANARY_PERCENT

    def __post_init__(self) -> None:
        if not 0 < self.canary_percent <= 100:
            raise NotAllowed(f"a canary gets over 0 and up to 100 percent, got {self.canary_percent:g}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the evidence allows the next step, why, and the figures it was judged by."""

    allows: bool
    why: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the audit log; `source == target` where the step was refused."""

    subject: str
    version: str
    source: Stage
    target: Stage
    why: str
    figures: Mapping[str, float]

    @property
    def moved(self) -> bool:
        """Whether anything changed."""
        return self.source is not self.target


@dataclass(frozen=True, slots=True)
class Backtest:
    """New weights against the live ones: differences of the same measure, higher is better.

    `lower` is the lower end of the paired bootstrap out of time; `explored` the difference, and `explored_lower` its
    lower end, on what was drawn at random.
    """

    gain: float
    lower: float
    explored: float
    explored_lower: float
    explored_rows: int


@dataclass(frozen=True, slots=True)
class Watched:
    """What a version did since its stage began; cents and counts from 0."""

    decisions: int
    clicks: int
    complaints: int
    spent_cents: int

    def __post_init__(self) -> None:
        if min(self.decisions, self.clicks, self.complaints, self.spent_cents) < 0:
            raise NotAllowed(f"what is watched counts from 0, got {self}")
        if self.clicks > self.decisions or self.complaints > self.decisions:
            raise NotAllowed(f"clicks and complaints are at most the decisions, got {self}")


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What a version may not do: spend more, be clicked less, be complained of more."""

    most_spent_cents: int
    least_click_rate: float
    most_complaint_rate: float
    enough: int = ENOUGH_DECISIONS


def judge_policy(evaluation: Evaluation | Inconclusive, live: float | None = None) -> Verdict:
    """Whether at least three lower bounds of unbiased estimators beat the live policy.

    `live` is what it earns a decision, measured elsewhere; without it the live policy is the one that wrote the log,
    and the lower bounds are those of the gain over its rewards, in pairs. Figures: a bound an estimator, `bar`, `ess`.
    """
    if isinstance(evaluation, Inconclusive):
        return Verdict(False, evaluation.why, MappingProxyType({"ess": evaluation.ess}))
    if live is not None and not isfinite(live):
        return Verdict(False, f"what is live earns {live}, which is no figure", MappingProxyType({}))
    bar = 0.0 if live is None else live
    bounds = {
        name: one.gain_lower if live is None else one.lower
        for name, one in evaluation.estimates.items()
        if name in UNBIASED
    }
    beat = sorted(name for name, bound in bounds.items() if bound > bar)
    figures = {f"{name}_lower": bound for name, bound in bounds.items()} | {"bar": bar, "ess": evaluation.ess}
    allows = len(beat) >= LEAST_AGREEING
    who = ", ".join(beat) or "none"
    why = f"{len(beat)} of {len(bounds)} lower bounds beat {bar:.6g} ({who}), {LEAST_AGREEING} are needed"
    return Verdict(allows, why, MappingProxyType(figures))


def judge_weights(backtest: Backtest) -> Verdict:
    """Whether the out-of-time lower bound is over 0 and the explored share does not contradict it.

    The explored share is small: it must point the same way, and need not be significant alone.
    """
    figures = {
        "gain": backtest.gain,
        "lower": backtest.lower,
        "explored": backtest.explored,
        "explored_lower": backtest.explored_lower,
        "explored_rows": float(backtest.explored_rows),
    }
    reasons = [
        (not all(map(isfinite, figures.values())), "a figure of the backtest is missing"),
        (backtest.lower <= 0, f"the lower bound out of time is {backtest.lower:.6g}, not over 0"),
        (backtest.explored_rows <= 0, "nothing was explored, so nothing confirms the backtest"),
        (backtest.explored <= 0, f"the explored share says {backtest.explored:.6g}, not over 0"),
    ]
    wrong = [why for broken, why in reasons if broken]
    why = "; ".join(wrong) or "better out of time by the lower bound, and the explored share agrees"
    return Verdict(not wrong, why, MappingProxyType(figures))


def may_advance(deployment: Deployment, verdict: Verdict) -> bool:
    """Whether there is a next stage and the evidence allows it."""
    return deployment.stage in NEXT and verdict.allows


def advance(deployment: Deployment, verdict: Verdict) -> tuple[Deployment, Step]:
    """One stage on, or the same where the evidence does not allow it; both with a line for the log.

    Raises:
        NotAllowed: the version is live already, or was rolled back.
    """
    if deployment.stage not in NEXT:
        raise NotAllowed(f"{_name(deployment)} is {deployment.stage}: nothing comes after it")
    target = NEXT[deployment.stage] if may_advance(deployment, verdict) else deployment.stage
    return _moved(deployment, target, verdict.why, verdict.figures)


def watch(deployment: Deployment, watched: Watched, guardrail: Guardrail) -> tuple[Deployment, Step | None]:
    """Rolled back where a guardrail is broken, else unchanged and no line.

    In shadow nothing is shown, so only the spend is judged, which must be 0; candidates and what was rolled back are
    not watched. Rates are judged from `enough` decisions on.
    """
    if deployment.stage in (Stage.CANDIDATE, Stage.ROLLED_BACK):
        return deployment, None
    decisions = max(watched.decisions, 1)
    figures = {
        "spent_cents": float(watched.spent_cents),
        "click_rate": watched.clicks / decisions,
        "complaint_rate": watched.complaints / decisions,
        "decisions": float(watched.decisions),
    }
    most_spent = 0 if deployment.stage is Stage.SHADOW else guardrail.most_spent_cents
    judged = watched.decisions >= guardrail.enough and deployment.stage is not Stage.SHADOW
    reasons = [
        (watched.spent_cents > most_spent, f"spent {watched.spent_cents} cents, at most {most_spent}"),
        (
            judged and figures["click_rate"] < guardrail.least_click_rate,
            f"click rate {figures['click_rate']:.4f}, at least {guardrail.least_click_rate:.4f}",
        ),
        (
            judged and figures["complaint_rate"] > guardrail.most_complaint_rate,
            f"complaint rate {figures['complaint_rate']:.4f}, at most {guardrail.most_complaint_rate:.4f}",
        ),
    ]
    broken = [why for is_broken, why in reasons if is_broken]
    if not broken:
        return deployment, None
    return _moved(deployment, Stage.ROLLED_BACK, "; ".join(broken), figures)


def roll_back(deployment: Deployment, why: str) -> tuple[Deployment, Step]:
    """Rolled back by a person.

    Raises:
        NotAllowed: it is a candidate, or was rolled back already; or no reason is given.
    """
    if deployment.stage in (Stage.CANDIDATE, Stage.ROLLED_BACK):
        raise NotAllowed(f"{_name(deployment)} is {deployment.stage}: there is nothing to roll back")
    if not why.strip():
        raise NotAllowed(f"{_name(deployment)} is rolled back for a reason: say why")
    return _moved(deployment, Stage.ROLLED_BACK, why, {})


def propose_again(deployment: Deployment, version: str) -> Deployment:
    """A candidate after a roll-back, under a new version.

    Raises:
        NotAllowed: it was not rolled back, or the version is the old one.
    """
    if deployment.stage is not Stage.ROLLED_BACK or version == deployment.version:
        raise NotAllowed(
            f"{_name(deployment)} is {deployment.stage}: only after a roll-back, and under another version"
        )
    return replace(deployment, version=version, stage=Stage.CANDIDATE)


def is_canary(deployment: Deployment, subject: str) -> bool:
    """Whether the version decides for a subject (a listing, a creator), the same at every asking.

    All of them when live, `canary_percent` of them in canary, none else. The split is by a digest of version and
    subject: a larger share keeps the subjects of a smaller one, and another version draws others.
    """
    if deployment.stage is Stage.LIVE:
        return True
    if deployment.stage is not Stage.CANARY:
        return False
    digest = sha256(f"{deployment.subject}\0{deployment.version}\0{subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < deployment.canary_percent / 100 * 2**64


def _moved(deployment: Deployment, target: Stage, why: str, figures: Mapping[str, float]) -> tuple[Deployment, Step]:
    step = Step(deployment.subject, deployment.version, deployment.stage, target, why, MappingProxyType(dict(figures)))
    return replace(deployment, stage=target), step


def _name(deployment: Deployment) -> str:
    return f"{deployment.subject} {deployment.version}"
