"""`bellwether quarantine`: what was refused and why, and trying it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from store.postgres import connect
from trends.intake import take
from ui.call import Call, Fault
from ui.commands.quarantining import retry, show


@pytest.fixture
def path(database: str, redis_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file with two refused rows, taken in."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", redis_address)
    path = tmp_path / "posts.csv"
    path.write_text("text,created_at\nmoss owl,2026-01-01\n[bold]fox[/bold],whenever\n,2026-01-03\n")
    with connect(database, "default") as connection:
        take([path], connection, "default")
    return path


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    return body


def test_what_was_refused_is_listed_by_file_and_row_by_row(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show(Call(as_json=True), None)
    (file,) = printed(capsys)["files"]
    assert (file["name"], file["quarantined"], file["kept"]) == ("posts.csv", 2, False)
    show(Call(as_json=True), "posts.csv")
    assert [row["row_no"] for row in printed(capsys)["rows"]] == [2, 3]
    show(Call(), file["id"])
    assert "[bold]fox[/bold]" in capsys.readouterr().out


def test_a_file_is_tried_again_when_it_is_given_again(
    path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Fault, match="bring the same file again"):
        retry(Call(as_json=True), "posts.csv", [], None)
    retry(Call(as_json=True), "posts.csv", [2], path)
    body = printed(capsys)
    assert (body["tried"], body["stored"], body["failed"]) == (1, 0, 1)
    with connect(database, "default") as connection:
        noted = connection.execute("SELECT door, deed, outcome FROM audit").fetchall()
    assert noted == [("cli", "retry", "done")]


def test_a_file_that_is_not_there_is_one_clear_line(path: Path) -> None:
    with pytest.raises(Fault, match=r"no file .other\.csv."):
        retry(Call(), "other.csv", [], path)
    with pytest.raises(Fault, match="no file"):
        retry(Call(), "posts.csv", [], path.parent / "none.csv")
