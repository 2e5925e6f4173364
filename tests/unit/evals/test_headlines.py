"""Headline tests: what is read of a file, and what is left out and counted."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from evals.headlines import Trial, read


def test_the_unsound_weeks_rows_that_cannot_be_and_lone_arms_are_left_out(tmp_path: Path) -> None:
    rows = [
        ("a", "", 100, 5, 201325), ("a", "", 100, 6, 201403.0), ("b", "", 100, 5, 201326), ("b", "", 100, 5, 201402),
        ("c", "", 100, 101, 201440), ("c", "", "nan", 1, 201440), ("c", "", 50, "x", 201440), ("c", "", 50, -1, 201440),
        ("d", "", 100, 3, 201440), ("e", "", 0, 0, 201440), ("e", "", 10, 0, 201440), ("e", "", 10, 10, ""),
    ]  # fmt: skip
    path = tmp_path / "archive.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(("clickability_test_id", "headline", "impressions", "clicks", "test_week"))
        table.writerows(rows)
    tests, left_out = read(path)
    assert {test.name: test.clicked.tolist() for test in tests} == {"a": [5, 6], "e": [0, 10]}
    assert left_out == {"week": 2, "refused": 4, "alone": 1}


def test_a_test_is_of_one_half_whatever_its_arms_did_and_halves_are_about_equal() -> None:
    halves = [Trial(f"test {number}", np.ones(2), np.ones(2)).half for number in range(200)]
    assert 60 < sum(halves) < 140
    assert halves == [Trial(f"test {number}", np.full(5, 90.0), np.zeros(5)).half for number in range(200)]
