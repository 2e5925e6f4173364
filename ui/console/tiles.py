"""Tiles: pictures side by side as many as fit, each on the ground it was drawn for; one opened, several chosen.

What goes over is a page of tiles as words, colours and small pictures; `tiles.js` sets the words as text, so nothing in
them acts. A picture that stands already is not drawn anew, so a page that looks every two seconds does not flicker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import streamlit as st

from ui.console.components import component as made
from ui.console.words import _


@lru_cache
def component() -> Any:
    """The gallery, once a process."""
    return made("tiles", __file__)


@dataclass(frozen=True, slots=True)
class Tile:
    """One design as it is shown. `badge` is (colour, words); `state` is its status: what stands for no picture."""

    id: str
    text: str
    line: str = ""
    picture: str = ""
    """A data URL; empty where nothing is drawn."""
    ground: str = ""
    """"#rrggbb"; empty: paper."""
    badge: tuple[str, str] = ("", "")
    state: str = "done"
    corner: str = ""
    """What stands at the right of its line: a score."""


@dataclass(frozen=True, slots=True)
class Turning:
    """Where in the list this page is: so many tiles before it and on it, of how many in words, whether more follow."""

    start: int
    shown: int
    count: str
    more: bool

    @classmethod
    def of(cls, start: int, size: int, count: int) -> Turning:
        """A page of so many at most, in a list of which the end is known."""
        shown = max(0, min(size, count - start))
        return cls(start, shown, f"{count:,}", start + shown < count)

    def told(self) -> dict[str, object]:
        """As the browser draws it."""
        shown = f"{self.start + 1:,}–{self.start + self.shown:,}" if self.shown else "0"
        return {"range": f"{shown} {_('of')} {self.count}", "back": self.start > 0, "on": self.more}


@dataclass(slots=True)
class Marks:
    """What a session opened and chose, and the number of its last wish as the browser counts them."""

    chosen: dict[str, str] = field(default_factory=dict)
    """Text of each chosen tile by its id, also of other pages."""
    answered: int = 0


def draw(
    key: str, tiles: Sequence[Tile], turning: Turning, marks: Marks, opened: str, wishes: Wishes, choosing: bool = False
) -> None:
    """A page of tiles; `choosing`: each has a box to tick."""
    words = {"all": _("All on this page"), "choose": _("Choose"), "back": _("Earlier page"), "on": _("Next page")}
    component()(
        key=key,
        data={
            "tiles": [asdict(each) for each in tiles],
            "pages": turning.told(),
            "words": words,
            "open": opened,
            "chosen": [each.id for each in tiles if each.id in marks.chosen],
            "answered": marks.answered,
            "choosing": choosing,
        },
        on_opened_change=wishes.opened,
        on_chosen_change=wishes.chosen,
        on_turned_change=wishes.turned,
    )


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is called when somebody opens a tile, chooses some or turns the page; each finds its value by `said`."""

    opened: Callable[[], None]
    turned: Callable[[], None]
    chosen: Callable[[], None] = lambda: None


def said(key: str, event: str) -> Any:
    """What the browser sent with an event that has just come."""
    return st.session_state[key][event]


def choose(marks: Marks, shown: Mapping[str, str], wish: Sequence[Any], most: int) -> None:
    """Those of this page (its texts by id) that are chosen now, beside those of other pages; at most so many."""
    ids, number = set(map(str, wish[0])), int(wish[1])
    marks.answered = max(marks.answered, number)
    others = {key: text for key, text in marks.chosen.items() if key not in shown}
    wanted = {key: text for key, text in shown.items() if key in ids}
    marks.chosen = dict(list((others | wanted).items())[:most])
