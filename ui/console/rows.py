"""Rows: the list of ideas as the browser draws it, and the keys of the review page.

What goes over is a page of rows as words and colours; `rows.js` sets them as text, so nothing in them acts. A key
presses the button of its name, so it does what a click does, or nothing where the button is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import streamlit as st

from ui import wording
from ui.console.components import component as made
from ui.console.parts import age, colour, named
from ui.console.words import _

Row = Mapping[str, Any]
KEY = "rows"
SOON_DAYS = 7
"""From when on an order date is drawn as urgent."""


@lru_cache
def component() -> Any:
    """The list, once a process."""
    return made("rows", __file__)


@dataclass(frozen=True, slots=True)
class Pages:
    """Where in the list this page is: `start` rows before it, `count` in all, and whether there are more after it."""

    start: int
    count: int
    more: bool

    def told(self, rows: int) -> dict[str, object]:
        """As the browser draws it."""
        last = self.start + rows
        shown = f"{self.start + 1:,}–{last:,}" if rows else "0"
        return {"range": f"{shown} {_('of')} {self.count:,}", "back": self.start > 0, "on": self.more}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is called when somebody wishes to open an idea or choose some, or turns the page.

    Each finds its value by `said`. Of two wishes before one look the browser's later one says what both were.
    """

    wished: Callable[[], None]
    turned: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Marks:
    """Which idea is open, which are chosen; `answered` is the number of the last wish that this answers."""

    opened: str
    chosen: Sequence[str]
    answered: int


def draw(rows: Sequence[Row], pages: Pages, marks: Marks, keys: Mapping[str, str], wishes: Wishes) -> None:
    """The list, and which key presses the button of which name."""
    words = {"all": _("All on this page"), "choose": _("Choose"), "back": _("Earlier page"), "on": _("Next page")}
    now = datetime.now(UTC)
    component()(
        key=KEY,
        data={
            "rows": [told(row, now) for row in rows],
            "pages": pages.told(len(rows)),
            "words": words,
            "keys": dict(keys),
            "open": marks.opened,
            "chosen": list(marks.chosen),
            "answered": marks.answered,
        },
        on_wished_change=wishes.wished,
        on_turned_change=wishes.turned,
    )


def said(event: str) -> Any:
    """What the browser sent with an event that has just come."""
    return st.session_state[KEY][event]


def told(row: Row, now: datetime) -> dict[str, object]:
    """A row as words and colours."""
    return {
        "id": str(row["id"]),
        "phrase": row["phrase"],
        "score": "–" if row["score"] is None else f"{row['score']:.2f}",
        "line": f"{row['product_format'].replace('_', ' ')} · {row['audience']}",
        "verdict": named(row["verdict"] if row["status"] == "pending_review" else row["status"]),
        "colour": colour(row["verdict"] if row["status"] == "pending_review" else row["status"]),
        "due": _due(row["order_by"], now.date()),
        "facts": [["money", _money(row)], ["age", age(row["decided_at"], now)]],
    }


def _money(row: Row) -> str:
    if row["price_cents"] is None:
        return _("price unknown")
    price = wording.money(row["price_cents"])
    return price if row["margin_ratio"] is None else f"{price} · {wording.percent(row['margin_ratio'])} {_('margin')}"


def _due(day: date | None, today: date) -> tuple[str, str]:
    """How urgent an order date is, and the date, with its year where it is another one."""
    if day is None:
        return "none", ""
    left = (day - today).days
    urgency = "over" if left < 0 else "soon" if left <= SOON_DAYS else "due"
    shown = wording.day(day) if day.year != today.year else f"{day.day} {day:%b}"
    return urgency, f"{_('order by')} {shown}"
