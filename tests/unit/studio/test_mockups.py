from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops

from studio.errors import NotConfigured
from studio.mockups import SIDE, hidden_on, key_of, mockup, nearest_colourway
from studio.products import PRODUCTS

MAGENTA = (255, 0, 255)
PLACES = [(name, side) for name, product in PRODUCTS.items() for side in product.areas]


def design(colour: tuple[int, int, int] = MAGENTA, size: tuple[int, int] = (450, 540)) -> Image.Image:
    return Image.new("RGBA", size, (*colour, 255))


def nothing() -> Image.Image:
    return Image.new("RGBA", (450, 540))


def box_of(product: str, colourway: str, side: str, image: Image.Image) -> tuple[int, int, int, int]:
    """Where a mock-up with a design differs from one without."""
    apart = ImageChops.difference(mockup(image, product, colourway, side), mockup(nothing(), product, colourway, side))
    box = apart.convert("L").point(lambda level: 255 * (level > 12)).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize(("product", "side"), PLACES)
def test_a_design_fills_its_print_area_and_nothing_else(product, side):
    left, top, right, bottom = (value * SIDE / 1000 for value in PRODUCTS[product].areas[side])
    found = box_of(product, next(iter(PRODUCTS[product].colourways)), side, design())
    sag = (right - left) * 0.04 if PRODUCTS[product].bulge else 2
    assert found[0] >= left - 2
    assert found[2] <= right + 2
    assert found[1] == pytest.approx(top, abs=2)
    assert found[3] <= bottom + sag
    assert found[2] - found[0] > 0.9 * (right - left)


def test_a_wide_design_keeps_its_proportions_at_the_top_of_the_area():
    left, top, right, bottom = box_of("shirt", "white", "front", design(size=(600, 200)))
    assert (right - left) / (bottom - top) == pytest.approx(3, rel=0.03)
    assert top == pytest.approx(PRODUCTS["shirt"].areas["front"][1] * SIDE / 1000, abs=2)


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_colourway_is_seen_around_the_design(product):
    left, top, right, bottom = PRODUCTS[product].areas["front"]
    at = (round((left + right) / 2 * SIDE / 1000), round((top + bottom) / 2 * SIDE / 1000))
    for name, colour in list(PRODUCTS[product].colourways.items())[:2]:
        wanted = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
        seen = mockup(nothing(), product, name).getpixel(at)
        assert np.abs(np.array(seen) - wanted).max() < 30, (name, seen)


def test_ink_keeps_its_colour_on_light_and_dark_cloth():
    for colourway in ("white", "black"):
        middle = mockup(design((200, 60, 40)), "shirt", colourway).getpixel((600, 520))
        assert np.abs(np.array(middle) - (200, 60, 40)).max() < 25


def test_transparent_parts_show_the_product():
    assert mockup(nothing(), "tote", "natural") == mockup(Image.new("RGBA", (10, 10)), "tote", "natural")


def test_front_and_back_differ_even_without_a_design():
    assert mockup(nothing(), "shirt", "navy", "front") != mockup(nothing(), "shirt", "navy", "back")
    assert mockup(nothing(), "mug", "navy", "front") != mockup(nothing(), "mug", "navy", "back")


def test_a_print_around_a_mug_hangs_lower_in_its_middle():
    image = nothing()
    image.paste((*MAGENTA, 255), (0, 0, 450, 40))
    drawn = np.asarray(mockup(image, "mug", "white")).astype(int)
    magenta = (drawn[..., 0] - drawn[..., 1]) > 120
    rows = [np.flatnonzero(magenta[:, column])[0] for column in (300, 500, 700)]
    assert rows[1] > rows[0] + 4
    assert rows[1] > rows[2] + 4


def test_a_mock_up_is_a_square_rgb_picture_and_the_same_every_time():
    one, two = mockup(design(), "poster", "cream"), mockup(design(), "poster", "cream")
    assert (one.mode, one.size) == ("RGB", (SIDE, SIDE))
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("cap", "white", "front"), "no product 'cap'; there are: shirt, mug, poster, tote"),
        (("tote", "pink", "front"), "no tote in 'pink'; there are: natural, black, navy, sage"),
        (("poster", "white", "back"), "a poster is not printed on its back; there are: front"),
    ],
)
def test_what_there_is_not_is_named_beside_what_there_is(asked, told):
    with pytest.raises(NotConfigured) as refused:
        mockup(nothing(), *asked)
    assert str(refused.value) == told


def test_the_nearest_colourway_is_the_one_that_looks_most_alike():
    assert nearest_colourway("shirt", "#101010") == "black"
    assert nearest_colourway("shirt", "#fefefe") == "white"
    assert nearest_colourway("tote", "#1b3a57") == "navy"
    with pytest.raises(NotConfigured, match="no product 'cap'"):
        nearest_colourway("cap", "#101010")


def test_an_ink_that_hardly_shows_on_a_colourway_is_named_with_those_that_show_it():
    assert hidden_on("shirt", "white", ["#1d2a44"]) == ""
    said = hidden_on("shirt", "navy", ["#1d2a44", "#c8502d"])
    assert said.startswith("#1d2a44 hardly shows on navy; it does on white,")
    assert "black" not in said
    assert hidden_on("poster", "white", ["#ffffff", "#1d1d1f", "#1e2a44"]) == "#ffffff hardly shows on white"


def test_a_mock_up_has_a_key_of_all_that_it_shows():
    keys = {key_of("shirt", "white", "front"), key_of("shirt", "black", "front"), key_of("shirt", "white", "back")}
    assert len(keys) == 3
    assert key_of("shirt", "white", "front") in keys
    with pytest.raises(NotConfigured):
        key_of("hat", "white", "front")
