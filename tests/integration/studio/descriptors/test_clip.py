"""Clip: a tiny model with random weights goes through the very code that loads a real one."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.brand import profile_of
from studio.brief import brief_of, speech
from studio.descriptors import clip
from studio.descriptors.classical import Slope
from studio.descriptors.clip import UNMEASURED, Clip, pack, unpack, version_of
from studio.drawing import Row
from studio.errors import NotConfigured

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("diffusers")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    from tests.tiny import save_clip

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("clip")
    save_clip(folder)
    return str(folder)


def _disc(ink: str, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (90, 70), "white" if mode == "RGB" else (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((20, 10, 70, 60), fill=ink)
    return image


def test_an_embedding_has_length_one_and_is_the_same_twice(weights: str) -> None:
    sees = Clip(weights)
    one, two = sees.look(_disc("red")), Clip(weights).look(_disc("red"))
    assert one.parts["clip"].shape == (24,)
    assert np.linalg.norm(one.parts["clip"]) == pytest.approx(1)
    assert (one.parts["clip"] == two.parts["clip"]).all()


def test_an_image_is_most_like_itself_and_transparent_is_white(weights: str) -> None:
    sees = Clip(weights)
    reference = sees.look(_disc("red"))
    same = sees.compare(sees.look(_disc("red", "RGBA")), [reference])
    other = sees.compare(sees.look(_disc("blue")), [reference])
    assert same.style == pytest.approx(1, abs=1e-3)
    assert same.overall > other.overall
    assert other.palette_de > same.palette_de
    with pytest.raises(ValueError, match="at least one"):
        sees.compare(reference, [])


def test_its_lines_promise_nothing_until_they_are_measured(weights: str) -> None:
    lines = Clip(weights).calibration
    assert lines.false_accept == lines.false_reject == 1
    assert "not measured" in lines.data


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match=r"weights of clip: no folder .*nowhere"):
        Clip(str(tmp_path / "nowhere"))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(NotConfigured, match="no CLIP weights can be read"):
        Clip(str(tmp_path)).look(_disc("red"))


def test_other_weights_are_another_version(weights: str, tmp_path: Path) -> None:
    from tests.tiny import save_clip

    save_clip(tmp_path, seed=8)
    assert version_of(weights) != version_of(str(tmp_path))
    assert version_of("hub:openai/clip-vit-large-patch14") == version_of("hub:openai/clip-vit-large-patch14")


def test_nothing_is_asked_of_the_network_where_a_folder_is_named(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    clip._loaded.cache_clear()
    assert Clip(weights).look(_disc("red")).parts["clip"].shape == (24,)


def test_its_lines_are_drawn_on_styles_of_ours_and_say_what_they_cost(weights: str) -> None:
    from evals.fit_clip import fit

    found = fit(Clip(weights), families=2)
    lines = found.lines
    assert lines.data.startswith("96 images in 8 styles drawn by code (seed 2); accepted of sister styles 0.")
    assert 0 < lines.false_reject < 0.15
    assert 0 <= lines.false_accept < 0.5
    assert found.prompt_lines.false_reject < 0.2
    assert found.prompt.score(0) >= 0.75 > found.prompt.score(1)
    assert unpack(json.loads(json.dumps(pack(found)))) == found


def test_a_prompt_is_held_against_the_words_of_the_brand_itself(weights: str) -> None:
    plain = Clip(weights)
    brand = profile_of("discs", [_disc("red"), _disc("orange")], plain)
    own = brief_of(Row("1", "Moss first"), brand)
    others = [replace(own, prompt=f"Lettering “Moss first”. Style: {word}") for word in ("neon", "photo", "grey", "z")]
    below = [plain.below(speech(brief), brand) for brief in others]
    worst = others[below.index(max(below))]
    strict = Clip(weights, replace(UNMEASURED, prompt=Slope.through((max(below) / 2, 0.75), (0.0, 0.95))))
    assert plain.below(speech(own), brand) == pytest.approx(0, abs=1e-6)
    assert strict.check(own, brand).passed
    found = strict.check(worst, brand)
    assert (found.passed, found.judged_by) == (False, strict.version)
    assert "not named" in found.gap and brand.terms[0] in found.proposal
