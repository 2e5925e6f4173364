"""Classical: what it measures is what was drawn, and it tells style from subject."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.brand import Look, passes
from studio.descriptors.classical import (
    BACKGROUND,
    FIGURES,
    MEASURED,
    PARTS,
    Classical,
    Slope,
    Yardstick,
    measured,
    nearness,
    pack,
    unpack,
    unshared,
)
from studio.descriptors.lines import TINTS, WIDTHS, corner_features, tint_features, width_features
from studio.descriptors.strokes import stroke_features
from studio.descriptors.view import view_of

CLASSICAL = Classical()


def _rings(width: int, seed: int, ink: str = "black", ground: str = "white", side: int = 200) -> Image.Image:
    """A few rings and boxes whose lines are of one width; the seed says where."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (side * 4, side * 4), ground)
    pen = ImageDraw.Draw(image)
    for number in range(3):
        x, y = (int(value) for value in rng.integers(side, side * 2, 2))
        box = (x, y, x + int(rng.integers(side, side * 2)), y + int(rng.integers(side, side * 2)))
        draw = pen.ellipse if (seed + number) % 2 else pen.rectangle
        draw(box, outline=ink, width=width * 4)
    return image.resize((side, side), Image.Resampling.BOX)


def _looks(width: int, seeds: range, **how: str) -> list[Look]:
    return [CLASSICAL.look(_rings(width, seed, **how)) for seed in seeds]


@pytest.mark.parametrize("width", [3, 6, 12])
@pytest.mark.parametrize("side", [100, 200, 400])
def test_the_width_of_a_line_is_measured_finer_than_a_pixel_at_any_size(width: int, side: int) -> None:
    image = Image.new("RGB", (1600, 1600), "white")
    ImageDraw.Draw(image).line((300, 300, 1300, 300), "black", width * 8)
    features = stroke_features(view_of(image.resize((side, side), Image.Resampling.BOX)))
    assert np.exp(features[2]) == pytest.approx(width * 8 / 1600, rel=0.05, abs=0.25 / side)


def test_a_look_is_the_same_twice_and_finite() -> None:
    image = _rings(6, 1)
    one, two = CLASSICAL.look(image), CLASSICAL.look(image)
    assert set(one.parts) == set(PARTS)
    for part, values in one.parts.items():
        assert np.isfinite(values).all()
        assert (values == two.parts[part]).all()


