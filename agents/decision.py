"""Decision: the rule in code, after the coordinator's advice. Code can lower a verdict, never raise it.

    ceiling(facts, idea, day)      what the facts alone allow: approve, review or reject
    advice                         what the coordinator said; None where it failed (then review at best)
    at_most                        what a person's settings allow
    verdict = the lowest of them

No text, report or advice enters `ceiling`; that is why no text from outside can talk past it. The kind of the idea
counts in full where a rule typed it; where a model did, it can only lower: a subject of its making is review at best.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from agents.specialist import Finding, Outcome
from market.price import LEAST_MARGIN
from trends.fact import Facts
from trends.idea import Idea, Kind

REVIEW_MARGIN = LEAST_MARGIN
"""Under it an idea is rejected."""
APPROVE_MARGIN = 0.25
"""Above it an idea may be approved."""


class Verdict(StrEnum):
    """What is to become of an idea; ordered from reject to approve."""

    REJECT = "reject"
    REVIEW = "review"
    APPROVE = "approve"


_ORDER = {Verdict.REJECT: 0, Verdict.REVIEW: 1, Verdict.APPROVE: 2}


def lowest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict nearest to reject; approve where there are none."""
    return min(verdicts, key=_ORDER.__getitem__, default=Verdict.APPROVE)


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one revision of an idea, with what bounded it."""

    verdict: Verdict
    advice: Verdict | None
    """What the coordinator advised; None where it failed."""
    ceiling: Verdict
    """What the facts alone allow."""
    reasons: tuple[str, ...]
    """Why the ceiling is where it is, and why the verdict is below the advice where it is: one clear line each."""
    steps: tuple[str, ...]
    """The coordinator's eight written steps."""


Bound = tuple[Verdict, str]


def decide(
    findings: Sequence[Finding],
    facts: Facts,
    advice: Verdict | None,
    steps: Sequence[str],
    *,
    idea: Idea,
    as_of: datetime,
    at_most: Verdict = Verdict.APPROVE,
) -> Decision:
    """The verdict: the lowest of the facts' ceiling, the advice and what the settings allow.

    `facts` are those of all specialists together. `findings` only explain: who fell back to a rule, who has no say.
    """
    bounds = list(bounds_of(facts, idea, as_of))
    ceiling = lowest(verdict for verdict, _ in bounds)
    verdict = lowest((ceiling, advice or Verdict.REVIEW, at_most))
    reasons = [reason for bound, reason in bounds if bound is ceiling]
    reasons += [reason for bound, reason in bounds if bound is not ceiling and bound is not Verdict.APPROVE]
    if advice is None:
        reasons.append("The coordinator gave no advice: review at best.")
    elif advice is not verdict:
        reasons.append(f"The coordinator advised {advice}; the verdict is {verdict}.")
    elif advice is not ceiling:
        reasons.append(f"The facts allow {ceiling}; the coordinator advised {advice}.")
    if verdict not in (ceiling, advice or Verdict.REVIEW):
        reasons.append(f"The settings allow {at_most} at best.")
    reasons.extend(_without_a_say(findings))
    return Decision(verdict, advice, ceiling, tuple(reasons), tuple(steps))


def ceiling(facts: Facts, idea: Idea, as_of: datetime) -> Verdict:
    """What the facts alone allow."""
    return lowest(verdict for verdict, _ in bounds_of(facts, idea, as_of))


def bounds_of(facts: Facts, idea: Idea, as_of: datetime) -> tuple[Bound, ...]:
    """Each thing that bounds the verdict, with the line that says why; the same six, always in this order."""
    return (
        _kind(idea),
        _occasion(idea, as_of),
        _margin(facts),
        _competition(facts),
        _sustainable(facts),
        _fatal_risk(facts),
    )


def _kind(idea: Idea) -> Bound:
    if idea.kind is Kind.SUBJECT and idea.kind_by == "model":
        return Verdict.REVIEW, f"A person must look: {idea.kind_reason}."
    if idea.kind is Kind.SUBJECT:
        return Verdict.APPROVE, f"The idea is a subject: {idea.kind_reason}."
    if idea.kind is Kind.UNKNOWN:
        return Verdict.REVIEW, f"What the phrase is could not be told ({idea.kind_reason}): a person must look."
    return Verdict.REJECT, f"The phrase is of kind {idea.kind}, not a subject: {idea.kind_reason}."


def _occasion(idea: Idea, as_of: datetime) -> Bound:
    if idea.occasion is None:
        return Verdict.APPROVE, "The idea hangs on no date."
    occasion, day = idea.occasion, as_of.date()
    if day > occasion.order_by:
        return Verdict.REJECT, f"{occasion.name} ({occasion.on}) is past its last order date {occasion.order_by}."
    return Verdict.APPROVE, f"An order made today still arrives before {occasion.name} ({occasion.on})."


