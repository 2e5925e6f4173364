"""Batch: one batch open: how far it is, its rows as pictures or as a table, and what can be done with it.

What changes by itself is a fragment of its own, drawn again every two seconds while something is drawn; it asks for
the whole page anew only when something has changed that a button depends on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from graphs.people import Deed
from graphs.product import Product
from store.batches import UnknownBatch, get_batch
from store.decisions import Row
from store.progress import load_paces, load_tiles
from ui.console import batch_row, pictures, tiles
from ui.console.batchlist import bar_of, facts_of, state_of, why_it_stands
from ui.console.desk import Visit
from ui.console.misses import meaning
from ui.console.parts import ago, badge, empty, named, to_the_right, told
from ui.console.studio import MOST_PRIORITY, bar, batches_of, folder_of, refused_table, who_draws
from ui.console.text import plain, shortened
from ui.console.ticker import tick
from ui.console.words import _, counted, marked

BATCH, ROW = "batch", "row"
"""Name the batch and its row in the address."""
PAGE, TABLE = 24, 500
STATUSES = ("done", "drawing", "waiting", "dead", "cancelled")
PICTURES, LIST = marked("Pictures"), marked("Table")
KEY = "batch-tiles"
PLACE, WISH, COUNTED = "batch place", "batch wish", "batch wishes"


def asked() -> str:
    """The batch that the address names; empty where it names none."""
    return st.query_params.get(BATCH, "")


def open_row(row_id: str) -> None:
    """Write into the address which row is open; none if empty."""
    if row_id:
        st.query_params[ROW] = row_id
    elif ROW in st.query_params:
        del st.query_params[ROW]


def draw(here: Visit) -> None:
    """The batch that the address names, and the row of it that is open."""
    st.button(_("Batches"), icon=":material/arrow_back:", type="tertiary", key="all-batches", on_click=_leave)
    try:
        found = here.ask(get_batch, asked())
    except UnknownBatch:
        hint = _("It may be another tenant's, or the link is cut short.")
        empty(_("There is no such batch"), hint, ":material/search_off:")
        return
    _head(found)
    _commands(here, found)
    row_id = st.query_params.get(ROW, "")
    with st.container(key="studio-open" if row_id else "studio-list"):
        left, right = st.columns([3, 2] if row_id else [1, 0.001], gap="medium")
    with left, st.container(key="studio-tiles"):
        _live(here, str(found["id"]), shape(found))
        _refused(found["refused"])
    if row_id:
        with right, st.container(key="studio-one"):
            batch_row.draw(here, found, row_id, lambda: open_row(""))


def is_alive(row: Row) -> bool:
    """Whether something of it is drawn or waits to be."""
    return bool(row["status"] == "running" and row["waiting"] + row["drawing"])


def shape(row: Row) -> tuple[object, ...]:
    """What the buttons depend on."""
    return row["status"], row["dead"], is_alive(row), row["priority"]


def _leave() -> None:
    for name in (BATCH, ROW):
        if name in st.query_params:
            del st.query_params[name]
    st.session_state.pop(PLACE, None)


def _head(found: Row) -> None:
    with st.container(key="batch-head"):
        st.title(plain(shortened(found["name"], 90)), anchor=False)
    plan = found["plan"]
    how = [
        _("brand {name}, version {version}").format(name=found["brand"], version=found["brand_version"]),
        f"{plan.get('width', 0):,} × {plan.get('height', 0):,} px",
        plan.get("renderer", ""),
        _("{fallback} where that stays down").format(fallback=plan["fallback"]) if plan.get("fallback") else "",
        _("begun by {who} {when}").format(who=found["actor"], when=ago(found["recorded_at"])),
        _("priority {number}").format(number=found["priority"]) if found["priority"] else "",
    ]
    st.caption(plain(" · ".join(filter(None, how))))


# What can be done with it ---------------------------------------------------------------------------------------------


def _commands(here: Visit, found: Row) -> None:
    if not here.person.may(Deed.DRAW):
        st.caption(_("To pause, retry or cancel takes the role business or more."))
        return
    status, key = found["status"], str(found["id"])
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="batch-commands"):
        if status == "running" and is_alive(found):
            st.button(_("Pause"), icon=":material/pause:", on_click=_do, args=(here, key, "pause"))
        if status == "paused":
            st.button(
                _("Resume"), icon=":material/play_arrow:", type="primary", on_click=_do, args=(here, key, "resume")
            )
        if status == "running" and found["waits_for"]:
            st.button(_("Ask the renderer again"), icon=":material/refresh:", on_click=_do, args=(here, key, "resume"))
        if found["dead"]:
            label = counted("Retry {count} dead letter", "Retry all {count} dead letters", found["dead"])
            st.button(label, icon=":material/replay:", on_click=_retry, args=(here, key))
        if status in ("running", "paused"):
            _priority(here, found)
            _cancel(here, found)


def _priority(here: Visit, found: Row) -> None:
    with st.popover(_("Priority"), icon=":material/low_priority:"):
        number = st.number_input(
            _("The higher goes first"), -MOST_PRIORITY, MOST_PRIORITY, found["priority"], key=f"priority {found['id']}"
        )
        if st.button(_("Set"), key="set-priority"):
            work = partial(_prioritise, here, str(found["id"]), int(number))
            with told():
                here.act(Deed.DRAW, work, f"batch:{found['id']}")
                st.rerun()


def _cancel(here: Visit, found: Row) -> None:
    with st.popover(_("Cancel"), icon=":material/stop:"):
        left = found["waiting"] + found["drawing"]
        st.markdown(
            counted(
                "{count} row that is not done is given up; what is done stays.",
                "{count} rows that are not done are given up; what is done stays.",
                left,
            )
        )
        st.button(
            _("Yes, cancel it"), icon=":material/stop:", type="primary", key="cancel-sure",
            on_click=_do, args=(here, str(found["id"]), "cancel"),
        )  # fmt: skip


def _do(here: Visit, key: str, deed: str) -> None:
    async def work(product: Product) -> Row:
        batches = batches_of(here, product)
        moves = {"pause": batches.pause, "resume": batches.resume, "cancel": batches.cancel}
        return await moves[deed](key)

    with told():
        here.act(Deed.DRAW, work, f"batch:{key}")


def _retry(here: Visit, key: str) -> None:
    with told():
        count = here.act(Deed.DRAW, lambda product: batches_of(here, product).retry(key), f"batch:{key}")
        st.toast(
            counted("{count} row is queued again", "{count} rows are queued again", count), icon=":material/replay:"
        )


async def _prioritise(here: Visit, key: str, number: int, product: Product) -> Row:
    return await batches_of(here, product).prioritise(key, number)


# What changes by itself -----------------------------------------------------------------------------------------------


@st.fragment
def _live(here: Visit, key: str, was: tuple[object, ...]) -> None:
    with told():
        if wish := st.session_state.pop(WISH, ""):
            open_row(wish)
            st.rerun()
        found = here.ask(get_batch, key)
        if shape(found) != was:
            st.rerun()
        _progress(here, found)
        status, how = _tools(found)
        if how == LIST:
            _table(here, found, status)
        else:
            _tiles(here, found, status)
        if is_alive(found):
            tick("batch")


def _progress(here: Visit, found: Row) -> None:
    now = datetime.now(UTC)
    pace = here.ask(load_paces, [found["id"]]).get(found["id"])
    st.html(bar(bar_of(found), found["name"]))
    facts = " · ".join(text for _tone, text in facts_of(found, pace))
    score = "" if found["score"] is None else " · " + _("mean score {score}").format(score=f"{found['score']:.2f}")
    st.markdown(f"{badge(state_of(found))} {plain(facts + score)}")
    if stands := why_it_stands(found, now):
        st.warning(plain(stands), icon=":material/hourglass_top:")
    else:
        who_draws(here, [found])


def _tools(found: Row) -> tuple[str | None, str]:
    """Which rows are looked at, and how."""
    counts = {name: found[name] for name in STATUSES if found[name]}
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        status = st.pills(
            _("Status"), list(counts), format_func=lambda name: f"{plain(named(name))} {counts.get(name, 0):,}",
            key="batch-status", label_visibility="collapsed", on_change=_first_page,
        )  # fmt: skip
        how = st.segmented_control(
            _("How it is shown"), [PICTURES, LIST], default=PICTURES, format_func=_, key="batch-how", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
    return status, how or PICTURES


def _first_page() -> None:
    st.session_state[PLACE] = 0


def _tiles(here: Visit, found: Row, status: str | None) -> None:
    count = found[status] if status else found["total"]
    start = min(st.session_state.get(PLACE, 0), max(0, (count - 1) // PAGE * PAGE))
    rows = here.ask(load_tiles, found["id"], status, PAGE, start)
    folder = here.read(folder_of)
    shown = [tile_of(row, pictures.inline(folder, row["thumb"])) for row in rows]
    turning, wishes = tiles.Turning.of(start, PAGE, count), tiles.Wishes(_on_opened, _on_turned)
    marks = tiles.Marks(answered=st.session_state.get(COUNTED, 0))
    tiles.draw(KEY, shown, turning, marks, st.query_params.get(ROW, ""), wishes)


def tile_of(row: Row, picture: str) -> tiles.Tile:
    """A row of a batch as a tile: its picture, or how it stands."""
    status = row["status"]
    line = meaning(row["reason"])[0] if status == "dead" else f"{row['row_id']} · {named(row['product_format'] or '')}"
    tone = {"dead": "red", "drawing": "blue", "waiting": "yellow"}.get(status, "gray")
    return tiles.Tile(
        id=row["row_id"],
        text=row["text"] or row["row_id"],
        line=line,
        picture=picture,
        ground=pictures.ground(row["ground"]),
        badge=("", "") if status == "done" else (tone, named(status)),
        state=status,
        corner="" if row["score"] is None else f"{row['score']:.2f}",
    )


def _on_opened() -> None:
    row_id, number = tiles.said(KEY, "opened")
    st.session_state[WISH] = str(row_id)
    st.session_state[COUNTED] = int(number)


def _on_turned() -> None:
    step = -PAGE if tiles.said(KEY, "turned") == "back" else PAGE
    st.session_state[PLACE] = max(0, st.session_state.get(PLACE, 0) + step)


def _table(here: Visit, found: Row, status: str | None) -> None:
    rows = here.ask(load_tiles, found["id"], status, TABLE)
    frame = pd.DataFrame([table_row(row) for row in rows])
    event: Any = st.dataframe(
        frame.loc[:, (frame != "").any()], hide_index=True, width="stretch",
        height=min(36 * len(rows) + 38, 620), on_select="rerun", selection_mode="single-row",
        key=f"batch-table {status}", column_config=to_the_right(_("score"), _("version")),
    )  # fmt: skip
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(rows) and rows[chosen[0]]["row_id"] != st.query_params.get(ROW, ""):
        open_row(rows[chosen[0]]["row_id"])
        st.rerun()


def table_row(row: Row) -> dict[str, Any]:
    """A row of a batch as the table shows it."""
    return {
        _("row"): row["row_id"],
        _("text"): shortened(row["text"], 90),
        _("product"): named(row["product_format"] or ""),
        _("status"): named(row["status"]),
        _("score"): "" if row["score"] is None else f"{row['score']:.2f}",
        _("why"): shortened(f"{meaning(row['reason'])[0]}: {row['error']}" if row["reason"] else row["error"], 140),
        _("version"): str(row["version"]) if row["version"] > 1 else "",
        _("ended"): ago(row["ended_at"]) if row["ended_at"] else "",
    }


def _refused(rows: Sequence[Mapping[str, Any]]) -> None:
    """The lines of the file that could not be used."""
    if not rows:
        return
    label = counted("{count} line of the file was refused", "{count} lines of the file were refused", len(rows))
    with st.expander(label, icon=":material/block:"):
        refused_table(rows)
