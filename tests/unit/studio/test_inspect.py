from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage
from sklearn.datasets import load_sample_images

from studio.brand import Profile
from studio.descriptors.classical import Classical
from studio.drawing import Brief, Drawing, Row, Size
from studio.errors import NotConfigured
from studio.inspect import Inspection, inspect
from studio.renderers.typographic import Typographic

SIZE = Size(300, 360)
EYE = Classical()
RNG = np.random.default_rng(11)


def picture(kind: str, seed: int = 0) -> Image.Image:
    """Bold black shapes on paper, or thin soft colours: two styles that nobody would mix up."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGBA", (SIZE.width, SIZE.height), "white" if kind == "bold" else "#3a1d5c")
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, side = (int(value) for value in rng.integers((40, 40, 30), (180, 240, 80)))
        if kind == "bold":
            draw.rectangle((x, y, x + side, y + side), outline="black", width=14)
        else:
            draw.ellipse((x, y, x + side, y + side), fill=("#ff8c42", "#ffd166", "#ef476f")[int(rng.integers(3))])
    return image if kind == "bold" else image.filter(ImageFilter.GaussianBlur(4))


def brand(kind: str | None = None) -> Profile:
    looks = tuple(EYE.look(picture(kind, seed)) for seed in range(4)) if kind else ()
    return Profile("house", EYE.name, EYE.version, looks, ("#000000",))


def inspected(image: Image.Image, profile: Profile | None = None, **made_with: Any) -> Inspection:
    size = Size(*image.size) if image.size != (1, 1) else SIZE
    brief = Brief(Row("1", "Moss"), profile or brand(), "", "", 1, size)
    return inspect(Drawing(image.convert("RGBA"), None, "test", "1", 1, made_with), brief, EYE)


def kinds(found: Inspection) -> list[str]:
    return [miss.kind for miss in found.misses]


def badge(ink: Any = (20, 40, 90, 255), at: int = 50) -> Image.Image:
    image = Image.new("RGBA", (SIZE.width, SIZE.height))
    ImageDraw.Draw(image).ellipse((at, 60, at + 200, 260), outline=ink, width=24)
    return image


def noise(grain: float, size: tuple[int, int] = (360, 300)) -> Image.Image:
    rough = ndimage.gaussian_filter(RNG.normal(0, 1, (*size, 3)), (grain, grain, 0))
    return Image.fromarray((rough / rough.std() * 60 + 128).clip(0, 255).astype(np.uint8))


def test_a_drawing_of_the_brand_passes():
    found = inspected(picture("bold", 9), brand("bold"))
    assert found.passed
    assert found.likeness is not None
    assert found.likeness.overall >= found.lines.overall


def test_a_drawing_of_another_style_misses_by_the_descriptors_own_lines():
    found = inspected(picture("soft", 9), brand("bold"))
    assert {"style", "overall"} <= set(kinds(found))
    style = next(miss for miss in found.misses if miss.kind == "style")
    assert style.found < style.wanted == EYE.calibration.style
    assert f"at least {style.wanted:.2f}" in style.why


def test_a_brand_without_references_has_no_likeness_to_miss():
    found = inspected(badge())
    assert found.likeness is None
    assert found.passed


def test_figures_of_another_version_of_the_descriptor_are_not_compared():
    other = replace(brand("bold"), version="0")
    with pytest.raises(NotConfigured, match="measured by classical 0, not by classical"):
        inspected(badge(), other)


def test_another_size_than_asked_for_is_a_miss():
    drawing = Drawing(badge(), None, "test", "1", 1, {})
    found = inspect(drawing, Brief(Row("1", "Moss"), brand(), "", "", 1, Size()), EYE)
    assert kinds(found) == ["size"]
    assert found.misses[0].why == "drawn 300 x 360 px, asked for 4500 x 5400"


def test_an_empty_canvas_is_blank_and_no_style_is_measured_of_it():
    found = inspected(Image.new("RGBA", (300, 360)), brand("bold"))
    assert kinds(found) == ["blank"]
    assert found.likeness is None


@pytest.mark.parametrize("colour", ["white", "black", "#7fa3c0"])
def test_a_canvas_of_one_colour_is_no_drawing(colour):
    assert kinds(inspected(Image.new("RGBA", (300, 360), colour))) == ["single colour"]


def test_one_ink_on_a_transparent_canvas_is_a_drawing():
    assert inspected(badge()).passed


@pytest.mark.parametrize("grain", [0, 1, 2])
def test_noise_of_any_grain_is_seen(grain):
    assert kinds(inspected(noise(grain))) == ["noise"]


def test_noise_of_a_small_picture_made_large_is_seen():
    large = noise(0, (432, 360)).resize((1440, 1728), Image.Resampling.BICUBIC)
    assert kinds(inspected(large)) == ["noise"]


def test_noise_in_the_alpha_too_is_seen():
    rough = RNG.integers(0, 256, (360, 300, 4), dtype=np.uint8)
    assert kinds(inspected(Image.fromarray(rough))) == ["noise"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_photograph_is_no_noise(which):
    assert inspected(Image.fromarray(load_sample_images().images[which])).passed


def test_a_page_of_small_text_is_no_noise():
    image = Image.new("RGBA", (300, 360), "white")
    draw = ImageDraw.Draw(image)
    for row in range(24):
        draw.text((20, 20 + row * 13), "all the words of a very long slogan " + "word " * 3, fill="black")
    assert "noise" not in kinds(inspected(image))


@pytest.mark.parametrize("size", [Size(225, 270, 15), Size(900, 1080, 60)])
@pytest.mark.parametrize("composition", ["stacked", "banded", "panel", "stencilled", "arched"])
def test_a_lettering_that_fills_the_canvas_is_no_noise_at_any_size(composition, size):
    profile = Profile("p", "", "", (), ("#f5efe2", "#1d2a44", "#c8502d"), parameters={"composition": composition})
    words = "I am silently correcting your grammar and judging your fonts"
    drawing = Typographic().lettered(Brief(Row("1", words, keyword="grammar"), profile, "", "", 1, size))
    assert inspect(drawing, Brief(Row("1", words), brand(), "", "", 1, size), EYE).passed


def test_a_drawing_that_names_no_ground_is_judged_on_that_of_its_brand():
    dark = replace(brand(), palette=("#101820", "#ebebe6"), parameters={"ground": "dark"})
    assert inspected(badge((235, 235, 230, 255)), dark).passed
    assert kinds(inspected(badge((20, 20, 30, 255)), dark)) == ["contrast"]


@pytest.mark.parametrize("turned", [False, True])
def test_stripes_across_the_whole_canvas_are_banding(turned):
    rows = np.repeat(RNG.integers(0, 256, (360, 1), dtype=np.uint8), 300, axis=1)
    image = Image.fromarray(rows)
    assert kinds(inspected(image.transpose(Image.Transpose.ROTATE_90) if turned else image)) == ["banding"]


def test_ink_that_touches_one_edge_was_cut_off():
    found = inspected(badge(at=130))
    assert kinds(found) == ["clipped"]
    assert "right edge" in found.misses[0].why
    assert found.misses[0].found > found.misses[0].wanted


def test_a_subject_that_leaves_its_own_plain_ground_was_cut_off():
    image = Image.new("RGBA", (300, 360), "#eeeeee")
    ImageDraw.Draw(image).ellipse((-60, 100, 160, 300), fill="#a02020")
    assert kinds(inspected(image)) == ["clipped"]


def test_a_ground_that_fills_the_canvas_is_not_cut_off():
    image = Image.new("RGBA", (300, 360), "#203040")
    image.alpha_composite(badge((250, 240, 200, 255)))
    assert inspected(image).passed


def test_faint_ink_cannot_be_read():
    found = inspected(badge((235, 235, 230, 255)))
    assert kinds(found) == ["contrast"]
    assert 1 < found.misses[0].found < found.misses[0].wanted


def test_light_ink_is_read_on_the_dark_product_it_was_drawn_for():
    image = badge((235, 235, 230, 255))
    assert inspected(image, palette={"ground": "#101820", "ink": "#ebebe6"}).passed


def test_a_hair_line_drawing_is_read():
    image = Image.new("RGBA", (300, 360))
    ImageDraw.Draw(image).ellipse((20, 40, 280, 320), outline="black", width=2)
    assert "contrast" not in kinds(inspected(image))
