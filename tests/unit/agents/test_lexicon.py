"""Lexicon: feelings read with negation, texts read once, and no list without words."""

from __future__ import annotations

import pytest

from agents.lexicon import APPEALS, EMOTIONS, HOOKS, MOST_TEXTS, known, lists, reading, texts_of
from tests.desks import mention


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("I love this mug", 1.0),
        ("I don't love this mug", -1.0),
        ("not at all funny", -1.0),
        ("never ever have I been so happy", 1.0),  # four words after the negator
        ("great and terrible", 0.0),
        ("a mug", None),
        ("", None),
    ],
)
def test_a_feeling_soon_after_a_negator_is_turned_round(text: str, tone: float | None) -> None:
    assert known(text).tone == tone


def test_every_list_that_is_asked_for_has_words() -> None:
    assert {*EMOTIONS, *APPEALS, *HOOKS, "positive", "negative", "negators", "claims"} <= set(lists())
    assert all(lists().values())


def test_no_word_is_both_good_and_bad() -> None:
    assert not lists()["positive"] & lists()["negative"]


def test_shares_count_texts_and_sentiment_counts_matched_ones() -> None:
    found = reading(["lovely yarn", "awful yarn awful", "yarn", "amazing knit"])
    assert (found.texts, found.matched) == (4, 3)
    assert found.sentiment == pytest.approx(1 / 3)
    assert found.shares["craft"] == 0.25


def test_no_text_has_no_sentiment() -> None:
    assert reading([]).sentiment is None


def test_the_newest_distinct_texts_are_read() -> None:
    rows = [mention(n, f"text {n // 2}") for n in range(10)] + [mention(99, "  ")]
    assert texts_of(rows) == [f"text {n}" for n in range(5)]
    assert len(texts_of([mention(n) for n in range(MOST_TEXTS + 50)])) == MOST_TEXTS
