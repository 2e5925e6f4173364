"""`bellwether batch`, `brand` and `design`: from a file of rows to print files, with the real renderer, small."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from studio.lettering.faces import SCRIPTS, wanted
from ui.cli import main

CSV = 'id,text,hook\n1,Mountains are calling,est. 1986\n2,Coffee first,\n3,"Oh, ""well""",\n'


@pytest.fixture
def home(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own beside the test's database; Redis is away."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path / "home"))
    (tmp_path / "spring.csv").write_text(CSV)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What a command answers as JSON."""
    capsys.readouterr()
    assert main(["--json", *words]) == 0, capsys.readouterr().err
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    return body


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line in which a command refuses."""
    capsys.readouterr()
    assert main(list(words)) == 2
    return capsys.readouterr().err.strip()


def test_a_file_of_rows_becomes_print_files_and_the_same_file_again_nothing_new(home, capsys):
    first = told(capsys, "batch", "run", str(home / "spring.csv"), "--size", "450x540")
    assert (first["status"], first["total"], first["done"], first["dead"]) == ("finished", 3, 3, 0)
    files = sorted(path.name for path in (home / "home" / "assets").glob("??/??/*"))
    again = told(capsys, "batch", "run", str(home / "spring.csv"), "--size", "450x540")
    assert again["id"] == first["id"]
    assert sorted(path.name for path in (home / "home" / "assets").glob("??/??/*")) == files
    assert {each["attempts"] for each in again["designs"]} == {1}
    [listed] = told(capsys, "batch", "list")["batches"]
    assert (listed["name"], listed["brand"]) == ("spring", "house")


def test_one_design_says_where_its_files_are_and_what_it_was_made_with(home, capsys):
    body = told(capsys, "design", "Mountains are calling", "--hook", "est. 1986", "--size", "450x540")
    assert set(body["files"]) == {"print", "press", "thumb", "vectors"}
    assert Path(body["files"]["print"]).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert body["made_with"]["composition"]


def test_one_design_is_copied_with_its_files_under_its_words(home, capsys):
    body = told(capsys, "design", "Mountains are calling", "--size", "450x540", "--to", str(home / "out"))
    assert set(body["files"]) == {"print", "press", "thumb", "vectors", "manifest"}
    assert {Path(each).is_relative_to(home / "out") for each in body["files"].values()} == {True}
    assert Path(body["files"]["print"]).parent.name.startswith("Mountains-are-calling-")
    [told_of] = json.loads((home / "out" / "manifest.json").read_text())["designs"]
    assert told_of["seed"] and told_of["licences"]


@pytest.mark.parametrize(
    ("form", "named"),
    [("folder", "print.png"), ("zip", "spring.zip"), ("shopify", "products.csv"), ("atlas", "atlas-1.png")],
)
def test_what_is_finished_is_handed_on_under_names_with_a_manifest(home, capsys, form, named):
    told(capsys, "batch", "run", str(home / "spring.csv"), "--size", "450x540")
    files = told(capsys, "batch", "export", "spring", "--as", form, "--to", str(home / "out"))["files"]
    assert named in {Path(each).name for each in files}
    assert all(Path(each).stat().st_size for each in files)
    if form != "zip":
        manifest = json.loads((home / "out" / "manifest.json").read_text())
        assert [each["id"] for each in manifest["designs"]] == ["1", "2", "3"]
        assert all(each["prompt"] and each["tags"] and each["licences"] for each in manifest["designs"])


def test_what_cannot_be_handed_on_is_one_line(home, capsys):
    told(capsys, "batch", "run", str(home / "spring.csv"), "--background")
    assert "nothing of 'spring' is finished" in refused(capsys, "batch", "export", "spring", "--to", str(home / "out"))
    assert "one of folder, zip" in refused(capsys, "batch", "export", "spring", "--as", "psd", "--to", str(home))


def test_what_is_left_to_the_workers_waits_and_can_be_paused_put_first_and_cancelled(home, capsys):
    left = told(capsys, "batch", "run", str(home / "spring.csv"), "--size", "450x540", "--background")
    assert (left["status"], left["waiting"]) == ("running", 3)
    assert told(capsys, "batch", "pause", "spring", "--reason", "lunch")["status"] == "paused"
    assert told(capsys, "batch", "resume", "spring")["status"] == "running"
    assert told(capsys, "batch", "priority", "spring", "5")["priority"] == 5
    told(capsys, "batch", "priority", "spring", "9", "--row", "2")
    rows = told(capsys, "batch", "show", "spring", "--status", "waiting")["designs"]
    assert [each["priority"] for each in rows] == [0, 9, 0]
    assert told(capsys, "batch", "cancel", "spring")["cancelled"] == 3
    assert told(capsys, "batch", "retry", "spring", "2")["retried"] == 1


def test_what_cannot_be_done_is_one_line(home, capsys):
    assert "no batch 'winter'" in refused(capsys, "batch", "show", "winter")
    assert "no brand 'acme'; there are: " in refused(
        capsys, "batch", "run", str(home / "spring.csv"), "--brand", "acme"
    )
    assert "write 4500x5400" in refused(capsys, "design", "moss", "--size", "large")
    assert "no renderer 'paint'" in refused(capsys, "design", "moss", "--renderer", "paint")
    assert "no file" in refused(capsys, "batch", "run", str(home / "autumn.csv"))
    assert "say which" in refused(capsys, "batch", "retry", "spring")


def test_the_house_has_a_brand(home, capsys):
    [house] = told(capsys, "brand", "list")["brands"]
    assert house["name"] == "house" and len(house["palette"]) == 5
    shown = told(capsys, "brand", "show", "house")
    assert shown["profile"]["terms"]
    assert (shown["lines"]["style"], shown["lines"]["palette_de"]) == (0.85, 15.0)
    assert "drawn by code" in shown["lines"]["data"]
    for accepted, rejected in shown["lines"]["each"].values():
        assert 0 <= accepted <= 1
        assert 0 <= rejected <= 0.06


def picture(home: Path, name: str, ink: str = "#c03020") -> str:
    """A disc on paper, as a file."""
    image = Image.new("RGB", (300, 360), "#f4ead6")
    ImageDraw.Draw(image).ellipse((60, 80, 240, 280), fill=ink)
    image.save(home / name)
    return str(home / name)


def test_a_brand_of_what_shows_no_style_or_under_no_name_is_one_line_and_nothing_is_kept(home, capsys):
    red, again = picture(home, "red.png"), picture(home, "again.bmp")
    (home / "draw.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert "export it as PNG" in refused(capsys, "brand", "add", "acme", red, str(home / "draw.svg"))
    assert "give each image once" in refused(capsys, "brand", "add", "acme", red, again)
    assert "6 references; give one to 5" in refused(capsys, "brand", "add", "acme", *[red] * 6)
    assert "the brand's name is empty" in refused(capsys, "brand", "add", " ", red)
    assert "U+000A" in refused(capsys, "brand", "add", "a\nb", red)
    assert "at most 80" in refused(capsys, "brand", "add", "x" * 81, red)
    assert [each["name"] for each in told(capsys, "brand", "list")["brands"]] == ["house"]
    assert not list((home / "home" / "assets").glob("??/??/*"))


def test_a_design_that_is_typed_is_held_to_what_rows_are_and_its_folder_must_be_writable(home, capsys):
    assert "probably 'mug' is meant" in refused(capsys, "design", "Moss", "--product", "mugg")
    assert "at most 600" in refused(capsys, "design", "word " * 400)
    assert "names what no shop prints" in refused(capsys, "design", "Hentai club")
    assert "cannot be written" in refused(capsys, "batch", "export", exported(home, capsys), "--to", "/proc/nope")


def exported(home: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The name of a batch that is finished."""
    (home / "one.csv").write_text("id,text\n=1+1,=cmd|' /C calc'!A0\n../../up,Moss\n")
    told(capsys, "batch", "run", str(home / "one.csv"), "--size", "300x360")
    return "one"


def test_what_a_spreadsheet_would_run_or_a_path_would_climb_is_text_when_it_goes_out(home, capsys):
    files = told(capsys, "batch", "export", exported(home, capsys), "--to", str(home / "out"))["files"]
    assert all(Path(each).resolve().is_relative_to(home / "out") for each in files)
    told(capsys, "batch", "export", "one", "--as", "shopify", "--to", str(home / "shop"))
    with (home / "shop" / "products.csv").open(newline="") as written:
        cells = [cell for row in csv.reader(written) for cell in row]
    assert any(cell.startswith("'=cmd") for cell in cells)
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def test_a_script_without_a_face_is_a_dead_letter_that_names_its_package_and_the_others_are_drawn(home, capsys):
    if wanted(SCRIPTS["Runr"][0]) is not None:
        pytest.skip("fonts-noto-core is installed: runes have a face")
    (home / "scripts.csv").write_text("id,text\nlatin,Moss\nrunes,ᚠᚢᚦᚨᚱᚲ\ngreek,Βουνά\ncyrillic,Горы\n", "utf-8")
    rows = told(capsys, "batch", "run", str(home / "scripts.csv"), "--size", "300x360")["designs"]
    assert [each["status"] for each in rows] == ["done", "dead", "done", "done"]
    assert (rows[1]["reason"], "apt install fonts-noto-core" in rows[1]["error"]) == ("text", True)
