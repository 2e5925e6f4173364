"""The suite of off-policy evaluation: its layout, its truths, the published protocol, and what it refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from evals.bandit_logs import read_campaigns
from evals.ope import Errors, by_direction, notes, published, refuses, run, worst
from evals.ope_published import _prior, can_check, is_published, slope, thompson
from evals.ope_truth import relative, semi_synthetic, shown, world
from rl.ope import Terms

ITEMS = 6
SKEWED = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])


def written(
    folder: Path, policy: str, campaign: str = "moss", rows: int = 900, chances: np.ndarray | None = None, seed: int = 1
) -> Path:
    """One policy's log and its items in the Open Bandit layout; a tenth of impressions are clicked."""
    rng = np.random.default_rng(seed)
    chances = np.full(ITEMS, 1 / ITEMS) if chances is None else chances
    path = folder / f"{policy}_{campaign}.csv"
    with path.open("w", newline="", encoding="utf-8") as lines:
        table = csv.writer(lines)
        table.writerow(["", "timestamp", "item_id", "position", "click", "propensity_score", "user_feature_0"])
        for row in range(rows):
            item = int(rng.choice(ITEMS, p=chances))
            moment = f"2019-11-24 {row // 3600:02d}:{row // 60 % 60:02d}:{row % 60:02d}+00:00"
            click = int(rng.random() < 0.04 + 0.03 * item)
            table.writerow([row, moment, item, row % 3 + 1, click, chances[item], "ab"[int(rng.integers(2))] * 8])
    with (folder / f"{policy}_{campaign}_item_context.csv").open("w", newline="", encoding="utf-8") as lines:
        table = csv.writer(lines)
        table.writerow(["", "item_id", "item_feature_0", "item_feature_1"])
        table.writerows([[item, item, item / 10, "cd"[item % 2]] for item in range(ITEMS)])
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path, "random")
    written(tmp_path, "bts", chances=SKEWED, seed=2)
    return tmp_path


def test_a_folder_in_the_layout_is_read_oldest_first_with_its_directions(folder: Path) -> None:
    (moss,) = read_campaigns(folder)
    assert (moss.name, moss.actions, list(moss.logs)) == ("moss", ITEMS, ["random", "bts"])
    assert list(moss.directions()) == [("random", "bts"), ("bts", "random")]
    log = moss.logs["bts"]
    assert len(log) == 900 and log.positions == 3
    assert log.table["timestamp"].is_monotonic_increasing
    assert log.propensity == pytest.approx(SKEWED[log.action])


