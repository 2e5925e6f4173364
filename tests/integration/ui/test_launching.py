"""`bellwether launch`, `listings`, `marketplaces`: from a design to the folder by the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from tests.integration.ui.test_producing import refused, told
from tests.stocked import stock
from ui.cli import main


@pytest.fixture
def design(database: str, redis_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A finished design, in a home of its own, with nothing to undo."""
    changed = {
        "DATABASE_URL": database, "REDIS_URL": redis_address, "BELLWETHER_HOME": str(tmp_path / "home"),
        "BELLWETHER_ACTOR": "ana", "BELLWETHER_UNDO_S": "0",
    }  # fmt: skip
    for name, value in changed.items():
        monkeypatch.setenv(name, value)

    async def stocked() -> UUID:
        async with stock(database, tmp_path / "home" / "assets") as made:
            async with made.sessions.connection() as connection:
                safe = """{"state": "clear", "why": "made up", "judge": "text only 1"}"""
                await connection.execute("UPDATE render SET safety = %s::jsonb, renderer = 'typographic'", (safe,))
            return made.ids["1"]

    return str(asyncio.run(stocked()))


def test_a_design_is_launched_looked_at_changed_approved_and_pushed(design, capsys, tmp_path):
    [listing] = told(capsys, "launch", design, "--to", "folder:en")["listings"]
    key = listing["key"]
    assert listing["status"] == "waiting"
    assert told(capsys, "listings", "diff", key)["changes"][0]["before"] is None
    changed = told(capsys, "listings", "edit", key, "--price", "24.50", "--tag", "one", "--tag", "two")
    assert (changed["price_cents"], changed["body"]["tags"]) == (2450, ["one", "two"])
    assert told(capsys, "listings", "approve", key)["approve"][0]["done"]
    assert told(capsys, "listings", "push")["counts"]["live"] == 1
    assert (tmp_path / "home" / "listings" / "folder" / key / "preview.html").is_file()
    assert told(capsys, "listings", "diff", key)["changes"] == []
    assert told(capsys, "listings", "origin", key)["pushes"][0]["actor"] == "ana"
    assert told(capsys, "listings", "end", key, "--reason", "sold out")["end"][0]["done"]
    assert told(capsys, "listings", "push")["counts"]["ended"] == 1


def test_people_read_what_waits_what_gates_said_and_where_it_came_from(design, capsys):
    assert main(["launch", design, "--to", "folder:de", "--yes"]) == 0
    key = capsys.readouterr().out.split()[0]
    assert main(["listings", "list"]) == 0
    assert key in capsys.readouterr().out
    assert main(["listings", "show", key]) == 0
    shown = capsys.readouterr().out
    assert "trademark: clear" in shown and "[design:" in shown and "queued by ana" in shown
    assert main(["listings", "origin", key]) == 0
    assert "typographic" in capsys.readouterr().out


def test_marketplaces_say_what_they_lack_and_what_they_take(design, capsys):
    found = {each["name"]: each for each in told(capsys, "marketplaces")["marketplaces"]}
    assert found["folder"]["lacks"] == "" and "BELLWETHER_SHOPS" in found["etsy"]["lacks"]
    assert found["etsy"]["takes"].startswith("title 140, 13 tags of 20")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("listings", "show", "nope"), "no listing begins"),
        (("listings", "list", "--status", "lost"), "one of drafting"),
        (("launch", "nope"), "no idea 'nope'"),
        (("launch", "DESIGN", "--to", "moon:en"), "nobody wrote down what 'moon' takes"),
        (("launch", "DESIGN", "--to", "folder:tlh"), "no listing can be written in 'tlh'"),
        (("listings", "decline", "nope"), "--reason"),
    ],
)
def test_what_cannot_be_is_one_line(design, capsys, words, said):
    assert said in refused(capsys, *(design if each == "DESIGN" else each for each in words))


