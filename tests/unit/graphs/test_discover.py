"""The shortlist's draw: exact propensities, whatever the sizes."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.discover import draw


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(1, 30), st.floats(0, 0.5), st.integers(0, 10_000))
def test_propensities_sum_to_the_length_of_the_list_and_nobody_is_on_it_who_could_not_be(
    candidates: int, top: int, ratio: float, seed: int
) -> None:
    lines = draw(candidates, top, ratio, random.Random(seed))
    assert sum(line.propensity for line in lines) == pytest.approx(min(top, candidates))
    assert sum(line.chosen for line in lines) == min(top, candidates)
    assert all(0 < line.propensity <= 1 for line in lines)
    assert all(line.chosen for line in lines if line.explored)


def test_a_propensity_is_how_often_a_candidate_is_really_chosen() -> None:
    draws, chosen = 6000, Counter[int]()
    for seed in range(draws):
        chosen.update(line.rank for line in draw(20, 7, 0.2, random.Random(seed)) if line.chosen)
    for line in draw(20, 7, 0.2, random.Random(0)):
        assert chosen[line.rank] / draws == pytest.approx(line.propensity, abs=0.025)


def test_without_exploration_the_best_are_chosen_and_no_other_is_a_candidate() -> None:
    lines = draw(9, 3, 0.0, random.Random(1))
    assert [(line.rank, line.propensity, line.explored) for line in lines] == [(at, 1.0, False) for at in (1, 2, 3)]


def test_the_same_seed_draws_the_same() -> None:
    assert draw(50, 10, 0.3, random.Random(5)) == draw(50, 10, 0.3, random.Random(5))
