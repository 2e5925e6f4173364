"""What bench publish counts with."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from evals.bench.stall import SHARES, breaches, fault_of
from market.pace import Pace

PACE = Pace("stall", "any", 1.0, 3, date(2026, 11, 30), "made up")


def test_faults_come_as_often_as_is_said():
    drawn = Counter(fault_of(at / 10_000) for at in range(10_000))
    assert {fault: drawn[fault] / 10_000 for fault, _ in SHARES} == pytest.approx(dict(SHARES), abs=1e-3)


@pytest.mark.parametrize(
    ("arrivals", "over"),
    [
        ([], 0),
        ([0.0, 0.1, 0.2], 0),
        ([0.0, 0.1, 0.2, 0.3], 1),
        ([0.0, 0.1, 0.2, 1.0], 0),
        ([0.9, 0.0, 0.1, 0.2, 0.95], 2),
    ],
)  # fmt: skip
def test_a_request_is_over_the_limit_when_as_many_came_in_the_window_before_it(arrivals: list[float], over: int):
    assert breaches(arrivals, PACE) == over
