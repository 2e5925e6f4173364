"""Review: the queue beside the idea that is open. A page of the list is asked for and drawn, never the whole of it.

The address carries the idea (`?idea=...`), so a link can be sent and the browser's way back works. On a narrow screen
the list is shown until an idea is opened, then the idea with a way back. A look that follows a click draws what is open
by `Reading`, whatever address came with the click.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import streamlit as st
from psycopg import AsyncConnection

from store.queue import Cursor, Filter, count_queue, find_queued, load_facets, load_queue
from ui.console import bulk, decided, idea, rows, undo
from ui.console.answering import answer_form
from ui.console.desk import Visit
from ui.console.parts import empty, head, named, told
from ui.console.reading import DESK, Reading, Row, Said, reading
from ui.console.start import visit
from ui.console.text import plain
from ui.console.words import _, marked

PAGE = 25
FACETS_KEPT_S = 30
STYLE = Path(__file__).parent.parent / "review.css"
WAITING = ["pending_review"]
TAB, TEXT, ORDER, STATUS, VERDICT, FORMAT = "review-tab", "search", "order", "status", "verdict", "format"
ORDERS = {
    "score": marked("Best score"),
    "newest": marked("Newest"),
    "deadline": marked("Order date"),
    "margin": marked("Best margin"),
}
KEYS = (
    ("A", marked("approve")),
    ("E", marked("edit")),
    ("R", marked("reject")),
    ("I", marked("ignore")),
    ("N", marked("send back with a note")),
    ("J  K", marked("next, previous idea")),
    ("X", marked("choose for several at once")),
    ("U", marked("undo the last answer")),
    ("/", marked("search")),
    ("Esc", marked("leave a field or a form")),
    ("?", marked("these keys")),
)


def page() -> None:
    """The queue and the idea that is open."""
    st.html(STYLE)
    draw(visit())


def draw(here: Visit) -> None:
    """What somebody who arrives sees: the idea of the address."""
    reading().arrive()
    desk(here)


@st.fragment(key=DESK)
def desk(here: Visit) -> None:
    """What an answer draws anew."""
    with told(), st.container(key="desk"):
        with st.container(key="title"):
            head(_("Review"))
        _keys_button()
        with st.container():  # there without a bar too, so that what follows keeps its place
            undo.bar(here)
        waiting, answered = st.tabs([_("To review"), _("Decided")], key=TAB, on_change="rerun")
        if waiting.open:
            with waiting:
                _reading(here)
        if answered.open:
            with answered:
                decided.draw(here, _read)


def _read(idea_id: UUID) -> None:
    st.session_state[TAB] = _("To review")
    reading().open(idea_id)


def _reading(here: Visit) -> None:
    state = reading()
    with st.container(key="review"):  # under one key always: under another the browser would make the list anew
        left, right = st.columns([4, 7], gap="medium")
    with left, st.container(key="list", gap="small"):
        _tools(here)
        wanted = _filter()
        count = _load(here, state, wanted)
        state.settle()
        state.mirror()
        row = _open_row(here, state)
        _draw_list(state, count, row)
    shown = "bulk" if state.chosen else "idea" if state.opened else "list"
    with right, st.container(key="open", gap="small"):
        _said(state)
        with st.container(key=f"shown-{shown}", gap="small"):
            _opened(here, state, row, wanted)


def _tools(here: Visit) -> None:
    """Search, sort and filter; each begins the list anew."""
    st.text_input(
        _("Search"), key=TEXT, type="search", live=True, placeholder=_("Search"), label_visibility="collapsed",
        on_change=_begin_again, persist_state="session",
    )  # fmt: skip
    with st.container(horizontal=True, wrap=False, gap="small", key="tools"):
        st.selectbox(
            _("Sort"), list(ORDERS), key=ORDER, format_func=lambda name: _(ORDERS[name]), label_visibility="collapsed",
            on_change=_begin_again, persist_state="session",
        )  # fmt: skip
        narrowed = st.session_state.get(STATUS, WAITING) != WAITING or any(map(st.session_state.get, (VERDICT, FORMAT)))
        kind: Literal["primary", "secondary"] = "primary" if narrowed else "secondary"
        with st.popover("", icon=":material/filter_list:", help=_("Filter"), type=kind):
            facets = _facets(here, here.person.tenant)
            for key, label, name in FILTERS:
                _pills(key, label, facets[name])


FILTERS = (
    (STATUS, marked("Status"), "status"),
    (VERDICT, marked("The agents advise"), "verdict"),
    (FORMAT, marked("Product"), "product_format"),
)


def _pills(key: str, label: str, counts: Mapping[str, int]) -> None:
    chosen = WAITING if key == STATUS else ()
    options = list(dict.fromkeys([*st.session_state.get(key, chosen), *chosen, *counts]))
    st.pills(
        _(label), options, selection_mode="multi", key=key, default=chosen,
        format_func=lambda name: f"{plain(named(name))} {counts.get(name, 0):,}", on_change=_begin_again,
        persist_state="session",
    )  # fmt: skip


@st.cache_data(ttl=FACETS_KEPT_S, show_spinner=False)
def _facets(_here: Visit, tenant: str) -> dict[str, dict[str, int]]:  # noqa: ARG001 - whose they are, for the cache
    facets: dict[str, dict[str, int]] = _here.ask(load_facets)
    return facets


def _begin_again() -> None:
    reading().begin_again()


def _filter() -> Filter:
    held = st.session_state
    return Filter(tuple(held[STATUS]), tuple(held[VERDICT]), tuple(held[FORMAT]), held[TEXT] or "", held[ORDER])


def _load(here: Visit, state: Reading, wanted: Filter) -> int:
    """Read the page of the list that one is at, or the one before where it has become empty; how many there are."""
    while True:
        found, count = here.ask(_look, wanted, state.cursors[-1] if state.cursors else None)
        state.rows, state.more = list(found[:PAGE]), len(found) > PAGE
        if state.rows or not state.cursors:
            return count
        state.cursors.pop()


async def _look(connection: AsyncConnection[Any], wanted: Filter, after: Cursor | None) -> tuple[Sequence[Row], int]:
    return await load_queue(connection, wanted, PAGE + 1, after), await count_queue(connection, wanted)


def _open_row(here: Visit, state: Reading) -> Row | None:
    """The idea that somebody opened, else the first of the list."""
    asked = state.opened
    if asked is None:
        return state.rows[0] if state.rows else None
    row: Row | None = next((row for row in state.rows if row["id"] == asked), None) or here.ask(find_queued, asked)
    if row is None:
        state.said.append(Said(_("There is no idea {id}.").format(id=asked)))
        state.open(None)
        return state.rows[0] if state.rows else None
    return row


def _draw_list(state: Reading, count: int, row: Row | None) -> None:
    pages = rows.Pages(len(state.cursors) * PAGE, count, state.more)
    wishes = rows.Wishes(_on_wished, _on_turned)
    marks = rows.Marks(str(row["id"]) if row else "", [str(key) for key in state.chosen], state.wished)
    rows.draw(state.rows, pages, marks, _keys(row), wishes)


def _keys(row: Row | None) -> dict[str, str]:
    """Which key presses the button of which name."""
    of_row = {} if row is None else {
        "a": f"approve-{row['id']}", "i": f"ignore-{row['id']}", "e": f"begin-edit-{row['id']}",
        "r": f"begin-reject-{row['id']}", "n": f"begin-note-{row['id']}",
    }  # fmt: skip
    return {**of_row, "u": undo.KEY, "/": TEXT, "?": "keys", "Escape": "cancel", "Enter": "send"}


def _on_wished() -> None:
    """Grant a wish. One that was granted is told again where what it asked for was not seen: then it is only drawn."""
    wish, state = rows.said("wished"), reading()
    number = int(wish["number"])
    if number <= state.wished:
        return
    state.wished = number
    if wish["opened"]:
        state.open(_as_id(wish["opened"]))
    if wish["chosen"] is not None:
        bulk.choose(state, wish["chosen"])


def _on_turned() -> None:
    state = reading()
    if rows.said("turned") == "back" and state.cursors:
        state.cursors.pop()
    elif state.more:
        state.cursors.append(Cursor.after(state.rows[-1], st.session_state[ORDER]))
    state.moved = (0, None)


def _said(state: Reading) -> None:
    """What is to be told since the last look, until it is put away."""
    for at, line in enumerate(state.said):
        with st.container(key=f"said-{'good' if line.good else 'bad'}-{at}", border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{':material/check:' if line.good else ':material/info:'} {plain(line.text)}")
                st.button(
                    "", icon=":material/close:", type="tertiary", key=f"heard {at}", help=_("Put away"),
                    on_click=_heard, args=(line,),
                )  # fmt: skip
            if line.typed and not line.good:
                st.caption(_("You had typed:"))
                st.text(line.typed)


def _heard(line: Said) -> None:
    reading().said.remove(line)


def _opened(here: Visit, state: Reading, row: Row | None, wanted: Filter) -> None:
    """What is open: the chosen ideas, one idea, or what to do where there is none."""
    if state.chosen:
        bulk.draw(here)
    elif row is not None:
        with st.container(key="way-back"):
            st.button(_("Queue"), icon=":material/arrow_back:", type="tertiary", key="back", on_click=_back)
        answer_form(here, row)
        idea.draw(here, row["id"])
    elif wanted == Filter(order=wanted.order):
        empty(
            _("Nothing waits for you"),
            _("The next ideas come with the next run: `bellwether run --from PATH`, or `bellwether worker`."),
            ":material/done_all:",
        )
    else:
        hint = _("Take something out of the filter, or search for fewer words.")
        empty(_("Nothing fits"), hint, ":material/search_off:")


def _back() -> None:
    reading().open(None)


def _as_id(text: object) -> UUID | None:
    """The id that a browser sent; None where it is none."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _keys_button() -> None:
    with st.container(key="keys"):
        if st.button("", icon=":material/keyboard:", type="tertiary", help=_("Keys"), key="show-keys"):
            st.dialog(_("Keys"))(_show_keys)()


def _show_keys() -> None:
    for key, meaning in KEYS:
        with st.container(horizontal=True):
            st.markdown(" ".join(f"`{each}`" for each in key.split()))
            st.markdown(_(meaning))