def test_the_archives_own_folders_are_read_alike(folder: Path, tmp_path: Path) -> None:
    nested = tmp_path / "archive" / "random" / "moss"
    nested.mkdir(parents=True)
    (folder / "random_moss.csv").rename(nested / "moss.csv")
    (folder / "random_moss_item_context.csv").rename(nested / "item_context.csv")
    (moss,) = read_campaigns(tmp_path / "archive")
    assert (moss.name, list(moss.logs), list(moss.directions())) == ("moss", ["random"], [])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",propensity_score", ",probability", "columns are missing: propensity_score"),
        (f",{1 / ITEMS},", ",0.0,", "row 1: propensity_score is outside"),
        (",1,0,0.1", ",1,2,0.1", "row 1: click is neither 0 nor 1"),
        (",1,0,0.1", ",1,never,0.1", "click holds something that is no number"),
        (",1,0,0.1", ",0,0,0.1", "row 1: position is not 1, 2"),
        (",1,0,0.1", ",1,,0.1", "row 1: "),
    ],
)
def test_a_broken_log_is_refused_with_its_file_and_row(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / "random_moss.csv"
    text = path.read_text("utf-8")
    assert old in text
    head, first, rest = text.split("\n", 2)
    changed = head.replace(old, new), first.replace(old, new)
    path.write_text("\n".join([*changed, rest]), "utf-8")
    with pytest.raises(ValueError, match=f"random_moss.csv.*{said}"):
        read_campaigns(folder)


def test_a_folder_without_logs_says_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no log in the Open Bandit layout \(random_men.csv.gz"):
        read_campaigns(tmp_path)


def test_semi_synthetic_clicks_come_ten_times_as_often_from_known_rates(folder: Path) -> None:
    (moss,) = read_campaigns(folder)
    rng = np.random.default_rng(3)
    case = semi_synthetic(moss, "bts", "random", rng)
    assert case.truth == pytest.approx(float(case.rate.mean()))
    clicks = np.concatenate([log.click for log in moss.logs.values()])
    assert case.rate.max() <= 0.95 and case.rate.mean() > 3 * clicks.mean()
    drawn = case.drawn(rng, ((False, 0.3),))
    assert drawn.reward.mean() == pytest.approx(case.rate[np.arange(900), case.action].mean(), abs=0.05)
    assert drawn.propensity.tolist() == moss.logs["bts"].propensity.tolist()


def test_the_evaluated_policy_is_what_was_shown_and_uniform_for_random(folder: Path) -> None:
    (moss,) = read_campaigns(folder)
    assert shown(moss, "random") == pytest.approx(np.full((3, ITEMS), 1 / ITEMS))
    of_bts = shown(moss, "bts")
    assert of_bts.sum(axis=1) == pytest.approx(1)
    assert of_bts.mean(axis=0) == pytest.approx(SKEWED, abs=0.05)


def test_relative_rates_add_a_click_of_the_mean_to_each_kind() -> None:
    codes, click = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([1.0, 1, 0, 0, 0, 0, 0, 0])
    assert relative(codes, click, 3) == pytest.approx([3 / 2, 1 / 2, 1.0])


def test_the_truth_of_a_synthetic_world_is_what_its_policy_earns() -> None:
    rng = np.random.default_rng(5)
    of = world(rng)
    case = of.case(50_000, rng)
    assert case.truth == pytest.approx(of.truth, rel=0.02)
    weight = case.target[np.arange(50_000), case.action] / case.propensity
    assert weight.mean() == pytest.approx(1.0, abs=0.03)


def test_thompsons_chances_are_those_of_drawing() -> None:
    alpha, beta = np.array([3.0, 30.0, 6.0, 2.0]), np.array([97.0, 970.0, 94.0, 198.0])
    draws = np.random.default_rng(6).beta(alpha, beta, size=(200_000, 4)).argsort(axis=1)[:, ::-1]
    counted = np.stack([(draws[:, :2] == arm).mean(axis=0) for arm in range(4)])
    assert thompson(alpha, beta, places=2) == pytest.approx(counted, abs=0.005)


def test_the_prior_has_an_arm_an_item_and_its_chances_add_up() -> None:
    alpha, beta = _prior()
    assert len(alpha) == len(beta) == 80
    assert thompson(alpha[:12], beta[:12], places=3).sum(axis=0) == pytest.approx(1)


def test_slope_stops_before_the_first_that_disagrees_with_a_wider_one() -> None:
    rng = np.random.default_rng(7)

    def candidate(value: float, spread: float) -> Terms:
        rows = rng.normal(size=400)
        rows = (rows - rows.mean()) / rows.std() * spread + value
        return Terms(rows, np.zeros(400), np.ones(400))

    wide, near, off = candidate(0.0, 2.0), candidate(0.1, 1.0), candidate(1.5, 0.1)
    assert slope([off, wide, near]) == 2
    assert slope([candidate(0.1, 0.1), wide, near]) == 0


def test_a_policy_that_the_log_hardly_follows_gets_no_conclusion(folder: Path) -> None:
    (moss,) = read_campaigns(folder)
    assert refuses(moss.logs["random"].action, moss.logs["random"].propensity)
    always = np.zeros(5000, dtype=np.int64)
    assert not refuses(always, np.ones(5000))


def test_a_direction_of_too_small_an_effective_sample_is_told_and_does_not_count(folder: Path) -> None:
    rare = np.array([0.5, 0.498, 0.0005, 0.0005, 0.0005, 0.0005])
    written(folder, "bts", chances=rare, seed=4)
    campaigns = read_campaigns(folder)
    known = by_direction(campaigns, 2, np.random.default_rng(8))
    assert known["moss_from_random"].is_concluded and not known["moss_from_bts"].is_concluded
    assert worst(known, "believed") == known["moss_from_random"].mean("believed")
    told = notes(campaigns, known, {})
    assert any(line.startswith("moss_from_bts: refused, the effective sample size is") for line in told)
    assert worst({"moss_from_bts": known["moss_from_bts"]}, "believed") is None


def test_figures_published_for_other_files_are_not_asked(folder: Path) -> None:
    (moss,) = read_campaigns(folder)
    assert not can_check(moss) and not is_published(moss)
    assert published([moss], 2) == ({}, {}, {})


def test_errors_are_relative_and_remember_the_least_they_heard() -> None:
    errors = Errors()
    of = world(np.random.default_rng(9))
    log = of.case(600, np.random.default_rng(9)).drawn(np.random.default_rng(9), ((False, 0.3),))
    errors.add(log, 0.5, seed=1)
    assert errors.mean("none") == pytest.approx(abs(log.reward.mean() - 0.5) / 0.5)
    assert errors.mean("ess") == pytest.approx(log.ess)
    assert 0 <= errors.least <= log.reward.mean()


def test_equal_seeds_draw_equal_clicks(folder: Path) -> None:
    campaigns = read_campaigns(folder)
    first, again, other = (by_direction(campaigns, 1, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first == again != other


def test_the_run_has_every_figure_that_is_asked(folder: Path) -> None:
    result = run(folder, seed=3, small=True)
    assert set(result.asked) == {"refuses", "least_estimate"}
    assert 0.4 < float(str(result.figures["coverage"])) <= 1
    assert result.figures["refuses"] == 1 and result.figures["least_estimate"] == 0
    for line in ("moss_from_random", "raw_moss_from_bts", "synthetic_500"):
        assert {f"{line}_{name}" for name in ("none", "believed", "ips", "dr", "ess")} <= set(result.figures)
    assert result.baseline["semi_synthetic_error"] == max(
        float(str(result.figures[f"moss_from_{name}_none"])) for name in ("random", "bts")
    )
