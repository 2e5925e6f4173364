"""Dead letters: jobs that failed for good, why, and another try; a section of the runs."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pandas as pd
import streamlit as st

from graphs.people import Deed
from graphs.product import Product
from store.decisions import Row
from store.jobs import dead_letters, retry_dead
from store.postgres import connect
from ui.console.desk import Visit
from ui.console.parts import empty, told
from ui.console.text import plain, shortened
from ui.console.words import _, counted

MOST = 200


def section(here: Visit) -> None:
    """What failed for good, the newest first; one is looked at whole."""
    with here.session() as session:
        letters = dead_letters(session, MOST)[::-1]
    if not letters:
        empty(
            _("Nothing failed for good"),
            _("A job that fails too often ends here, with its reason."),
            ":material/mark_email_read:",
        )
        return
    may = here.person.may(Deed.RETRY)
    label = counted("Try {count} again", "Try all {count} again", len(letters))
    if may and st.button(label, icon=":material/replay:"):
        with told():
            _retry(here, None)
    chosen = st.dataframe(
        pd.DataFrame([letter_row(row) for row in letters]),
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="single-row",
        key="letters",
    )
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(letters):
        _letter(here, letters[rows[0]], may)


def letter_row(row: Row) -> Row:
    """A dead letter as a list shows it."""
    return {
        _("when"): row["at"],
        _("queue"): row["queue"],
        _("task"): row["task"],
        _("why"): shortened(row["error"], 160),
        _("job"): row["job_id"],
    }


def _letter(here: Visit, row: Row, may: bool) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(row['task'])}** {row['job_id']}")
        st.text(row["error"])
        st.code(json.dumps(row["args"], indent=2, ensure_ascii=False), language="json", wrap_lines=True)
        if may and st.button(_("Try this one again"), type="primary", icon=":material/replay:"):
            with told():
                _retry(here, row["job_id"])


def _retry(here: Visit, job_id: int | None) -> None:
    raised = here.act(Deed.RETRY, partial(_raise, job_id), "" if job_id is None else f"job:{job_id}")
    st.toast(
        counted("{count} job is queued again", "{count} jobs are queued again", len(raised)), icon=":material/replay:"
    )
    st.rerun()


async def _raise(job_id: int | None, product: Product) -> list[Row]:
    return await asyncio.to_thread(_raised, product, job_id)


def _raised(product: Product, job_id: int | None) -> list[Row]:
    with connect(product.url, product.settings.tenant) as session:
        return retry_dead(session, job_id)
