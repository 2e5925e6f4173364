"""Cutting: a panel is open where its words and figures are, without a mask wherever a path can say it."""

from __future__ import annotations

import numpy as np
import pytest

from studio.drawing import Size
from studio.lettering.cutting import crosses, cut_out, is_apart, turns
from studio.lettering.emblems import FIGURES, emblem
from studio.lettering.fitting import single, traced
from studio.lettering.ornaments import disc, rounded
from studio.lettering.outline import Box, ellipse, joined, polygon, rectangle, ring
from studio.lettering.raster import draw
from studio.lettering.svg import Canvas

SQUARE = rectangle(Box(0, 0, 10, 10))


@pytest.mark.parametrize("text", ["BOARD", "Ça va", "سلام"])
def test_a_panel_is_open_where_its_words_and_figures_are(text):
    canvas, room = Canvas(1000, 1000), Box(200, 300, 600, 300)
    row, dot = single(text, "heavy", room), traced(disc(500, 800, 90))
    cut_out(canvas, traced(rounded(100, 100, 800, 800, 40)), "#000000", [row.run], [dot])
    alpha = np.asarray(draw(canvas.svg(), Size(200, 200)))[..., 3] / 255
    alone = Canvas(1000, 1000)
    alone.letters(row.run, "#000000")
    alone.shape(dot, "#000000")
    words = np.asarray(draw(alone.svg(), Size(200, 200)))[..., 3] / 255
    assert np.abs(alpha + words - 1)[25:175, 25:175].max() < 0.1
    assert row.run.face.name in canvas.faces


@pytest.mark.parametrize("name", FIGURES)
def test_an_emblem_is_cut_out_as_it_is_drawn(name):
    canvas, alone = Canvas(1000, 1000), Canvas(1000, 1000)
    figure = traced(emblem(name, 500, 500, 700))
    cut_out(canvas, traced(rounded(50, 50, 900, 900, 40)), "#000000", figures=[figure])
    alone.shape(figure, "#000000")
    cut, drawn = (np.asarray(draw(each.svg(), Size(200, 200)))[..., 3] / 255 for each in (canvas, alone))
    assert np.abs(cut + drawn - 1)[15:185, 15:185].max() < 0.1


@pytest.mark.parametrize("text", ["BOARD", "AVAST & Ça va", "8 @ %"])
def test_letters_that_stand_apart_are_holes_of_one_path(text):
    canvas, row = Canvas(1000, 1000), single(text, "heavy", Box(200, 300, 600, 300))
    cut_out(canvas, traced(rounded(100, 100, 800, 800, 40)), "#000000", [row.run], [ellipse(500, 500, 390)][:0])
    assert not canvas.masks


def test_letters_that_join_are_cut_by_a_mask():
    canvas, row = Canvas(1000, 1000), single("سلام", "heavy", Box(200, 300, 600, 300))
    cut_out(canvas, traced(rounded(100, 100, 800, 800, 40)), "#000000", [row.run])
    assert bool(canvas.masks) is not is_apart(row.run.outline)


def test_what_overlaps_is_not_apart_and_what_is_in_a_hole_is():
    assert is_apart(joined([SQUARE, SQUARE.moved(11, 0)]))
    assert not is_apart(joined([SQUARE, SQUARE.moved(5, 0)]))
    assert not is_apart(joined([SQUARE, SQUARE.moved(3, 4)]))
    assert not is_apart(joined([SQUARE, SQUARE.scaled(0.2).moved(4, 4)]))
    assert is_apart(joined([ring(5, 5, 20, 15), SQUARE]))
    assert not is_apart(joined([ring(5, 5, 20, 4), SQUARE]))


def test_two_that_cross_without_a_corner_in_one_another_are_not_apart():
    lying, standing = rectangle(Box(0, 4, 10, 2)), rectangle(Box(4, 0, 2, 10))
    assert crosses(lying.points, standing.points)
    assert not is_apart(joined([lying, standing]))
    assert not crosses(lying.points, lying.moved(12, 0).points)


def test_a_slanted_neighbour_whose_box_overlaps_is_apart():
    slash = polygon([(0, 0), (2, 0), (12, 10), (10, 10)])
    assert is_apart(joined([slash, slash.moved(4, 0)]))


def test_turns_count_the_ways_around_a_point_with_their_direction():
    points = np.array([[5.0, 5.0], [15.0, 5.0]])
    assert turns(SQUARE.points, points).tolist() == [1, 0]
    assert turns(SQUARE.points[::-1], points).tolist() == [-1, 0]
