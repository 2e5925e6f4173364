"""Members and keys from the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from graphs.people import People
from graphs.settings import Settings
from graphs.tenants import Tenants
from ui.cli import main


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, database: str, redis_address: str, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("REDIS_URL", redis_address)
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["members", *words]) == 0
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(said(capsys, *words, "--json"))
    return body


async def handle_of(key: str) -> str:
    async with Tenants(Settings()) as tenants:
        return (await People(tenants).identify(key)).handle


def test_somebody_is_let_in_given_a_key_and_shown_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert "members add HANDLE --role admin" in said(capsys, "list")
    assert said(capsys, "add", "ana", "--role", "admin", "--name", "Ana").startswith("ana is admin, tier free")
    text, line = said(capsys, "key", "ana", "--label", "laptop", "--days", "30").splitlines()
    assert text.startswith("bw_default_") and "not shown again" in line
    assert asyncio.run(handle_of(text)) == "ana"
    listed = said(capsys, "list")
    assert "ana (Ana): admin, tier free" in listed and "'laptop': last used " in listed
    assert text[-43:] not in listed
    assert said(capsys, "add", "bo").startswith("bo is creator")
    assert said(capsys, "role", "bo", "admin", "--tier", "pro") == "bo is admin, tier pro\n"
    (key,) = told(capsys, "list")["keys"]
    assert key["id"] in said(capsys, "revoke", key["id"])
    assert told(capsys, "remove", "ana")["removed"] == "ana"
    assert [row["handle"] for row in told(capsys, "list")["members"]] == ["bo"]


def test_a_key_is_json_where_a_program_asks(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "add", "ana", "--role", "admin")
    body = told(capsys, "key", "ana")
    assert body["api_key"].startswith("bw_default_") and body["handle"] == "ana" and body["expires_at"] is None


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "Bo"], "handle 'Bo' cannot be: small letters"),
        (["add", "ana"], "never given again"),
        (["add", "bo", "--role", "owner"], "one of creator, business, admin"),
        (["add", "bo", "--tier", "gold"], "one of free, pro, scale"),
        (["role", "ana", "creator"], "ana is the last admin"),
        (["remove", "ana"], "ana is the last admin"),
        (["remove", "cy"], "no member 'cy'"),
        (["key", "cy"], "no member 'cy'"),
        (["key", "ana", "--days", "0"], "--days"),
        (["revoke", "x"], "'x' is no id of a key"),
        (["revoke", "0" * 32], "no key 00000000-"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_two(
    capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    said(capsys, "add", "ana", "--role", "admin")
    assert main(["members", *words]) == 2
    told = capsys.readouterr()
    assert line in told.err and len(told.err.splitlines()) == 1 and not told.out


def test_what_the_owner_changes_is_in_the_audit_log(
    capsys: pytest.CaptureFixture[str], connection: Connection[Any]
) -> None:
    said(capsys, "add", "ana", "--role", "admin")
    said(capsys, "list")
    rows = connection.execute("SELECT actor, door, deed, subject, outcome FROM audit").fetchall()
    assert rows == [("owner", "cli", "keep people", "ana", "done")]
