from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from studio.lettering.curves import envelope, extruded, hill, on_circle, on_wave, slope
from studio.lettering.faces import find, for_role
from studio.lettering.outline import area, polygon
from studio.lettering.shaping import shape

SANS = find("Source Sans Pro", 900)
SQUARE = polygon([(0, 0), (10, 0), (10, 10), (0, 10)])


def distances(points: np.ndarray, centre: tuple[float, float]) -> np.ndarray:
    return np.linalg.norm(points - np.array(centre), axis=1)


def test_letters_stand_on_a_circle_heads_out():
    run = on_circle(shape("HEN", SANS, 100), (50, 60), 400)
    far = distances(run.outline.points, (50, 60))
    assert far.min() == pytest.approx(400, abs=5)
    assert far.max() == pytest.approx(400 + shape("H", SANS, 100).box.height, abs=6)
    assert run.box.centre[0] == pytest.approx(50, abs=4)
    assert run.box.bottom < 60


def test_inside_at_the_foot_heads_point_to_the_centre_and_read_from_the_left():
    run = on_circle(shape("HE", SANS, 100), (0, 0), 400, 180, inside=True)
    assert distances(run.outline.points, (0, 0)).max() == pytest.approx(400, abs=5)
    first, second = (run.outline.points[run.glyph == number][:, 0].mean() for number in (0, 1))
    assert run.box.y > 0
    assert first < second


def test_letters_on_a_circle_keep_their_form():
    plain = shape("HEN", SANS, 100)
    assert area(on_circle(plain, (0, 0), 300).outline) == pytest.approx(area(plain.outline), rel=1e-6)


def test_letters_that_join_are_bent_together(needs: Callable[[str], None]):
    needs("Amiri")
    run = shape("قهوة", for_role("display", "قهوة"), 100)
    assert len(on_circle(run, (0, 0), 300).outline.points) > len(run.outline.points)


def test_a_wave_lifts_and_lowers():
    run = on_wave(shape("HHHHHHHH", SANS, 100), 50, 300)
    assert run.box.height > 120


def test_an_envelope_meets_both_edges():
    bent = envelope(SQUARE, hill(0, 5), slope(20, 30))
    assert bent.box.y == pytest.approx(-5, abs=0.25)
    assert bent.box.bottom == pytest.approx(30, abs=0.1)
    assert bent.box.width == pytest.approx(10)


def test_a_block_shadow_is_what_the_shape_sweeps_over():
    shadow = extruded(SQUARE, 4, 3)
    assert shadow.box == pytest.approx((0, 0, 14, 13))
    walls = [wall for wall in shadow.ops.split("Z") if wall == "MLLL"]
    assert len(walls) == 1 + 4 * 6
    assert area(shadow) >= area(SQUARE)
