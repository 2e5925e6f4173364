"""Selling: what a person does to listings from a page: each deed the one way, then what can still be taken back.

Answers of this session can be undone while their window is open; the browser counts the seconds down.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar
from uuid import UUID

import streamlit as st

from graphs.launches import Launches
from graphs.people import Deed
from graphs.product import Product
from store.listings import ListingError
from ui.console import undo
from ui.console.desk import Visit
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

APPROVE, DECLINE = "approve", "decline"
DONE = {APPROVE: marked("Approved"), DECLINE: marked("Declined")}
KEY, PLACE, MOST = "selling-undo", "selling given", 5
T = TypeVar("T")
Titles = tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to one listing or to several, that can be undone until a moment of this process's clock."""

    answer: str
    listings: Titles
    until: float


@dataclass(slots=True)
class Answers:
    """What this session answered of late, the latest first, and what is to be told at the next look."""

    given: list[Given] = field(default_factory=list)
    said: list[tuple[bool, str]] = field(default_factory=list)
    """Each with whether it is good news."""


def answers() -> Answers:
    """Those of this session."""
    held: Answers = st.session_state.setdefault(PLACE, Answers())
    return held


def launches_of(here: Visit, product: Product) -> Launches:
    """The tenant's listings, in the name of whoever sits here."""
    return product.launches.by(here.person.handle)


def do(here: Visit, work: Callable[[Launches], Awaitable[T]], subject: UUID, deed: Deed = Deed.LAUNCH) -> T:
    """What comes of a deed at one listing."""
    return here.act(deed, lambda product: work(launches_of(here, product)), f"listing:{subject}")


def remember(here: Visit, answer: str, listings: Sequence[tuple[UUID, str]]) -> None:
    """Hold an answer for as long as it can be undone."""
    window_s = here.desk.settings.undo_s
    if listings and window_s > 0:
        answers().given.insert(0, Given(answer, tuple(listings), monotonic() + window_s))


def tell() -> None:
    """What is to be told since the last look: what went well in passing, what did not until it is put away."""
    held = answers()
    for good, line in held.said:
        if good:
            st.toast(plain(shortened(line, 400)), icon=":material/check:")
    held.said = [(good, line) for good, line in held.said if not good]
    for at, (_good, line) in enumerate(held.said):
        with st.container(
            key=f"selling-said-{at}", border=True, horizontal=True, wrap=False, vertical_alignment="center"
        ):
            st.markdown(f":material/info: {plain(line)}")
            st.button(
                "", icon=":material/close:", type="tertiary", key=f"selling-heard-{at}", help=_("Put away"),
                on_click=_heard, args=(line,),
            )  # fmt: skip


def _heard(line: str) -> None:
    answers().said.remove((False, line))


def bar(here: Visit) -> None:
    """The answers that can be undone; the browser counts down."""
    now, held = monotonic(), answers()
    held.given = [each for each in held.given if each.until > now]
    given = {str(each.listings[0][0]): each for each in held.given[:MOST]}
    if not given:
        return

    def undone() -> None:
        wanted = given.get(st.session_state[KEY]["undone"])
        if wanted is not None:
            _take_back(here, wanted)

    lines = [{"name": name, "text": line_of(each), "seconds": each.until - now} for name, each in given.items()]
    undo.component()(key=KEY, data={"given": lines, "label": _("Undo ({seconds} s)")}, on_undone_change=undone)


def line_of(given: Given) -> str:
    """An answer in a line."""
    if len(given.listings) > 1:
        return counted("{count} listing answered", "{count} listings answered", len(given.listings))
    return f"{_(DONE[given.answer])}: {shortened(given.listings[0][1], 60)}"


def _take_back(here: Visit, given: Given) -> None:
    held = answers()
    held.given = [each for each in held.given if each != given]
    titles = dict(given.listings)

    async def each_back(launches: Launches) -> dict[UUID, str]:
        refused: dict[UUID, str] = {}
        for listing_id in titles:
            try:
                await launches.withdraw(listing_id)
            except ListingError as stands:
                refused[listing_id] = str(stands)
        return refused

    refused = do(here, each_back, given.listings[0][0])
    held.said += [(False, f"{titles[listing_id]}: {why}") for listing_id, why in refused.items()]
    if back := len(titles) - len(refused):
        held.said.append((True, counted("{count} answer taken back", "{count} answers taken back", back)))