def _margin(facts: Facts) -> Bound:
    margin = _number(facts, "pricing.margin_ratio")
    if margin is None:
        return Verdict.REVIEW, "The margin is not known (no fact pricing.margin_ratio): review at best."
    stated = f"The margin is {margin:.1%} (pricing.margin_ratio)"
    if margin > APPROVE_MARGIN:
        return Verdict.APPROVE, f"{stated}, above {APPROVE_MARGIN:.0%}."
    if margin >= REVIEW_MARGIN:
        return Verdict.REVIEW, f"{stated}, not above {APPROVE_MARGIN:.0%}: review at best."
    return Verdict.REJECT, f"{stated}, under {REVIEW_MARGIN:.0%}."


def _competition(facts: Facts) -> Bound:
    level = facts.text("competition.level") if "competition.level" in facts else None
    if level == "low":
        return Verdict.APPROVE, "Competition is low (competition.level)."
    if level == "medium":
        return Verdict.REVIEW, "Competition is medium (competition.level): review at best."
    if level == "high":
        return Verdict.REJECT, "Competition is high (competition.level)."
    return Verdict.REVIEW, "Competition is not known (no fact competition.level): review at best."


def _sustainable(facts: Facts) -> Bound:
    sustainable = _flag(facts, "trend.sustainable")
    if sustainable is None:
        return Verdict.REVIEW, "Whether the trend lasts is not known (no fact trend.sustainable): review at best."
    if sustainable:
        return Verdict.APPROVE, "The trend is sustainable (trend.sustainable)."
    return Verdict.REVIEW, "The trend is not sustainable (trend.sustainable): review at best."


def _fatal_risk(facts: Facts) -> Bound:
    risk = _flag(facts, "quality.fatal_risk")
    if risk is None:
        return (
            Verdict.REVIEW,
            "A fatal risk cannot be ruled out (no fact quality.fatal_risk): review at best.",
        )
    if risk:
        return Verdict.REJECT, "There is a fatal risk (quality.fatal_risk)."
    return Verdict.APPROVE, "There is no fatal risk (quality.fatal_risk)."


def _number(facts: Facts, key: str) -> float | None:
    if key not in facts:
        return None
    value = facts[key].value
    if isinstance(value, str | bool) or not math.isfinite(value):
        return None
    return float(value)


def _flag(facts: Facts, key: str) -> bool | None:
    value = facts[key].value if key in facts else None
    return value if isinstance(value, bool) else None


ALARM_SHARE = 0.8
"""Share of decisions from which one verdict is said to have taken over."""
ALARM_FEWEST = 20
"""Decisions below which nothing is said of shares."""
ALARM_SURE = 1.645
"""Standard errors of the lower bound: sure in 19 of 20 cases."""


class Takeover(NamedTuple):
    """One verdict that has taken over: how many of how many, and the share it has at least."""

    verdict: Verdict
    times: int
    decisions: int
    at_least: float


def verdict_alarm(counts: Mapping[Verdict, int], fewest: int = ALARM_FEWEST) -> Takeover | None:
    """The verdict that has taken over, if one has: a judge that always says the same says nothing.

    That is where of `fewest` decisions or more the lower bound of its share is over ALARM_SHARE: of 20 at least 19, of
    100 at least 87. The bound is Wilson's score interval, one-sided 95 % (Wilson 1927, J. Am. Stat. Assoc. 22, 209).
    """
    decisions = sum(counts.values())
    if decisions < max(fewest, 1):
        return None
    verdict, count = max(counts.items(), key=lambda pair: pair[1])
    at_least = share_at_least(count, decisions)
    return Takeover(verdict, count, decisions, at_least) if at_least > ALARM_SHARE else None


def share_at_least(count: int, total: int, sure: float = ALARM_SURE) -> float:
    """The lower bound of a share that was seen `count` times of `total` (at least 1), in [0, 1]."""
    share, spread = count / total, sure * sure / total
    centre = share + spread / 2
    margin = math.sqrt(spread * (share * (1 - share) + spread / 4))
    return max((centre - margin) / (1 + spread), 0.0)


_SILENT = {Outcome.ABSTAINED: "abstained", Outcome.FAILED: "failed", Outcome.UNGROUNDED: "is ungrounded"}


def _without_a_say(findings: Sequence[Finding]) -> list[str]:
    """One line for each finding that does not count, and one for each reason to judge by rules."""
    lines = [f"{found.agent} {_SILENT[found.outcome]}: {found.reason}" for found in findings if not found.counts]
    by_reason: dict[str, list[str]] = {}
    for found in findings:
        if found.counts and found.judged_by == "rule":
            by_reason.setdefault(found.reason, []).append(found.agent)
    lines += [f"Judged by rule, not by a model ({', '.join(names)}): {why}" for why, names in by_reason.items()]
    return lines
