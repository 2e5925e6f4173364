"""Every composition: nothing leaves the canvas, something is drawn, and a seed says all, whatever the words."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from studio.drawing import Row, Size
from studio.lettering import faces, raster, setting
from studio.lettering.compositions import compositions
from studio.lettering.palettes import palette_on
from studio.lettering.svg import Canvas
from studio.lettering.words import wording_of

SMALL = Size(150, 180, 10)
PALETTE = palette_on(["#1f3a4d", "#d9573f", "#e8a735"], "#f7f4ec")
WORDS = tuple(
    "camp more worry less coffee before anything dad of the WILD 1986 sunshine retired éclair it's a dog".split()  # noqa: SIM905
)
LONG = ("Donaudampfschifffahrtsgesellschaftskapitän", "WWWWWWWWWWWWWWWWWWWW", "Supercalifragilisticexpialidocious")
HOOKS = ("", "est. 1986", "Austin, Texas", "a hook that goes on and on for almost sixty letters, as some do")


def wordings(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Slogans of one to fourteen words, now and then with a very long one, and a hook or none."""
    draw = random.Random(seed)
    for _ in range(count):
        words = [draw.choice(WORDS) for _ in range(draw.choice([1, 1, 2, 3, 5, 8, 14]))]
        if draw.random() < 0.3:
            words[draw.randrange(len(words))] = draw.choice(LONG)
        yield " ".join(words), draw.choice(HOOKS)


def drawn(name: str, text: str, hook: str = "", seed: int = 1) -> bytes:
    canvas = Canvas()
    wording = wording_of(Row(id="1", text=text, hook=hook))
    compositions()[name].compose(wording, PALETTE, canvas, random.Random(seed))
    assert canvas.faces
    return canvas.svg()


def alpha(svg: bytes) -> np.ndarray:
    return np.asarray(raster.draw(svg, SMALL))[..., 3]


@pytest.mark.parametrize("name", compositions())
def test_no_ink_reaches_the_edge_whatever_the_words(name):
    for seed, (text, hook) in enumerate(wordings(sum(map(ord, name)), 6)):
        inked = alpha(drawn(name, text, hook, seed))
        rim = np.concatenate([inked[:2].ravel(), inked[-2:].ravel(), inked[:, :2].ravel(), inked[:, -2:].ravel()])
        assert rim.max() <= 8, (text, hook)
        assert (inked > 128).mean() > 0.01, (text, hook)


@pytest.mark.parametrize("name", compositions())
def test_the_print_is_as_wide_as_a_seller_wants_it(name):
    columns = np.flatnonzero((alpha(drawn(name, "Camp more worry less", "est. 1986")) > 128).any(axis=0))
    assert columns[-1] - columns[0] >= 0.6 * SMALL.width


@pytest.mark.parametrize("name", compositions())
def test_the_same_seed_gives_the_same_bytes(name):
    assert drawn(name, "Retired mechanic club", seed=4) == drawn(name, "Retired mechanic club", seed=4)


@pytest.fixture
def faces_of_pip(monkeypatch) -> Iterator[None]:
    """Only what pip installed: no folder of the system's."""
    caches = [faces.installed, faces.wanted, setting.line]
    monkeypatch.setattr(faces, "FOLDERS", ())
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_every_composition_can_be_drawn_with_the_faces_of_pip_alone(faces_of_pip):
    for name in compositions():
        inked = alpha(drawn(name, "Camp more worry less", "est. 1986"))
        assert (inked > 128).mean() > 0.015, name
    assert all(face.source.startswith("pip ") for face in faces.installed())


def test_there_are_at_least_two_dozen_and_each_has_words_for_its_style():
    assert len(compositions()) >= 24
    assert all(len(each.terms) >= 3 for each in compositions().values())
    assert all(name == each.name for name, each in compositions().items())


def test_how_well_a_wording_fits_is_between_0_and_1():
    for text, hook in wordings(5, 40):
        wording = wording_of(Row(id="1", text=text, hook=hook))
        assert all(0 <= each.fits(wording) <= 1 for each in compositions().values())
        assert max(each.fits(wording) for each in compositions().values()) >= 0.4
