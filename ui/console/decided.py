"""Decided: who answered what, when and why, the latest first; with undo where there is still time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from graphs.people import Deed
from store.answers import load_answerers
from store.queue import load_answers_of_late
from ui.console.desk import Visit
from ui.console.parts import empty
from ui.console.reading import Given
from ui.console.text import plain, shortened
from ui.console.undo import DONE, take_back
from ui.console.words import _

Row = Mapping[str, Any]
PAGE = 50
WHO = "decided-by"
TABLE = "decided-table"
CLICK = "decided-click"
SHOW = "show"
UNDOABLE = 5
"""Answers whose undo is offered; there are seldom more in half a minute."""


def draw(here: Visit, read: Callable[[UUID], None]) -> None:
    """The late answers as a table, each with a way to `read` its idea; those that can be undone stand above it."""
    who = st.selectbox(
        _("Who"), here.ask(load_answerers), index=None, placeholder=_("Everybody"), key=WHO, persist_state="session",
        width=320,
    )  # fmt: skip
    rows = here.ask(load_answers_of_late, PAGE, actor=who)
    if not rows:
        empty(_("Nobody has decided anything yet"), _("What you approve, reject or put away stands here."))
        return
    if here.person.may(Deed.DECIDE):
        _undoable(here, rows)
    st.dataframe(
        pd.DataFrame([_cells(row) for row in rows]), key=TABLE, hide_index=True, column_config=_columns(rows, read),
        height="content",
    )  # fmt: skip


def _undoable(here: Visit, rows: Sequence[Row]) -> None:
    for row in [row for row in rows if _is_undoable(row)][:UNDOABLE]:
        given = Given(row["answer"], ((row["idea_id"], row["phrase"]),), 0.0)
        with st.container(horizontal=True, vertical_alignment="center", key=f"late-{row['id']}"):
            st.markdown(f"{plain(row['actor'])}: {_(DONE[row['answer']])} **{plain(shortened(row['phrase'], 60))}**")
            st.button(_("Undo"), key=f"undo-late-{row['id']}", on_click=take_back, args=(here, given), type="tertiary")


def _is_undoable(row: Row) -> bool:
    return row["undone_at"] is None and row["answer"] != "respond" and row["undo_until"] > datetime.now(UTC)


def _cells(row: Row) -> dict[str, object]:
    answer = _(DONE[row["answer"]])
    return {
        "when": row["decided_at"],
        "who": row["actor"],
        "answer": f"{answer}, {_('taken back')}" if row["undone_at"] else answer,
        "idea": row["phrase"],
        "reason": row["reason"] or "",
        SHOW: _("Open"),
    }


def _columns(rows: Sequence[Row], read: Callable[[UUID], None]) -> dict[str, Any]:
    return {
        "when": st.column_config.DatetimeColumn(_("When"), format="D MMM YYYY, HH:mm", width=150),
        "who": st.column_config.TextColumn(_("Who"), width="small"),
        "answer": st.column_config.TextColumn(_("Answer"), width=190),
        "idea": st.column_config.TextColumn(_("Idea"), width="medium"),
        "reason": st.column_config.TextColumn(_("Reason"), width="medium"),
        SHOW: st.column_config.ButtonColumn("", type="tertiary", key=CLICK, on_click=_open, args=(rows, read)),
    }


def _open(rows: Sequence[Row], read: Callable[[UUID], None]) -> None:
    read(rows[st.session_state[CLICK]["row"]]["idea_id"])
