"""Undo: the answers of this session that can still be taken back, each with the seconds that are left.

The browser counts down. A fragment that runs every second would do it too, but its look a second races with the look
that takes the answer back, and then leaves a bar that stands still.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import monotonic
from typing import Any
from uuid import UUID

import streamlit as st

from graphs.people import Deed
from graphs.product import Product
from store.decisions import DecisionError
from ui.console.components import component as made
from ui.console.desk import Visit
from ui.console.reading import DESK, Given, Reading, Said, reading, telling
from ui.console.text import shortened
from ui.console.words import _, counted, marked

KEY = "undo"
DONE = {
    "approve": marked("Approved"),
    "edit": marked("Changed and approved"),
    "reject": marked("Rejected"),
    "ignore": marked("Put away"),
    "respond": marked("Sent back"),
}
"""What an answer did, as the reader's own deed."""
Ideas = Sequence[tuple[UUID, str]]
"""Each with its phrase."""
MOST = 5
"""Answers that are listed; the others can be undone from those that were given of late."""


def remember(state: Reading, answer: str, ideas: Ideas, reviews: Sequence[Mapping[str, Any]]) -> None:
    """Hold an answer for as long as the first of its reviews can be undone; given twice, it is held once."""
    if not reviews or any(given.ideas == tuple(ideas) for given in alive(state)):
        return
    left_s = min((review["undo_until"] - review["decided_at"]).total_seconds() for review in reviews)
    state.given.insert(0, Given(answer, tuple(ideas), monotonic() + left_s))


def alive(state: Reading) -> list[Given]:
    """Those whose time is not over, the latest first."""
    now = monotonic()
    state.given[:] = [given for given in state.given if given.until > now]
    return state.given


def bar(here: Visit) -> None:
    """The answers that can be undone; the browser counts the seconds down."""
    given = {str(each.ideas[0][0]): each for each in alive(reading())[:MOST]}
    if not given:
        return

    def undone() -> None:
        wanted = given.get(st.session_state[KEY]["undone"])
        if wanted is not None:
            take_back(here, wanted)

    now = monotonic()
    lines = [{"name": name, "text": _line(each), "seconds": each.until - now} for name, each in given.items()]
    component()(key=KEY, data={"given": lines, "label": _("Undo ({seconds} s)")}, on_undone_change=undone)


@lru_cache
def component() -> Any:
    """The bar, once a process."""
    return made("undo", __file__, isolate_styles=False)


def take_back(here: Visit, given: Given) -> None:
    """Undo an answer and open its first idea; what could not be undone is told."""
    state = reading()
    state.given[:] = [each for each in state.given if each != given]
    with telling(state):
        ids = [idea_id for idea_id, _phrase in given.ideas]
        refused = here.act(Deed.DECIDE, lambda product: _undo_all(product, ids, here.person.handle))
        state.said += [Said(text, idea_id=idea_id) for idea_id, text in refused.items()]
        back = [idea_id for idea_id in ids if idea_id not in refused]
        if back:
            state.form, state.moved = None, None
            state.open(back[0])
    st.rerun(DESK)


async def _undo_all(product: Product, ids: Sequence[UUID], actor: str) -> dict[UUID, str]:
    """Why each of those that could not be undone could not."""

    async def one(idea_id: UUID) -> str | None:
        try:
            await product.reviews.undo(idea_id, actor)
        except DecisionError as error:
            return str(error)
        return None

    errors = await asyncio.gather(*(one(idea_id) for idea_id in ids))
    return {idea_id: error for idea_id, error in zip(ids, errors, strict=True) if error is not None}


def _line(given: Given) -> str:
    if len(given.ideas) > 1:
        return counted("{count} idea answered", "{count} ideas answered", len(given.ideas))
    return f"{_(DONE[given.answer])}: {shortened(given.ideas[0][1], 60)}"
