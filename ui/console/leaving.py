"""Leaving: what would go out: a dry run against what stands at the marketplace. It is looked at, nothing goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st

from graphs.people import Deed
from market.errors import MarketError
from market.listing import Change
from store.decisions import Row
from ui import wording
from ui.console import selling
from ui.console.desk import Visit
from ui.console.parts import ago, told
from ui.console.states import market_name
from ui.console.text import plain
from ui.console.words import _, marked

HELD = "listing leaving"
FIELDS = {
    "title": marked("title"), "description": marked("text"), "tags": marked("tags"), "price_cents": marked("price"),
    "currency": marked("currency"), "quantity": marked("quantity"), "pictures": marked("pictures"),
    "state": marked("state"),
}  # fmt: skip
MOST = 1_200


def button(here: Visit, found: Row) -> None:
    """Asks the marketplace."""
    st.button(
        _("What would go out"), icon=":material/difference:", key="listing-diff", on_click=_ask, args=(here, found)
    )


def draw(found: Row) -> None:
    """What was found of this draft, until it is put away."""
    held = st.session_state.get(HELD)
    if held is None or held[0] != (found["id"], found["digest"], found["status"]):
        return
    _of, when, changes, fault = held
    with st.container(border=True, key="listing-leaving"):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", horizontal_alignment="distribute"):
            where = market_name(found["marketplace"])
            looked = _("{where} could not be looked at.") if fault else _("{where} was looked at; nothing went out.")
            said = f"{looked.format(where=where)} {ago(when)}"
            st.markdown(f"**{_('What would go out')}** :small[:gray[{plain(said)}]]")
            st.button(
                "", icon=":material/close:", type="tertiary", key="listing-leaving-away", help=_("Put away"),
                on_click=_put_away,
            )  # fmt: skip
        if fault:
            st.warning(plain(fault), icon=":material/cloud_off:")
        elif changes:
            st.html(table(changes, found["currency"]))
        else:
            st.markdown(_("It shows all of it already: nothing would change."))


def table(changes: Sequence[Change], currency: str) -> str:
    """Field by field what stands and what it becomes, as HTML."""
    rows = "".join(_row(each, currency) for each in changes)
    heads = "".join(f"<span>{escape(each)}</span>" for each in ("", _("stands there"), _("becomes")))
    return f'<div class="leaving"><div class="heads">{heads}</div>{rows}</div>'


def _row(change: Change, currency: str) -> str:
    name = _(FIELDS[change.name]) if change.name in FIELDS else change.name
    before = _("nothing") if change.before is None else _said(change.name, change.before, currency)
    after = _said(change.name, change.after, currency)
    tone = "none" if change.before is None else "was"
    return (
        f'<div class="change"><b>{escape(name)}</b><span class="{tone}" dir="auto">{escape(before)}</span>'
        f'<span class="new" dir="auto">{escape(after)}</span></div>'
    )


def _said(name: str, value: Any, currency: str) -> str:
    if name == "price_cents" and isinstance(value, int):
        return wording.money(value, currency)
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= MOST else f"{text[:MOST]}…"


def _ask(here: Visit, found: Row) -> None:
    of = (found["id"], found["digest"], found["status"])
    with told():
        try:
            _found, changes = selling.do(here, lambda launches: launches.diff(found["id"]), found["id"], Deed.LOOK)
        except MarketError as fault:
            st.session_state[HELD] = (of, datetime.now(UTC), [], str(fault))
        else:
            st.session_state[HELD] = (of, datetime.now(UTC), changes, "")


def _put_away() -> None:
    st.session_state.pop(HELD, None)
