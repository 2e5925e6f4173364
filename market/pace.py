"""Pace: how often each provider may be asked with one account, from one dated table (`tables/pace.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "tables" / "pace.csv"
ANY = "any"
"""The kind that counts every request."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `most` requests of a kind in any window of so many seconds."""

    provider: str
    kind: str
    window_s: float
    most: int
    known_on: date
    source: str


@cache
def shipped() -> tuple[Pace, ...]:
    """What ships."""
    lines = (line for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#"))
    return tuple(
        Pace(
            row["provider"], row["kind"], float(row["window_s"]), int(row["most"]),
            date.fromisoformat(row["known_on"]), row["source"],
        )
        for row in csv.DictReader(lines)
    )  # fmt: skip


def paces_of(provider: str, kind: str, paces: Iterable[Pace]) -> list[Pace]:
    """What a request of this kind is counted against, the longest window first: it says no most rarely."""
    counted = [each for each in paces if each.provider == provider and each.kind in (ANY, kind)]
    return sorted(counted, key=lambda each: -each.window_s)
