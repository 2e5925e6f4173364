"""Occasions, audiences and product formats."""

from datetime import UTC, date, datetime

import pytest

from trends.audience import audience_of, label_of, split_name
from trends.occasion import Calendar, event_of
from trends.product import FORMATS, format_of
from trends.words import word_table


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_an_occasion_knows_the_last_day_on_which_an_order_still_arrives():
    found = Calendar(lead_days=18).find(("pumpkin", "carving"), at("2017-09-28"))
    assert found is not None
    assert (found.name, found.on, found.days_ahead, found.order_by) == (
        "Halloween", date(2017, 10, 31), 33, date(2017, 10, 13),
    )  # fmt: skip


def test_an_occasion_past_its_order_date_is_still_named_so_that_it_can_be_refused():
    found = Calendar().find(("halloween", "costume"), at("2017-10-20"))
    assert found is not None
    assert found.order_by < date(2017, 10, 20) < found.on


def test_the_day_after_christmas_the_christmas_that_is_over_is_named():
    found = Calendar().find(("christmas", "tree"), at("2017-12-26"))
    assert found is not None
    assert found.days_ahead == -1


def test_a_phrase_without_a_word_of_an_event_has_no_occasion():
    assert Calendar().find(("latte", "art"), at("2017-09-28")) is None


@pytest.mark.parametrize(
    ("name", "year", "on"),
    [
        ("Thanksgiving", 2017, date(2017, 11, 23)),
        ("Mother's Day", 2018, date(2018, 5, 13)),
        ("Easter", 2018, date(2018, 4, 1)),
        ("Mardi Gras", 2018, date(2018, 2, 13)),
        ("Lunar New Year", 2018, date(2018, 2, 16)),
        ("Diwali", 2017, date(2017, 10, 18)),
        ("Hanukkah", 2018, date(2018, 12, 3)),
    ],
)
def test_moving_feasts_fall_on_their_day(name, year, on):
    found = {event.name: event.on for event in Calendar().events(year)}
    assert abs((found[name] - on).days) <= 1


def test_an_event_that_a_tenant_brought_adds_to_the_calendar():
    regatta = event_of({"name": "Regatta", "date": "2018-06-10", "words": "sailboat|regatta"})
    found = Calendar(extra=(regatta,)).find(("wooden", "sailboats"), at("2018-05-01"))
    assert found is not None
    assert found.name == "Regatta"


@pytest.mark.parametrize(
    "body", [{}, {"name": "Regatta"}, {"name": "Regatta", "date": "10 June"}, {"date": "2018-06-10"}]
)
def test_a_row_without_a_name_or_a_day_is_no_event(body):
    assert event_of(body) is None


def test_a_known_community_has_a_label_people_would_use():
    assert audience_of(("cable", "sweater"), "knitting", 0.9) == "knitters"
    assert label_of("Coffee") == "home baristas"


def test_an_unseen_community_is_read_as_words():
    assert split_name("basketweaving") == ("basket", "weaving")
    assert label_of("basketweaving") == "basket weaving fans"


def test_an_audience_is_never_named_after_a_franchise():
    assert "thrones" not in audience_of(("raven",), "gameofthrones", 0.9)


def test_a_phrase_without_community_is_labelled_by_what_it_is():
    assert audience_of(("beagle",), None, 0.0) == "dog owners"


@pytest.mark.parametrize(
    ("phrase", "audience", "product"),
    [
        ("latte art", "home baristas", "mug"), ("fly fishing", "anglers", "hat"), ("fair isle", "knitters", "tote"),
        ("solar eclipse", "space fans", "poster"), ("pixel art", "gamers", "sticker"),
        ("tabby cat", "cat owners", "shirt"),
    ],
)  # fmt: skip
def test_each_idea_gets_the_format_that_fits_it(phrase, audience, product):
    assert format_of(tuple(phrase.split()), audience, None) == product


def test_a_christmas_motif_becomes_an_ornament():
    occasion = Calendar().find(("gingerbread", "house"), at("2017-10-20"))
    assert format_of(("gingerbread", "house"), "home bakers", occasion) == "ornament"


def test_every_format_of_the_shipped_table_is_one_of_the_thirteen():
    assert {row[0] for row in word_table("products")} <= set(FORMATS)
