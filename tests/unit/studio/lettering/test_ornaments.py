"""Ornaments and flourishes: paths of plain commands that stay in the box they were given."""

from __future__ import annotations

import math
import random
import re
from itertools import pairwise

import pytest

from studio.lettering import flourishes, ornaments

NUMBER = re.compile(r"-?\d+(?:\.\d{1,2})?")
CENTRED = {
    "disc": ornaments.disc(500, 500, 300),
    "ring": ornaments.ring(500, 500, 300, 20),
    "star": ornaments.star(500, 500, 300),
    "sparkle": ornaments.sparkle(500, 500, 300),
    "rays": ornaments.rays(500, 500, 80, 300, 16),
    "half rays": ornaments.rays(500, 500, 80, 300, 9, (-90, 90)),
    "striped sun": ornaments.striped_sun(500, 500, 300),
    "scalloped": ornaments.scalloped(500, 500, 300),
    "rope": ornaments.rope(500, 500, 300, 30),
    "shield": ornaments.shield(500, 500, 560, 600),
    "rounded": ornaments.rounded(200, 200, 600, 600, 50),
    "frame": ornaments.frame(200, 200, 600, 600, 20, 60),
    "notched frame": ornaments.notched_frame(200, 200, 600, 600, 60, 12),
    "bubble": ornaments.bubble(200, 200, 600, 500, 100),
    "wreath": flourishes.wreath(500, 500, 300),
    "divider": flourishes.divider(500, 500, 600, 80, "star"),
    "wave": flourishes.wave_line(200, 500, 600, 120, 4, 20),
    **{f"ribbon {index}": part for index, part in enumerate(ornaments.ribbon(500, 500, 600, 160, fold=80, drop=40))},
}


def numbers(path: str) -> list[float]:
    return [float(value) for value in NUMBER.findall(path)]


def area(path: str) -> float:
    """Signed, of the corners of each part: holes count against the shape."""
    total = 0.0
    for part in path.split("Z")[:-1]:
        values = numbers(part)
        corners = list(zip(values[::2], values[1::2], strict=True))
        total += (
            sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True)) / 2
        )
    return total


@pytest.mark.parametrize("name", CENTRED)
def test_an_ornament_stays_in_its_box(name):
    values = numbers(CENTRED[name])
    slack = 0.03 * 300 if name == "sparkle" else 0.01
    assert min(values) >= 200 - slack
    assert max(values) <= 800 + slack


@pytest.mark.parametrize("name", CENTRED)
def test_paths_are_made_of_plain_commands_with_two_decimals(name):
    path = CENTRED[name]
    assert set(re.findall(r"[A-Za-z]", path)) <= set("MLCZ")
    assert not re.search(r"\d\.\d{3}|-0(?![.\d])|nan|inf", path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (ornaments.frame(0, 0, 100, 50, 5), 100 * 50 - 90 * 40),
        (ornaments.band(0, 0, 100, 50, 0, 180), math.pi * (100**2 - 50**2) / 2),
        (ornaments.rays(0, 0, 0, 100, 30), math.pi * 100**2 / 2),
        (flourishes.stroke([(0, 0), (50, 0), (100, 0)], 10), 1000),
    ],
)
def test_holes_turn_against_their_shapes_and_areas_are_right(path, expected):
    assert area(path) == pytest.approx(expected, rel=0.01)


def test_stitches_begin_and_end_with_a_dash_and_are_even():
    dashes = flourishes.stitches([(0, 0), (97, 0)], 4, 10, 5).split("Z")[:-1]
    boxes = [(min(numbers(dash)[::2]), max(numbers(dash)[::2])) for dash in dashes]
    assert boxes[0][0] == 0
    assert boxes[-1][1] == pytest.approx(97, abs=0.01)
    gaps = [after[0] - before[1] for before, after in pairwise(boxes)]
    assert max(gaps) - min(gaps) < 0.05


def test_specks_are_the_same_for_the_same_seed_and_stay_inside():
    once, again = (flourishes.specks(random.Random(7), 400, 300, 50, 20) for _ in range(2))
    assert once == again != flourishes.specks(random.Random(8), 400, 300, 50, 20)
    values = numbers(once)
    assert min(values) >= 0
    assert max(values[::2]) <= 400
    assert max(values[1::2]) <= 300


def test_a_clipped_polygon_keeps_what_lies_in_the_box():
    triangle = [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0)]
    assert area(ornaments.polygon(ornaments.clipped(triangle, (0, 0, 50, 50)))) == pytest.approx(2500)
    assert area(ornaments.polygon(ornaments.clipped(triangle, (0, 0, 200, 20)))) == pytest.approx(5000 - 80 * 80 / 2)


def test_nothing_of_a_setting_sun_is_below_the_horizon():
    assert max(numbers(ornaments.striped_sun(500, 500, 300, horizon=700))[1::2]) == pytest.approx(700, abs=0.01)
