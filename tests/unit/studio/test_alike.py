"""The same picture is told however it is scaled or saved; what looks alike is found for many at once."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from studio.alike import SAME, apart, duplicates, nearest, phash, twins, vector_of
from studio.brand import Look


def picture(seed: int, size: tuple[int, int] = (450, 540), ground: str | None = "#f3e7c9") -> Image.Image:
    draw, image = random.Random(seed), Image.new("RGBA", size, ground or (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = draw.random() * size[0], draw.random() * size[1]
        wide, tall = draw.random() * size[0] / 2, draw.random() * size[1] / 3
        pen.ellipse((x, y, x + wide, y + tall), f"#{draw.randrange(0x1000000):06x}")
    return image


def bits(one: Image.Image, other: Image.Image) -> int:
    return int(apart(np.array([phash(one)]), np.array([phash(other)]))[0, 0])


@pytest.mark.parametrize("seed", range(8))
def test_one_picture_in_another_size_blurred_or_a_little_darker_is_a_duplicate(seed):
    whole = picture(seed)
    assert bits(whole, whole.resize((225, 270), Image.Resampling.LANCZOS)) <= SAME
    assert bits(whole, whole.filter(ImageFilter.GaussianBlur(2))) <= SAME
    assert bits(whole, whole.convert("RGB").point(lambda level: level * 0.9)) <= SAME


@pytest.mark.parametrize("seed", range(3))
def test_a_print_of_full_size_is_told_as_all_its_pixels_tell(seed, monkeypatch):
    large = picture(seed, ground=None).resize((4500, 5400), Image.Resampling.BICUBIC)
    quick = phash(large)
    monkeypatch.setattr("studio.alike.SKIPPING", 99)
    assert (quick ^ phash(large)).bit_count() <= 1


def test_different_pictures_are_no_duplicates():
    hashes = [phash(picture(seed)) for seed in range(40)]
    assert duplicates(hashes) == []


def test_a_hash_fits_postgresqls_bigint_and_nothing_seen_is_nought():
    hashes = [phash(picture(seed)) for seed in range(20)]
    assert all(-(2**63) <= one < 2**63 for one in hashes)
    assert min(hashes) < 0 < max(hashes)
    assert phash(Image.new("RGBA", (50, 60), (0, 0, 0, 0))) == 0
    assert phash(Image.new("RGB", (50, 60), "white")) == 0


def test_white_ink_on_nothing_is_seen():
    assert phash(picture(3, ground=None)) != 0
    white = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(white).rectangle((10, 10, 60, 30), "white")
    assert phash(white) != 0


@settings(max_examples=30)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30), st.integers(0, 64), st.integers(0, 2**64 - 1))
def test_duplicates_are_exactly_the_pairs_that_counting_bits_one_by_one_gives(hashes, within, mask):
    hashes = [*hashes, *((one ^ (mask & 0b1011)) for one in hashes)]
    counted = [
        (i, j, ((hashes[i] ^ hashes[j]) & (2**64 - 1)).bit_count())
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
    ]
    wanted = [one for one in counted if one[2] <= within]
    assert sorted(duplicates(hashes, within)) == wanted
    for at, one in enumerate(hashes[:3]):
        assert (at, 0) in twins(one, hashes, within)


def test_pairs_are_found_across_the_blocks_that_are_compared_at_a_time():
    draw = random.Random(7)
    hashes = [draw.randrange(-(2**63), 2**63) for _ in range(1_000)]
    hashes[900] = hashes[3] ^ 0b101
    assert duplicates(hashes) == [(3, 900, 2)]
    assert twins(hashes[3], hashes) == [(3, 0), (900, 2)]
    assert twins(1, []) == []


def test_where_texts_are_known_only_the_same_words_are_the_same_design():
    texts = ["Gone fishing", "Gone hiking", "GONE  fishing!"]
    assert duplicates([5, 5, 7], texts=texts) == [(0, 2, 1)]
    assert len(duplicates([5, 5, 7])) == 3


def test_ink_as_light_as_middle_grey_is_seen_on_nothing():
    one, other = (Image.new("RGBA", (100, 100), (0, 0, 0, 0)) for _ in range(2))
    ImageDraw.Draw(one).rectangle((5, 5, 60, 40), "#808080")
    ImageDraw.Draw(other).rectangle((40, 50, 95, 95), "#808080")
    assert 0 not in (phash(one), phash(other))
    assert bits(one, other) > 2 * SAME


def look(red: float, stroke: float) -> Look:
    palette = np.array([[50.0, red, 0.0, 0.7], [90.0, 0.0, 0.0, 0.3]])
    return Look(palette, {"stroke": np.array([stroke, 1.0]), "edge": np.array([[1.0, 2.0], [0.5, 0.0]])})


def test_looks_become_vectors_of_one_length_and_the_nearest_is_the_most_alike():
    library = np.stack([vector_of(one) for one in (look(-60, 0.1), look(60, 5.0), look(58, 4.0))])
    assert np.linalg.norm(library, axis=1) == pytest.approx([1.0, 1.0, 1.0])
    places, cosines = nearest(np.stack([vector_of(look(60, 5.0)), vector_of(look(-60, 0.1))]), library, 2)
    assert places.tolist() == [[1, 2], [0, 2]]
    assert cosines[:, 0] == pytest.approx([1.0, 1.0])
    assert (np.diff(cosines, axis=1) <= 0).all()


def test_a_library_smaller_than_what_is_asked_for_gives_what_it_has():
    one = vector_of(look(1, 1))
    assert nearest(one, one[None], 12)[0].tolist() == [[0]]
    assert nearest(one, np.zeros((0, len(one))), 12)[0].shape == (1, 0)
