"""Runs: the threads of the graphs, one as a timeline, resumed or judged again; and what failed for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from graphs.people import Deed
from graphs.replay import Replay
from store.decisions import Row
from store.reading import load_events
from store.spans import load_spans, load_thread, load_threads
from ui.console import letters
from ui.console.desk import Visit
from ui.console.navigation import page_at
from ui.console.parts import ago, badge, empty, figure, figures, head, named, section, span, to_the_right, told, usd
from ui.console.start import visit
from ui.console.text import plain, shortened
from ui.console.timeline import height, table, timeline, total
from ui.console.words import _, marked

MOST = 60
GRAPHS = ("analyze", "discover", "produce", "launch")
STATUSES = ("running", "waiting", "finished", "failed")
THREAD = "thread"
"""Names the thread in the address, so that a link opens it."""
EVERY_S = 2.0
"""How often a thread that runs is looked at."""
RUNS, LETTERS = marked("Runs"), marked("Dead letters")


def page() -> None:
    """The runs of whoever looks."""
    draw(visit())


def draw(here: Visit) -> None:
    """The threads, or the dead letters."""
    head(_("Runs"), _("What the graphs did, node by node, and what it took."))
    if section((RUNS, LETTERS), "runs section") == LETTERS:
        letters.section(here)
    else:
        _threads(here)


def _threads(here: Visit) -> None:
    with st.container(horizontal=True, gap="small"):
        graph = st.selectbox(_("Graph"), GRAPHS, index=None, placeholder=_("all"), width=170)
        status = st.selectbox(_("Status"), STATUSES, index=None, placeholder=_("all"), format_func=named, width=170)
    rows = here.ask(load_threads, MOST, graph=graph, status=status)
    if not rows:
        empty(
            _("No runs yet"),
            _("Each run of a graph leaves its nodes here: `bellwether run --from PATH`"),
            ":material/account_tree:",
        )
        return
    chosen = st.dataframe(
        pd.DataFrame([thread_row(row) for row in rows]),
        hide_index=True,
        width="stretch",
        height=min(36 * len(rows) + 38, 330),
        on_select="rerun",
        selection_mode="single-row",
        column_config=to_the_right(_("cost")),
        key=f"threads {graph} {status}",
    )
    thread_id = _chosen(rows, chosen["selection"]["rows"])
    thread = here.ask(load_thread, thread_id)
    if thread is None:
        empty(_("This run is not kept any more"), icon=":material/hourglass_disabled:")
        return
    alive = thread["status"] == "running"
    st.fragment(_thread, run_every=EVERY_S if alive else None)(here, thread_id, alive)


def thread_row(row: Row, now: datetime | None = None) -> dict[str, Any]:
    """A thread as the list shows it."""
    return {
        _("run"): shortened(row["title"] or row["subject"], 60),
        _("graph"): row["graph"],
        _("status"): named(row["status"]),
        _("moved"): ago(row["last_at"], now),
        _("nodes"): row["nodes"],
        _("tokens"): row["input_tokens"] + row["output_tokens"],
        _("cost"): usd(row["cost_micro_usd"]),
        _("error"): shortened(row["error"], 120),
    }


def _chosen(rows: Sequence[Row], selected: Sequence[int]) -> UUID:
    """The row that was clicked, else the thread that the address names, else the newest."""
    if selected and selected[0] < len(rows):
        st.query_params[THREAD] = str(rows[selected[0]]["id"])
    try:
        return UUID(st.query_params.get(THREAD, ""))
    except ValueError:
        newest: UUID = rows[0]["id"]
        return newest


def _thread(here: Visit, thread_id: UUID, was_alive: bool) -> None:
    """One thread, drawn again every two seconds while it runs."""
    with told():
        thread, now = here.ask(load_thread, thread_id), datetime.now(UTC)
        if thread is None or (was_alive and thread["status"] != "running"):
            st.rerun()
        spans = here.ask(load_spans, thread_id)
        st.subheader(plain(shortened(thread["title"] or thread["subject"], 90)), anchor=False)
        st.markdown(f"{badge(thread['status'])} {plain(thread['graph'])}, {ago(thread['last_at'], now)}")
        if thread["error"]:
            st.error(plain(thread["error"]), icon=":material/error:")
        _totals(thread, spans, now)
        st.vega_lite_chart(spec=timeline(spans, now), width="stretch", height=height(spans))
        _buttons(here, thread)
        with st.expander(_("As a table")):
            st.dataframe(pd.DataFrame(table(spans, now)), hide_index=True, width="stretch")
        _events(here, thread)


def _totals(thread: Row, spans: Sequence[Row], now: datetime) -> None:
    tokens = f"{thread['input_tokens']:,} {_('in')}, {thread['output_tokens']:,} {_('out')}"
    failed = sum(each["outcome"] == "failed" for each in spans)
    with figures():
        figure(_("Wall time"), span(total(spans, now)), f"{span_s(thread['busy_s'])} {_('of work')}")
        figure(_("Nodes"), f"{thread['nodes']:,}", f"{failed:,} {_('failed')}")
        figure(_("Tokens"), f"{thread['input_tokens'] + thread['output_tokens']:,}", tokens)
        figure(_("Cost"), usd(thread["cost_micro_usd"]), _("paid to models"))


def span_s(seconds: float) -> str:
    """A length in seconds as people read it."""
    return span(pd.Timedelta(seconds=seconds).to_pytimedelta())


def _buttons(here: Visit, thread: Row) -> None:
    key = str(thread["id"])
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        stuck = thread["status"] == "failed" and here.person.may(Deed.RUN)
        if stuck and st.button(_("Resume"), type="primary", icon=":material/play_arrow:"):
            here.act(Deed.RUN, lambda product: product.runs.resume(key, here.person.handle), key)
            st.rerun()
        again = thread["graph"] == "analyze" and here.person.may(Deed.RUN) and st.button(
            _("Judge again, with no effect"), icon=":material/replay:"
        )  # fmt: skip
        review, idea_id = page_at("review"), idea_of(thread["subject"])
        if review is not None and idea_id:
            st.page_link(review, label=_("Open the idea"), icon=":material/lightbulb:", query_params={"idea": idea_id})
    if again:
        with st.spinner(_("Judging again ...")):
            _replayed(here.act(Deed.RUN, lambda product: product.runs.replay(key), key))


def idea_of(subject: str) -> str:
    """The id of the idea that a thread is about, or nothing."""
    kind, _colon, rest = subject.partition(":")
    return rest.partition(":")[0] if kind == "idea" else ""


def _replayed(replay: Replay) -> None:
    if replay.same:
        st.success(f"{_('Everything came out as it stands:')} {named(replay.verdict)}", icon=":material/check:")
        return
    st.warning(
        f"{_('It came out otherwise:')} {named(replay.verdict_was)} → {named(replay.verdict)}",
        icon=":material/difference:",
    )
    rows = [
        {_("node"): each.node, _("what"): each.what, _("as it stands"): str(each.was), _("now"): str(each.now)}
        for each in replay.differences
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _events(here: Visit, thread: Row) -> None:
    idea_id = idea_of(thread["subject"])
    if not idea_id:
        return
    with here.session() as session:
        events = load_events(session, UUID(idea_id))
    if events:
        with st.expander(_("What became of the idea")):
            st.dataframe(pd.DataFrame([event_row(row) for row in events]), hide_index=True, width="stretch")


def event_row(row: Row) -> dict[str, Any]:
    """A change of status as people read it."""
    return {
        _("when"): row["recorded_at"],
        _("from"): named(row["from_status"] or "–"),
        _("to"): named(row["to_status"]),
        _("by"): row["actor"],
        _("why"): row["reason"],
    }
