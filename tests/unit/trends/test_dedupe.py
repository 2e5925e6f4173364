"""Near repeats: what is folded, and what only looks alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trends.dedupe import SIMILARITY, fold, near_pairs, shared_weight, word_sets

TITLE = "My grandmother knitted this sweater for our old dog"
OTHERS = [
    "Fall leaves over a quiet lake at dawn",
    "Anyone else collect vintage lunch boxes?",
    "First attempt at sourdough, be gentle",
    "The bakery down the street sells pumpkin bagels",
    "Found a stack of records at the flea market",
    "Our camper van is finally ready for winter",
]


@pytest.mark.parametrize(
    "edited",
    [
        TITLE,
        TITLE.upper() + "!!!",
        f"{TITLE} 🎃❤️",
        f"{TITLE} https://i.imgur.com/a1B2c3d.jpg",
        "dog old our for sweater this knitted grandmother My",
        TITLE.replace("sweater", "scarf"),
        TITLE.replace("sweater", "scarf").replace("old", "new"),
    ],
    ids=["exact", "case and punctuation", "emoji", "link", "order", "one word", "two words"],
)
def test_an_edit_of_a_title_is_folded_into_it(edited: str) -> None:
    labels = fold([*OTHERS, TITLE, edited])
    assert labels[-1] == labels[-2] == len(OTHERS)
    assert len(set(labels.tolist())) == len(OTHERS) + 1


def test_titles_that_differ_in_what_they_are_about_stay_apart() -> None:
    texts = ["My first scarf", "My first chair", "My first cake", "My first quilt", "my first scarf!"]
    assert fold(texts).tolist() == [0, 1, 2, 3, 0]


def test_threads_of_different_dates_stay_apart() -> None:
    weekly = "Weekly question thread: ask anything you want to know about cameras - July {} edition"
    assert fold([weekly.format("16th"), weekly.format("9th"), weekly.format("2nd")]).tolist() == [0, 1, 2]


def test_everybody_in_a_group_repeats_its_first_text() -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    chain = [" ".join(words[start : start + 6]) for start in range(7)]
    texts = [*chain, *OTHERS]
    labels = fold(texts)
    sets = word_sets(texts)
    rows = np.arange(len(texts))
    shared = shared_weight(sets, labels, rows)
    assert (shared >= SIMILARITY * (sets.totals[labels] + sets.totals[rows] - shared) * 0.999).all()
    assert len(set(labels[: len(chain)].tolist())) > 1


def test_texts_without_words_repeat_only_their_equals() -> None:
    assert fold(["🎃", "🎃", "❤️", "", "!!!", ""]).tolist() == [0, 0, 2, 3, 4, 3]
    assert fold([]).tolist() == []


def test_entities_and_apostrophes_are_read_as_what_they_stand_for() -> None:
    assert fold(["Don't worry &amp; be happy", "dont worry be happy", "DON’T WORRY, BE HAPPY"]).tolist() == [0, 0, 0]
    assert fold(["salt&#10;pepper", "salt pepper"]).tolist() == [0, 0]


def test_writing_without_spaces_is_compared_by_its_characters() -> None:
    assert fold(
        ["秋の京都で見た紅葉がとても綺麗だった", "秋の京都で見た紅葉がとても綺麗でした!", "新しい猫の写真"]
    ).tolist()[:2] == [0, 0]


def test_similarity_is_that_of_the_weights_of_the_words() -> None:
    texts = [TITLE, TITLE.replace("sweater", "scarf"), *OTHERS]
    left, right, similarity = near_pairs(word_sets(texts))
    assert (left.tolist(), right.tolist()) == ([0], [1])
    weight = {word: np.log1p(len(texts) / 2) for word in TITLE.lower().split()}
    weight |= {"sweater": np.log1p(len(texts)), "scarf": np.log1p(len(texts))}
    for text in OTHERS:
        for word in set(text.lower().replace(",", "").replace("?", "").split()) & set(weight):
            weight[word] = np.log1p(len(texts) / (2 + sum(word in other.lower().split() for other in OTHERS)))
    total = sum(weight.values())
    shared = total - weight["sweater"] - weight["scarf"]
    assert similarity[0] == pytest.approx(shared / total, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=12))
def test_labels_are_first_members_for_any_text(texts: list[str]) -> None:
    labels = fold(texts)
    assert len(labels) == len(texts)
    for row, label in enumerate(labels.tolist()):
        assert label <= row
        assert labels[label] == label
    for row, text in enumerate(texts):
        assert labels[row] == labels[texts.index(text)]


def test_the_same_texts_give_the_same_groups_every_time() -> None:
    texts = [f"{title} {number}" for number in range(20) for title in OTHERS]
    assert fold(texts).tolist() == fold(texts).tolist()
