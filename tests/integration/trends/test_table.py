"""The corpus from the database, as the schedule reads it: what was observed in a window, and nothing before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import Connection

from trends.intake import take
from trends.table import load_corpus

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def line(name: str, day: int, score: int) -> str:
    """A post, as it was seen some days before noon."""
    seen = (NOON - timedelta(days=day)).isoformat()
    told = {"id": name, "text": f"about {name}", "published_at": seen, "captured_at": seen, "score": score}
    return json.dumps({**told, "community": "crafts", "author": name}) + "\n"


def test_a_window_holds_what_was_observed_in_it_with_the_observations_of_it(
    connection: Connection[Any], tmp_path: Path
) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line("old", 60, 1) + line("both", 60, 2) + line("both", 3, 9) + line("new", 2, 4))
    take([path], connection, "default")
    everything = load_corpus(connection, NOON)
    assert sorted(everything.text) == ["about both", "about new", "about old"]
    window = load_corpus(connection, NOON, NOON - timedelta(days=30))
    assert window.text == ["about both", "about new"]
    assert [[metrics["score"] for _, metrics in observed] for observed in window.observed] == [[9], [4]]


def test_a_window_ends_at_the_moment_it_is_asked_for(connection: Connection[Any], tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line("both", 9, 2) + line("both", 3, 9) + line("new", 2, 4))
    take([path], connection, "default")
    then = NOON - timedelta(days=5)
    window = load_corpus(connection, then, then - timedelta(days=30))
    assert (window.text, [metrics["score"] for metrics in window.metrics]) == (["about both"], [2])
