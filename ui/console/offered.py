"""Offered: a design put up for sale from its page; the listings of a design and of an idea, on their pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import streamlit as st

from graphs.people import Deed
from graphs.product import Product
from market.words import LANGUAGES
from store.decisions import Row
from store.listings import count_by_marketplace, load_of_design
from ui.console import outlets
from ui.console.desk import Visit
from ui.console.listed import IDEA, LISTING
from ui.console.navigation import page_at
from ui.console.parts import told
from ui.console.selling import launches_of
from ui.console.states import STATES, language_name, market_name, state_badge, state_name
from ui.console.text import plain
from ui.console.words import _, counted

MOST_WAYS = 12
"""Listings that are drawn up at once: each takes some seconds."""
LISTED = ("designed", "listed", "live", "archived")
"""Statuses of ideas that may have listings."""


def draw(here: Visit, design: Row) -> None:
    """The listings of a design, and the way to more."""
    rows = here.ask(load_of_design, design["id"])
    with st.container(border=True, gap="small", key="design-offered"):
        st.markdown(f"**{_('For sale')}**")
        page = page_at("listings")
        for row in rows:
            _line(page, row)
        if not rows:
            st.caption(_("Not put up anywhere yet."))
        if here.person.may(Deed.LAUNCH) and not design["deleted_at"] and not design["superseded"]:
            with st.popover(_("Put up for sale"), icon=":material/storefront:", width="stretch"):
                _choose(here, design, rows)


def _line(page: Any, row: Row) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(state_badge(row["status"]), width="content")
        label = f"{market_name(row['marketplace'])} · {language_name(row['locale'])}"
        if page is not None:
            st.page_link(page, label=plain(label), query_params={LISTING: row["key"]})


def _choose(here: Visit, design: Row, rows: Sequence[Row]) -> None:
    """Where and in which languages; of what is not set up yet, what it lacks."""
    lacks = {each["name"]: each["lacks"] for each in here.read(outlets.told_of)}
    markets = st.multiselect(
        _("Marketplaces"), sorted(lacks, key=lambda name: bool(lacks[name])), default=["folder"], key="offer-markets",
        format_func=lambda name: market_name(name) + (f" ({_('not set up')})" if lacks[name] else ""),
    )  # fmt: skip
    languages = st.multiselect(
        _("Languages"), LANGUAGES, default=["en"], key="offer-languages", format_func=language_name
    )
    for name in markets:
        if lacks[name]:
            said = f"{market_name(name)}: {lacks[name]}. {_('It can be drawn up and looked at; it cannot go out.')}"
            st.caption(f":material/key_off: {plain(said)}")
    ways = ways_of(markets, languages, rows)
    if len(ways) > MOST_WAYS:
        st.caption(_("At most {count} at once: choose fewer.").format(count=MOST_WAYS))
    label = counted("Draw up {count} listing", "Draw up {count} listings", len(ways))
    if st.button(label, type="primary", key="offer-begin", disabled=not 0 < len(ways) <= MOST_WAYS):
        with told(), st.spinner(_("Writing it, and asking the gates ..."), show_time=True):
            here.act(Deed.LAUNCH, _begin(here, design["id"], ways), f"design:{design['id']}")
            st.rerun()


def ways_of(markets: Sequence[str], languages: Sequence[str], rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Marketplace and language of what is not begun yet."""
    stand = {(row["marketplace"], row["locale"]) for row in rows}
    return [way for name in markets for language in languages if (way := (name, language)) not in stand]


def _begin(here: Visit, design_id: UUID, ways: Sequence[tuple[str, str]]) -> Any:
    async def work(product: Product) -> object:
        return await launches_of(here, product).begin([design_id], ways)

    return work


def strip(here: Visit, idea_id: UUID, status: str) -> None:
    """How the listings of an idea stand, on its page, with the way to them."""
    page = page_at("listings")
    if status not in LISTED or page is None:
        return
    counts = _by_status(here.ask(count_by_marketplace, idea_id))
    if not counts:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="idea-listings"):
        st.page_link(page, label=_("Its listings"), icon=":material/storefront:", query_params={IDEA: str(idea_id)})
        st.markdown(" ".join(_counted(name, count) for name, count in counts.items()), width="content")


def _counted(status: str, count: int) -> str:
    colour = STATES[status][1]
    return f":{colour}-badge[{count:,} {plain(state_name(status))}]"


def _by_status(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """How many of each status on all marketplaces, in the order of the chips."""
    found = {name: sum(of.get(name, 0) for of in counts.values()) for name in STATES}
    return {name: count for name, count in found.items() if count}


def line_of(counts: Mapping[str, int]) -> str:
    """How the listings of the tenant stand, for the day at a glance."""
    waiting, live = counts.get("waiting", 0), counts.get("live", 0)
    stuck = sum(counts.get(name, 0) for name in ("blocked", "refused", "dead"))
    parts = (
        counted("{count} waits for you", "{count} wait for you", waiting) if waiting else "",
        counted("{count} is live", "{count} are live", live) if live else "",
        counted("{count} needs somebody", "{count} need somebody", stuck) if stuck else "",
    )
    said = ", ".join(filter(None, parts))
    return f"{_('Listings:')} {said or _('none wait, none are live')}"
