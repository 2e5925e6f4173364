"""Signals: what comes in, when and from where, and what was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from graphs.heat import Heat, Unit, load_heat
from graphs.product import Product
from graphs.status import sources as with_quotas
from store.heat import Measure
from store.sources import load_sources
from store.status import TooLong
from ui.console import heatmaps, refused, stream
from ui.console.desk import Visit
from ui.console.figures import show
from ui.console.parts import age, empty, head, named, span, told
from ui.console.start import visit
from ui.console.text import plain
from ui.console.words import _

TAB, MEASURE = "signals-tab", "heat-measure"
MAPS: Mapping[Unit, str] = {
    "hour": "Sources by the hour, two days",
    "day": "Communities and categories by the day, three weeks",
}
Row = dict[str, Any]


def page() -> None:
    """What comes in."""
    draw(visit())


def draw(here: Visit) -> None:
    """The stream first; what lies beside it is read when it is opened."""
    head(_("Signals"), _("What comes in, when and from where, and what was refused."))
    names = [_("Stream"), _("Heat"), _("Sources"), _("Refused"), _("Take in")]
    rows = here.read(_load_sources)
    draws: tuple[Callable[[], None], ...] = (
        lambda: stream.draw(here),
        lambda: _heat(here),
        lambda: _sources(rows),
        lambda: refused.draw(here),
        lambda: refused.take_in(here),
    )
    for tab, drawn in zip(st.tabs(names, key=TAB, on_change="rerun"), draws, strict=True):
        if tab.open:
            with tab, told():
                drawn()


# When what came -------------------------------------------------------------------------------------------------------


def _heat(here: Visit) -> None:
    options = list(heatmaps.MEASURES)
    measure: Measure = (
        st.segmented_control(
            _("What is counted"), options, default=options[0], key=MEASURE, label_visibility="collapsed",
            format_func=lambda each: _(heatmaps.MEASURES[each]), required=True,
        )
    )  # fmt: skip
    now = datetime.now(UTC)
    for unit, title in MAPS.items():
        st.subheader(_(title), anchor=False)
        try:
            _heatmap(here.read(partial(load_heat, unit=unit, measure=measure, now=now)), unit, measure)
        except TooLong:
            st.caption(_("There is too much of it to count at a glance: count new signals instead."))


def _heatmap(heat: Heat | None, unit: Unit, measure: Measure) -> None:
    if heat is None or not heat.cells:
        empty(_("Nothing was seen in this time"), icon=":material/grid_view:")
        return
    drawn = heatmaps.heatmap(heat, unit, measure)
    show(drawn)
    st.caption(plain(drawn.told))
    with st.expander(_("The same as figures"), icon=":material/table:"):
        st.dataframe(heatmaps.table(heat, unit))


# From where -----------------------------------------------------------------------------------------------------------


async def _load_sources(product: Product) -> list[Row]:
    """The live sources with what they are asked for next, those that are asked first."""
    now = datetime.now(UTC)

    def load() -> list[Row]:
        with product.hot.connect() as connection:
            return with_quotas(load_sources(connection), now)

    rows = await asyncio.to_thread(load)
    known = {row["name"]: row for row in rows}
    unasked = [_unasked(name, product.pulls.skips[name]) for name in product.pulls.errands if name not in known]
    intervals = {name: errand.interval for name, errand in product.pulls.errands.items()}
    return [{**row, "next_at": next_at(row, intervals.get(row["name"]))} for row in (*rows, *unasked)]


def _unasked(name: str, skip: str) -> Row:
    """A source that was never looked at."""
    outcome = "skipped" if skip else None
    counts = dict.fromkeys(("found", "kept", "repeated", "quarantined", "quota_used"), 0)
    times = dict.fromkeys(("scan_at", "last_scan_at", "last_kept_at", "not_before", "quota"))
    return {"name": name, "outcome": outcome, "reason": skip, **counts, **times}


def next_at(row: Row, interval: timedelta | None) -> datetime | None:
    """When a source is asked next; None where it is not asked, or was never."""
    last, not_before = row["last_scan_at"], row["not_before"]
    if interval is None or last is None or (row["outcome"] == "skipped" and not_before is None):
        return None
    due: datetime = last if row["scan_at"] is not None else last + interval
    return max(due, not_before or due)


def _sources(rows: Sequence[Row]) -> None:
    now = datetime.now(UTC)
    st.dataframe(pd.DataFrame([source_row(row, now) for row in rows]), hide_index=True, height="content")
    st.caption(_("They are asked by `bellwether worker`, each in its interval, and by `bellwether scan` at once."))


def source_row(row: Row, now: datetime) -> dict[str, Any]:
    """How one source stands, as people read it."""
    quota = f"{row['quota_used']:,} / {row['quota']:,}" if row["quota"] else ""
    return {
        _("source"): row["name"].replace("_", " "),
        _("state"): named(row["outcome"] or _("not asked yet")),
        _("why"): row["reason"],
        _("last new"): age(row["last_kept_at"], now),
        _("next"): _next(row["next_at"], now),
        _("found"): row["found"],
        _("kept"): row["kept"],
        _("known already"): row["repeated"],
        _("refused"): row["quarantined"],
        _("quota today"): quota,
    }


def _next(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "–"
    return _("now") if moment <= now else _("in {time}").format(time=span(moment - now))
