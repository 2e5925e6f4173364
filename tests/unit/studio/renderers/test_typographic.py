from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.brand import Calibration, Likeness, Look, Profile
from studio.drawing import Brief, Drawing, Knobs, Row, Size
from studio.errors import Failed, NotConfigured
from studio.house import HOUSE
from studio.lettering.compositions import compositions
from studio.lettering.words import wording_of
from studio.renderers.typographic import Typographic, palette_of, suited

SMALL = Size(225, 270, 15)
COLOURS = ("#d1495b", "#edae49", "#00798c", "#30638e", "#003d5b")
BRAND = Profile("house", "none", "1", (), COLOURS)
ROW = Row("1", "Powered by coffee", keyword="coffee", hook="est. 1986")
OTHER_PROCESS = """
import hashlib
from studio.brand import Profile
from studio.drawing import Brief, Row, Size
from studio.renderers.typographic import Typographic
brand = Profile("house", "none", "1", (), ("#d1495b", "#edae49", "#00798c", "#30638e", "#003d5b"))
row = Row("1", "Powered by coffee", keyword="coffee", hook="est. 1986")
drawing = Typographic().draw([Brief(row, brand, "", "", 7, Size(225, 270, 15))])[0]
print(hashlib.sha256(drawing.svg + drawing.image.tobytes()).hexdigest())
"""


def brief(row: Row = ROW, seed: int = 7, **parameters: Any) -> Brief:
    return Brief(row, replace(BRAND, parameters=parameters), "", "", seed, SMALL)


def drawn(wanted: Brief, renderer: Typographic | None = None) -> Drawing:
    drawing = (renderer or Typographic()).draw([wanted])[0]
    assert isinstance(drawing, Drawing), drawing
    return drawing


def digest(drawing: Drawing) -> str:
    return hashlib.sha256((drawing.svg or b"") + drawing.image.tobytes()).hexdigest()


class Brightness:
    """A descriptor of one number: the mean light of the picture on white."""

    name, version = "brightness", "1"
    calibration = Calibration(0, 0, 0, 0, 0, 0, "none")

    def look(self, image: Image.Image) -> Look:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        return Look(np.zeros((0, 4)), {"light": np.array([np.asarray(paper.convert("L")).mean() / 255])})

    def compare(self, look: Look, references: Sequence[Look]) -> Likeness:
        near = 1 - min(abs(float(look.parts["light"][0] - other.parts["light"][0])) for other in references)
        return Likeness(near, 0.0, near, near)


def test_a_brief_becomes_a_picture_of_its_size_and_its_vectors():
    drawing = drawn(brief())
    assert drawing.image.size == (225, 270)
    assert drawing.image.mode == "RGBA"
    assert drawing.svg is not None
    assert drawing.svg.startswith(b"<svg ")
    assert drawing.seed == 7


def test_the_manifest_says_what_it_was_made_with():
    made_with = json.loads(json.dumps(drawn(brief(composition="stacked")).made_with))
    assert made_with["composition"] == "stacked"
    assert made_with["palette"]["ink"] == palette_of(BRAND).ink
    assert set(made_with["faces"].values()) <= {"OFL-1.1", "Apache-2.0"}


def test_the_same_brief_gives_the_same_bytes_also_in_another_process():
    ours = digest(drawn(brief()))
    for hash_seed in ("0", "4242"):
        run = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path), "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == ours


def test_another_seed_gives_another_picture():
    assert len({digest(drawn(brief(seed=seed))) for seed in range(6)}) > 3


def test_a_named_composition_is_taken_and_an_unknown_one_is_refused():
    assert drawn(brief(composition="badge")).made_with["composition"] == "badge"
    with pytest.raises(NotConfigured, match=r"no composition 'gothic'.*stacked"):
        Typographic().draw([brief(composition="gothic")])


def test_a_row_that_cannot_be_lettered_stands_as_its_failure_among_the_others():
    good, bad = Typographic().draw([brief(), brief(Row("2", "x" * 2000))])
    assert isinstance(good, Drawing)
    assert isinstance(bad, Failed)
    assert bad.reason == "text"


def test_a_dark_product_takes_the_brands_light_inks():
    assert palette_of(replace(BRAND, parameters={"ground": "dark"})).ink != palette_of(BRAND).ink


def test_the_composition_nearest_the_brand_is_taken_and_refinement_narrows_the_choice():
    renderer = Typographic(Brightness())
    nearest = max(suited(wording_of(ROW)), key=lambda each: each.name)
    looks = renderer.sampled(palette_of(BRAND))
    profile = replace(BRAND, looks=(looks[nearest.name],))
    wanted = [replace(brief(seed=seed), profile=profile) for seed in range(12)]
    chosen = [
        {drawn(replace(each, knobs=Knobs(attempt=attempt)), renderer).made_with["composition"] for each in wanted}
        for attempt in (0, 3)
    ]
    assert chosen[1] == {nearest.name}
    assert len(chosen[0]) > 1


def test_samples_are_drawn_once_for_each_palette():
    renderer = Typographic(Brightness())
    assert renderer.sampled(palette_of(BRAND)) is renderer.sampled(palette_of(BRAND))
    assert list(renderer.sampled(palette_of(BRAND))) == list(compositions())


def test_a_batch_of_the_house_is_drawn_in_many_compositions_and_one_of_a_brand_with_terms_in_few():
    renderer = Typographic()

    def chosen(profile: Profile) -> set[str]:
        briefs = [replace(brief(seed=seed), profile=profile) for seed in range(60)]
        return {renderer.chosen(each, wording_of(ROW), palette_of(profile)).name for each in briefs}

    assert len(chosen(HOUSE)) >= 8
    assert len(chosen(replace(HOUSE, parameters={}))) == 1


def test_terms_of_the_brand_choose_where_there_is_no_descriptor():
    wanted = [
        replace(brief(seed=seed), profile=replace(BRAND, terms=("stencil", "bold", "vintage", "industrial")))
        for seed in range(3)
    ]
    assert {drawn(each).made_with["composition"] for each in wanted} == {"stencilled"}


def test_every_wording_finds_a_composition():
    for text in ("Yes", "Donaudampfschifffahrtsgesellschaft", "word " * 39 + "end", "קפה first", "山"):
        assert suited(wording_of(Row("1", text)))
