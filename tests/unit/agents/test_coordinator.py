"""The coordinator: what it is shown, and what its rule advises without a model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agents import coordinator
from agents.coordinator import STEPS, Record
from agents.decision import Verdict, bounds_of
from agents.grounding import Ground
from agents.panel import Panel
from agents.specialist import Finding, Outcome
from tests.desks import rich_brief
from tests.engine import AS_OF, PRICE, brief, fact
from trends.fact import Facts

KEY = (
    fact("pricing.margin_ratio", 0.40, "ratio", "margin at the asking price"),
    fact("competition.level", "low", "text", "level of competition"),
    fact("trend.sustainable", True, "bool", "lasts"),
    fact("quality.fatal_risk", False, "bool", "unprintable or unlawful"),
)


def opinion(agent: str, stance: float, summary: str = "So it is.", facts: Sequence[str] = ()) -> Finding:
    report = {"summary": summary, "stance": stance, "facts": list(facts)}
    return Finding(agent, Outcome.OPINION, "rule", KEY if agent == "pricing" else (), report)


def silent(agent: str, outcome: Outcome = Outcome.ABSTAINED) -> Finding:
    return Finding(agent, outcome, "nobody", reason="why")


def ruled(findings: Sequence[Finding]) -> coordinator.CoordinatorReport:
    own = coordinator.facts(findings, AS_OF)
    known = Facts([*KEY, *own])
    report = coordinator.rule(findings, known, brief())
    bounds = [line for _, line in bounds_of(known, brief().idea, AS_OF)]
    assert Ground(known, ["two communities", *bounds], [AS_OF.date(), brief().idea.occasion.on]).faults(report) == ()
    return report


@pytest.mark.parametrize(
    ("stances", "advised"),
    [
        ([0.5, 0.5], "approve"), ([0.2], "approve"), ([0.19], "review"), ([-0.39], "review"), ([-0.4], "reject"),
        ([1, -1], "review"), ([], "review"),
    ],
)  # fmt: skip
def test_the_rule_follows_the_mean_stance_of_the_opinions(stances, advised):
    findings = [opinion("pricing", stance) for stance in stances] + [silent("viral")]
    assert ruled(findings).verdict == advised


def test_the_rule_never_advises_above_the_facts():
    findings = [opinion("viral", 1.0)]
    known = Facts([*PRICE, *coordinator.facts(findings, AS_OF)])
    assert coordinator.rule(findings, known, brief()).verdict is Verdict.REVIEW


def test_the_verdict_says_what_holds_it_where_it_is():
    findings = [opinion("viral", 1.0)]
    known = Facts([*PRICE, *coordinator.facts(findings, AS_OF)])
    assert coordinator.rule(findings, known, brief()).steps[7] == (
        "Verdict: review, by rule. The margin is 24.7% (pricing.margin_ratio), not above 25%: review at best. "
        "Competition is not known (no fact competition.level): review at best. "
        "The opinions lean to approve: their mean stance is 1.00 (coordinator.mean_stance)."
    )


def test_only_opinions_weigh():
    loud = Finding("viral", Outcome.UNGROUNDED, "model", report={"stance": 1.0, "summary": "x", "facts": []})
    own = Facts(coordinator.facts([opinion("pricing", -0.5), loud, silent("trend")], AS_OF))
    assert own.number("coordinator.opinions_count") == 1
    assert own.number("coordinator.silent_count") == 2
    assert own.number("coordinator.mean_stance") == -0.5


def test_the_steps_are_eight_cite_facts_and_name_who_has_no_say():
    report = ruled([opinion("pricing", 0.5, "Ask more."), silent("viral"), silent("trend", Outcome.FAILED)])
    assert [step.split(":")[0] for step in report.steps] == [title for title, _ in STEPS]
    assert report.steps[2] == "Competition: Level of competition: low (competition.level)."
    assert report.steps[3].startswith("Money: Ask more. (pricing) Margin at the asking price: 40.0%")
    assert "Without a say: viral abstained, trend failed." in report.steps[6]
    assert report.steps[7].startswith("Verdict: approve, by rule. The opinions lean to approve")
    assert {"pricing.margin_ratio", "competition.level", "coordinator.mean_stance"} <= set(report.facts)


def test_a_long_opinion_is_cut_at_a_word():
    report = ruled([opinion("pricing", 0.5, "word " * 118), opinion("research", 0.5, "word " * 118)])
    assert len(report.steps[3]) <= 700
    assert report.steps[3].endswith("word ...")


def test_a_track_record_becomes_facts():
    own = Facts(coordinator.facts([], AS_OF, [Record("viral", 40, 0.1234)]))
    assert own.number("coordinator.viral_brier") == 0.123
    assert "40 verdicts" in own["coordinator.viral_brier"].label


def test_beside_a_record_stands_what_always_saying_the_average_would_have_got():
    own = Facts(coordinator.facts([], AS_OF, [Record("viral", 40, 0.1234, 0.21)]))
    assert own.number("coordinator.viral_brier_average") == 0.21
    shown = coordinator.cited([], own)
    assert {"coordinator.viral_brier", "coordinator.viral_brier_average"} <= {one.id for one in shown}


def test_a_record_on_few_verdicts_changes_nothing():
    few = Record("viral", coordinator.FEWEST_JUDGED - 1, 0.1234, 0.21)
    assert coordinator.facts([], AS_OF, [few]) == coordinator.facts([], AS_OF)


def test_it_is_shown_the_facts_the_rule_reads_and_those_opinions_stand_on():
    other = [fact(f"pricing.extra_{number}", number, "count") for number in range(200)]
    findings = [opinion("pricing", 0.5, facts=["pricing.extra_7"])]
    own = coordinator.facts(findings, AS_OF)
    shown = [one.id for one in coordinator.cited(findings, Facts([*KEY, *other, *own]))]
    assert set(shown) == {one.id for one in (*KEY, *own)} | {"pricing.extra_7"}


async def test_all_eleven_and_the_coordinator_judge_a_rich_brief_by_rule():
    from agents.roster import SPECIALISTS

    it = rich_brief()
    findings = [await Panel().ask(specialist, it) for specialist in SPECIALISTS]
    assert [(found.agent, found.outcome, found.reason) for found in findings] == [
        (specialist.name, Outcome.OPINION, "no model is configured") for specialist in SPECIALISTS
    ]
    advice = await Panel().coordinate(findings, it)
    assert (advice.finding.outcome, len(advice.steps)) == (Outcome.OPINION, 8), advice.finding.reason
