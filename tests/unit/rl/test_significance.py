"""Always-valid significance: its e-value against exact sums, its error under peeking, its power, and broken counts."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest
from scipy.stats import norm

from rl.significance import PRIOR, BadCounts, Counts, compare, significance

NOTHING = Counts(0, 0)


def peeked(rate: float, share: float, visitors: int, looks: int, rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether equal arms are ever called different at any look: by us, and by a z-test at the same level."""
    control, arm, ours, z_test = NOTHING, NOTHING, False, False
    for _ in range(looks):
        of_arm = int(rng.binomial(visitors, share))
        control = control + Counts(visitors - of_arm, int(rng.binomial(visitors - of_arm, rate)))
        arm = arm + Counts(of_arm, int(rng.binomial(of_arm, rate)))
        ours = ours or significance(control, arm).is_significant
        pooled = (control.clicked + arm.clicked) / (control.shown + arm.shown)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / control.shown + 1 / arm.shown))
        z_test = z_test or abs(control.clicked / control.shown - arm.clicked / arm.shown) > 1.96 * spread
    return ours, z_test


def test_the_e_value_is_the_likelihood_ratio_averaged_over_the_prior() -> None:
    found = significance(Counts(600, 12), Counts(400, 15), share=0.4)
    grid = np.linspace(-6 * PRIOR, 6 * PRIOR, 40_001)
    chance = 0.4 * np.exp(grid) / (0.4 * np.exp(grid) + 0.6)
    ratio = (chance / 0.4) ** 15 * ((1 - chance) / 0.6) ** 12
    assert found.e_value == pytest.approx(np.trapezoid(ratio * norm.pdf(grid, scale=PRIOR), grid), rel=1e-6)
    assert found.p_value == pytest.approx(1 / found.e_value)
    assert found.lift == pytest.approx((15 / 400) / (12 / 600) - 1)


def test_the_e_value_of_equal_arms_is_one_on_average() -> None:
    counts = np.arange(31)
    chance = np.exp([log(float(each)) for each in _binomials(30)]) * 0.3**counts * 0.7 ** (30 - counts)
    values = [significance(Counts(700, 30 - int(k)), Counts(300, int(k)), share=0.3).e_value for k in counts]
    assert chance @ np.array(values) == pytest.approx(1.0, rel=1e-6)


