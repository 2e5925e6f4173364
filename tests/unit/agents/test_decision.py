"""The decision rule: a ceiling from facts alone, which nothing can raise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.decision import ALARM_SHARE, Verdict, ceiling, decide, lowest, share_at_least, verdict_alarm
from agents.specialist import Finding, Outcome
from tests.engine import AS_OF, fact, idea
from trends.fact import Fact, Facts
from trends.idea import Kind

GOOD = {
    "pricing.margin_ratio": 0.40,
    "competition.level": "low",
    "trend.sustainable": True,
    "quality.fatal_risk": False,
}
ORDER = [Verdict.REJECT, Verdict.REVIEW, Verdict.APPROVE]


def facts(**changes: object) -> Facts:
    told = GOOD | {key.replace("__", "."): value for key, value in changes.items()}
    made: list[Fact] = [fact(key, value, "any") for key, value in told.items() if value is not None]
    return Facts(made)


def verdict(
    advice: Verdict | None = Verdict.APPROVE, at_most: Verdict = Verdict.APPROVE, of=None, **changes
) -> Verdict:
    return decide([], facts(**changes), advice, (), idea=of or idea(), as_of=AS_OF, at_most=at_most).verdict


def test_a_good_margin_low_competition_and_a_trend_that_lasts_may_be_approved():
    assert verdict() is Verdict.APPROVE


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"pricing__margin_ratio": 0.2501}, "approve"),
        ({"pricing__margin_ratio": 0.25}, "review"),
        ({"pricing__margin_ratio": 0.20}, "review"),
        ({"pricing__margin_ratio": 0.1999}, "reject"),
        ({"pricing__margin_ratio": -3}, "reject"),
        ({"pricing__margin_ratio": None}, "review"),
        ({"pricing__margin_ratio": float("nan")}, "review"),
        ({"pricing__margin_ratio": float("inf")}, "review"),
        ({"pricing__margin_ratio": "60 %"}, "review"),
        ({"pricing__margin_ratio": True}, "review"),
        ({"competition__level": "medium"}, "review"),
        ({"competition__level": "high"}, "reject"),
        ({"competition__level": None}, "review"),
        ({"competition__level": "LOW"}, "review"),
        ({"trend__sustainable": False}, "review"),
        ({"trend__sustainable": None}, "review"),
        ({"trend__sustainable": "true"}, "review"),
        ({"quality__fatal_risk": True}, "reject"),
        ({"quality__fatal_risk": None}, "review"),
    ],
)
def test_each_fact_bounds_the_verdict(changes, allowed):
    assert verdict(**changes) == allowed


@pytest.mark.parametrize("kind", [Kind.LICENSED, Kind.PERSON, Kind.NEWS, Kind.GENERIC])
def test_what_is_no_subject_is_rejected_and_says_why(kind):
    decision = decide([], facts(), Verdict.APPROVE, (), idea=idea(kind=kind, kind_reason="on the list"), as_of=AS_OF)
    assert decision.verdict is Verdict.REJECT
    assert decision.reasons[0] == f"The phrase is of kind {kind.value}, not a subject: on the list."


def test_an_unknown_kind_waits_for_a_person():
    assert verdict(of=idea(kind=Kind.UNKNOWN)) is Verdict.REVIEW


def test_what_a_model_took_for_a_subject_waits_for_a_person_and_what_it_took_for_a_name_is_rejected():
    taken = idea(kind_by="model", kind_reason="a model took it for a subject: a bowl")
    decision = decide([], facts(), Verdict.APPROVE, (), idea=taken, as_of=AS_OF)
    assert (decision.verdict, decision.ceiling) == (Verdict.REVIEW, Verdict.REVIEW)
    assert decision.reasons[0] == "A person must look: a model took it for a subject: a bowl."
    assert verdict(of=replace(taken, kind=Kind.PERSON)) is Verdict.REJECT


def test_an_occasion_past_its_order_date_is_rejected_the_day_after():
    halloween = idea().occasion
    last = replace(halloween, order_by=AS_OF.date())
    gone = replace(halloween, order_by=date(2017, 10, 4))
    assert verdict(of=idea(occasion=last)) is Verdict.APPROVE
    assert verdict(of=idea(occasion=None)) is Verdict.APPROVE
    decision = decide([], facts(), Verdict.APPROVE, (), idea=idea(occasion=gone), as_of=AS_OF)
    assert decision.verdict is Verdict.REJECT
    assert decision.reasons[0] == "Halloween (2017-10-31) is past its last order date 2017-10-04."


def test_advice_and_settings_can_only_lower():
    assert verdict(Verdict.REVIEW) is Verdict.REVIEW
    assert verdict(Verdict.REJECT) is Verdict.REJECT
    assert verdict(None) is Verdict.REVIEW
    assert verdict(at_most=Verdict.REVIEW) is Verdict.REVIEW
    assert verdict(competition__level="high") is Verdict.REJECT


def test_the_reasons_name_what_bounds_first_then_who_has_no_say():
    findings = [
        Finding("viral", Outcome.ABSTAINED, "nobody", reason="no data"),
        Finding("quality", Outcome.UNGROUNDED, "model", reason="summary states '40 %', which no fact has"),
        Finding("pricing", Outcome.OPINION, "rule", report={"stance": 1}, reason="no model is configured"),
        Finding("trend", Outcome.OPINION, "rule", report={"stance": 1}, reason="no model is configured"),
        Finding("research", Outcome.OPINION, "model", report={"stance": 1}),
    ]
    level = facts(competition__level="high", pricing__margin_ratio=0.22)
    decision = decide(findings, level, Verdict.APPROVE, ("one",), idea=idea(), as_of=AS_OF)
    assert decision.reasons == (
        "Competition is high (competition.level).",
        "The margin is 22.0% (pricing.margin_ratio), not above 25%: review at best.",
        "The coordinator advised approve; the verdict is reject.",
        "viral abstained: no data",
        "quality is ungrounded: summary states '40 %', which no fact has",
        "Judged by rule, not by a model (pricing, trend): no model is configured",
    )
    assert decision.steps == ("one",)


def test_the_lowest_of_nothing_is_no_bound():
    assert lowest([]) is Verdict.APPROVE


anything = (
    st.none() | st.booleans() | st.floats() | st.integers(-5, 5) | st.sampled_from(["low", "medium", "high", "x"])
)
some_facts = st.fixed_dictionaries({key.replace(".", "__"): anything for key in GOOD})
advices = st.none() | st.sampled_from(ORDER)
reports = st.dictionaries(
    st.sampled_from(["summary", "verdict", "stance", "steps"]), st.text(max_size=40) | st.floats()
)
findings = st.lists(
    st.builds(
        Finding,
        st.sampled_from(["pricing", "quality", "viral"]),
        st.sampled_from(list(Outcome)),
        st.sampled_from(["model", "rule", "nobody"]),
        report=st.none() | reports,
        reason=st.text(max_size=80),
    ),
    max_size=5,
)


@given(some_facts, advices, st.sampled_from(ORDER), findings, st.lists(st.text(max_size=60), max_size=9))
def test_no_text_report_or_advice_gets_past_the_ceiling(told, advice, at_most, found, steps):
    known = facts(**told)
    allowed = ceiling(known, idea(), AS_OF)
    decision = decide(found, known, advice, steps, idea=idea(), as_of=AS_OF, at_most=at_most)
    assert ORDER.index(decision.verdict) <= ORDER.index(allowed)
    assert ORDER.index(decision.verdict) <= ORDER.index(at_most)
    assert ORDER.index(decision.verdict) <= ORDER.index(advice or Verdict.REVIEW)
    assert decision.ceiling is allowed
    assert decision.reasons
    silent = decide([], known, advice, (), idea=idea(), as_of=AS_OF, at_most=at_most)
    assert silent.verdict is decision.verdict, "what specialists wrote changes nothing"


@given(some_facts, advices, st.sampled_from(list(Kind)), st.text(max_size=60), st.text(max_size=60))
def test_no_kind_that_a_model_gives_raises_the_ceiling_above_that_of_an_unknown(told, advice, kind, phrase, reason):
    unknown = idea(phrase=phrase, kind=Kind.UNKNOWN)
    typed = replace(unknown, kind=kind, kind_by="model", kind_reason=reason)
    known = facts(**told)
    allowed = ceiling(known, typed, AS_OF)
    assert ORDER.index(allowed) <= ORDER.index(ceiling(known, unknown, AS_OF)) <= ORDER.index(Verdict.REVIEW)
    decided = decide([], known, advice, (), idea=typed, as_of=AS_OF)
    assert ORDER.index(decided.verdict) <= ORDER.index(allowed)


@pytest.mark.parametrize(
    ("count", "of", "alarms"),
    [(5, 6, False), (19, 19, False), (19, 20, True), (17, 20, False), (86, 100, False), (87, 100, True)],
)
def test_one_verdict_sounds_the_alarm_only_where_chance_cannot_explain_its_share(count, of, alarms):
    told = verdict_alarm({Verdict.REVIEW: count, Verdict.REJECT: of - count})
    assert (told is not None) is alarms
    if told is not None:
        assert (told.verdict, told.times, told.decisions) == (Verdict.REVIEW, count, of)
        assert ALARM_SHARE < told.at_least < count / of


def test_no_decisions_sound_no_alarm():
    assert verdict_alarm({}) is None
    assert verdict_alarm({Verdict.APPROVE: 0}, fewest=0) is None


@given(st.integers(1, 500), st.data())
def test_the_lower_bound_of_a_share_is_below_it_and_grows_with_the_count(total, data):
    count = data.draw(st.integers(1, total))
    assert 0 <= share_at_least(count - 1, total) < share_at_least(count, total) < count / total
