"""Colours are called what people call them."""

from __future__ import annotations

import pytest

from studio.colours import COLOURS, NOTHING_ELSE, name_of, names_of, nearest_name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("#000000", "black"),
        ("#fefefe", "white"),
        ("#1b2a4e", "navy"),
        ("#cc6b49", "terracotta"),
        ("#00ff00", "neon green"),
        ("#f4e4c1", "cream"),
    ],
)
def test_a_colour_is_called_what_people_call_it(value, name):
    assert name_of(value) == name


def test_names_of_a_palette_stand_once_and_every_name_is_its_own():
    assert names_of(("#182649", "#1a2850", "#f3e7c9")) == ("navy", "cream")
    assert all(name_of(value) == name for name, value in COLOURS.items())


def test_the_nearest_of_a_palette_and_how_far_it_is():
    name, apart = nearest_name("navy", ("#f3e7c9", "#1b2a4e"))
    assert name == "navy"
    assert 0 < apart < 6
    assert nearest_name("red", ("#182649",))[1] > 25


def test_every_name_that_is_seldom_a_thing_is_in_the_table():
    assert set(COLOURS) > NOTHING_ELSE
