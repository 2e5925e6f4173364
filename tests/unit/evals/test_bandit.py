"""The replay of headline tests: what it reads, what it leaves out, and that its figures are of what it says."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from evals.bandit import POLICIES, Known, World, draw, replay, run, spread_out
from rl.prior import Hierarchy

HEADER = ("clickability_test_id", "headline", "impressions", "clicks", "test_week")
KNOWN = Known(Hierarchy(3.0, 200.0, 1500.0), (3.0, 200.0))


def written(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with gzip.open(path, "wt", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(HEADER)
        table.writerows(rows)
    return path


def archive(tests: int = 120, seed: int = 1) -> list[tuple[object, ...]]:
    """Tests made the way the suite believes they are: a mean a test, arms about it."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[object, ...]] = []
    for number in range(tests):
        mean = rng.beta(3, 200)
        for rate in rng.beta(1500 * mean, 1500 * (1 - mean), 4 + number % 2):
            shown = int(rng.integers(2000, 5000))
            rows.append((f"test {number}", "a headline, quoted", shown, int(rng.binomial(shown, rate)), 201440))
    return rows


def test_a_file_without_its_columns_or_with_too_few_tests_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("headline,clicks\nx,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="columns are missing: clickability_test_id, impressions"):
        run(other)
    with pytest.raises(ValueError, match="twenty in each half"):
        run(written(tmp_path / "few.csv.gz", archive(10)))


def test_the_bandit_beats_plain_thompson_which_beats_bounds(tmp_path: Path) -> None:
    result = run(written(tmp_path / "archive.csv.gz", archive(80)))
    assert result.figures["tests"] == 80
    assert result.figures["gap_closed_b10"] > result.baseline["thompson_b10"] > result.baseline["ucb1_b10"]
    assert result.baseline["uniform_b50"] == pytest.approx(0, abs=1e-3)
    assert result.figures["paired_lower"] < result.figures["over_thompson"]
    assert set(result.asked) <= set(result.figures)


def test_the_same_seed_replays_the_same_clicks() -> None:
    world = World(0, KNOWN, np.random.default_rng(2).beta(15, 985, (30, 5)), np.full(30, 10_003.0))
    once, again, other = (replay(world, POLICIES["ours"], 5, seed) for seed in (3, 3, 4))
    assert once.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize("name", POLICIES)
def test_no_policy_is_better_than_the_best_arm_and_each_spends_all_of_a_test(name) -> None:
    rates = np.random.default_rng(2).beta(15, 985, (30, 5))
    world = World(0, KNOWN, rates, np.full(30, 10_003.0))
    gained = replay(world, POLICIES[name], 10, 3)
    assert (gained <= world.best + 1e-9).all()
    # Were fewer impressions spent than the test has, the best arm alone would fall short of its own gap.
    alone = replay(world, lambda seen: np.eye(5)[rates.argmax(axis=1)], 10, 3)
    assert alone == pytest.approx(world.best)


def test_true_rates_lie_between_what_an_arm_did_and_what_its_test_did() -> None:
    clicked, shown = np.tile([30.0, 60.0], (4000, 1)), np.full((4000, 2), 1500.0)
    mean = draw(KNOWN.hierarchy, clicked, shown, np.random.default_rng(4)).mean(axis=0)
    assert 0.02 < mean[0] < 0.03 < mean[1] < 0.04


def test_impressions_are_whole_and_add_up() -> None:
    shares = np.random.default_rng(5).dirichlet(np.ones(6), 50)
    whole = np.arange(50).astype(float)
    given = spread_out(shares, whole, np.random.default_rng(6))
    assert given.sum(axis=1).tolist() == whole.tolist()
    assert (np.abs(given - shares * whole[:, None]) < 1 + 1e-9).all()
