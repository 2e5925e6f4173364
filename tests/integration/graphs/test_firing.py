"""Firing: what the settings give a renderer, and that a brand's references reach the one that draws pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from graphs import firing
from graphs.firing import Kit, Order, at_once_of, fire, references_of, renderer_of
from store.assets import Assets
from studio import safety
from studio.brand import profile_of
from studio.brief import brief_of
from studio.descriptors.classical import Classical
from studio.drawing import Brief, Drawing, Row, Size
from studio.errors import Failed, NotConfigured
from studio.export import Design, manifest_of
from studio.house import HOUSE
from studio.renderers.weights import Weights


def png(seed: int) -> bytes:
    """A small picture of blocks, other for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    written = BytesIO()
    Image.fromarray(blocks).save(written, "PNG")
    return written.getvalue()


def test_the_images_of_a_brand_are_found_again_by_what_its_profile_holds(tmp_path: Path) -> None:
    assets = Assets(tmp_path)
    images = [png(seed) for seed in (1, 2)]
    digests = [assets.put(content) for content in images]
    opened = [Image.open(BytesIO(content)).convert("RGB") for content in images]
    profile = profile_of("blocks", opened, Classical(), {"references": digests})
    found = references_of(assets, profile)
    assert [each.convert("RGB").tobytes() for each in found] == [each.tobytes() for each in opened]


def test_a_brand_without_references_has_none(tmp_path: Path) -> None:
    profile = profile_of("plain", [Image.open(BytesIO(png(3))).convert("RGB")], Classical())
    assert references_of(Assets(tmp_path), profile) == []


@pytest.mark.parametrize(
    ("name", "kit", "said"),
    [
        ("sdxl", Kit(), "BELLWETHER_SDXL_MODEL"),
        ("openai", Kit(), "no key"),
        ("oil", Kit(weights=Weights("/nowhere")), "typographic, sdxl, openai"),
    ],
)
def test_a_renderer_that_lacks_something_says_what(name: str, kit: Kit, said: str) -> None:
    with pytest.raises(NotConfigured, match=said):
        renderer_of(name, kit)


@dataclass
class Paints:
    """A renderer that gives back what it is told to."""

    answers: list[Any]
    name: str = "sdxl"
    version: str = "1"
    at_once: int = 4

    def draw(self, briefs: Sequence[Brief]) -> list[Any]:
        return self.answers


@pytest.fixture
def paints(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def given(*answers: Any) -> None:
        monkeypatch.setattr(firing, "renderer_of", lambda *asked: Paints(list(answers)))

    return given


def order(folder: Path, text: str = "Moss") -> Order:
    return Order(brief_of(Row(text, text), HOUSE, Size(150, 180)), "sdxl", text.ljust(64, "0"), str(folder))


def painted(side: tuple[int, int] = (150, 180)) -> Drawing:
    """A disc on paper, as a model of pictures would give it."""
    image = Image.new("RGBA", side, "#f4ead6")
    ImageDraw.Draw(image).ellipse((30, 40, 110, 130), fill="#c03020")
    return Drawing(image, None, "sdxl", "1", 7, {})


@pytest.mark.parametrize("answers", [[], [None], [painted(), painted()]], ids=["nothing", "none", "too many"])
def test_a_renderer_that_gives_back_no_drawing_fails_the_row_and_says_so(tmp_path: Path, paints, answers: list[Any]):
    paints(*answers)
    with pytest.raises(Failed, match="gave no drawing back") as failed:
        fire(order(tmp_path))
    assert failed.value.reason == "renderer"
    assert not list(tmp_path.glob("??/??/*"))


def test_a_drawing_of_another_size_is_a_miss_and_none_of_its_files_are_kept(tmp_path: Path, paints):
    paints(painted((90, 180)))
    fired = fire(order(tmp_path))
    assert fired["checked"]["misses"][0]["why"] == "drawn 90 x 180 px, asked for 150 x 180"
    assert (fired["passed"], fired["files"], list(tmp_path.glob("??/??/*"))) == (False, [], [])


def test_a_picture_that_no_judge_is_installed_for_is_not_checked_and_says_so_in_its_manifest(
    tmp_path: Path, paints, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "nudenet", None)
    safety.detector.cache_clear()
    paints(painted())
    fired = fire(order(tmp_path))
    told = fired["safety"]
    assert (fired["passed"], told["state"], told["judge"]) == (True, "not checked", "")
    assert "drawn by sdxl" in told["why"] and "bellwether[nsfw]" in told["why"]
    design = Design(Row("1", "Moss"), "", "", 7, "sdxl", "1", "house", {}, safety=told)
    assert json.loads(manifest_of([design], ["moss"]))["designs"][0]["safety"]["state"] == "not checked"


def test_who_judged_is_kept_with_the_licence_of_what_they_looked_with(tmp_path: Path):
    fired = fire(replace(order(tmp_path), renderer="typographic"))
    assert (fired["safety"]["state"], fired["safety"]["judge"]) == ("clear", "text only 1")
    assert fired["safety"]["licence"].startswith("Apache-2.0")


def test_how_many_go_together_is_what_the_setting_says_and_lettering_goes_alone():
    assert at_once_of(("sdxl", Kit(weights=Weights("/nowhere"), sdxl_at_once=4))) == 4
    assert at_once_of(("typographic", Kit())) == 1