def _binomials(of: int) -> list[int]:
    row = [1]
    for k in range(of):
        row.append(row[-1] * (of - k) // (k + 1))
    return row


@pytest.mark.parametrize(("rate", "share", "visitors"), [(0.03, 0.5, 300), (0.2, 0.2, 100)])
def test_looking_at_every_step_does_not_make_false_alarms(rate: float, share: float, visitors: int) -> None:
    rng = np.random.default_rng(11)
    alarms = np.array([peeked(rate, share, visitors, 15, rng) for _ in range(80)]).mean(axis=0)
    assert alarms[0] <= 0.05
    assert alarms[1] > 0.1, "a test that may be looked at once only must fail here, else this shows nothing"


def test_the_planned_sample_finds_the_planned_effect() -> None:
    rng = np.random.default_rng(4)
    planned = significance(Counts(1000, 50), Counts(1000, 50), effect=0.5).needed
    assert planned is not None
    each = (planned + 2000) // 2
    clicks = rng.binomial(each, [[0.05, 0.075]] * 150)
    found = [significance(Counts(each, int(one)), Counts(each, int(other))).is_signal for one, other in clicks]
    assert 0.75 < np.mean(found) < 0.97


def test_a_smaller_effect_or_a_lopsided_share_needs_more() -> None:
    def needed(control: Counts, arm: Counts, effect: float = 0.2) -> int:
        found = significance(control, arm, effect=effect).needed
        assert found is not None
        return found

    even = needed(Counts(1000, 50), Counts(1000, 50))
    assert needed(Counts(1000, 50), Counts(1000, 50), effect=0.1) > 3 * even
    assert needed(Counts(1800, 90), Counts(200, 10)) > 2 * even
    assert needed(Counts(10**6, 50_000), Counts(10**6, 50_000)) == 0


def test_the_detectable_effect_falls_with_the_clicks() -> None:
    few = significance(Counts(1000, 50), Counts(1000, 50)).detectable
    many = significance(Counts(100_000, 5000), Counts(100_000, 5000)).detectable
    assert few is not None and many is not None
    assert 0.05 < many < 0.2 < few


def test_the_interval_holds_the_lift_and_leaves_out_none_exactly_where_it_is_significant() -> None:
    for clicks in range(100, 200, 5):
        found = significance(Counts(5000, 100), Counts(5000, clicks))
        assert found.lift is not None
        assert found.lower < found.lift < found.upper
        assert (found.lower > 0) == found.is_signal == found.is_significant


def test_the_interval_holds_a_true_lift_at_every_look() -> None:
    rng = np.random.default_rng(12)

    def always_held() -> bool:
        shown, clicks = 0, np.zeros(2, dtype=np.int64)
        for _ in range(12):
            shown, clicks = shown + 400, clicks + rng.binomial(400, [0.05, 0.08])
            found = significance(Counts(shown, int(clicks[0])), Counts(shown, int(clicks[1])))
            if not found.lower <= 0.6 <= found.upper:
                return False
        return True

    assert np.mean([always_held() for _ in range(60)]) >= 0.95


def test_a_worse_arm_is_significant_but_no_signal() -> None:
    found = significance(Counts(10_000, 400), Counts(10_000, 200))
    assert found.is_significant and not found.is_signal
    assert found.upper < 0


def test_nothing_seen_says_nothing() -> None:
    for counts in (NOTHING, Counts(50, 0)):
        found = significance(counts, counts)
        assert (found.lift, found.lower, found.upper) == (None, -1.0, inf)
        assert (found.e_value, found.p_value, found.needed, found.detectable) == (1.0, 1.0, None, None)


def test_an_arm_without_clicks_has_an_upper_end_and_a_control_without_clicks_a_lower_one() -> None:
    arm_without = significance(Counts(2000, 60), Counts(2000, 0))
    assert arm_without.lift == -1 and arm_without.lower == -1 and -1 < arm_without.upper < 0
    control_without = significance(Counts(2000, 0), Counts(2000, 60))
    assert control_without.lift is None and control_without.upper == inf and control_without.lower > 0
    assert control_without.is_significant and not control_without.is_signal


def test_large_counts_neither_overflow_nor_lose_their_interval() -> None:
    found = significance(Counts(10**9, 10**7), Counts(10**9, 2 * 10**7))
    assert found.e_value == inf and found.p_value == 0
    assert found.lower == pytest.approx(1.0, abs=0.01) and found.upper == pytest.approx(1.0, abs=0.01)


def test_a_share_that_changed_on_a_good_day_is_no_lift() -> None:
    first = (Counts(9000, 90), Counts(1000, 10))
    now = (Counts(10_000, 140), Counts(10_000, 460))
    assert significance(*now).is_signal
    with_history = significance(*now, history=[first])
    assert not with_history.is_significant
    assert with_history.lift == pytest.approx(0.0, abs=1e-9)


def test_evidence_once_seen_counts_at_later_looks_and_a_restated_history_takes_it_back() -> None:
    strong, weak, restated = (Counts(5000, 100), Counts(5000, 180)), (Counts(9000, 280), Counts(9000, 300)), 105
    later = significance(*weak, history=[strong])
    assert later.e_value < 1 < 1 / later.p_value
    assert later.p_value == pytest.approx(1 / significance(*strong).e_value)
    assert significance(*weak, history=[(strong[0], Counts(5000, restated))]).p_value > later.p_value


def test_totals_that_fall_are_refused_unless_the_history_is_restated() -> None:
    with pytest.raises(BadCounts, match="totals fall from 50 of 1000 to 40 of 2000: restate the history too"):
        significance(Counts(2000, 90), Counts(2000, 40), history=[(Counts(1000, 45), Counts(1000, 50))])


@pytest.mark.parametrize(
    ("shown", "clicked", "said"),
    [(10, 11, "11 clicks of 10 impressions"), (-1, 0, "impressions"), (5, -1, "clicks"), (5.5, 1, "got 5.5"),
     (float("nan"), 0, "got nan"), (True, 0, "got True")],
)  # fmt: skip
def test_impossible_counts_are_refused(shown: int, clicked: int, said: str) -> None:
    with pytest.raises(BadCounts, match=said):
        Counts(shown, clicked)


@pytest.mark.parametrize("wrong", [{"share": 0.0}, {"share": 1.0}, {"alpha": 1.5}, {"effect": -0.1}])
def test_a_share_level_or_effect_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadCounts, match=next(iter(wrong))):
        significance(Counts(10, 1), Counts(10, 1), **wrong)  # type: ignore[arg-type]


def test_several_arms_share_one_false_alarm() -> None:
    arms = {"plain": Counts(5000, 100), "moss": Counts(5000, 165), "lamp": Counts(5000, 104)}
    found = compare(arms, "plain")
    assert set(found) == {"moss", "lamp"}
    assert found["moss"].alpha == 0.025
    assert found["moss"].is_signal and not found["lamp"].is_significant
    with pytest.raises(BadCounts, match="'felt' and at least one more arm are needed"):
        compare(arms, "felt")
