"""Coordinator: weighs what the eleven found and advises, in eight written steps.

Its advice is advice: `agents/decision.py` bounds it by the facts. Only opinions count; what abstained, failed or is
ungrounded is named in the seventh step and weighs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from agents.brief import Brief
from agents.decision import Verdict, bounds_of, ceiling, lowest
from agents.specialist import Finding, Report
from trends.fact import Fact, Facts

NAME = "coordinator"

STEPS = (
    ("What it is", "the idea, its kind, its audience, its occasion"),
    ("Demand", "what trend and viral found"),
    ("Competition", "what competition found"),
    ("Money", "what pricing and research found"),
    ("Making it", "what supply_chain and quality found"),
    ("Audience", "what psychology and scanner found"),
    ("How sure", "what data_science and web_search found, and who has no say"),
    ("Verdict", "approve, review or reject, and what decides it"),
)
"""The eight steps: a title, and what it is about. A written step starts with its title and a colon."""

DESKS: Mapping[str, tuple[str, ...]] = {
    "Demand": ("trend", "viral"),
    "Competition": ("competition",),
    "Money": ("pricing", "research"),
    "Making it": ("supply_chain", "quality"),
    "Audience": ("psychology", "scanner"),
    "How sure": ("data_science", "web_search"),
}
KEY_FACTS: Mapping[str, tuple[str, ...]] = {
    "Demand": ("trend.sustainable",),
    "Competition": ("competition.level",),
    "Money": ("pricing.margin_ratio",),
    "Making it": ("quality.fatal_risk",),
}
"""The facts that the decision rule reads, cited in the step they belong to."""

APPROVE_STANCE = 0.2
"""Mean stance of the opinions from which the rule advises approve."""
REJECT_STANCE = -0.4
"""Mean stance of the opinions up to which the rule advises reject."""

FEWEST_JUDGED = 30
"""Verdicts with a known outcome below which a track record is not told: it would say more of chance than of anybody."""

Step = Annotated[str, StringConstraints(min_length=8, max_length=700)]


class CoordinatorReport(Report):
    """The coordinator's advice. Its field descriptions are part of the prompt."""

    verdict: Verdict = Field(description="What you advise: approve, review or reject.")
    steps: Annotated[list[Step], Field(min_length=8, max_length=8)] = Field(
        description="Eight steps in this order, each starting with its title and a colon: "
        + "; ".join(f"{title}: {what}" for title, what in STEPS)
    )


@dataclass(frozen=True, slots=True)
class Record:
    """How right a specialist was so far."""

    agent: str
    judged: int
    """Verdicts whose outcome is known."""
    brier: float
    """Mean Brier score, 0 (always right and sure) to 1."""
    base_brier: float | None = None
    """Of one who always says how often it came well; None where nobody computed it."""


def facts(findings: Sequence[Finding], as_of: datetime, record: Sequence[Record] = ()) -> tuple[Fact, ...]:
    """Counts of the opinions, their mean stance, and the track record of each specialist with verdicts enough."""
    stances = [float(found.report["stance"]) for found in findings if found.counts and found.report]
    of_all = (f"finding:{found.agent}" for found in findings)
    made = [
        _fact("opinions_count", len(stances), "count", as_of, "opinions that count", tuple(of_all)),
        _fact("silent_count", len(findings) - len(stances), "count", as_of, "specialists without a say"),
    ]
    if stances:
        mean = round(sum(stances) / len(stances), 3)
        made.append(_fact("mean_stance", mean, "stance", as_of, "mean stance of the opinions, -1 to 1"))
    for past in record:
        if past.judged >= FEWEST_JUDGED:
            made.extend(_past(past, as_of))
    return tuple(made)


def _past(past: Record, as_of: datetime) -> list[Fact]:
    label = f"Brier score of {past.agent} over {past.judged} verdicts (0 is best)"
    made = [_fact(f"{past.agent}_brier", round(past.brier, 3), "score_0_1", as_of, label)]
    if past.base_brier is not None:
        label = f"the same of one who always says the average over those {past.judged} verdicts"
        made.append(_fact(f"{past.agent}_brier_average", round(past.base_brier, 3), "score_0_1", as_of, label))
    return made


def cited(findings: Sequence[Finding], all_facts: Facts) -> tuple[Fact, ...]:
    """The facts a coordinator is shown: its own, those the decision rule reads, and those the opinions stand on."""
    wanted = [fact.id for fact in all_facts.values() if fact.agent == NAME]
    wanted += [fact_id for ids in KEY_FACTS.values() for fact_id in ids]
    wanted += [fact_id for found in findings if found.counts and found.report for fact_id in found.report["facts"]]
    return tuple(all_facts[fact_id] for fact_id in dict.fromkeys(wanted) if fact_id in all_facts)


