"""The machine of a deployment: every edge, every edge that is not there, and what each line of the log says."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from rl.deployment import (
    Backtest,
    Deployment,
    Guardrail,
    NotAllowed,
    Stage,
    Verdict,
    Watched,
    advance,
    is_canary,
    judge_policy,
    judge_weights,
    may_advance,
    propose_again,
    roll_back,
    watch,
)
from rl.ope import ESTIMATORS, Estimate, Evaluation, Inconclusive

NEW = Deployment("policy", "v2")
YES, NO = Verdict(True, "better", {"gain": 0.1}), Verdict(False, "worse", {"gain": -0.1})
RAIL = Guardrail(most_spent_cents=10_000, least_click_rate=0.01, most_complaint_rate=0.002)
FINE = Watched(decisions=1000, clicks=20, complaints=1, spent_cents=9000)
GOOD = Backtest(gain=0.02, lower=0.005, explored=0.01, explored_lower=-0.02, explored_rows=400)


def at(stage: Stage) -> Deployment:
    return replace(NEW, stage=stage)


def evaluation(**lower: float) -> Evaluation:
    """Bounds by estimator, against a log that earned .05."""
    estimates = {
        name: Estimate(name, 0.06, lower.get(name, 0.0), 0.1, lower.get(name, 0.0) - 0.05, 0.0, 0.2, False)
        for name in ESTIMATORS
    }
    return Evaluation(estimates, "dr", logged=0.05, ess=500.0, rows=1000)


@pytest.mark.parametrize(
    ("source", "target"),
    [(Stage.CANDIDATE, Stage.SHADOW), (Stage.SHADOW, Stage.CANARY), (Stage.CANARY, Stage.LIVE)],
)
def test_evidence_moves_a_version_one_stage_and_says_so(source: Stage, target: Stage) -> None:
    moved, step = advance(at(source), YES)
    assert moved == at(target)
    assert (step.source, step.target, step.why, dict(step.figures)) == (source, target, "better", {"gain": 0.1})
    assert (step.subject, step.version, step.moved) == ("policy", "v2", True)


@pytest.mark.parametrize("stage", [Stage.CANDIDATE, Stage.SHADOW, Stage.CANARY])
def test_without_evidence_a_version_stays_and_the_log_says_why(stage: Stage) -> None:
    assert not may_advance(at(stage), NO)
    stayed, step = advance(at(stage), NO)
    assert stayed == at(stage)
    assert (step.source, step.target, step.why, step.moved) == (stage, stage, "worse", False)


@pytest.mark.parametrize("stage", [Stage.LIVE, Stage.ROLLED_BACK])
def test_nothing_comes_after_live_and_nothing_after_a_roll_back(stage: Stage) -> None:
    assert not may_advance(at(stage), YES)
    with pytest.raises(NotAllowed, match=f"policy v2 is {stage}: nothing comes after it"):
        advance(at(stage), YES)


def test_three_unbiased_lower_bounds_over_the_live_one_let_a_policy_on() -> None:
    verdict = judge_policy(evaluation(ips=0.06, snips=0.06, dr=0.06), live=0.05)
    assert verdict.allows
    assert verdict.why == "3 of 4 lower bounds beat 0.05 (dr, ips, snips), 3 are needed"
    assert verdict.figures["dr_lower"] == 0.06 and verdict.figures["ess"] == 500


def test_two_do_not_nor_do_those_of_biased_estimators_nor_a_tie() -> None:
    assert not judge_policy(evaluation(ips=0.06, snips=0.06), live=0.05).allows
    assert not judge_policy(evaluation(ips=0.06, snips=0.06, dm=0.06, dros=0.06, switch_dr=0.06), live=0.05).allows
    assert not judge_policy(evaluation(ips=0.05, snips=0.05, dr=0.05, sndr=0.05), live=0.05).allows


def test_where_the_live_policy_wrote_the_log_the_paired_gain_is_judged() -> None:
    assert judge_policy(evaluation(ips=0.06, snips=0.06, dr=0.06)).allows
    assert not judge_policy(evaluation(ips=0.04, snips=0.04, dr=0.04)).allows


def test_a_policy_that_nothing_is_concluded_of_stays_with_the_reason() -> None:
    unsure = Inconclusive(ess=12.0, rows=1000, least=100.0)
    verdict = judge_policy(unsure)
    assert not verdict.allows and verdict.why == unsure.why and verdict.figures["ess"] == 12
    assert not judge_policy(evaluation(ips=1, snips=1, dr=1), live=float("nan")).allows


def test_weights_go_on_where_the_backtest_and_the_explored_share_agree() -> None:
    verdict = judge_weights(GOOD)
    assert verdict.allows and verdict.figures["lower"] == 0.005


@pytest.mark.parametrize(
    ("change", "said"),
    [({"lower": 0.0}, "not over 0"), ({"lower": -0.01}, "the lower bound out of time is -0.01"),
     ({"explored": -0.001}, "the explored share says -0.001"), ({"explored_rows": 0}, "nothing was explored"),
     ({"gain": float("nan")}, "a figure of the backtest is missing")],
)  # fmt: skip
def test_weights_stay_where_either_does_not(change: dict[str, float], said: str) -> None:
    verdict = judge_weights(replace(GOOD, **change))  # type: ignore[arg-type]
    assert not verdict.allows and said in verdict.why


@pytest.mark.parametrize(
    ("stage", "broken", "said"),
    [
        (Stage.CANARY, {"spent_cents": 10_001}, "spent 10001 cents, at most 10000"),
        (Stage.LIVE, {"spent_cents": 10_001}, "spent 10001 cents, at most 10000"),
        (Stage.SHADOW, {"spent_cents": 1}, "spent 1 cents, at most 0"),
        (Stage.CANARY, {"clicks": 9}, "click rate 0.0090, at least 0.0100"),
        (Stage.LIVE, {"clicks": 9}, "click rate 0.0090, at least 0.0100"),
        (Stage.CANARY, {"complaints": 3}, "complaint rate 0.0030, at most 0.0020"),
        (Stage.LIVE, {"complaints": 3, "clicks": 0}, "click rate 0.0000, at least 0.0100; complaint rate 0.0030"),
    ],
)
def test_a_broken_guardrail_rolls_back_by_itself(stage: Stage, broken: dict[str, int], said: str) -> None:
    rolled, step = watch(at(stage), replace(FINE, **broken), RAIL)  # type: ignore[arg-type]
    assert rolled == at(Stage.ROLLED_BACK)
    assert step is not None
    assert (step.source, step.target) == (stage, Stage.ROLLED_BACK)
    assert said in step.why and step.figures["decisions"] == 1000


def test_what_keeps_to_the_guardrail_stays_without_a_line() -> None:
    for stage in (Stage.CANARY, Stage.LIVE):
        assert watch(at(stage), FINE, RAIL) == (at(stage), None)
    assert watch(at(Stage.SHADOW), Watched(1000, 0, 0, 0), RAIL) == (at(Stage.SHADOW), None)


def test_rates_of_few_decisions_are_not_judged_but_their_spend_is() -> None:
    few = Watched(decisions=RAIL.enough - 1, clicks=0, complaints=5, spent_cents=10)
    assert watch(at(Stage.CANARY), few, RAIL)[1] is None
    assert watch(at(Stage.CANARY), replace(few, decisions=RAIL.enough), RAIL)[1] is not None
    assert watch(at(Stage.CANARY), replace(few, spent_cents=20_000), RAIL)[0].stage is Stage.ROLLED_BACK


@pytest.mark.parametrize("stage", [Stage.CANDIDATE, Stage.ROLLED_BACK])
def test_what_does_nothing_is_not_watched_and_cannot_be_rolled_back(stage: Stage) -> None:
    assert watch(at(stage), replace(FINE, spent_cents=10**9), RAIL) == (at(stage), None)
    with pytest.raises(NotAllowed, match="there is nothing to roll back"):
        roll_back(at(stage), "no")


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.LIVE])
def test_a_person_rolls_back_for_a_reason_only(stage: Stage) -> None:
    rolled, step = roll_back(at(stage), "it sells to nobody")
    assert rolled.stage is Stage.ROLLED_BACK and step.why == "it sells to nobody"
    with pytest.raises(NotAllowed, match="say why"):
        roll_back(at(stage), "  ")


def test_after_a_roll_back_only_another_version_may_begin_again() -> None:
    assert propose_again(at(Stage.ROLLED_BACK), "v3") == Deployment("policy", "v3")
    with pytest.raises(NotAllowed, match="another version"):
        propose_again(at(Stage.ROLLED_BACK), "v2")
    for stage in (Stage.CANDIDATE, Stage.SHADOW, Stage.CANARY, Stage.LIVE):
        with pytest.raises(NotAllowed, match="after a roll-back"):
            propose_again(at(stage), "v3")


def test_a_canary_decides_for_its_share_of_subjects_and_for_the_same_ones_every_time() -> None:
    subjects = [f"listing-{number}" for number in range(20_000)]
    tenth = replace(at(Stage.CANARY), canary_percent=10)
    chosen = {each for each in subjects if is_canary(tenth, each)}
    assert 0.09 < len(chosen) / len(subjects) < 0.11
    assert chosen == {each for each in subjects if is_canary(tenth, each)}
    assert chosen < {each for each in subjects if is_canary(replace(tenth, canary_percent=20), each)}
    others = {each for each in subjects if is_canary(replace(tenth, version="v3"), each)}
    assert len(chosen & others) < 0.3 * len(chosen)


def test_live_decides_for_all_and_every_other_stage_for_none() -> None:
    for stage, subject in product(Stage, ("a", "b")):
        if stage is not Stage.CANARY:
            assert is_canary(at(stage), subject) == (stage is Stage.LIVE)
    assert all(is_canary(replace(at(Stage.CANARY), canary_percent=100), str(each)) for each in range(100))


@pytest.mark.parametrize("percent", [0, -1, 101, float("nan")])
def test_a_canary_of_no_share_is_refused(percent: float) -> None:
    with pytest.raises(NotAllowed, match="a canary gets"):
        Deployment("policy", "v2", canary_percent=percent)


@pytest.mark.parametrize("wrong", [{"decisions": -1}, {"clicks": 1001}, {"complaints": 1001}, {"spent_cents": -5}])
def test_impossible_counts_are_not_watched(wrong: dict[str, int]) -> None:
    with pytest.raises(NotAllowed):
        replace(FINE, **wrong)  # type: ignore[arg-type]
