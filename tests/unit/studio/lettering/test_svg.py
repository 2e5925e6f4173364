from __future__ import annotations

import numpy as np
import pytest

from studio.drawing import Size
from studio.lettering.faces import find
from studio.lettering.outline import Box, ellipse, polygon, rectangle
from studio.lettering.raster import draw
from studio.lettering.shaping import shape
from studio.lettering.svg import Canvas, path, short

SMALL = Size(90, 108, 6)


def pixels(canvas: Canvas) -> np.ndarray:
    return np.asarray(draw(canvas.svg(), SMALL))


def test_numbers_have_a_tenth_and_no_minus_nought():
    assert path(polygon([(-0.04, 1.26), (10, 2), (3, 4)])) == "M0 1.3L10 2L3 4Z"
    assert short(-0.01) == "0"


def test_path_data_passes_as_it_is():
    assert path("M0 0L1 1Z") == "M0 0L1 1Z"


def test_what_is_not_drawn_is_transparent_and_the_size_is_exact():
    canvas = Canvas()
    canvas.shape(rectangle(Box(0, 0, 2250, 5400)), "#ff0000")
    drawn = pixels(canvas)
    assert drawn.shape == (108, 90, 4)
    assert tuple(drawn[50, 10]) == (255, 0, 0, 255)
    assert drawn[50, 80, 3] == 0


@pytest.mark.parametrize("size", [Size(91, 107, 6), Size(60, 40, 6)])
def test_a_size_of_other_proportions_is_met_exactly(size: Size):
    assert draw(Canvas().svg(), size).size == (size.width, size.height)


def test_a_cut_shows_the_product_through():
    canvas = Canvas()
    with canvas.without(ellipse(2250, 2700, 500), margin=200):
        canvas.shape(rectangle(canvas.area), "#00ff00")
    drawn = pixels(canvas)
    assert drawn[54, 45, 3] == 0
    assert drawn[54, 57, 3] == 0
    assert drawn[54, 65, 3] == 255


def test_a_clip_shows_only_what_is_inside():
    canvas = Canvas()
    with canvas.within(ellipse(2250, 2700, 500)):
        canvas.shape(rectangle(canvas.area), "#00ff00")
    assert (pixels(canvas)[54, 45, 3], pixels(canvas)[20, 45, 3]) == (255, 0)


def test_faces_and_what_was_dropped_go_on_record():
    canvas = Canvas()
    canvas.letters(shape("Yes 🍕", find("Caladea", 700), 100), "#000000")
    assert canvas.faces == {"Caladea 700": "Apache-2.0"}
    assert canvas.dropped == "🍕"
    assert b"<text" not in canvas.svg()
