"""Rows behind a fact: shared with all tenants, but for the name of the file that one of them brought."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from store.ids import new_id
from store.migrate import add_tenant
from store.postgres import connect
from store.reading import load_said, trace
from trends.intake import take

IDEA = """
INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, as_of)
VALUES (current_setting('bellwether.tenant'), %s, 'owl', 'owl', 'all', 'subject', 'made up', 'mug', now())
"""
RESTS = "INSERT INTO idea_signal SELECT current_setting('bellwether.tenant'), %s, id FROM signal"


def references(session: psycopg.Connection[Any]) -> list[str]:
    """As facts name their rows."""
    rows = session.execute("SELECT signal_id, known_at FROM observation").fetchall()
    return [f"observation:{signal}@{known_at.isoformat()}" for signal, known_at in rows]


def seen(session: psycopg.Connection[Any]) -> tuple[list[str | None], list[str | None]]:
    """The files that the rows behind a fact, and what was said of an idea, are told to come from."""
    traced = trace(session, references(session))
    idea_id = new_id()
    session.execute(IDEA, [idea_id])
    session.execute(RESTS, [idea_id])
    said = load_said(session, idea_id, datetime.now(UTC), 10)
    return [each.file for each in traced.values()], [row["file"] for row in said]


def test_the_name_of_a_file_is_told_to_whom_brought_it_alone(
    connection: psycopg.Connection[Any], database: str, tmp_path: Path
) -> None:
    add_tenant(database, "other")
    path = tmp_path / "plans-of-other.csv"
    path.write_text("text,created_at\nmoss owl,2026-01-01T10:00:00Z\n")
    with connect(database, "other") as other:
        take([path], other, "other")
        assert seen(other) == ([path.name], [path.name])
    assert seen(connection) == ([None], [None])
    take([path], connection, "default")
    assert [each.file for each in trace(connection, references(connection)).values()] == [path.name]
