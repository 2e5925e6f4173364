"""Reading: what the review page of one session holds between two looks, and how it goes from one idea to the next.

Which idea is open stands here, and the address mirrors it. The address is asked only when somebody arrives: by a link,
by the browser's way back, by loading the page anew. What comes with a click is the address as the browser had it then,
which may be older than the last wish. Nothing of this is the truth: that is in the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import streamlit as st

from graphs.inbox import BadAnswer
from graphs.people import PeopleError
from store.decisions import DecisionError
from store.errors import StoreError
from store.queue import Cursor
from ui.console.words import _

Row = Mapping[str, Any]
IDEA = "idea"
"""The idea's name in the address."""
PLACE = "review reading"
DESK = "review"
"""The fragment of the page: what an answer draws anew."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line to a person, and what they had typed for what did not come about."""

    text: str
    typed: str = ""
    idea_id: UUID | None = None
    good: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that can be undone until a moment of this process's clock; several ideas where they were answered at
    once."""

    answer: str
    ideas: tuple[tuple[UUID, str], ...]
    until: float


@dataclass(slots=True)
class Reading:
    """The page of the list as it was drawn last, and what has been begun."""

    rows: list[Row] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)
    """Where each page before this one ended."""
    more: bool = False
    opened: UUID | None = None
    """The idea that somebody opened; None for the first of the list."""
    chosen: dict[UUID, Row] = field(default_factory=dict)
    asked: bool = False
    """Whether the chosen ideas are about to be answered, as it is shown."""
    wished: int = 0
    """The number of the last wish to open an idea or choose some: they grow, and each is granted once."""
    form: tuple[UUID, str] | None = None
    wrong: dict[str, str] = field(default_factory=dict)
    """What is wrong with a field of the open form."""
    said: list[Said] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    moved: tuple[int, UUID | None] | None = None
    """From which place in the list one has just moved on, and to which idea if it is still there."""

    def arrive(self) -> None:
        """Open what the address names, or nothing."""
        self.opened = _named()

    def open(self, idea_id: UUID | None) -> None:
        """Open an idea, or nothing, and let the address say so."""
        self.opened = idea_id
        self.mirror()

    def mirror(self) -> None:
        """Let the address say what is open where it does not."""
        if self.opened == _named():
            return
        if self.opened is not None:
            st.query_params[IDEA] = str(self.opened)
        elif IDEA in st.query_params:
            del st.query_params[IDEA]

    def move_on(self, idea_id: UUID) -> None:
        """Open what follows an idea, once the list has been read again."""
        ids = [row["id"] for row in self.rows]
        at = ids.index(idea_id) if idea_id in ids else 0
        following = ids[at + 1] if idea_id in ids and at + 1 < len(ids) else None
        self.form, self.wrong, self.moved = None, {}, (at, following)

    def settle(self) -> None:
        """Where one has just moved on: open the idea that is there now, or none."""
        if self.moved is None:
            return
        at, following = self.moved
        self.moved = None
        ids = [row["id"] for row in self.rows]
        if following not in ids:
            following = ids[min(at, len(ids) - 1)] if ids else None
        self.open(following)

    def begin_again(self) -> None:
        """From the first page, nothing open."""
        self.cursors, self.form, self.moved = [], None, None
        self.open(None)


def reading() -> Reading:
    """That of this session."""
    held: Reading = st.session_state.setdefault(PLACE, Reading())
    return held


def _named() -> UUID | None:
    """The idea that the address names; None where it names none, or something that is no id."""
    try:
        return UUID(st.query_params.get(IDEA, ""))
    except ValueError:
        return None


@contextmanager
def telling(state: Reading, typed: str = "", idea_id: UUID | None = None) -> Iterator[None]:
    """What is expected to go wrong in an answer is told at the next look, with what had been typed."""
    try:
        yield
    except psycopg.OperationalError:
        state.said.append(Said(_("The database does not answer now."), typed, idea_id))
    except (DecisionError, BadAnswer, PeopleError, StoreError, TimeoutError) as error:
        state.said.append(Said(str(error) or _("the answer took too long"), typed, idea_id))
