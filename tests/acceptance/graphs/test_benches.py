"""The benches of the graphs, small: they run, and what does not depend on the machine holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.bench import analyze, replay, scan, throughput
from evals.bench.stub import Allows
from evals.report import last_line
from store.limits import Rules


def test_an_unchanged_rerun_asks_no_model_and_gives_the_same_bytes() -> None:
    result = replay.run(small=True)
    assert result.figures["model_calls"] == 0
    assert result.figures["identical"] is True
    assert result.baseline["model_calls"]


def test_analyze_measures_all_three_figures_beside_their_baselines() -> None:
    told = json.loads(last_line(analyze.run(small=True)))
    assert {"wall_ratio", "sequence_speedup", "overhead_ratio"} <= set(told["figures"])
    assert told["figures"]["wall_ratio"] > 1
    assert told["figures"]["overhead_ratio"] > 1
    assert told["baseline"]["sequence_s"] >= told["baseline"]["sequence_s_added_up"]


def test_two_workers_are_all_answered_behind_one_limit() -> None:
    rules = Rules(window_s=3.0, margin_s=0.5, grain_s=1 / 16)
    result = throughput.measured(7, throughput.Size(9, 3, Allows(60, 200_000, 3.0), rules))
    assert result.figures["by_rule"] == result.baseline["by_rule"] == 0
    assert (result.figures["ideas"], result.asked) == (9, {})
    requests = result.figures["requests"]
    assert isinstance(requests, int) and requests >= 9 * 9


def test_copies_keep_their_layout_and_share_half_of_their_words(tmp_path: Path) -> None:
    rows = "\n".join(f"abcdefghi{at},how to carve a pumpkin for winter nights {at},17.14.11" for at in range(10, 40))
    table = tmp_path / "videos.csv"
    table.write_text(f"video_id,title,trending_date\n{rows}\n")
    folder = tmp_path / "copies"
    folder.mkdir()
    scan.copy(table, folder, 3)
    lines = (folder / "videos.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 * 30
    first, second = lines[1].split(","), lines[31].split(",")
    assert (first[0] != second[0], first[2]) == (True, second[2])
    assert 0 < len(set(first[1].split()) & set(second[1].split())) < len(first[1].split())


def test_the_slope_of_work_that_grows_with_its_rows_is_one() -> None:
    scanned = [scan.Scanned(rows, 1, rows / 100, rows / 50, 1.0) for rows in (10, 40, 160)]
    assert scan.slope(scanned, "seconds") == pytest.approx(1.0)
