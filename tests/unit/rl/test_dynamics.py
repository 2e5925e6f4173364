"""Parameters of the simulator: what ships, what a file may hold, what fitting recovers."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from rl.dynamics import (
    BadDynamics,
    Dynamics,
    Estimate,
    kept_a_part,
    load_dynamics,
    novelty,
    response,
    save_dynamics,
    shipped,
)
from rl.fitting import (
    TooLittle,
    fit_delay,
    fit_novelty,
    fit_parts,
    fit_saturation,
    fit_spread,
    fit_weekday,
    told,
)
from rl.sources import refit


def test_every_shipped_parameter_says_its_source_and_either_its_error_or_that_it_is_assumed() -> None:
    dynamics = shipped()
    for field in fields(Dynamics):
        estimate = getattr(dynamics, field.name)
        assert estimate.unit and estimate.source, field.name
        assert estimate.fitted == (estimate.rows > 0), field.name
        assert estimate.fitted != estimate.source.startswith("assumed: "), field.name


def test_shipped_parameters_are_what_their_sources_give_again(shared: Path) -> None:
    again, dynamics = refit(shared / "data"), shipped()
    for field in fields(Dynamics):
        assert getattr(again, field.name).value == pytest.approx(getattr(dynamics, field.name).value, rel=1e-3)


def test_a_file_of_parameters_is_read_back_as_it_was(tmp_path: Path) -> None:
    save_dynamics(shipped(), tmp_path / "own.json")
    assert load_dynamics(tmp_path / "own.json") == shipped()
    assert load_dynamics(tmp_path / "own.json").digest == shipped().digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "holds no dynamics"),
        ('{"format": 9, "parameters": {}}', "format 9, this version reads 1"),
        ('{"format": 1, "parameters": {}}', "holds no dynamics"),
        ('{"format": 1, "parameters": {"part": {"value": 3, "error": null}}}', "should be lists"),
    ],
)
def test_a_file_that_holds_no_parameters_is_refused_with_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.json").write_text(text)
    with pytest.raises(BadDynamics, match=said):
        load_dynamics(tmp_path / "own.json")


@pytest.mark.parametrize("value", [(-1.0,), (float("nan"),), (0.0,)])
def test_a_parameter_is_a_finite_number_above_zero(value: tuple[float, ...]) -> None:
    with pytest.raises(BadDynamics, match="clicks_per_usd"):
        replace(shipped(), clicks_per_usd=Estimate(value, None, "", ""))
    with pytest.raises(BadDynamics, match="weekday has 1 values, 7"):
        replace(shipped(), weekday=Estimate((1.0,), None, "", ""))


def test_an_even_life_loses_to_saturation_and_fatigue_together_what_the_fitted_curve_says() -> None:
    dynamics = shipped()
    parts = int(4 * dynamics.life_days.one)
    spend = 0.02 * dynamics.life_kappa_usd.one / parts
    stock = spend / (1 - float(kept_a_part(dynamics.recovery_days.one)))
    worth = response(np.array(spend), np.array(stock), dynamics.kappa_usd, dynamics.audience_usd) / spend
    assert worth == pytest.approx(1 / 1.02, abs=5e-4)


def test_attention_falls_from_one_at_its_peak_to_what_is_evergreen() -> None:
    curve = novelty(np.arange(0.0, 1e4), 1.8, 8.0, 0.2)
    assert curve[0] == 1
    assert (np.diff(curve) < 0).all()
    assert curve[-1] == pytest.approx(0.2, abs=1e-3)


def test_saturation_is_recovered_within_three_errors_and_saves_held_out_deviance() -> None:
    rng = np.random.default_rng(1)
    spend = rng.lognormal(4, 1, 800)
    orders = rng.poisson(rng.gamma(4, 0.1 / 4, 800) * spend / (1 + spend / 150))
    rate, kappa, shape = fit_saturation(spend, orders, "drawn")
    for estimate, truth in ((rate, 0.1), (kappa, 150.0), (shape, 4.0)):
        assert estimate.error is not None
        assert abs(estimate.one - truth) < 3 * estimate.error[0]
    assert kappa.gain is not None and kappa.gain > 0.05


def test_where_nothing_saturates_the_curve_saves_next_to_nothing() -> None:
    rng = np.random.default_rng(1)
    spend = rng.lognormal(4, 1, 400)
    gain = fit_saturation(spend, rng.poisson(0.1 * spend), "drawn")[1].gain
    assert gain is not None and gain < 0.01


def test_the_power_of_attention_is_recovered_and_beats_an_exponential_end() -> None:
    rng = np.random.default_rng(2)
    age, thing = np.tile(np.arange(1, 9), 200), np.repeat(np.arange(200), 8)
    gain = 1e5 * (1.0 + age) ** -1.7 * rng.lognormal(0, 0.1, len(age))
    power = fit_novelty(age, gain, thing, "drawn")
    assert power.one == pytest.approx(1.7, abs=0.05)
    assert power.gain is not None and power.gain > 0.3


def test_profiles_are_recovered_whatever_the_level_of_each_group() -> None:
    rng = np.random.default_rng(3)
    truth = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.8, 1.0])
    day, group = rng.integers(0, 7, 7000), rng.integers(0, 50, 7000)
    amount = truth[day] * np.exp(group / 5.0) * rng.lognormal(0, 0.2, 7000)
    assert fit_weekday(day, amount, group, "drawn").value == pytest.approx(truth / truth.mean(), abs=0.03)
    flat = fit_parts(day % 4, np.exp(group / 5.0) * rng.lognormal(0, 0.2, 7000), group, "drawn")
    assert flat.value == pytest.approx(np.ones(4), abs=0.03)
    assert flat.gain is not None and flat.gain < 0.005


def test_the_spread_of_variants_is_recovered_from_counts() -> None:
    rng = np.random.default_rng(4)
    test = np.repeat(np.arange(600), 4)
    trials = rng.integers(1000, 4000, 2400).astype(float)
    rate = np.repeat(rng.uniform(0.01, 0.03, 600), 4) * rng.gamma(20, 1 / 20, 2400)
    assert fit_spread(test, trials, rng.poisson(trials * rate), "drawn").one == pytest.approx(20, rel=0.25)


def test_the_delay_from_click_to_order_is_recovered() -> None:
    rng = np.random.default_rng(5)
    clicks = rng.poisson(200 * rng.lognormal(0, 0.7, (12, 40))).astype(float)
    delay = fit_delay(clicks, rng.poisson(0.1 * told(clicks, 4.0)), "drawn")
    assert delay.one == pytest.approx(4.0, abs=0.5)
    assert delay.gain is not None and delay.gain > 0.1


def test_too_few_rows_or_none_sold_are_refused() -> None:
    with pytest.raises(TooLittle, match="3 ads with spend, 20 are needed"):
        fit_saturation(np.ones(3), np.ones(3), "drawn")
    with pytest.raises(TooLittle, match="no orders at all"):
        fit_saturation(np.ones(30), np.zeros(30), "drawn")
    with pytest.raises(TooLittle, match="1 of 7 slots"):
        fit_weekday(np.zeros(30, np.int64), np.ones(30), np.zeros(30, np.int64), "drawn")
