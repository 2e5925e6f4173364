"""Clip: a tiny model with random weights goes through the very code that loads a real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.errors import NotConfigured

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = transformers.CLIPConfig(
        text_config={**small, "vocab_size": 99},
        vision_config={**small, "image_size": 32, "patch_size": 8},
        projection_dim=24,
    )
    folder = tmp_path_factory.mktemp("clip")
    transformers.CLIPModel(config).save_pretrained(folder)
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    transformers.CLIPImageProcessor(**size).save_pretrained(folder)
    return str(folder)


def _disc(ink: str, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (90, 70), "white" if mode == "RGB" else (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((20, 10, 70, 60), fill=ink)
    return image


def test_an_embedding_has_length_one_and_is_the_same_twice(weights: str) -> None:
    from studio.descriptors.clip import Clip

    clip = Clip(weights)
    one, two = clip.look(_disc("red")), Clip(weights).look(_disc("red"))
    assert one.parts["clip"].shape == (24,)
    assert np.linalg.norm(one.parts["clip"]) == pytest.approx(1)
    assert (one.parts["clip"] == two.parts["clip"]).all()


def test_an_image_is_most_like_itself_and_transparent_is_white(weights: str) -> None:
    from studio.descriptors.clip import Clip

    clip = Clip(weights)
    reference = clip.look(_disc("red"))
    same = clip.compare(clip.look(_disc("red", "RGBA")), [reference])
    other = clip.compare(clip.look(_disc("blue")), [reference])
    assert same.style == pytest.approx(1, abs=1e-3)
    assert same.overall > other.overall
    assert other.palette_de > same.palette_de
    with pytest.raises(ValueError, match="at least one"):
        clip.compare(reference, [])


def test_its_lines_promise_nothing_until_they_are_measured(weights: str) -> None:
    from studio.descriptors.clip import Clip

    lines = Clip(weights).calibration
    assert lines.false_accept == lines.false_reject == 1
    assert "not measured" in lines.data


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    from studio.descriptors.clip import Clip

    with pytest.raises(NotConfigured, match=r"no CLIP weights at .*nowhere"):
        Clip(str(tmp_path / "nowhere"))
