from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from pathlib import Path

from PIL import Image

from store.assets import Assets
from ui.console import brands, pictures


def packed(side: int, mode: str = "RGBA") -> bytes:
    written = BytesIO()
    Image.new(mode, (side, 2 * side), (200, 40, 60, 128)[: len(mode)]).save(written, "PNG")
    return written.getvalue()


def test_a_picture_is_reduced_and_keeps_its_alpha(tmp_path: Path) -> None:
    digest = Assets(tmp_path).put(packed(400))
    url = pictures.inline(tmp_path, digest)
    shown = Image.open(BytesIO(b64decode(url.removeprefix("data:image/webp;base64,"))))
    assert shown.size == (128, 256)
    assert shown.mode == "RGBA"


def test_a_file_that_is_gone_or_no_picture_is_none(tmp_path: Path) -> None:
    assert pictures.inline(tmp_path, "a" * 64) == ""
    assert pictures.inline(tmp_path, None) == ""
    assert pictures.inline(tmp_path, Assets(tmp_path).put(b"hello")) == ""


def test_only_a_plain_colour_is_a_ground() -> None:
    assert pictures.ground("#A1b2c3") == "#A1b2c3"
    assert [pictures.ground(each) for each in (None, "red", "#123", "#123456;x", "url(//x)")] == [""] * 5


def test_images_that_cannot_be_references_are_told_by_name_and_the_others_are_kept() -> None:
    good, bad = brands.sorted_out([("logo.png", packed(64, "RGB")), ("dot.png", packed(1)), ("notes.jpg", b"hello")])
    assert list(good) == ["logo.png"]
    assert [line.partition(":")[0] for line in bad] == ["dot.png", "notes.jpg"]


def test_measured_figures_have_their_unit_and_what_is_missing_is_left_out() -> None:
    assert list(brands.figures_of({"symmetry": 0.766, "tones": 3.0, "references": ["x"]})) == [
        "symmetry 77%", "tones 3"
    ]  # fmt: skip
