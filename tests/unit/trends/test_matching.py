"""Matching: which texts hold a keyword, and which only look so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trends.matching import match_of, matches, preferred

KEYWORDS = ("pumpkin carving", "cat", "ice cream", "قطة", "café")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Pumpkin Carving 101", 0),
        ("carved pumpkins", 0),
        ("carving pumpkins at night", 0),
        ("🎃pumpkin carving🎃", 0),
        ("pumpkin🎃carving", 0),
        ("#pumpkincarving", 0),
        ("#PumpkinCarvingIdeas", 0),
        ("#fall#pumpkincarving#diy", 0),
        ("#pumpkin_carving", 0),
        ("pumpkin-carving contest", 0),
        ("\u202bpumpkin carving\u202c", 0),
        ("Our cats' new home", 1),
        ("CAT", 1),
        ("the cat's pyjamas", 1),
        ("icecream day", 2),
        ("صورة قطة جميلة", 3),
        ("Cafe\u0301 culture", 4),
        ("cat with pumpkin carving", 0),
        ("category theory", None),
        ("concatenate", None),
        ("#catsofinstagram", None),
        ("@cat hello", None),
        ("https://cat.example/cat", None),
        ("pumpkin. Carving", None),
        ("pumpkin pie and wood carving", None),
        ("ice, cream", None),
        ("", None),
        ("🎃🎃", None),
    ],
)
def test_whole_words_match_in_any_number_and_order_and_nothing_else(text: str, found: int | None):
    assert match_of(text, KEYWORDS) == found
    assert matches(text, KEYWORDS) is (found is not None)


@pytest.mark.parametrize("keywords", [(), ("",), ("🎃",), ("@someone",)])
def test_keywords_without_words_match_nothing(keywords: tuple[str, ...]):
    assert match_of("🎃 @someone said something", keywords) is None


def test_what_matches_stands_first_the_strongest_keyword_first_of_all():
    texts = ["nothing", "a cat", "more nothing", "pumpkin carving", "two cats"]
    assert preferred(texts, KEYWORDS) == [3, 1, 4, 0, 2]
    assert preferred(texts, ()) == [0, 1, 2, 3, 4]


@given(st.text(max_size=80), st.lists(st.text(max_size=12), max_size=4))
def test_no_text_and_no_keyword_breaks_it(text: str, keywords: list[str]):
    found = match_of(text, keywords)
    assert found is None or 0 <= found < len(keywords)
