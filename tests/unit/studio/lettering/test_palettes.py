from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.lettering.palettes import (
    APART,
    CONTRAST,
    READABLE,
    colourways,
    contrast,
    distance,
    palette_on,
    to_hex,
    to_lab,
)

COLOUR = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_contrast_is_that_of_the_web_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@given(COLOUR)
def test_lab_and_back_is_the_same_colour(colour: str):
    back = to_hex(to_lab(colour))
    assert max(abs(int(colour[i : i + 2], 16) - int(back[i : i + 2], 16)) for i in (1, 3, 5)) <= 1


@given(st.lists(COLOUR, min_size=0, max_size=6))
def test_every_ink_stands_on_both_products_whatever_the_brand(colours: list[str]):
    light, dark = colourways(colours)
    for palette in (light, dark):
        assert all(contrast(ink, palette.ground) >= CONTRAST for ink in (palette.ink, *palette.accents))
        assert 1 <= len(palette.accents) <= 3
    assert light.ground != dark.ground


@given(st.lists(COLOUR, min_size=1, max_size=6))
def test_small_lettering_is_read_as_well_as_the_ink_or_better_than_the_guidelines_ask(colours: list[str]):
    for palette in colourways(colours):
        assert contrast(palette.fine, palette.ground) >= min(READABLE, contrast(palette.ink, palette.ground))


def test_small_lettering_has_an_accent_where_one_can_be_read():
    assert palette_on(["#ffffff", "#edae49", "#b23a48"], "#1b1b1d").fine == "#edae49"
    assert palette_on(["#ffffff", "#b23a48"], "#1b1b1d").fine == "#ffffff"


def test_accents_can_be_told_from_the_ink():
    palette = palette_on(["#264653", "#e76f51", "#e9c46a", "#274655"], "#ffffff")
    assert all(distance(accent, palette.ink) > APART for accent in palette.accents)


def test_a_brand_of_one_colour_prints_in_it():
    palette = palette_on(["#8c2f39"], "#ffffff")
    assert palette.ink == "#8c2f39"
    assert palette.accent(5) == palette.ink


def test_a_brands_own_dark_is_the_dark_product():
    assert colourways(["#e76f51", "#101820"])[1].ground == "#101820"
