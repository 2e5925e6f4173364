from __future__ import annotations

import numpy as np
import pytest

from studio.lettering.outline import (
    NOTHING,
    Box,
    area,
    ellipse,
    flattened,
    joined,
    polygon,
    rectangle,
    ring,
    split,
    turned_round,
)

SQUARE = polygon([(0, 0), (10, 0), (10, 10), (0, 10)])


def test_a_box_is_that_of_the_curve_and_not_of_its_handles():
    assert ellipse(5, 5, 10).box == pytest.approx((-5, -5, 20, 20), abs=0.05)
    assert NOTHING.box == Box(0, 0, 0, 0)


def test_a_contour_is_closed_where_its_last_point_is_not_its_first():
    assert area(SQUARE) == pytest.approx(100)
    assert len(flattened(SQUARE, 3).points) == 1 + 4 * 3


def test_splitting_keeps_the_ink():
    circle = ellipse(0, 0, 10)
    assert len(split(circle, 4).points) == 1 + 4 * 4 * 3
    assert area(split(circle, 4)) == pytest.approx(area(circle), rel=4e-2)
    assert split(circle, 4).box == pytest.approx(circle.box, abs=1e-2)
    assert split(NOTHING, 3).ops == ""


def test_a_ring_has_a_hole():
    assert area(ring(0, 0, 10, 5)) == pytest.approx(np.pi * 75, rel=4e-2)


def test_turning_round_makes_ink_of_a_hole_and_back():
    both = joined([SQUARE, ellipse(30, 5, 5)])
    assert area(turned_round(both)) == pytest.approx(-area(both))
    assert turned_round(turned_round(both)).box == both.box


def test_round_corners_stay_in_the_box():
    box = Box(1, 2, 30, 20)
    assert rectangle(box, 100).box == pytest.approx(box, abs=0.02)
    assert area(rectangle(box, 5)) < area(rectangle(box))


def test_turns_go_clockwise_as_seen():
    turned = polygon([(0, 0), (10, 0), (10, 1)]).turned(90)
    assert turned.points[1] == pytest.approx([0, 10])


def test_leaning_moves_what_is_high_to_the_right():
    assert polygon([(0, 0), (0, -10), (1, 0)]).slanted(0.2).points[1] == pytest.approx([2, -10])
