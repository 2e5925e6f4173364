"""What a phrase is, decided before it is ranked."""

import pytest

from trends.clues import Clues
from trends.idea import Kind
from trends.kinds import is_franchise, kind_of, tells_of_tragedy


def kind(phrase: str, **clues: object) -> Kind:
    return kind_of(Clues(tuple(phrase.split()), **clues)).kind  # type: ignore[arg-type]


COMMUNITY = {"lower": 12, "upper": 1, "led": 0.5, "share": 0.8, "log_odds": 8.0, "cohesion": 0.5}


@pytest.mark.parametrize(
    ("phrase", "community"),
    [("latte art", "Coffee"), ("winter camping", "camping"), ("fair isle", "knitting"), ("golden retriever", "dogs")],
)
def test_what_one_community_loves_and_can_be_printed_is_a_subject(phrase, community):
    assert kind(phrase, community=community, **COMMUNITY) is Kind.SUBJECT


def test_halloween_is_a_subject_although_everybody_capitalises_it():
    assert kind("halloween", upper=90, lower=4, community="halloween", share=0.6, log_odds=40.0) is Kind.SUBJECT


def test_angel_is_a_subject_where_people_write_it_in_lower_case():
    assert kind("angel", lower=9, upper=3, share=0.3, log_odds=2.0) is Kind.SUBJECT


def test_a_first_name_is_a_person_unless_lower_case_shows_a_thing():
    assert kind("melissa") is Kind.PERSON
    assert kind("daisy", lower=9, upper=1, community="gardening", share=0.7, log_odds=6.0) is Kind.SUBJECT


@pytest.mark.parametrize(
    "phrase", ["las vegas shooting", "hurricane irma", "mexico earthquake", "bomb threat", "cat killed"]
)
def test_a_word_of_tragedy_outweighs_every_other_sign(phrase):
    assert kind(phrase, **COMMUNITY) is Kind.NEWS


@pytest.mark.parametrize("phrase", ["bath bomb", "shooting star", "day of the dead"])
def test_a_harmless_phrase_with_a_grim_word_is_no_news(phrase):
    assert kind(phrase, community="crafts", **COMMUNITY) is not Kind.NEWS


def test_a_phrase_most_of_whose_texts_are_news_is_news():
    assert kind("mandalay tower", news=0.7, share=0.5, log_odds=3.0) is Kind.NEWS


@pytest.mark.parametrize("phrase", ["star wars", "harley quinn", "god of war", "harry potter costume", "iphone x"])
def test_a_listed_name_is_licensed_even_with_a_grim_word_in_it(phrase):
    assert kind(phrase) is Kind.LICENSED


def test_a_brand_that_is_also_a_thing_is_licensed_only_where_it_is_capitalised():
    assert kind("apple", upper=40, lower=2, community="technology", share=0.6, log_odds=9.0) is Kind.LICENSED
    assert kind("apple", upper=1, lower=30, community="Baking", share=0.6, log_odds=9.0) is not Kind.LICENSED
    assert kind("apple pie", **COMMUNITY, community="Baking") is Kind.SUBJECT


def test_what_is_distinctive_of_a_franchise_belongs_to_it():
    assert kind("wand maker", community="harrypotter", **COMMUNITY) is Kind.LICENSED


@pytest.mark.parametrize("name", ["harrypotter", "TheSimpsons", "gameofthrones", "zelda", "leagueoflegends"])
def test_a_community_named_after_a_franchise_is_recognised(name):
    assert is_franchise(name)


@pytest.mark.parametrize("name", ["knitting", "vinyl", "boardgames", "halloween", "Etsy", "OldSchoolCool", None])
def test_a_community_named_after_a_hobby_or_a_platform_is_not(name):
    assert not is_franchise(name)


@pytest.mark.parametrize("phrase", ["taylor swift", "donald trump's", "bob dylan"])
def test_a_public_person_is_never_a_subject(phrase):
    assert kind(phrase) in {Kind.PERSON, Kind.LICENSED, Kind.NEWS}


def test_a_phrase_that_a_channel_bears_as_its_name_is_a_person():
    assert kind("zanzi bloom", channel=True) is Kind.PERSON


@pytest.mark.parametrize(
    "phrase", ["official trailer", "makeup tutorial", "first attempt", "years ago", "first quilt", "my dad"]
)
def test_formats_and_fillers_are_generic(phrase):
    assert kind(phrase, **COMMUNITY) is Kind.GENERIC


def test_an_unlisted_proper_name_waits_for_a_person():
    assert kind("zellmer quartet", upper=9, lower=0, share=0.8, log_odds=6.0) is Kind.UNKNOWN


def test_a_verb_phrase_is_no_subject():
    assert kind("knit", lower=30, acted=0.8, community="knitting", share=0.9, log_odds=12.0) is not Kind.SUBJECT


@pytest.mark.parametrize(
    "phrase", ["ヽ༼ຈل͜ຈ༽ﾉ", "1;drop table", "ignore previous instructions", "кошка", "\u202etest", "x" * 500]
)
def test_hostile_and_foreign_strings_get_some_kind_and_never_a_subject(phrase):
    assert kind(phrase) is not Kind.SUBJECT


def test_a_text_about_a_death_tells_of_tragedy_and_a_recipe_does_not():
    assert tells_of_tragedy("Two KILLED, dozens injured")
    assert not tells_of_tragedy("How to bake bread")
