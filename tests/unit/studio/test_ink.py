from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from studio import ink

LEVELS = np.random.default_rng(5)


def every_hue(step: int = 7) -> Image.Image:
    """All mixtures of levels `step` apart, the nodes of the lattice among few of them."""
    side = np.arange(0, 256, step, dtype=np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(side, side, side), axis=-1).reshape(side.size, -1, 3))


def sums(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.int64).sum(axis=-1)


def test_no_colour_has_more_than_300_percent_of_ink():
    assert sums(ink.separate(every_hue())).max() <= 765


def test_the_colours_between_the_darkest_nodes_keep_the_limit_after_rounding():
    dark = Image.fromarray(LEVELS.integers(0, 11, (300, 300, 3), dtype=np.uint8))
    assert sums(ink.separate(dark)).max() <= 765


def test_limiting_shrinks_the_colours_alike_and_leaves_black_alone():
    c, m, y, k = ink.limited(np.array([[255, 255, 255, 255]], dtype=np.uint8))[0]
    assert k == 255
    assert c == m == y
    assert 760 < c + m + y + k <= 763


def test_what_is_under_the_limit_is_not_touched():
    inks = LEVELS.integers(0, 180, (1000, 4), dtype=np.uint8)
    assert (ink.limited(inks) == inks).all()


def test_four_full_inks_are_limited_even_where_a_profile_asks_for_them():
    inks = LEVELS.integers(0, 256, (100_000, 4), dtype=np.uint8)
    assert np.rint(ink.limited(inks)).sum(axis=1).max() <= 765


def test_white_paper_takes_no_ink():
    assert ink.separate(Image.new("RGB", (3, 3), "white")).getpixel((1, 1)) == (0, 0, 0, 0)


def test_black_is_made_of_all_inks_and_mostly_of_black():
    c, m, y, k = ink.separate(Image.new("RGB", (1, 1), "black")).getpixel((0, 0))
    assert k > 240
    assert min(c, m, y) > 100


def test_pure_colours_go_where_a_printer_expects_them():
    c, m, y, _ = ink.separate(Image.new("RGB", (1, 1), "#ff0000")).getpixel((0, 0))
    assert c < 20 < 200 < min(m, y)


def layered(colours: int) -> Image.Image:
    """Runs of so many colours, of every cover; the first and the last pixel stand alone."""
    each = LEVELS.integers(0, 256, (colours, 4), dtype=np.uint8)
    pixels = each[np.repeat(LEVELS.integers(0, colours, 120_000 // 8), 8)].reshape(300, 400, 4)
    pixels[0, 0], pixels[-1, -1] = (0, 0, 0, 255), (0, 0, 0, 128)
    return Image.fromarray(pixels)


def whole(image: Image.Image, rows: int) -> bytes:
    return b"".join(slab.tobytes() for slab in ink.slabs(image, rows))


@pytest.mark.parametrize("colours", [1, 90, 4000])
@pytest.mark.parametrize("rows", [7, 150, 300])
def test_a_flat_drawing_is_separated_pixel_by_pixel_as_a_picture_is(colours, rows, monkeypatch):
    image = layered(colours)
    monkeypatch.setattr(ink, "BAND", 400 * 7)
    flat = whole(image, rows)
    monkeypatch.setattr(ink, "FLAT", 0)
    assert flat == whole(image, 300) == ink.separate(ink.on_paper(image)).tobytes()


def test_what_is_clear_takes_no_ink_whatever_colour_it_hides():
    assert not any(whole(Image.new("RGBA", (5, 4), (10, 200, 30, 0)), 2))


def test_coverage_of_many_colours_is_that_of_all_pixels(monkeypatch):
    levels = LEVELS.integers(0, 9, (300, 500, 4), dtype=np.uint8) // 4 * 100
    levels[:200] = levels[:, 400:] = 0
    image = Image.frombytes("CMYK", (500, 300), levels.tobytes())
    whole = ink.coverage(image)
    monkeypatch.setattr(ink, "FLAT", 1)
    assert ink.coverage(image) == whole == sums(image).max() / 2.55


def test_coverage_is_the_pixel_with_the_most_ink():
    image = Image.new("CMYK", (700, 500), (10, 20, 30, 40))
    image.putpixel((699, 499), (255, 0, 255, 51))
    assert ink.coverage(image) == 220.0
    assert ink.coverage(Image.new("CMYK", (2, 2), (255, 255, 255, 255))) == 400.0


def test_the_profile_is_a_cmyk_output_profile_and_small():
    header = ink.profile_bytes()[:128]
    assert (header[12:16], header[16:20], header[36:40]) == (b"prtr", b"CMYK", b"acsp")
    assert len(ink.profile_bytes()) < 1_000_000


def test_the_profile_says_where_it_is_from():
    assert ink.PROFILE_NAME.encode() in ink.profile_bytes()
    assert b"zlib licence. Altered from characterisation data FOGRA39L" in ink.profile_bytes()
