"""What the documents say is what the code does."""

from __future__ import annotations

import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from graphs.settings import Settings
from trends.live import LIVE
from trends.live.source import LiveSource
from trends.opening import open_payload
from trends.payload import Rejected
from trends.survey import survey
from ui.cli import BENCHES, SUITES, app

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def commands() -> set[str]:
    """Every command of the CLI: `run`, `review list`, ..."""
    found = set()
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"{name} {each}" for each in inner} if inner else {name}
    return found


def variables() -> dict[str, str]:
    """The environment variable of each setting, with its description."""
    return {
        str(field.validation_alias or f"BELLWETHER_{name.upper()}"): field.description or ""
        for name, field in Settings.model_fields.items()
    }


def examples() -> list[str]:
    """The Python that contributors are shown: a source of files, a live source, the test of that one."""
    return re.findall(r"```python\n(.+?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.S)


def test_every_command_that_the_readme_shows_exists() -> None:
    known = commands()
    groups = {each.split()[0] for each in known if " " in each}
    words = re.findall(r"^ {4}bellwether ([a-z]+) ?([a-z]*)", README, re.M)
    shown = {f"{first} {second}" if first in groups else first for first, second in words}
    assert shown >= {"run", "review list", "review show", "report", "doctor", "console", "api", "members add"}
    assert shown <= known


def test_the_readme_names_every_database_command_suite_and_bench() -> None:
    for command in (each for each in commands() if each.startswith("db ")):
        assert f"`bellwether {command}`" in README or f"`{command}`" in README
    for name in [*SUITES, *BENCHES]:
        assert f"`{name}`" in README


def test_every_make_target_that_documents_show_exists() -> None:
    shown = set(re.findall(r"make ([a-z]+)", README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))
    assert shown & {"demo", "test", "check", "lock"}
    assert {each for each in shown if f"    make {each}" in README} <= targets
    assert {"demo", "test", "check", "lock", "clean"} <= targets


def test_the_readme_lists_every_setting_as_the_code_describes_it() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| .* \| (.+) \|$", README, re.M))
    assert rows == variables()


def test_the_example_environment_names_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    assert set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", text, re.M)) == set(variables())
    assert not re.search(r"^[A-Z]", text, re.M), "every line is a comment: copying the file changes nothing"


def test_the_example_environment_can_be_read_with_every_line_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    text = (ROOT / ".env.example").read_text("utf-8")
    switched = "\n".join(re.findall(r"^# ([A-Z][A-Z_]+=.+)$", text, re.M))
    path = tmp_path / "on.env"
    path.write_text(switched, "utf-8")
    given = Settings(_env_file=path)  # type: ignore[call-arg]
    assert given.models == {"instant": "groq/llama-3.1-8b-instant"}
    assert given.undo_s == 30
    assert given.day_ceiling_tokens == Settings.model_fields["day_ceiling_tokens"].default


def test_ci_is_make_check() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert script.splitlines()[-1] == "make check"
    recipe = re.search(r"^check: (.+?)  ##", MAKEFILE, re.M)
    assert recipe is not None
    assert recipe.group(1).split() == ["lint", "format", "types", "imports", "test"]


def test_the_licence_is_apache_and_the_attributions_are_named() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for name in ("WordNet", "Google Trends", "CC BY 4.0", "PDDL"):
        assert name in notice


def test_every_decision_is_listed_by_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"\]\((\d{4}-[a-z-]+\.md)\) \| (.+) \|$", index, re.M))
    titles = {path.name: path.read_text("utf-8").splitlines()[0][len("# 0000 ") :] for path in folder.glob("0*.md")}
    assert listed == titles


def test_the_source_that_contributors_are_shown_reads_what_it_says(tmp_path: Path) -> None:
    made: dict[str, Any] = {}
    exec(examples()[0], made)  # noqa: S102 - our own document
    path = tmp_path / "boards.csv"
    path.write_text("pin,board,exported_at,saves\nMoss frame,green,2018-05-01,12\nLost,green,soon,1\n", "utf-8")
    payload = open_payload(survey(path))
    assert made["BOARDS_CSV"].matches(payload)
    kept, refused = made["BOARDS_CSV"].read(payload)
    assert (kept.text, kept.community, kept.metrics["shares"]) == ("Moss frame", "green", 12)
    assert isinstance(refused, Rejected)


def test_the_live_source_that_contributors_are_shown_passes_the_test_they_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, source, test = examples()
    module = ModuleType("trends.live.hacker_news")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(source, module.__dict__)  # noqa: S102 - our own document
    shown: dict[str, Any] = {}
    exec(test, shown)  # noqa: S102
    tests = [each for name, each in shown.items() if name.startswith("test_")]
    assert len(tests) == 2
    for each in tests:
        each()
    assert len(source.splitlines()) < 80
    assert isinstance(module.HACKER_NEWS, LiveSource)


def test_every_live_source_is_one_short_module_that_is_listed() -> None:
    modules = {path.stem: path for path in (ROOT / "trends" / "live").glob("*.py")}
    del modules["__init__"], modules["source"]
    assert set(modules) == {source.name for source in LIVE}
    for name, path in modules.items():
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < 80, name
        assert text.startswith('"""'), name


def test_the_table_of_live_sources_says_what_the_code_does() -> None:
    text = (ROOT / "docs" / "sources.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", text, re.M)
    told = {name: cells for name, *cells in rows}
    assert list(told) == [source.name for source in LIVE]
    names = {name: str(field.validation_alias) for name, field in Settings.model_fields.items()}
    for source in LIVE:
        _, keys, on, interval, quota = told[source.name]
        assert re.findall(r"`([A-Z_]+)`", keys) == [names[key] for key in (*source.needs, *source.uses)], source.name
        assert on == ("no" if not source.enabled else "with its key" if source.needs else "yes"), source.name
        assert interval == f"{source.interval / timedelta(hours=1):g} h", source.name
        stated = re.match(r"[\d,]+", quota)
        assert (int(stated[0].replace(",", "")) if stated else None) == source.quota, source.name
    assert re.findall(r"^## `([a-z_]+)`", text, re.M) == list(told)
    (example,) = re.findall(r"^ {4}BELLWETHER_SOURCES=(.+)$", text, re.M)
    assert set(Settings(sources=json.loads(example)).sources) <= set(told)
