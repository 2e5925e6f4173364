"""What a design is called and what it is of, from its row and from its own pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from studio.brand import Profile
from studio.drawing import Drawing, Row
from studio.library import CATEGORIES, Tag, category_of, occasions_in, palette_in, tags_of
from trends.matching import words_of

HOUSE = Profile("house", "classical", "1", (), ("#182649",), ("monoline", "warm"))
ROW = Row("a", "Gone fishing", "trout", "est. 1986", "anglers", "mug")


def drawing(ink: str = "#c8694a", size: tuple[int, int] = (450, 540), renderer: str = "typographic") -> Drawing:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, size[0], size[1] // 2), ink)
    return Drawing(image, None, renderer, "1", 1, {"composition": "badge_round"})


def names(tags: list[Tag]) -> list[str]:
    return [tag.name for tag in tags]


def test_tags_say_product_shape_composition_colour_words_audience_style_and_mood():
    tags = tags_of(ROW, drawing(), HOUSE)
    assert set(names(tags)) >= {
        "mug", "portrait", "lettering", "badge round", "terracotta", "trout", "fishing", "anglers", "monoline", "warm",
        "vivid", "nostalgic",
    }  # fmt: skip
    assert [tag.confidence for tag in tags] == sorted((tag.confidence for tag in tags), reverse=True)


@settings(max_examples=40)
@given(st.text(), st.text(), st.integers(0, 0xFFFFFF), st.sampled_from([(64, 64), (90, 60), (1, 80)]))
def test_every_design_has_five_tags_each_once_each_sure_between_nothing_and_all(text, audience, ink, size):
    row = Row("a", text, audience=audience)
    bare = Profile("bare", "classical", "1", (), ())
    tags = tags_of(row, replace(drawing(f"#{ink:06x}", size), made_with={}), bare)
    assert 5 <= len(tags) <= 24
    assert len({tag.name for tag in tags}) == len(tags)
    assert all(0 < tag.confidence <= 1 and tag.name == tag.name.strip() and len(tag.name) <= 40 for tag in tags)


def test_colours_and_moods_are_those_of_the_pixels_and_not_of_the_brand():
    tags = names(tags_of(ROW, drawing("#1f53c4"), replace(HOUSE, terms=())))
    assert {"blue", "cool", "vivid"} <= set(tags)
    assert not {"navy", "warm"} & set(tags)


def test_a_term_of_the_brand_that_the_pixels_deny_is_no_tag():
    assert "warm" not in names(tags_of(ROW, drawing("#1f53c4"), HOUSE))
    assert "monoline" in names(tags_of(ROW, drawing("#1f53c4"), HOUSE))


def test_a_word_that_is_seldom_a_noun_is_less_sure():
    sure = {tag.name: tag.confidence for tag in tags_of(replace(ROW, text="Easily distracted dogs"), drawing(), HOUSE)}
    assert sure["easily"] < sure["dog"]


def test_nothing_drawn_is_seen_as_paper_and_a_grey_one_has_no_temperature():
    blank = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    assert palette_in(blank).tolist() == [[100.0, 0.0, 0.0, 1.0]]
    assert {"neutral", "muted"} <= set(names(tags_of(ROW, drawing("#808080"), replace(HOUSE, terms=()))))


def test_words_that_no_shop_prints_are_no_tags():
    assert "hentai" not in names(tags_of(replace(ROW, text="hentai club", keyword="hentai"), drawing(), HOUSE))


@pytest.mark.parametrize(
    ("text", "keyword", "hook", "category"),
    [
        ("Pumpkin carving crew", "", "", "holidays"),
        ("Easily distracted by dogs", "", "", "animals"),
        ("But first", "coffee", "", "food and drink"),
        ("Plays well", "tennis", "", "sport and games"),
        ("I like big trucks", "", "", "vehicles"),
        ("Made in", "", "since 1986", "nostalgia"),
        ("Why not", "", "", "sayings"),
        ("Latte art lover", "", "", "art"),
        ("Proud mother", "orchid", "", "plants"),
        ("明日は釣り", "", "", "sayings"),
    ],
)
def test_a_category_follows_the_occasion_the_keyword_and_the_text(text, keyword, hook, category):
    found = category_of(Row("a", text, keyword, hook))
    assert found == category
    assert found in CATEGORIES


def test_a_person_overrides_the_category():
    assert category_of(ROW, "  Gifts for Dad ") == "gifts for dad"
    assert category_of(ROW, " ") == category_of(ROW)


def test_occasions_are_found_in_words_whole():
    assert occasions_in(words_of("Pumpkin carvings")) == ("halloween",)
    assert occasions_in(words_of("Eastern front")) == ()
    assert occasions_in(words_of("Plant mom")) == ()
    assert occasions_in(words_of("Happy Mother's Day")) == ("mother's day",)
