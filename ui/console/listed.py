"""Listed: the tenant's listings: how many stand how, by marketplace, a page at a time; several chosen and answered.

What changes by itself is one fragment, looked at every two seconds while something of it is on its way, and not while
somebody chooses: what is about to be answered stands still.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import streamlit as st

from graphs.people import Deed
from store.decisions import Row
from store.listings import OPEN, count_by_marketplace, load_blocking, load_page
from store.status import find_workers
from ui.console import many, selling, tiles, wares
from ui.console.desk import Visit
from ui.console.parts import empty, told
from ui.console.states import STATES, UNDER_WAY, market_name, state_name
from ui.console.studio import folder_of
from ui.console.text import plain
from ui.console.ticker import tick
from ui.console.words import _

LISTING, IDEA = "listing", "idea"
"""Name the listing, or the idea whose listings are looked at, in the address."""
PAGE, MOST_CHOSEN = 25, 100
KEY, PLACE, STATUS, MARKET, WISH = (
    "listing-wares", "listings place", "listings-status", "listings-market", "listings wish",
)  # fmt: skip


@dataclass(slots=True)
class Looking:
    """Where in the list a session is: where each page before this one ended, what stands on it, what is chosen."""

    cursors: list[tuple[datetime, UUID]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    more: bool = False
    marks: tiles.Marks = field(default_factory=tiles.Marks)
    chosen: dict[UUID, Row] = field(default_factory=dict)


def looking() -> Looking:
    """That of this session."""
    held: Looking = st.session_state.setdefault(PLACE, Looking())
    return held


def open_listing(listing: UUID | str | None) -> None:
    """Write into the address which listing is open; none: the list."""
    if listing is not None:
        st.query_params[LISTING] = str(listing)
    elif LISTING in st.query_params:
        del st.query_params[LISTING]


def draw(here: Visit) -> None:
    """The list."""
    _of_one_idea()
    _live(here)


def _idea() -> UUID | None:
    try:
        return UUID(st.query_params.get(IDEA, ""))
    except ValueError:
        return None


def _of_one_idea() -> None:
    """Say whose listings these are, where the address names an idea."""
    if _idea() is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(_("of one idea"), icon=":material/lightbulb:")
        if st.button(_("All listings"), type="tertiary", icon=":material/close:"):
            del st.query_params[IDEA]
            st.rerun()


@st.fragment
def _live(here: Visit) -> None:
    """The list, drawn again every two seconds while something of it changes by itself."""
    with told():
        if st.session_state.pop(WISH, ""):
            st.rerun()
        selling.tell()
        counts = here.ask(count_by_marketplace, _idea())
        if not counts:
            _nothing()
            return
        selling.bar(here)
        status, market = _tools(counts)
        state, total = looking(), _total(counts, status, market)
        _load(here, state, status, market)
        who_pushes(here, counts)
        if state.chosen:
            many.draw(here, state.chosen, _choose_none)
        _rows(here, state, total)
        if not state.chosen and _is_under_way(counts):
            tick("listings")


def _nothing() -> None:
    empty(
        _("No listing yet"),
        _("Designs of approved ideas are drawn up by themselves; or from a design's page: Put up for sale."),
        ":material/storefront:",
    )


def _is_under_way(counts: Mapping[str, Mapping[str, int]]) -> bool:
    return any(of.get(status) for of in counts.values() for status in UNDER_WAY)


def _total(counts: Mapping[str, Mapping[str, int]], status: str | None, market: str | None) -> int:
    wanted = [of for name, of in counts.items() if market in (None, name)]
    return sum(count for of in wanted for name, count in of.items() if status in (None, name))


def _tools(counts: Mapping[str, Mapping[str, int]]) -> tuple[str | None, str | None]:
    """Which are looked at: chips with how many of each there are, and the marketplace."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="listings-tools"):
        held = st.session_state.get(MARKET)
        markets = list(dict.fromkeys([*counts, *([held] if held else [])]))
        market: str | None = held
        by_state = {name: _total(counts, name, held) for name in STATES}
        shown = [name for name, count in by_state.items() if count or st.session_state.get(STATUS) == name]
        status: str | None = st.pills(
            _("Status"), shown, format_func=lambda name: f"{plain(state_name(name))} {by_state[name]:,}", key=STATUS,
            label_visibility="collapsed", on_change=_begin_again, persist_state="session",
        )  # fmt: skip
        if len(markets) > 1:
            market = st.selectbox(
                _("Marketplace"), markets, index=None, key=MARKET, placeholder=_("every marketplace"), width=200,
                format_func=market_name, label_visibility="collapsed", on_change=_begin_again, persist_state="session",
            )  # fmt: skip
    return status, market


