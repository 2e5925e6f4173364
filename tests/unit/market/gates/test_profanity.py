"""Profane words in ten languages, disguised or not, and towns that only look so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.gates.profanity import LANGUAGES, Profanity, load_lists, shipped


def is_profane(text: str, locale: str = "en") -> bool:
    return any(Profanity().found(text, locale))


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe", "assassin", "shitake mushrooms", "Penistone", "Sussex and Essex", "cockatoo", "peacock",
        "cocktail", "Hancock", "Moby Dick", "classic bass", "grass pass", "therapist", "analysis", "titmouse",
        "Maine coon",
        "cumin", "push it real good", "basement", "Dickens", "pussy willow", "arsenal", "matsushita", "night shift",
        "エセックス", "bite me softly", "color negro", "a cone of ice", "5 * star shirt", "rock - n - roll",
    ],
)  # fmt: skip
def test_clean_words_that_hold_others_are_clean(text):
    assert not is_profane(text)


@pytest.mark.parametrize(
    "text",
    [
        "shit happens", "SHIT", "sh1t", "$hit", "s h i t", "s.h.i.t", "shiiiit", "sh*t", "$#!t happens shit", "ѕhit",
        "fu ck", "fvckin shitty", "f*cking", "b!tch", "ａｓｓｈｏｌｅ", "blow job",
    ],
)  # fmt: skip
def test_a_disguise_hides_nothing(text):
    assert is_profane(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Du Arschloch"), ("es", "me cago en la mierda"), ("fr", "quel connard"), ("hi", "चूतिया कहीं का"),
        ("it", "che cazzo"), ("ja", "くたばれ"), ("ko", "씨발아"), ("nl", "wat een klootzak"), ("pt", "caralho"),
        ("en", "bullshit"),
    ],
)  # fmt: skip
def test_each_of_ten_languages_has_its_words(language, text):
    assert is_profane(text)
    assert language in {each.language for each in shipped()}


def test_there_are_ten_languages():
    assert {each.language for each in shipped()} == set(LANGUAGES)
    assert len(LANGUAGES) == 10


def test_a_word_that_means_something_else_elsewhere_counts_in_its_language_alone():
    assert is_profane("sale con", "fr")
    assert not is_profane("comic con", "en")


async def test_a_profane_tag_blocks_and_is_named(listing, artwork, now):
    verdict = await Profanity().judge(replace(listing, tags=("moss", "sh1tty plants")), artwork, now)
    assert verdict.outcome == "blocked"
    assert "sh1tty" in verdict.why
    assert (await Profanity().judge(listing, artwork, now)).outcome == "clear"


async def test_lists_of_the_users_own_count_beside_ours(tmp_path, listing, artwork, now):
    (tmp_path / "en.txt").write_text("mossy\nplant mom\n", "utf-8")
    lists, source = load_lists(tmp_path)
    verdict = await Profanity(lists, [source]).judge(listing, artwork, now)
    assert [each.written for each in verdict.evidence] == ["plant mom"]
    assert source.size == 2
    assert source in verdict.against


def test_a_folder_without_lists_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no list"):
        load_lists(tmp_path)
