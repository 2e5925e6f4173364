"""The demo, from the sample's files to a person's answer, through the command line and the real rules."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evals import illustrations
from evals import sample as counting
from ui import sample
from ui.cli import main

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def demo(postgres_url: str, reachable_folder: Path) -> Iterator[Path]:
    """The sample, run once on the session's embedded server."""
    names = ("BELLWETHER_HOME", "DATABASE_URL", "GROQ_API_KEY", "OPENAI_API_KEY", "PERPLEXITY_API_KEY")
    kept = {name: os.environ.pop(name, None) for name in names}
    os.environ["BELLWETHER_HOME"] = str(reachable_folder / "home")
    os.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/production"  # the sample must never go there
    assert main(["--sample", "db", "migrate", "--json"]) == 0
    assert main(["--sample", "run", "--json"]) == 0
    yield reachable_folder / "home"
    for name, value in kept.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture
def ask(demo: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """One command on the sample; its JSON."""

    def call(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        assert main(["--sample", *words, "--json"]) == 0, capsys.readouterr().err
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return call


RERUN: dict[str, Any] = {}


@pytest.fixture
def rerun(ask: Ask) -> dict[str, Any]:
    """The sample run a second time, once for all tests."""
    if not RERUN:
        RERUN.update(ask("run"))
    return RERUN


def test_an_unchanged_rerun_reads_everything_as_repeated_and_judges_nothing_again(rerun: dict[str, Any]) -> None:
    assert rerun["analysed"] == 0
    for file in rerun["files"]:
        assert file["stored"] == 0
        assert file["read"] == file["repeated"] + file["quarantined"]


def test_ten_subjects_are_shown_with_all_that_a_seller_asks(rerun: dict[str, Any]) -> None:
    shown = rerun["shortlist"]
    assert len(shown) == 10
    for idea in shown:
        assert idea["audience"]
        assert idea["product_format"]
        assert idea["margin_ratio"] > 0.25
        assert idea["why_now"]
    assert sum((idea["occasion"] or {}).get("name") == "Halloween" for idea in shown) >= 2
    assert len({idea["audience"] for idea in shown}) >= 6
    assert len({idea["product_format"] for idea in shown}) >= 3


def test_two_wait_for_judgement_and_say_why(rerun: dict[str, Any]) -> None:
    assert len(rerun["waiting"]) == 2
    assert all(any("review at best" in reason for reason in idea["reasons"]) for idea in rerun["waiting"])


def test_a_tragedy_a_licensed_name_a_format_and_a_missed_occasion_are_refused(rerun: dict[str, Any]) -> None:
    refused = {each["phrase"]: each for each in rerun["refused"]}
    assert refused["las vegas shooting"]["kind"] == "news"
    assert refused["star wars"]["kind"] == "licensed"
    assert refused["official trailer"]["kind"] == "generic"
    assert "past its last order date" in refused["cupcake"]["reason"]


def test_everything_is_labelled_as_the_sample(rerun: dict[str, Any]) -> None:
    assert rerun["sample"] is True
    assert "SAMPLE DATA" in rerun["label"]
    html = Path(rerun["report"]).read_text("utf-8")
    assert "SAMPLE DATA" in html
    assert "made up to illustrate" in html


def test_nothing_later_than_the_moment_is_read(ask: Ask) -> None:
    shown = ask("review", "show", "hot sauce")
    rows = [row["reference"] for fact in shown["figures"] for row in fact["rows"]]
    moments = [name.partition("@")[2][:10] for name in rows if name.startswith("observation:")]
    assert moments
    assert max(moments) <= sample.AS_OF


def test_each_figure_leads_to_a_fact_and_each_fact_to_a_row_of_a_file(ask: Ask) -> None:
    shown = ask("review", "show", "hot sauce")
    facts = {fact["id"]: fact for fact in shown["figures"]}
    assert len(shown["opinions"]) == 12
    assert len(shown["steps"]) == 8
    for said in shown["opinions"]:
        assert set(said["fact_ids"]) <= set(facts)
    price = facts["pricing.price_cents"]
    assert any(row["place"].startswith("comparables.csv, row ") for row in price["rows"])
    growth = facts["trend.growth_per_day"]
    place = growth["rows"][0]["place"]
    file, _, number = place.partition(", row ")
    with (sample.HOME / file).open(encoding="utf-8", newline="") as lines:
        assert list(csv.DictReader(lines))[int(number) - 1]["phrase"] == "hot sauce"


def test_an_answer_is_kept_undone_and_given_again(ask: Ask) -> None:
    assert ask("review", "approve", "piano", "--reason", "I play")["status"] == "approved"
    waiting = {row["phrase"] for row in ask("review", "list")["decisions"]}
    assert "piano" not in waiting
    assert ask("review", "undo", "piano")["status"] == "pending_review"
    idea = ask("review", "reject", "piano", "--reason", "too loud")
    assert idea["status"] == "rejected"
    assert ask("review", "undo", idea["idea"][:30])["status"] == "pending_review"


def test_an_unknown_or_ambiguous_idea_is_one_clear_line(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sample", "review", "show", "pumpk"]) == 2
    assert "did you mean pumpkin?" in capsys.readouterr().err
    assert main(["--sample", "review", "show", "0"]) == 2
    assert "names" in capsys.readouterr().err


def test_tables_and_doctor_speak_to_people(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sample", "review", "list"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SAMPLE DATA")
    assert "pumpkin" in out
    assert main(["--sample", "doctor"]) == 0
    out = capsys.readouterr().out
    for said in ("set GROQ_API_KEY", "set YOUTUBE_API_KEY", "judges by its written rule"):
        assert said in " ".join(out.split())


def test_the_shipped_counts_are_what_the_public_files_say(shared: Path) -> None:
    counts, ranks = counting.compute(shared, counting.load_phrases())
    with (sample.HOME / "counts.csv").open(encoding="utf-8", newline="") as lines:
        assert [tuple(row) for row in csv.reader(lines)][1:] == [tuple(map(str, row)) for row in counts]
    with (sample.HOME / "costume_ranks.csv").open(encoding="utf-8", newline="") as lines:
        assert [tuple(row) for row in csv.reader(lines)][1:] == [tuple(map(str, row)) for row in ranks]


def test_the_made_up_listings_are_those_of_the_recipe_and_say_what_they_are() -> None:
    with (sample.HOME / "comparables.csv").open(encoding="utf-8", newline="") as lines:
        shipped = [tuple(row) for row in csv.reader(lines)][1:]
    assert shipped == [tuple(map(str, row)) for row in illustrations.listings()]
    assert all(row[0].startswith("Illustrative ") for row in shipped)
