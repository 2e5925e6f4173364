"""Designs as files to hand on: read back by other readers than the writers."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from studio import export
from studio.drawing import Row
from studio.errors import Failed
from studio.export import SHOPIFY, Design, manifest_of, shopify_csv, write_atlas, write_folder, write_shopify, write_zip
from studio.library import Tag
from studio.print import File


def filed(path: Path) -> File:
    content = path.read_bytes()
    return File(path, hashlib.sha256(content).hexdigest(), len(content))


def design(shelf: Path, name: str, text: str = "Gone fishing", seed: int = 1, **changes) -> Design:
    folder = shelf / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    image = Image.new("RGBA", (450, 540), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((20, 20, 400, 500), f"#{random.Random(seed).randrange(0x1000000):06x}")
    for at, side in (("aa", 540), ("bb", 256)):
        image.resize((side * 450 // 540, side)).save(folder / at, "PNG")
    (folder / "cc").write_text("<svg/>")
    made = Design(
        Row(name, text, "trout", "est. 1986", "anglers", "mug"),
        f"a prompt for {text}",
        "blurry",
        seed,
        "typographic",
        "1.0",
        "house",
        {"print": filed(folder / "aa"), "thumb": filed(folder / "bb"), "vectors": filed(folder / "cc")},
        {"composition": "badge", "faces": {"Amatic SC": "OFL-1.1"}, "licence": "own vectors", "palette": ["#182649"]},
        (Tag("trout", 0.95), Tag("mug, large", 0.9)),
        "animals",
    )
    return replace(made, **changes)


@pytest.fixture
def two(tmp_path) -> list[Design]:
    return [design(tmp_path / "shelf", "B-2", seed=2), design(tmp_path / "shelf", "a/1: CON", "=cmd|' /C calc'!A0")]


def test_a_zip_holds_every_file_under_safe_names_with_a_manifest_that_agrees(tmp_path, two):
    with zipfile.ZipFile(write_zip(two, tmp_path / "designs.zip")) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [
            "B-2/design.svg", "B-2/print.png", "B-2/thumb.png",
            "a-1-CON/design.svg", "a-1-CON/print.png", "a-1-CON/thumb.png", "manifest.json",
        ]  # fmt: skip
        told = json.loads(packed.read("manifest.json"))
        for each in told["designs"]:
            for file in each["files"]:
                content = packed.read(f"{each['name']}/{file['name']}")
                assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])


def test_the_same_designs_in_any_order_at_any_time_give_the_same_bytes(tmp_path, two):
    one = write_zip(two, tmp_path / "one.zip").read_bytes()
    assert write_zip(two[::-1], tmp_path / "later" / "two.zip").read_bytes() == one
    assert b"\x00\x00\x21\x00" in one[:20], "dated 1980-01-01 00:00"


def test_the_manifest_says_how_a_design_was_made_and_under_which_licences(two):
    (told,) = json.loads(manifest_of(two[:1], ["B-2"]))["designs"]
    assert (told["prompt"], told["negative"], told["seed"]) == ("a prompt for Gone fishing", "blurry", 2)
    assert told["renderer"] == {"name": "typographic", "version": "1.0"}
    assert (told["composition"], told["faces"], told["licences"]) == ("badge", {"Amatic SC": "OFL-1.1"}, "own vectors")
    assert told["made_with"] == {"palette": ["#182649"]}
    assert told["tags"] == {"trout": 0.95, "mug, large": 0.9}


def test_designs_one_by_one_lie_in_folders_of_their_own(tmp_path, two):
    written = write_folder(two, tmp_path / "out")
    assert [str(path.relative_to(tmp_path / "out")) for path in written][-2:] == ["a-1-CON/thumb.png", "manifest.json"]
    assert len(written) == 7
    assert (tmp_path / "out" / "B-2" / "print.png").read_bytes() == two[0].files["print"].path.read_bytes()


def test_a_file_of_another_kind_is_called_as_its_kind_is(tmp_path, two):
    more = {"mockup-shirt-front.png": two[0].files["thumb"], "proof": replace(two[0].files["thumb"])}
    written = write_folder([replace(two[0], files=more)], tmp_path / "out")
    assert [path.name for path in written] == ["mockup-shirt-front.png", "proof", "manifest.json"]


def test_two_rows_whose_names_come_out_the_same_lie_apart(tmp_path):
    alike = [design(tmp_path / "s", name) for name in ("a?b", "a*b", "A b")]
    with zipfile.ZipFile(write_zip(alike, tmp_path / "z.zip")) as packed:
        folders = {name.split("/")[0].casefold() for name in packed.namelist()}
    assert len(folders) == 4


def test_no_row_is_called_as_the_manifest_is(tmp_path):
    written = write_folder([design(tmp_path / "s", "Manifest.JSON")], tmp_path / "out")
    assert {path.parent.name for path in written} == {"Manifest.JSON-2", "out"}


@pytest.mark.parametrize("write", [write_zip, write_folder])
def test_a_file_that_is_not_what_was_filed_is_not_handed_on(tmp_path, two, write):
    two[0].files["print"].path.write_bytes(b"something else")
    with pytest.raises(Failed, match="is not what was filed") as caught:
        write(two, tmp_path / "out")
    assert caught.value.reason == "disk"
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]
    assert not (tmp_path / "out").is_file()


def test_a_file_that_is_gone_is_named(tmp_path, two):
    two[0].files["vectors"].path.unlink()
    with pytest.raises(Failed, match="is not in the library any more"):
        write_zip(two, tmp_path / "designs.zip")
    assert not (tmp_path / "designs.zip").exists()


def test_a_full_disk_leaves_nothing_half_written(tmp_path, two, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export.os, "replace", full)
    with pytest.raises(Failed, match=r"no room for designs\.zip"):
        write_zip(two, tmp_path / "designs.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["shelf"]


def products(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def test_products_are_drafts_with_shopifys_columns_and_no_formula(two):
    rows = products(shopify_csv(two, "@home"))
    assert tuple(rows[0]) == SHOPIFY
    assert [row["Title"] for row in rows] == ["'=cmd|' /C calc'!A0", "Gone fishing"]
    assert [row["URL handle"] for row in rows] == ["cmd-c-calc-a0-mug", "gone-fishing-mug"]
    assert {(row["Status"], row["Published on online store"], row["Vendor"]) for row in rows} == {
        ("draft", "FALSE", "'@home")
    }
    assert rows[1]["Tags"] == "trout, mug  large"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell]


def test_a_price_is_written_in_units_and_every_further_picture_has_a_row(two):
    urls = ("https://a.example/1.png", "http://a.example/2.png", "https://a.example/3.png")
    rows = products(shopify_csv([replace(two[0], price_cents=2405, image_urls=urls)], "Shop"))
    assert [(row["Price"], row["Product image URL"], row["Image position"]) for row in rows] == [
        ("24.05", "https://a.example/1.png", "1"),
        ("", "https://a.example/3.png", "2"),
    ]
    assert len({row["URL handle"] for row in rows}) == 1


def test_markup_in_a_text_is_no_markup_in_the_shop(two):
    marked = replace(two[0], row=replace(two[0].row, text="<script>alert(1)</script>"))
    assert "<script>" not in products(shopify_csv([marked], "Shop"))[0]["Description"]


def test_titles_that_come_out_the_same_get_handles_of_their_own(tmp_path):
    alike = [design(tmp_path / "s", name, text) for name, text in (("1", "Cat Dad"), ("2", "cat dad!"), ("3", "釣り"))]
    assert [row["URL handle"] for row in products(shopify_csv(alike, "Shop"))] == [
        "cat-dad-mug",
        "cat-dad-mug-2",
        "mug",
    ]


def test_the_shops_files_are_the_products_and_the_manifest(tmp_path, two):
    written = write_shopify(two, tmp_path / "shop", "Shop")
    assert [path.name for path in written] == ["manifest.json", "products.csv"]


def test_an_atlas_shows_every_design_where_its_json_says(tmp_path, two):
    written = write_atlas(two, tmp_path / "atlas", side=128)
    assert [path.name for path in written] == ["atlas-1.json", "atlas-1.png", "manifest.json"]
    told = json.loads((tmp_path / "atlas" / "atlas-1.json").read_text())
    with Image.open(tmp_path / "atlas" / told["meta"]["image"]) as sheet:
        assert sheet.size == (told["meta"]["size"]["w"], told["meta"]["size"]["h"])
        for frame in told["frames"]:
            box = frame["frame"]
            assert max(box["w"], box["h"]) == 128
            assert sheet.getpixel((box["x"] + box["w"] // 2, box["y"] + box["h"] // 2))[3] == 255
    assert [frame["filename"] for frame in told["frames"]] == ["B-2", "a-1-CON"]
    assert json.loads((tmp_path / "atlas" / "manifest.json").read_text())["pages"] == 1


def test_an_atlas_goes_on_to_a_second_page(tmp_path, two):
    written = write_atlas(two, tmp_path / "atlas", side=200, largest=256)
    assert [path.name for path in written if path.suffix == ".png"] == ["atlas-1.png", "atlas-2.png"]
    again = write_atlas(two[::-1], tmp_path / "again", side=200, largest=256)
    assert [path.read_bytes() for path in written] == [path.read_bytes() for path in again]


def test_a_design_without_a_picture_is_named(tmp_path, two):
    bare = replace(two[0], files={"vectors": two[0].files["vectors"]})
    with pytest.raises(Failed, match="the design B-2 has no print file"):
        write_atlas([bare], tmp_path / "atlas")
