"""Stream: the signals as they come in, the newest first; one of them opened with its past and what it points at.

Looks again every few seconds while it is live. A pause keeps what stands, for whoever reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from graphs.product import Product
from store.heat import load_seen_sources
from store.signals import Row, find_signal, load_signals
from store.spikes import SpikeRow, load_spikes
from trends.hot import Topic
from ui import wording
from ui.console.desk import Visit
from ui.console.navigation import page_at
from ui.console.parts import age, empty, named, told
from ui.console.text import plain, shortened
from ui.console.words import _, counted

EVERY_S = 4
HOT_KEPT_S = 20
NEW_FOR = timedelta(minutes=1)
"""What came since one began to look is marked for so long."""
PAGE, MOST = 25, 200
TOPICS, SPIKES = 12, 4
LONGEST, LONGEST_NAME = 220, 40
LIVE, SOURCE, COMMUNITY, WORDS = "stream-live", "stream-source", "stream-community", "stream-words"
SHOWN, OPEN, NEWEST, SOUGHT = "stream-shown", "stream-open", "stream-newest", "stream-sought"


def draw(here: Visit) -> None:
    """The filters, what is hot, and the stream."""
    _filters(here.ask(load_seen_sources))
    live = st.session_state[LIVE]
    st.fragment(_stream, run_every=EVERY_S if live else None)(here)
    if OPEN in st.session_state:
        _opened(here, st.session_state[OPEN])


def _filters(sources: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.selectbox(
            _("Source"), sources, index=None, key=SOURCE, placeholder=_("all sources"), width=170,
            label_visibility="collapsed", on_change=_begin_again,
        )  # fmt: skip
        st.text_input(
            _("Community"), key=COMMUNITY, placeholder=_("all communities"), width=170,
            label_visibility="collapsed", on_change=_begin_again,
        )  # fmt: skip
        st.text_input(
            _("Words"), key=WORDS, placeholder=_("all of these words"), width=240, type="search",
            label_visibility="collapsed", on_change=_begin_again,
        )  # fmt: skip
        st.toggle(_("Live"), value=True, key=LIVE, help=_("Looks again every few seconds; off, what stands stays."))


def _begin_again() -> None:
    for key in (SHOWN, NEWEST):
        st.session_state.pop(key, None)


def _stream(here: Visit) -> None:
    with told(), st.container(key="stream", gap="small"):
        _hot(here)
        rows = _look(here)
        if not rows:
            _nothing()
            return
        seen, now = st.session_state.setdefault(NEWEST, rows[0]["recorded_at"]), datetime.now(UTC)
        for row in rows:
            _line(row, is_new=seen < row["recorded_at"] > now - NEW_FOR)
        if len(rows) == _shown() < MOST:
            st.button(_("Show more"), icon=":material/expand_more:", key="stream-more", on_click=_show_more)


def _look(here: Visit) -> list[Row]:
    held = st.session_state
    words, community = held[WORDS].strip(), held[COMMUNITY].strip()
    if words and words != held.get(SOUGHT):
        held[SOUGHT] = words
        here.searched(words)
    rows: list[Row] = here.ask(load_signals, _shown(), source=held[SOURCE], community=community or None, text=words)
    return rows


def _shown() -> int:
    return int(st.session_state.get(SHOWN, PAGE))


def _show_more() -> None:
    st.session_state[SHOWN] = min(_shown() + PAGE, MOST)


def _nothing() -> None:
    held = st.session_state
    if held[WORDS] or held[COMMUNITY] or held[SOURCE]:
        empty(_("No signal fits"), _("Take a filter away, or wait: what comes is looked at as it comes."))
    else:
        hint = _("Take in a file here under “Take in”, or let the live sources be asked: `bellwether worker`.")
        empty(_("No signals yet"), hint, ":material/sensors:")


def _line(row: Row, is_new: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(text_of(row, is_new), width="stretch")
        st.button(
            "", key=f"stream-{row['id']}", icon=":material/chevron_right:", type="tertiary", on_click=_open,
            args=(row["id"],), help=_("Its past, where it came from, what it points at"),
        )  # fmt: skip


def text_of(row: Row, is_new: bool = False, now: datetime | None = None) -> str:
    """One signal as Markdown: what it says, and under it where, when and how much; all of it inert."""
    source = f":blue-badge[{plain(shortened(row['source'], LONGEST_NAME))}]"
    where = shortened(row["community"] or row["category"] or "", LONGEST_NAME)
    said = [plain(each) for each in (where, age(row["recorded_at"], now), *measures(row["metrics"])) if each]
    line = f"{source} :small[:gray[{' · '.join(said)}]]"
    if row["ideas"]:
        line += f" :orange-badge[{counted('{count} idea', '{count} ideas', row['ideas'])}]"
    new = f":green-badge[{_('new')}] " if is_new else ""
    return f"{new}{plain(shortened(row['text'], LONGEST))}  \n{line}"


def measures(metrics: Mapping[str, Any], most: int = 3) -> Iterator[str]:
    """What was measured, as people say it."""
    for name, value in list(metrics.items())[:most]:
        yield f"{name.removesuffix('_cents').replace('_', ' ')} {amount(name, value)}"


def amount(name: str, value: Any) -> str:
    """One measured value; cents as money."""
    return wording.money(value) if name.endswith("_cents") else f"{value:,.10g}"


def _open(signal_id: UUID) -> None:
    st.session_state[OPEN] = signal_id
    st.rerun()


# What is hot now ------------------------------------------------------------------------------------------------------


def _hot(here: Visit) -> None:
    topics, spikes = _hottest(here, here.person.tenant)
    badges = [f":red-badge[:material/trending_up: {plain(each.phrase)} ×{each.ratio:.1f}]" for each in spikes]
    badges += [f":orange-badge[{plain(each.phrase)}]" for each in topics or ()]
    if badges:
        st.markdown(f":small[:gray[{_('Hot now')}]] {' '.join(badges)}")
    elif topics is None:
        st.caption(_("What is hot now is not counted yet."))


@st.cache_data(ttl=HOT_KEPT_S, show_spinner=False)
def _hottest(_here: Visit, tenant: str) -> tuple[list[Topic] | None, list[SpikeRow]]:  # noqa: ARG001 - for the cache
    found: tuple[list[Topic] | None, list[SpikeRow]] = _here.read(_count_hot)
    return found


async def _count_hot(product: Product) -> tuple[list[Topic] | None, list[SpikeRow]]:
    """The hottest phrases of the last two days where they are counted, and the sudden rises of the last one."""
    now = datetime.now(UTC)
    topics = await asyncio.to_thread(product.hot.counted, now, TOPICS)
    return topics, await asyncio.to_thread(_spikes, product, now)


def _spikes(product: Product, now: datetime) -> list[SpikeRow]:
    with product.hot.connect() as connection:
        return load_spikes(connection, now - timedelta(days=1), SPIKES)


# One of them ----------------------------------------------------------------------------------------------------------


def _closed() -> None:
    st.session_state.pop(OPEN, None)


def _opened(here: Visit, signal_id: UUID) -> None:
    @st.dialog(_("Signal"), width="large", on_dismiss=_closed)
    def shown() -> None:
        with told():
            row = here.ask(find_signal, signal_id)
            if row is None:
                st.warning(_("This signal is not here any more."))
            else:
                _whole(row)

    shown()


def _whole(row: Row) -> None:
    st.markdown(plain(row["text"]))
    facts = {
        _("source"): row["source"], _("community"): row["community"], _("category"): row["category"],
        _("published"): _moment(row["published_at"]), _("first known"): _moment(row["first_known_at"]),
        _("stored"): _moment(row["recorded_at"]), _("language"): row["locale"], _("tags"): ", ".join(row["tags"][:12]),
    }  # fmt: skip
    st.markdown("  \n".join(f":gray[{name}] {plain(shortened(text, 200))}" for name, text in facts.items() if text))
    if row["url"]:
        st.code(row["url"], language=None, wrap_lines=True)
    st.subheader(_("What it points at"), anchor=False)
    _ideas(row["pointed_at"])
    st.subheader(_("Observations"), anchor=False)
    st.dataframe(pd.DataFrame([_observation(each) for each in row["observations"]]), hide_index=True)


def _ideas(ideas: Sequence[Row]) -> None:
    if not ideas:
        st.caption(_("No idea of yours yet."))
    review = page_at("review")
    for each in ideas:
        label = plain(f"{shortened(each['phrase'], 60)}, {shortened(each['audience'], 40)} ({named(each['status'])})")
        if review is None:
            st.markdown(label)
        else:
            st.page_link(review, label=label, query_params={"idea": str(each["id"])}, icon=":material/lightbulb:")


def _observation(each: Row) -> dict[str, Any]:
    where = shortened(each["file"] or "", 60) + (f":{each['row_no']}" if each["file"] and each["row_no"] else "")
    measured = {name: amount(name, value) for name, value in each["metrics"].items()}
    return {_("known (UTC)"): _moment(each["known_at"]), **measured, _("from"): where}


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
