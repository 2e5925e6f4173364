"""SDXL: sizes, batches and edges; nothing here needs a model."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.brand import Profile
from studio.drawing import Brief, Row, Size
from studio.errors import NotConfigured
from studio.renderers.sdxl import GIB, Sdxl, batch_for, edges_of, enlarged, native_size
from studio.renderers.weights import Weights


@pytest.mark.parametrize("size", [Size(), Size(5400, 4500), Size(3000, 3000), Size(4500, 9000), Size(4200, 4800)])
def test_a_picture_is_drawn_at_a_megapixel_in_the_aspect_of_the_print(size: Size):
    width, height = native_size(size)
    assert (width % 8, height % 8) == (0, 0)
    assert width * height == pytest.approx(1024 * 1024, rel=0.015)
    assert width / height == pytest.approx(size.width / size.height, rel=0.01)


def test_an_enlarged_picture_has_every_pixel_of_the_print_and_is_not_stretched():
    circle = Image.new("RGB", (104, 120))
    ImageDraw.Draw(circle).ellipse((22, 30, 82, 90), fill="white")
    grown = enlarged(circle, Size(450, 540))
    left, top, right, bottom = grown.convert("L").point(lambda level: 255 * (level > 127)).getbbox() or (0, 0, 0, 1)
    assert (grown.size, grown.mode) == ((450, 540), "RGBA")
    assert (right - left) / (bottom - top) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("free_gib", "together"), [(2, 1), (5, 1), (9, 2), (16, 5), (24, 8), (130, 8)])
def test_as_many_are_drawn_together_as_free_memory_holds(free_gib: int, together: int):
    assert batch_for(free_gib * GIB) == together


def test_smaller_pictures_are_drawn_in_larger_batches():
    assert batch_for(6 * GIB, native_px=512 * 512) == 8


def test_edges_are_white_lines_on_black_of_the_size_that_is_drawn():
    square = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(square).rectangle((50, 50, 150, 150), fill="black")
    shown = np.asarray(edges_of(square, (104, 104)))
    assert (shown.shape, set(np.unique(shown))) == ((104, 104, 3), {0, 255})
    assert shown[52, 26].max() == 255
    assert (shown[52, 52].max(), shown[5, 5].max()) == (0, 0)
    assert (shown > 0).mean() <= 0.08


def test_an_image_of_one_colour_has_no_edges():
    assert np.asarray(edges_of(Image.new("RGB", (64, 64), "red"), (64, 64))).max() == 0


@pytest.mark.parametrize("missing", ["torch", "diffusers"])
def test_without_its_packages_it_is_not_configured_and_says_what_to_install(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    for name in ("torch", "diffusers")[("torch", "diffusers").index(missing) :]:
        monkeypatch.setitem(sys.modules, name, None)
    if missing == "diffusers":
        pytest.importorskip("torch", reason="torch is not installed: pip install 'bellwether[image]'")
    brief = Brief(Row("1", "a"), Profile("house", "", "1", (), ()), "a", "", 1)
    with pytest.raises(NotConfigured, match=rf"needs {missing}: pip install 'bellwether\[image\]'"):
        Sdxl(Weights(str(tmp_path)), at_once=1).draw([brief])


def test_a_model_that_is_not_there_is_told_before_anything_is_loaded(tmp_path):
    with pytest.raises(NotConfigured, match="weights of model: no folder"):
        Sdxl(Weights(str(tmp_path / "none"))).version  # noqa: B018
