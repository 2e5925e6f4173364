"""Emblems: inside their square, and chosen by the words."""

from __future__ import annotations

import random
import re

import pytest

from studio.lettering.emblems import BY_WORD, FIGURES, NEUTRAL, emblem, emblem_for


@pytest.mark.parametrize("name", FIGURES)
def test_an_emblem_fills_its_square_and_does_not_leave_it(name):
    values = [float(value) for value in re.findall(r"-?\d+(?:\.\d+)?", emblem(name, 50, 50, 100))]
    across, down = values[::2], values[1::2]
    assert min(values) >= -3
    assert max(values) <= 103
    assert max(max(across) - min(across), max(down) - min(down)) >= 78


@pytest.mark.parametrize(
    ("text", "name"),
    [("Retired fishing legend", "fish"), ("DOGS over people", "paw"), ("Just one more chapter book", "book")],
)
def test_the_first_word_that_has_an_emblem_names_it(text, name):
    assert emblem_for(text, random.Random(1)) == name


def test_words_without_an_emblem_get_a_neutral_one_by_the_seed():
    assert {emblem_for("zzz", random.Random(seed)) for seed in range(40)} == set(NEUTRAL)
    assert emblem_for("東京", random.Random(3)) == emblem_for("東京", random.Random(3))


def test_every_word_leads_to_a_figure():
    assert set(BY_WORD.values()) | set(NEUTRAL) == set(FIGURES)
