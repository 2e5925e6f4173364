"""Colour: conversions and differences agree with published values; palettes find the colours that were painted."""

from __future__ import annotations

import numpy as np
import pytest

from studio.descriptors.colour import ciede2000, palette_distance, palette_of, to_hex, to_lab

SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]
"""From the supplement of Sharma, Wu and Dalal (2005)."""


@pytest.mark.parametrize(("one", "two", "apart"), SHARMA)
def test_differences_are_those_of_the_published_pairs(
    one: tuple[float, ...], two: tuple[float, ...], apart: float
) -> None:
    assert ciede2000(np.array(one), np.array(two)) == pytest.approx(apart, abs=1e-4)
    assert ciede2000(np.array(two), np.array(one)) == pytest.approx(apart, abs=1e-4)


def test_white_black_and_red_have_their_known_places() -> None:
    lab = to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], dtype=np.uint8))
    assert np.allclose(lab, [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]], atol=0.02)


@pytest.mark.parametrize("hexed", ["#000000", "#ffffff", "#1d2a44", "#c8502d", "#00ff00"])
def test_a_colour_survives_the_way_there_and_back(hexed: str) -> None:
    levels = np.array([int(hexed[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.uint8)
    assert to_hex(to_lab(levels).astype(float)) == hexed


def _painted(*colours: tuple[int, int, int], shares: tuple[int, ...]) -> np.ndarray:
    rows = np.concatenate(
        [np.tile(np.array(each, np.uint8), (share, 1)) for each, share in zip(colours, shares, strict=True)]
    )
    rgb = rows.reshape(10, -1, 3)
    return palette_of(rgb, to_lab(rgb), np.ones(rgb.shape[:2], np.float32))


def test_a_palette_is_what_was_painted_the_largest_first() -> None:
    found = _painted((200, 30, 40), (20, 60, 160), (250, 250, 240), shares=(20, 30, 50))
    assert [to_hex(row) for row in found[:, :3]] == ["#fafaf0", "#143ca0", "#c81e28"]
    assert np.allclose(found[:, 3], [0.5, 0.3, 0.2])


def test_moving_a_palette_costs_nothing_to_itself_and_its_share_of_the_way_to_another() -> None:
    half = np.array([[100.0, 0, 0, 0.5], [0.0, 0, 0, 0.5]])
    assert palette_distance(half, half[::-1]) == pytest.approx(0)
    white = np.array([[100.0, 0, 0, 1.0]])
    assert palette_distance(half, white) == pytest.approx(50.0, abs=0.01)
    assert palette_distance(white, half) == palette_distance(half, white)
