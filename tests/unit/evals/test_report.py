"""Reports of evals: a table for people, one JSON object as the last line."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

from evals.report import Asked, Result, emit, find_commit, last_line

RESULT = Result(
    "dedupe",
    {"precision": 0.98765432, "unknown": float("nan"), "best": "level"},
    {"hash": 0.41},
    "top.csv",
    7,
    ("a note",),
)


def test_the_last_line_is_one_json_object_with_everything_asked() -> None:
    out = io.StringIO()
    emit(RESULT, out)
    lines = out.getvalue().splitlines()
    body = json.loads(lines[-1])
    assert list(body) == ["name", "figures", "baseline", "data", "seed", "commit"]
    assert body["figures"] == {"precision": 0.987654, "unknown": None, "best": "level"}
    assert body["baseline"] == {"hash": 0.41}
    assert "a note" in lines[-2]
    assert any("precision" in line for line in lines[:-1])


def test_quiet_prints_the_last_line_alone() -> None:
    out = io.StringIO()
    emit(RESULT, out, quiet=True)
    assert out.getvalue() == last_line(RESULT) + "\n"


def test_the_commit_is_that_of_the_checkout_and_marked_where_files_differ(tmp_path: Path) -> None:
    assert find_commit(tmp_path) is None

    def git(*words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-qm", "first")
    clean = find_commit(tmp_path)
    assert clean is not None
    assert len(clean) == 40
    (tmp_path / "file").write_text("two")
    assert find_commit(tmp_path) == clean + "+"


def test_a_figure_that_is_not_what_was_asked_says_so_in_the_table_and_the_last_line_stays() -> None:
    asked = {"speed": Asked(least=100), "size": Asked(most=7), "exact": Asked(least=1), "unknown": Asked(most=1)}
    figures = {"speed": 99.5, "size": 7, "exact": True, "unknown": float("nan"), "free": 1}
    result = Result("bench", figures, {}, "made up", 7, asked=asked)
    stream = io.StringIO()
    emit(result, stream)
    *table, last = stream.getvalue().splitlines()
    short = [line for line in table if "falls short" in line]
    assert [line.split()[1] for line in short] == ["speed", "unknown"]
    assert ">= 100" in short[0]
    assert any("<= 7" in line for line in table)
    assert set(json.loads(last)) == {"name", "figures", "baseline", "data", "seed", "commit"}


def test_figures_of_many_names_are_read_as_a_table_with_a_line_a_name() -> None:
    figures = {"ideas": 3, "pricing_changed": 2, "pricing_stance": 0.125, "viral_changed": 0, "viral_stance": None}
    result = Result("agents", figures, {}, "made up", 7, rows=("pricing", "viral"))
    stream = io.StringIO()
    emit(result, stream)
    *table, last = stream.getvalue().splitlines()
    assert not any("pricing_changed" in line for line in table)
    assert [line.split("│")[1:-1] for line in table if "pricing" in line] == [[" pricing ", "       2 ", "   0.12 "]]
    assert json.loads(last)["figures"]["viral_changed"] == 0