def _begin_again() -> None:
    looking().cursors = []


def _load(here: Visit, state: Looking, status: str | None, market: str | None) -> None:
    """Read the page that one is at, or the one before where it has become empty."""
    wanted: dict[str, Any] = {"statuses": [status] if status else None, "marketplace": market, "idea_id": _idea()}
    while True:
        after = state.cursors[-1] if state.cursors else None
        found = here.ask(load_page, PAGE + 1, after=after, **wanted)
        state.rows, state.more = found[:PAGE], len(found) > PAGE
        if state.rows or not state.cursors:
            return
        state.cursors.pop()


def who_pushes(here: Visit, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Say so where something waits to go out and nobody is there to push it."""
    if not any(of.get(status) for of in counts.values() for status in OPEN):
        return
    with here.session() as session:
        workers = find_workers(session, datetime.now(UTC), timedelta(seconds=here.desk.settings.stalled_s))
    if not workers.alive:
        st.warning(_("Nobody pushes: no worker is at work. Start one: `bellwether worker`"), icon=":material/bedtime:")


def _rows(here: Visit, state: Looking, total: int) -> None:
    if not state.rows:
        empty(_("Nothing fits"), _("Take away the status or the marketplace that is chosen."), ":material/search_off:")
        return
    blocked = [row["id"] for row in state.rows if row["status"] == "blocked"]
    blocking = here.ask(load_blocking, blocked) if blocked else {}
    folder, now = here.read(folder_of), datetime.now(UTC)
    shown = [wares.told(row, blocking.get(row["id"], ()), folder, now) for row in state.rows]
    turning = tiles.Turning(len(state.cursors) * PAGE, len(state.rows), f"{total:,}", state.more)
    state.marks.chosen = {str(key): row["title"] for key, row in state.chosen.items()}
    wishes = tiles.Wishes(_on_opened, _on_turned, _on_chosen)
    wares.draw(KEY, shown, turning, state.marks, wishes, here.person.may(Deed.LAUNCH))


def _on_opened() -> None:
    listing_id, number = tiles.said(KEY, "opened")
    state = looking()
    state.marks.answered = max(state.marks.answered, int(number))
    st.session_state[WISH] = str(listing_id)
    open_listing(str(listing_id))


def _on_turned() -> None:
    state = looking()
    if tiles.said(KEY, "turned") == "back" and state.cursors:
        state.cursors.pop()
    elif state.more:
        state.cursors.append((state.rows[-1]["changed_at"], state.rows[-1]["id"]))


def _on_chosen() -> None:
    """Those of this page that are chosen now, as they stood when they were chosen, beside those of other pages."""
    state, (ids, number) = looking(), tiles.said(KEY, "chosen")
    state.marks.answered = max(state.marks.answered, int(number))
    shown = {row["id"]: row for row in state.rows if row["status"] in wares.ANSWERABLE}
    others = {key: row for key, row in state.chosen.items() if key not in shown}
    wanted = {key: state.chosen.get(key, row) for key, row in shown.items() if str(key) in set(map(str, ids))}
    state.chosen = dict(list((others | wanted).items())[:MOST_CHOSEN])
    many.wait()


def _choose_none(ids: Sequence[UUID] | None = None) -> None:
    """Let go of these; of all, where none are named."""
    state = looking()
    state.chosen = {key: row for key, row in state.chosen.items() if ids is not None and key not in set(ids)}
