"""Off-policy estimators against formulas written out, and against worlds whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rl.logged import BadLog, Log, logged
from rl.ope import (
    ESTIMATORS,
    UNBIASED,
    Evaluation,
    Inconclusive,
    bernstein,
    estimated_mse,
    evaluate,
    resample,
    terms,
)

ACTION, REWARD, PROPENSITY = [0, 1, 1, 2], [1.0, 0.0, 1.0, 0.0], [0.5, 0.25, 0.5, 0.2]
TARGET = [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.0, 1.0, 0.0], [0.6, 0.2, 0.2]]
PREDICTED = [[0.5, 0.1, 0.2], [0.4, 0.3, 0.1], [0.2, 0.6, 0.1], [0.3, 0.3, 0.3]]


def tiny() -> Log:
    return logged(ACTION, REWARD, PROPENSITY, TARGET, predicted=PREDICTED)


def drawn(rows: int = 4000, seed: int = 3, bias: float = 0.0) -> tuple[Log, float]:
    """A log of a world with four actions, rates of .02 to .2; predictions off by `bias`."""
    rng = np.random.default_rng(seed)
    rate = np.array([0.02, 0.08, 0.14, 0.2])
    logging, target = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    action = rng.choice(4, size=rows, p=logging)
    reward = (rng.random(rows) < rate[action]).astype(float)
    return logged(action, reward, logging[action], target, predicted=rate + bias), float(target @ rate)


def concluded(log: Log, **options: Any) -> Evaluation:
    found = evaluate(log, **options)
    assert isinstance(found, Evaluation)
    return found


def test_each_estimator_is_its_formula() -> None:
    weight = np.array([0.4, 3.2, 2.0, 1.0])
    direct = np.array([0.1 + 0.03 + 0.1, 0.04 + 0.24 + 0.01, 0.6, 0.3])
    left = np.array([0.5, -0.3, 0.4, -0.3])
    assert tiny().weight == pytest.approx(weight)
    expected = {
        "ips": (0.4 + 2.0) / 4,
        "snips": (0.4 + 2.0) / weight.sum(),
        "dm": direct.mean(),
        "dr": direct.mean() + (weight @ left) / 4,
        "sndr": direct.mean() + (weight @ left) / weight.sum(),
        "switch_dr": direct.mean() + (weight * (weight <= 1.5) @ left) / 4,
        "dros": direct.mean() + (1.5 * weight / (weight**2 + 1.5) @ left) / 4,
    }
    found = {name: terms(tiny(), name, 1.5).value for name in ESTIMATORS}
    assert found == pytest.approx(expected)


def test_without_a_bound_on_the_weights_switch_and_shrinkage_are_the_doubly_robust_estimator() -> None:
    for name in ("switch_dr", "dros"):
        assert terms(tiny(), name, float("inf")).value == terms(tiny(), "dr").value


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-3, 1e6))
def test_shrinkage_lies_between_the_model_and_the_doubly_robust_terms(strength: float) -> None:
    shrunk, model, robust = (terms(tiny(), name, strength) for name in ("dros", "dm", "dr"))
    between = np.sort([model.correction, robust.correction], axis=0)
    assert (shrunk.correction >= between[0] - 1e-12).all()
    assert (shrunk.correction <= between[1] + 1e-12).all()


def test_rows_add_up_to_the_estimate_and_their_spread_is_that_of_the_bootstrap() -> None:
    log, _ = drawn()
    columns = [terms(log, name, 5.0) for name in ESTIMATORS]
    draws = resample(log, columns, seed=1, resamples=2000)
    for place, each in enumerate(columns):
        assert each.influence.mean() == pytest.approx(each.value)
        assert draws[:, place].mean() == pytest.approx(each.value, rel=0.02)
        assert draws[:, place].std() == pytest.approx(each.influence.std() / np.sqrt(len(log)), rel=0.1, abs=1e-12)


def test_unbiased_estimators_find_the_truth_whatever_the_model_says() -> None:
    log, truth = drawn(rows=40_000, bias=0.1)
    found = concluded(log, resamples=200)
    for name in UNBIASED:
        assert found.estimates[name].lower < truth < found.estimates[name].upper
    assert found.estimates["dm"].value == pytest.approx(truth + 0.1)


def test_a_bad_model_is_not_believed_and_a_good_one_saves_variance() -> None:
    wrong, truth = drawn(rows=20_000, bias=0.1)
    assert abs(concluded(wrong, resamples=50).value - truth) < 0.01
    right, _ = drawn(rows=20_000)
    assert estimated_mse(right, "dm") < estimated_mse(right, "dr") < estimated_mse(wrong, "dm")


def test_equal_logs_and_seeds_give_equal_answers() -> None:
    log, _ = drawn()
    assert evaluate(log, seed=5, resamples=50) == evaluate(log, seed=5, resamples=50)
    assert evaluate(log, seed=5, resamples=50) != evaluate(log, seed=6, resamples=50)


def test_the_gain_is_taken_in_pairs_with_the_log() -> None:
    log, _ = drawn(rows=20_000)
    found = concluded(log, resamples=300)
    robust = found.estimates["dr"]
    assert 0 < robust.gain_lower < robust.value - found.logged
    same = replace(log, target=np.broadcast_to(np.array([0.4, 0.3, 0.2, 0.1]), log.target.shape))
    assert concluded(same, resamples=300).estimates["ips"].gain_lower == pytest.approx(0.0, abs=1e-12)


def test_without_predictions_only_weighting_answers_and_the_self_normalised_is_believed() -> None:
    log, truth = drawn()
    found = concluded(replace(log, predicted=None), resamples=200)
    assert set(found.estimates) == {"ips", "snips"}
    assert found.chosen == "snips"
    assert found.interval[0] < truth < found.interval[1]
    with pytest.raises(BadLog, match="dr needs predicted rewards"):
        terms(replace(log, predicted=None), "dr")


def test_under_a_hundred_effective_decisions_there_is_no_conclusion_but_a_reason() -> None:
    log, _ = drawn(rows=200)
    found = evaluate(log)
    assert isinstance(found, Inconclusive)
    assert found.ess == pytest.approx(log.ess) and found.ess < 100
    assert found.why.startswith(f"200 logged decisions are worth {log.ess:.1f}")


def test_a_rate_is_never_negative_and_a_cut_one_says_so() -> None:
    log = logged([0] * 300, [0.0] * 299 + [1.0], [0.9] * 300, [1.0, 0.0], predicted=[0.5, 0.5])
    found = concluded(log, resamples=100)
    assert terms(log, "dr").value < 0
    assert found.estimates["dr"].value == 0 and found.estimates["dr"].clipped
    assert min(min(each.value, each.lower, each.sure_lower) for each in found.estimates.values()) >= 0


def test_where_rewards_can_be_negative_nothing_is_cut() -> None:
    log = logged([0] * 300, [-2.0] * 300, [1.0] * 300, [1.0, 0.0])
    assert concluded(log, resamples=20).estimates["ips"].value == -2.0


def test_the_sure_interval_is_the_formula_and_wider_than_the_bootstrap() -> None:
    adds = np.array([0.0, 1.0] * 50)
    bits = np.log(4 / 0.05)
    half = np.sqrt(2 * adds.var(ddof=1) * bits / 100) + 7 * bits / (3 * 99)
    assert bernstein(adds) == pytest.approx((0.5 - half, 0.5 + half))
    one = concluded(drawn()[0], resamples=200).estimates["snips"]
    assert one.sure_lower < one.lower < one.value < one.upper < one.sure_upper


def test_an_unknown_estimator_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no estimator 'magic': there are ips, snips"):
        terms(tiny(), "magic")
