"""Batch list: each batch with its name, how far it has come as one bar, its pace, why it stands, its newest pictures.

What goes over is words, colours and shares; `batchlist.js` sets the words as text, so nothing in them acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from store.decisions import Row
from ui.console import pictures
from ui.console.components import component as made
from ui.console.parts import BLUE, GRAY, GREEN, RED, YELLOW, ago, colour, named
from ui.console.words import _, counted

KEY = "batch-list"
FACES, FACE_PX = 4, 96
PARTS = (("done", GREEN), ("dead", RED), ("drawing", BLUE), ("waiting", GRAY), ("cancelled", GRAY))
"""What the bar is made of, from its left."""


@lru_cache
def component() -> Any:
    """The list, once a process."""
    return made("batches", __file__)


def draw(cards: Sequence[dict[str, object]], opened: Callable[[], None]) -> None:
    """The batches; `opened` is called when somebody opens one and finds its id by `wish`."""
    component()(key=KEY, data={"cards": list(cards)}, on_opened_change=opened)


def wish() -> str:
    """The id of the batch that somebody has just opened."""
    return str(st.session_state[KEY]["opened"])


def told(row: Row, pace: float | None, faces: Sequence[Row], folder: Path) -> dict[str, object]:
    """A batch as words, colours and shares."""
    now, state = datetime.now(UTC), state_of(row)
    who = _("by itself, for an idea") if row["idea_id"] else row["actor"]
    rows = counted("{count} row", "{count} rows", row["total"])
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "status": named(state),
        "colour": colour(state),
        "line": " · ".join((rows, row["brand"], who, ago(row["recorded_at"], now))),
        "bar": bar_of(row),
        "facts": list(facts_of(row, pace)),
        "stands": why_it_stands(row, now),
        "faces": [
            [pictures.inline(folder, each["sha256"], FACE_PX), pictures.ground(each["ground"])] for each in faces
        ],
    }


def state_of(row: Row) -> str:
    """What a batch is at: its status; one that runs is being drawn, or waits until somebody does."""
    if row["status"] != "running":
        status: str = row["status"]
        return "failed" if status == "finished" and row["dead"] == row["total"] else status
    return "drawing" if row["drawing"] else "waiting"


def bar_of(row: Row) -> list[tuple[str, float, str]]:
    """Colour, share in [0, 1] and words of each part that there is."""
    total = max(1, row["total"])
    shares = [(name, tone, row[name]) for name, tone in PARTS if row[name]]
    return [(f"{tone} {name}", count / total, f"{count:,} {named(name)}") for name, tone, count in shares]


def facts_of(row: Row, pace: float | None) -> Iterator[tuple[str, str]]:
    """The counts, each with its colour; the pace and what is left while it is drawn."""
    for name, tone in PARTS:
        if row[name]:
            dead = counted("{count} dead letter", "{count} dead letters", row[name])
            yield tone, dead if name == "dead" else f"{row[name]:,} {named(name)}"
    if row["refused"]:
        yield YELLOW, counted("{count} refused", "{count} refused", len(row["refused"]))
    left = row["waiting"] + row["drawing"]
    if pace and left and row["status"] == "running":
        yield GRAY, _("{pace} a minute").format(pace=f"{pace:.0f}" if pace >= 10 else f"{pace:.1f}")
        minutes = max(1, round(left / pace))
        yield GRAY, counted("about {count} minute left", "about {count} minutes left", minutes)


def why_it_stands(row: Row, now: datetime) -> str:
    """Why a batch that runs is not drawn; nothing where it is."""
    if row["status"] != "running" or not row["waits_for"]:
        return ""
    stands = _("It stands: {why}").format(why=row["waits_for"])
    seconds = (row["waits_until"] - now).total_seconds()
    return f"{stands} {_('Asked again in {seconds} s.').format(seconds=f'{seconds:.0f}')}" if seconds > 0 else stands
