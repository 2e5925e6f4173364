"""Batches: what is being drawn and how far it is; a batch begun from a file or from typed lines; the brands.

The address carries the batch that is open (`?batch=...`) and its row (`&row=...`), so a link can be sent. While
something is drawn, what changes is looked at every two seconds, apart from everything that people type into.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from store.batches import load_batches
from store.decisions import Row
from store.progress import load_faces, load_paces
from ui.console import batch, batchlist, begin, brands
from ui.console.desk import Visit
from ui.console.parts import empty, head, section, told
from ui.console.start import visit
from ui.console.studio import STYLE, folder_of, who_draws
from ui.console.ticker import tick
from ui.console.words import _, marked

MOST = 50
LIST, BEGIN, BRANDS = marked("Batches"), marked("New batch"), marked("Brands")
SECTION, OPENED = "batches section", "batch opened"


def page() -> None:
    """The batches of whoever looks."""
    draw(visit())


def draw(here: Visit) -> None:
    """One batch, or the list, a new one, the brands."""
    st.html(STYLE)
    if batch.asked():
        batch.draw(here)
        return
    head(_("Batches"), _("A file of slogans in, print files out, each checked against the brand."))
    chosen = section((LIST, BEGIN, BRANDS), SECTION)
    if chosen == BEGIN:
        begin.draw(here)
    elif chosen == BRANDS:
        brands.draw(here)
    else:
        _list(here)


def _list(here: Visit) -> None:
    rows = here.ask(load_batches, MOST)
    if not rows:
        hint = _("Begin one from a CSV, or from slogans that you type: New batch, above.")
        empty(_("No batch yet"), hint, ":material/palette:")
        return
    alive = is_alive(rows)
    _live(here, alive)


def is_alive(rows: Sequence[Row]) -> bool:
    """Whether something of these is drawn or waits to be."""
    return any(row["status"] == "running" and row["waiting"] + row["drawing"] for row in rows)


@st.fragment
def _live(here: Visit, was_alive: bool) -> None:
    """The list, drawn again every two seconds while something is drawn."""
    with told():
        if asked := st.session_state.pop(OPENED, ""):
            st.query_params[batch.BATCH] = asked
            st.rerun()
        rows = here.ask(load_batches, MOST)
        if was_alive and not is_alive(rows):
            st.rerun()
        who_draws(here, rows)
        ids: list[UUID] = [row["id"] for row in rows]
        paces, faces = here.ask(load_paces, ids), here.ask(load_faces, ids, batchlist.FACES)
        folder = here.read(folder_of)
        cards = [batchlist.told(row, paces.get(row["id"]), faces.get(row["id"], ()), folder) for row in rows]
        batchlist.draw(cards, _on_opened)
        if is_alive(rows):
            tick("batches")


def _on_opened() -> None:
    st.session_state[OPENED] = batchlist.wish()