@pytest.mark.parametrize("size", [(32, 32), (32, 600), (4000, 200), (1, 1)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_any_size_and_an_empty_image_are_measured(size: tuple[int, int], mode: str) -> None:
    look = CLASSICAL.look(Image.new(mode, size))
    assert all(np.isfinite(values).all() for values in look.parts.values())
    assert look.palette[:, 3].sum() == pytest.approx(1)


def test_what_is_transparent_is_seen_as_white() -> None:
    drawn = _rings(6, 2)
    mask = drawn.convert("L").point(lambda level: 255 - level)
    clear = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
    clear.paste("black", (0, 0), mask)
    likeness = CLASSICAL.compare(CLASSICAL.look(clear), [CLASSICAL.look(drawn)])
    assert likeness.palette_de < 1
    assert likeness.style > CLASSICAL.calibration.style


def test_other_subjects_in_the_same_style_pass_and_other_styles_do_not() -> None:
    references = _looks(6, range(5))
    same = [passes(CLASSICAL.compare(look, references), CLASSICAL.calibration) for look in _looks(6, range(10, 18))]
    assert np.mean(same) >= 0.75
    for other in ({"width": 16}, {"width": 2}, {"width": 6, "ink": "#c8502d", "ground": "#1d2a44"}):
        width = int(other.pop("width"))
        found = [CLASSICAL.compare(look, references) for look in _looks(width, range(10, 14), **other)]
        assert not any(passes(each, CLASSICAL.calibration) for each in found)


def test_one_reference_is_enough_and_none_is_refused() -> None:
    one, two = _looks(6, range(2))
    assert 0 <= CLASSICAL.compare(one, [two]).overall <= 1
    with pytest.raises(ValueError, match="at least one"):
        CLASSICAL.compare(one, [])


def test_references_of_one_width_are_strict_about_it_and_mixed_ones_are_not() -> None:
    strict, mixed = _looks(6, range(4)), [*_looks(4, range(2)), *_looks(9, range(2, 4))]
    [other] = _looks(8, range(20, 21))
    apart = [Yardstick.of(each, measured().spread).distance(other, measured().weight) for each in (strict, mixed)]
    assert apart[1] < apart[0]


def test_lines_of_one_width_share_a_step_and_of_another_none() -> None:
    one, same, wider = (width_features(view_of(_rings(width, seed))) for width, seed in ((6, 1), (6, 2), (9, 1)))
    assert len(one) == WIDTHS
    assert one.sum() == pytest.approx(1)
    assert unshared(one[None], same[None])[0, 0] < 0.2 < 0.5 < unshared(one[None], wider[None])[0, 0]


def test_a_tint_is_a_step_of_its_own() -> None:
    plain, tinted = _rings(6, 1), _rings(6, 1)
    ImageDraw.Draw(tinted).rectangle((2, 2, 120, 45), fill="#cccccc")
    found = [tint_features(view_of(image)) for image in (plain, tinted)]
    assert all(len(each) == TINTS and each.sum() == pytest.approx(1) for each in found)
    assert found[0][2:6].sum() < 0.15 < found[1][2:6].sum()


def test_round_corners_lose_less_to_a_disc_than_sharp_ones() -> None:
    sharp, round_ = (Image.new("RGB", (400, 400), "white") for _ in range(2))
    ImageDraw.Draw(sharp).rectangle((100, 100, 300, 300), fill="black")
    ImageDraw.Draw(round_).ellipse((100, 100, 300, 300), fill="black")
    ink = [corner_features(view_of(image))[2] for image in (sharp, round_)]
    assert ink[1] < 0.5 * ink[0]


def test_what_is_pale_on_nothing_is_seen_on_a_dark_product() -> None:
    clear = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(clear).ellipse((40, 40, 160, 160), fill="#f5efe2")
    view = view_of(clear)
    assert view.ground[0] < 15
    assert view.contrast > 60


def test_references_that_are_far_apart_forgive_more_and_the_slack_is_none_of_the_looks() -> None:
    strict, mixed = _looks(6, range(4)), [*_looks(3, range(2)), *_looks(12, range(2, 4))]
    assert Yardstick.beside(mixed, measured()).slack < Yardstick.beside(strict, measured()).slack


def test_a_look_of_the_background_has_the_background_near() -> None:
    background = measured().background
    assert background is not None
    rows = background.rows
    own = Look(np.array([[50.0, 0.0, 0.0, 1.0]]), {part: rows[part][3] for part in PARTS})
    assert nearness(own, measured()) < nearness(_looks(6, range(1), ink="#c8502d", ground="#1d2a44")[0], measured())
    assert len(rows["stroke"]) == 200
    assert BACKGROUND.stat().st_size < 300_000


def test_the_same_references_asked_about_again_give_the_same_answer() -> None:
    descriptor, references = Classical(), _looks(6, range(3))
    one, other = _looks(6, range(10, 12))
    first = descriptor.compare(one, references)
    assert descriptor.compare(other, references[:2]) != first
    assert descriptor.compare(one, references) == first == CLASSICAL.compare(one, references)
    assert set(FIGURES) < set(PARTS)


def test_a_slope_falls_through_the_points_it_was_given() -> None:
    slope = Slope.through((4.0, 0.85), (2.0, 0.95))
    assert slope.score(4.0) == pytest.approx(0.85)
    assert slope.score(2.0) == pytest.approx(0.95)
    scores = [slope.score(at) for at in np.linspace(0, 20, 50)]
    assert scores == sorted(scores, reverse=True)


def test_what_ships_reads_back_as_it_was_written_and_its_lines_are_those_asked_for() -> None:
    packed = json.loads(MEASURED.read_text("utf-8"))
    assert pack(unpack(packed)) == packed
    lines = CLASSICAL.calibration
    assert (lines.style, lines.edge, lines.overall, lines.palette_de) == (0.85, 0.80, 0.85, 15.0)
    assert 0 < lines.false_reject <= 0.06
    assert 0 < lines.false_accept < 0.25
    assert set(lines.each) == {"style", "palette_de", "edge", "overall"}


def test_a_look_takes_less_than_sixty_milliseconds() -> None:
    image = _rings(6, 1, side=400)
    times = []
    for _ in range(9):
        began = time.process_time()
        CLASSICAL.look(image)
        times.append(time.process_time() - began)
    assert min(times) < 0.06