def test_a_way_that_is_none_names_its_setting(design, capsys, monkeypatch):
    monkeypatch.setenv("BELLWETHER_LAUNCH_TO", '["moon:en"]')
    assert "BELLWETHER_LAUNCH_TO: 'moon:en'" in refused(capsys, "listings", "list")


def test_nothing_of_an_account_is_told_when_it_is_written_wrongly(design, capsys, monkeypatch):
    monkeypatch.setenv("BELLWETHER_SHOPS", '{"etsy": {"tokn": "very-secret"}}')
    said = refused(capsys, "marketplaces")
    assert "shops.etsy.tokn" in said and "very-secret" not in said


def test_what_became_of_a_live_listing_is_brought_told_and_promoted(design, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("BELLWETHER_PROMOTION_CENTS", "1000")
    key = told(capsys, "launch", design, "--to", "folder:en", "--yes")["listings"][0]["key"]
    told(capsys, "listings", "push")
    file = tmp_path / "shop.csv"
    file.write_text(f"listing,date,views,orders\n{key},2026-11-01,40,2\nbw-nobody,2026-11-01,1,0\n")
    brought = told(capsys, "outcomes", "add", str(file), "--source", "shop")
    assert (brought["stored"], brought["refused_rows"][0]["reason"]) == (2, "no listing 'bw-nobody' of yours")
    assert main(["outcomes", "show", key]) == 0
    assert "orders                    2  shop" in capsys.readouterr().out
    assert main(["outcomes", "refused", brought["id"]]) == 0
    assert "row 2: no listing 'bw-nobody' of yours" in capsys.readouterr().out
    assert main(["promote"]) == 0
    assert "10.00 of 10.00 divided over 1 listing" in capsys.readouterr().out
    assert told(capsys, "promote")["is_new"] is False


def test_an_experiment_is_begun_counted_read_and_ended(design, capsys, tmp_path):
    told(capsys, "experiments", "begin", "Dogs", "--arm", "plain", "--arm", "bold")
    file = tmp_path / "mail.csv"
    assert main(["experiments", "show", "Dogs"]) == 0
    assert "nothing to compare yet" in capsys.readouterr().out
    day = "arm,date,impressions,clicks\nDogs/plain,{day},1000,30\nDogs/bold,{day},1000,{clicks}\n"
    file.write_text(day.format(day="2026-11-01", clicks=48))
    told(capsys, "outcomes", "add", str(file), "--source", "mail")
    assert main(["experiments", "show", "Dogs"]) == 0
    shown = capsys.readouterr().out
    assert "48 of      1,000     4.80%" in shown and "+60% (" in shown and "not shown yet, about" in shown
    file.write_text(day.format(day="2026-11-02", clicks=90))
    told(capsys, "outcomes", "add", str(file), "--source", "mail")
    plain, bold = told(capsys, "experiments", "show", "Dogs")["arms"]
    assert plain["shows"] is None and bold["shows"]["is_signal"] and bold["shows"]["lower"] > 0
    assert told(capsys, "experiments", "end", "Dogs", "--reason", "bold")["status"] == "over"
    assert len(told(capsys, "experiments", "list")["experiments"]) == 1


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("outcomes", "add", "nowhere.csv", "--source", "shop"), "nowhere.csv: No such file"),
        (("outcomes", "show", "bw-aaaaaaaaaaaaaaaa"), "no listing"),
        (("outcomes", "refused", "7"), "'7' is no id"),
        (("experiments", "show", "Cats"), "no experiment 'Cats'"),
        (("experiments", "begin", "Cats", "--arm", "one"), "2 to 12 arms"),
        (("experiments", "begin", "Cats", "--arm", "a", "--arm", "b", "--kind", "fax"), "--kind 'fax'"),
        (("promote",), "set BELLWETHER_PROMOTION_CENTS"),
        (("promote", "--day", "soon"), "--day 'soon'"),
    ],
)
def test_what_cannot_be_counted_or_promoted_is_one_line(design, capsys, command, why):
    assert why in refused(capsys, *command)
