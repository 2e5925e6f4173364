"""`bellwether designs`: the library from the command line, on a real database and real files."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from graphs.ageing import Ageing
from store.postgres import pool
from tests.integration.ui.test_producing import refused, told
from tests.stocked import stock
from ui.cli import main


@pytest.fixture
def ids(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, UUID]:
    """A stocked library in a home of its own, by the ids of its rows."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BELLWETHER_ACTOR", "ana")

    async def stocked() -> dict[str, UUID]:
        async with stock(database, tmp_path / "home" / "assets") as made:
            return made.ids

    return asyncio.run(stocked())


def test_designs_are_listed_a_page_at_a_time_with_what_they_are_of(ids, capsys):
    first = told(capsys, "designs", "list", "--limit", "3")
    assert (len(first["designs"]), first["facets"]["categories"]) == (3, {"quotes": 4})
    last = told(capsys, "designs", "list", "--limit", "3", "--after", first["after"])
    assert (len(last["designs"]), last["after"]) == (1, None)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["coffee"], 2), (["coffee", "first"], 2), (["--tag", "bold"], 4), (["--tag", "bold", "fishing"], 1),
        (["--category", "quotes"], 4), (["--brand", "acme"], 4), (["--batch", "spring"], 4), (["--product", "mug"], 0),
        (["--since", "2020-01-01", "--until", "2020-12-31"], 0), (["--score", "0.95"], 0), (["--tier", "cold"], 0),
        (["--deleted"], 0), (["--versions", "--order", "score"], 4), (["/etc/passwd"], 1), (["💥"], 0),
    ],
)  # fmt: skip
def test_a_list_takes_what_it_is_asked_for(ids, capsys, words, count):
    assert len(told(capsys, "designs", "list", *words)["designs"]) == count


def test_people_read_one_line_a_design_and_the_end_of_its_id_names_it_everywhere(ids, capsys):
    assert main(["designs", "list", "fishing"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.split()[0] == str(ids["1"])[-8:]
    assert "Gone fishing" in line
    assert told(capsys, "designs", "show", line.split()[0])["id"] == str(ids["1"])


def test_a_design_is_shown_with_what_happened_to_it(ids, capsys):
    design = str(ids["2"])
    assert told(capsys, "designs", "category", design, "Cafe")["category"] == "cafe"
    assert told(capsys, "designs", "tag", design, "morning", "slow")["changed"] == ["morning", "slow"]
    assert told(capsys, "designs", "tag", design, "slow", "--remove")["changed"] == ["slow"]
    capsys.readouterr()
    assert main(["designs", "show", design]) == 0
    shown = capsys.readouterr().out
    for said in ("cafe (by person)", "morning 1.00", "categorised by ana: quotes -> cafe", "twin ", "no references"):
        assert said in shown


def test_similar_ones_and_duplicates_are_listed(ids, capsys):
    found = told(capsys, "designs", "similar", str(ids["2"]), "--limit", "2")["designs"]
    assert [each["same"] for each in found] == [True, False]
    assert len(told(capsys, "designs", "duplicates")["groups"]) == 1
    for words in (["similar", str(ids["2"])], ["duplicates"]):
        assert main(["designs", *words]) == 0
    assert "2 of the same drawing" in capsys.readouterr().out


def test_several_are_deleted_and_come_back(ids, capsys):
    pair = [str(ids["1"]), str(ids["2"])]
    assert told(capsys, "designs", "delete", *pair, "--reason", "typo")["deleted"] == dict.fromkeys(pair, True)
    assert len(told(capsys, "designs", "list")["designs"]) == 2
    assert told(capsys, "designs", "restore", *pair)["restored"] == dict.fromkeys(pair, True)
    capsys.readouterr()
    assert main(["designs", "restore", pair[0]]) == 0
    assert "is shown already" in capsys.readouterr().out


def test_a_design_is_redrawn(ids, capsys):
    fresh = told(capsys, "designs", "redraw", str(ids["1"]), "--seed", "4")
    assert (fresh["version"], fresh["status"]) == (2, "waiting")
    assert "not finished" not in refused(capsys, "designs", "show", fresh["id"])


def test_files_are_opened_and_copied_under_names(ids, capsys, tmp_path):
    opened = told(capsys, "designs", "open", str(ids["1"]))
    assert Path(opened["path"]).read_bytes()[:4] == b"\x89PNG"
    copied = told(capsys, "designs", "open", str(ids["1"]), "vectors", "--to", str(tmp_path / "out"))
    assert Path(copied["path"]).name == "Gone-fishing-vectors.svg"
    picture = told(capsys, "designs", "mockup", str(ids["1"]), "--product", "mug", "--to", str(tmp_path / "mug.png"))
    assert Path(picture["path"]) == tmp_path / "mug.png"


def test_what_was_put_away_says_so_when_it_comes_back(ids, capsys, database, tmp_path):
    async def age() -> None:
        async with pool(database, "default", 2) as sessions:
            await Ageing(sessions, "worker", tmp_path / "home" / "assets").turn(datetime.now(UTC) + timedelta(days=100))

    asyncio.run(age())
    assert main(["designs", "open", str(ids["1"])]) == 0
    assert "brought back from the archive" in capsys.readouterr().err


def test_chosen_designs_are_handed_on(ids, capsys, tmp_path):
    files = told(capsys, "designs", "export", str(ids["1"]), str(ids["4"]), "--to", str(tmp_path / "out"))["files"]
    assert {Path(each).name for each in files} == {"manifest.json", "print.png", "press.tif", "thumb.png", "design.svg"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [each["name"].rpartition("-")[0] for each in manifest["designs"]] == ["etc-passwd-cmd", "Gone-fishing"]


def test_what_cannot_be_done_is_one_line(ids, capsys, tmp_path):
    some = str(ids["1"])
    (tmp_path / "file").write_text("")
    for words, said in (
        (["show", "zzz"], "no design 'zzz'"),
        (["show", str(ids["1"])[:8]], "several"),
        (["list", "--order", "best"], "one of newest, score"),
        (["list", "--tier", "tepid"], "one of hot, archive, cold"),
        (["list", "--since", "yesterday"], "write 2026-11-30"),
        (["list", "--after", "x"], "the cursor is not one"),
        (["list", "--batch", "autumn"], "no batch 'autumn'"),
        (["open", some, "psd"], "there are press"),
        (["mockup", some, "--product", "hat"], "there are: shirt"),
        (["export", some, "--as", "psd", "--to", str(tmp_path)], "one of folder, zip"),
        (["export", some, "--to", str(tmp_path / "file")], "is a file"),
        (["tag", some, " "], "no tag"),
    ):
        assert said in refused(capsys, "designs", *words)


def test_an_empty_library_says_how_to_begin(database, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path / "home"))
    assert main(["designs", "list"]) == 0
    assert "`bellwether design TEXT` draws one" in capsys.readouterr().out
    assert main(["designs", "duplicates"]) == 0
