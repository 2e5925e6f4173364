"""Batch row: one row of a batch open: its picture, every attempt with its scores, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import streamlit as st

from graphs.people import Deed
from graphs.product import Product
from store.decisions import Row
from store.progress import find_row, load_attempts
from ui.console import pictures, scores
from ui.console.desk import Visit
from ui.console.misses import meaning, miss_line
from ui.console.navigation import page_at
from ui.console.parts import ago, badge, empty, named, span, told
from ui.console.studio import MOST_PRIORITY, batches_of, folder_of
from ui.console.text import plain, shortened
from ui.console.ticker import tick
from ui.console.words import _, counted

SEEN = ("style", "size", "artefacts")
"""Reasons that the attempts below tell with their figures."""
OVER = ("done", "dead", "cancelled")
SEEDED = ("style", "artefacts")
"""Reasons that the same seed would give again."""
OTHER = 104_729


def draw(here: Visit, batch: Row, row_id: str, close: Callable[[], None]) -> None:
    """The row, looked at every two seconds until it is over."""
    row = here.ask(find_row, batch["id"], row_id)
    with st.container(key="way-back-to-tiles", horizontal=True, horizontal_alignment="right"):
        st.button(_("Close"), icon=":material/close:", type="tertiary", key="close-row", on_click=close)
    if row is None:
        empty(_("There is no such row in this batch"), icon=":material/search_off:")
        return
    _live(here, batch, row_id, row["status"])


@st.fragment
def _live(here: Visit, batch: Row, row_id: str, was: str) -> None:
    with told():
        row = here.ask(find_row, batch["id"], row_id)
        if row is None or (row["status"] != was and row["status"] in OVER):
            st.rerun()
        _picture(here, row)
        st.subheader(plain(shortened(row["row"]["text"], 140)), anchor=False)
        st.markdown(f"{badge(row['status'])} {plain(_line_of(row))}")
        if row["status"] == "dead":
            title, hint = meaning(row["reason"])
            st.error(f"**{plain(title)}.** {hint}", icon=":material/error:")
            if row["error"] and row["reason"] not in SEEN:
                st.caption(plain(shortened(row["error"], 400)))
        elif row["error"] and row["status"] != "done":
            st.caption(plain(_("Put back: {why}").format(why=shortened(row["error"], 300))))
        _buttons(here, batch, row)
        _attempts(here, row)
        if row["status"] not in OVER and batch["status"] == "running":
            tick("row")


def _line_of(row: Row) -> str:
    parts = [
        _("row {id}").format(id=row["row_id"]),
        named(row["row"].get("product_format") or ""),
        _("version {number}").format(number=row["version"]) if row["version"] > 1 else "",
        counted("put back {count} time", "put back {count} times", row["retries"]) if row["retries"] else "",
        _("ended {when}").format(when=ago(row["ended_at"])) if row["ended_at"] else "",
    ]
    return " · ".join(filter(None, parts))


def _picture(here: Visit, row: Row) -> None:
    files = row["files"] or {}
    folder = here.read(folder_of)
    shown = pictures.inline(folder, files.get("thumb"))
    if not shown:
        return
    ground = pictures.ground(row["ground"]) or "#ffffff"
    st.html(f'<div class="sheet" style="background:{ground}"><img src="{shown}" alt=""></div>')


def _buttons(here: Visit, batch: Row, row: Row) -> None:
    design = page_at("designs")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if row["status"] == "done" and design is not None:
            st.page_link(
                design, label=_("Open the design"), icon=":material/palette:", query_params={"design": str(row["id"])}
            )
        if not here.person.may(Deed.DRAW):
            return
        if row["status"] in OVER:
            again = row["status"] == "dead" and row["reason"] in SEEDED
            if again and st.button(
                _("Try another seed"), icon=":material/casino:", type="primary", key=f"reseed {row['id']}"
            ):
                _retry(here, batch, row, OTHER * (row["version"] + 1) % 2**31)
            label = _("Draw it again") if row["status"] == "done" else _("Retry")
            kind: Any = "secondary" if again or row["status"] == "done" else "primary"
            if st.button(label, icon=":material/replay:", type=kind, key=f"retry {row['id']}"):
                _retry(here, batch, row)
        elif row["status"] == "waiting":
            with st.popover(_("Priority"), icon=":material/low_priority:"):
                _priority(here, batch, row)


def _retry(here: Visit, batch: Row, row: Row, seed: int | None = None) -> None:
    async def work(product: Product) -> int:
        reason = "retried" if seed is None else f"retried by seed {seed}"
        return await batches_of(here, product).retry(str(batch["id"]), [row["row_id"]], reason, seed)

    count = here.act(Deed.DRAW, work, f"design:{row['id']}")
    st.toast(counted("{count} row is queued again", "{count} rows are queued again", count), icon=":material/replay:")
    st.rerun()


def _priority(here: Visit, batch: Row, row: Row) -> None:
    number = st.number_input(
        _("The higher goes first"), -MOST_PRIORITY, MOST_PRIORITY, row["priority"], key=f"row priority {row['id']}"
    )

    async def work(product: Product) -> Row:
        return await batches_of(here, product).prioritise(str(batch["id"]), int(number), row["row_id"])

    if st.button(_("Set"), key="set-row-priority"):
        here.act(Deed.DRAW, work, f"design:{row['id']}")
        st.rerun()


def _attempts(here: Visit, row: Row) -> None:
    """Every attempt with its scores against their lines, and what it missed in words."""
    attempts = here.ask(load_attempts, row["id"])
    if not attempts:
        return
    st.markdown(f"**{counted('{count} attempt', '{count} attempts', len(attempts))}**")
    for each in attempts:
        with st.container(border=True, gap="small"):
            what = _("reached") if each["passed"] else _("missed")
            colour = "green" if each["passed"] else "red"
            took = _("taken as it stood") if not each["drawn"] else span_s(each["seconds"])
            line = plain(f"{each['renderer']} · {took}")
            st.markdown(f":{colour}-badge[{plain(what)}] **{each['nth'] + 1}.** :small[:gray[{line}]]")
            if not scores.draw(each["checked"]) and each["passed"]:
                st.caption(_("Size and artefacts were looked at: this brand has no references to compare with."))
            if lines := [f"- {plain(miss_line(miss))}" for miss in each["checked"].get("misses", ())]:
                st.markdown("\n".join(lines))


def span_s(seconds: float) -> str:
    """A length in seconds as people read it."""
    return span(timedelta(seconds=seconds))
