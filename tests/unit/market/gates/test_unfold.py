"""Reading letters that are others: signs, look-alikes, accents, what cannot be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.gates.unfold import fold, readings


def all_words(text: str) -> set[str]:
    return {word.text for words in readings(text) for word in words}


@pytest.mark.parametrize(
    "written",
    [
        "d1$ney", "D1SNEY", "dıѕnеу", "ＤＩＳＮＥＹ", "di\u200bs\u00adney", "𝓭𝓲𝓼𝓷𝓮𝔂", "ⓓⓘⓢⓝⓔⓨ", "Dísnęý", "DlSNEY",
        "di$ney!", "🇩🇮🇸🇳🇪🇾", "DISNEY™", "d|sney", "disney's",
    ],
)  # fmt: skip
def test_a_name_is_read_whatever_its_letters_are_drawn_like(written):
    assert {"disney", "disneys"} & all_words(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [("rnarvel", "marvel"), ("ma®vel", "marvel"), ("c()ke", "coke"), ("StarWars", "wars"), ("H&M", "and")],
)
def test_a_reading_is_made_of_what_signs_and_letters_look_like(written, read):
    assert read in all_words(written)


def test_an_accent_and_a_look_alike_are_told_apart():
    assert fold("Pokémon") == ("pokemon", "accents")
    assert fold("Mаrvel") == ("marvel", "look-alike letters")
    assert fold("marvel") == ("marvel", "")


def test_a_plain_text_has_one_reading_alone():
    assert [[word.text for word in words] for words in readings("a mug for moss lovers")] == [
        ["a", "mug", "for", "moss", "lovers"]
    ]


def test_letters_of_a_writing_system_without_spaces_are_words_of_their_own():
    assert [word.text for word in readings("ポケモンのTシャツ")[0]][:4] == ["ポ", "ケ", "モ", "ン"]


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_no_word_is_empty(text):
    assert all(word.text for words in readings(text) for word in words)