def _fact(name: str, value: float, unit: str, as_of: datetime, label: str, rows: tuple[str, ...] = ()) -> Fact:
    return Fact(f"{NAME}.{name}", value, unit, "the specialists' findings", as_of, label, rows, len(rows))


def rule(findings: Sequence[Finding], all_facts: Facts, brief: Brief) -> CoordinatorReport:
    """Advice without a model: the facts' ceiling, lowered where the opinions are against it.

    Mean stance of the opinions (each weighs the same): up to REJECT_STANCE advises reject, under APPROVE_STANCE review.
    """
    opinions = {found.agent: found for found in findings if found.counts and found.report}
    said = leaning(all_facts)
    verdict = lowest((said, ceiling(all_facts, brief.idea, brief.as_of)))
    why = _why(verdict, said, all_facts, brief)
    steps = [_what_it_is(brief)]
    for title, _ in STEPS[1:7]:
        lines = [_opinion(opinions[name]) for name in DESKS[title] if name in opinions]
        lines += [_figure(all_facts[fact_id]) for fact_id in KEY_FACTS.get(title, ()) if fact_id in all_facts]
        if title == "How sure":
            lines.append(_silent(findings))
        steps.append(_step(title, lines))
    steps.append(_step("Verdict", [f"{verdict}, by rule.", why]))
    stood_on = [fact_id for ids in KEY_FACTS.values() for fact_id in ids]
    stood_on += [f"{NAME}.opinions_count", f"{NAME}.mean_stance"]
    stance = all_facts.find_number(f"{NAME}.mean_stance") or 0.0
    return CoordinatorReport(
        summary=f"The rule advises {verdict}. {why}"[:600],
        stance=max(-1.0, min(1.0, stance)),
        facts=[fact_id for fact_id in stood_on if fact_id in all_facts],
        verdict=verdict,
        steps=steps,
    )


def leaning(all_facts: Facts) -> Verdict:
    """What the mean stance of the opinions says, before the facts bound it; review where there are no opinions."""
    stance = all_facts.find_number(f"{NAME}.mean_stance")
    return Verdict.REVIEW if stance is None else leans_to(stance)


def leans_to(stance: float) -> Verdict:
    """The verdict that a mean stance leans to."""
    if stance <= REJECT_STANCE:
        return Verdict.REJECT
    return Verdict.APPROVE if stance >= APPROVE_STANCE else Verdict.REVIEW


def bounding(verdict: Verdict, all_facts: Facts, brief: Brief) -> list[str]:
    """The lines of the decision rule that hold a verdict where it is."""
    return [line for bound, line in bounds_of(all_facts, brief.idea, brief.as_of) if bound is verdict]


def _why(verdict: Verdict, said: Verdict, all_facts: Facts, brief: Brief) -> str:
    stance = all_facts.find_number(f"{NAME}.mean_stance")
    if stance is None:
        leans = "No specialist had an opinion."
    else:
        leans = f"The opinions lean to {said}: their mean stance is {stance:.2f} (coordinator.mean_stance)."
    bounds = [] if verdict is Verdict.APPROVE else bounding(verdict, all_facts, brief)
    return " ".join([*bounds[:2], leans])


def _what_it_is(brief: Brief) -> str:
    idea = brief.idea
    when = f", for {idea.occasion.name} on {idea.occasion.on}" if idea.occasion else ""
    article = "an" if idea.product_format[:1] in "aeiou" else "a"
    what = f"{idea.phrase}, {article} {idea.product_format} for {idea.audience}{when}"
    return _step("What it is", [f"{what}; kind {idea.kind} ({idea.kind_reason})."])


def _opinion(found: Finding) -> str:
    report: dict[str, Any] = found.report or {}
    return f"{report.get('summary', '')} ({found.agent})"


def _figure(fact: Fact) -> str:
    return f"{fact.label[:1].upper()}{fact.label[1:]}: {render(fact)} ({fact.id})."


def _silent(findings: Sequence[Finding]) -> str:
    silent = [f"{found.agent} {found.outcome}" for found in findings if not found.counts]
    return f"Without a say: {', '.join(silent)}." if silent else "Every specialist has a say."


def _step(title: str, lines: Sequence[str]) -> str:
    said = " ".join(line for line in lines if line) or "nobody had an opinion."
    text = f"{title}: {said}"
    return text if len(text) <= 700 else f"{text[:696].rsplit(' ', 1)[0]} ..."


def render(fact: Fact) -> str:
    """A fact's value as people write it: cents as dollars, ratios as percent."""
    value = fact.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if fact.unit == "cents":
        return f"${value / 100:,.2f}"
    if fact.unit in ("ratio", "share"):
        return f"{value:.1%}"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.2f}"
    return f"{value:,.0f}"
