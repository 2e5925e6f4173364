"""Descriptors: a brand that CLIP measured, from its lines to its designs, with a tiny CLIP through the real code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from evals import fit_clip
from ui.cli import main

pytest.importorskip("transformers")
pytest.importorskip("diffusers")


@pytest.fixture
def home(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own; two images beside it."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BELLWETHER_CLIP_MODEL", raising=False)
    for at, ink in enumerate(("#c03020", "#203060")):
        image = Image.new("RGB", (300, 360), "#f4ead6")
        ImageDraw.Draw(image).ellipse((60 + 40 * at, 80, 240, 280), fill=ink)
        image.save(tmp_path / f"{at}.png")
    return tmp_path


@pytest.fixture
def weights(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from tests.tiny import save_clip

    save_clip(home / "clip")
    monkeypatch.setenv("BELLWETHER_CLIP_MODEL", str(home / "clip"))
    monkeypatch.setattr(fit_clip, "FAMILIES", 2)
    return home / "clip"


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["--json", *words]) == 0, capsys.readouterr().err
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    return body


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(list(words)) == 2
    return capsys.readouterr().err.strip()


def add(home: Path) -> tuple[str, ...]:
    return ("brand", "add", "discs", str(home / "0.png"), str(home / "1.png"), "--descriptor", "clip")


def test_with_no_setting_clip_says_which_one_it_lacks_and_asks_no_network(home, capsys):
    for words in (add(home), ("brand", "calibrate")):
        assert "BELLWETHER_CLIP_MODEL" in refused(capsys, *words)
    assert "there are: classical, clip" in refused(capsys, *add(home)[:-1], "siglip")


def test_weights_without_lines_measure_no_brand_until_they_are_calibrated(home, weights, capsys):
    assert "run `bellwether brand calibrate` once" in refused(capsys, *add(home))
    measured = told(capsys, "brand", "calibrate")
    brand = told(capsys, *add(home))
    assert (brand["lines"], brand["prompt_lines"]) == (measured["lines"], measured["prompt_lines"])
    assert "96 images in 8 styles drawn by code" in brand["lines"]["data"]
    shown = told(capsys, "brand", "show", "discs")
    assert shown["profile"]["version"] == measured["version"]
    assert shown["lines"] == measured["lines"]


def test_a_brand_of_clip_judges_its_designs_and_without_weights_says_what_is_missing(
    home, weights, capsys, monkeypatch
):
    told(capsys, "brand", "calibrate")
    told(capsys, *add(home))
    (home / "rows.csv").write_text("id,text\n1,Moss first\n2,Fern second\n")
    batch = told(capsys, "batch", "run", str(home / "rows.csv"), "--brand", "discs", "--size", "450x540")
    assert batch["done"] + batch["dead"] == 2
    assert {each["reason"] for each in batch["designs"]} <= {None, "style"}, batch["designs"]
    monkeypatch.delenv("BELLWETHER_CLIP_MODEL")
    again = told(capsys, "batch", "run", str(home / "rows.csv"), "--brand", "discs", "--size", "900x1080")
    assert {(each["status"], each["reason"]) for each in again["designs"]} == {("dead", "renderer")}
    assert all("BELLWETHER_CLIP_MODEL" in each["error"] for each in again["designs"])
