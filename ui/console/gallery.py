"""Gallery: finished designs as pictures: searched, filtered, sorted, a page at a time; several chosen and handed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import streamlit as st

from graphs.library import Page
from graphs.people import Deed
from store.batches import load_brands
from store.decisions import Row
from store.gallery import MOST_COUNTED, Cursor, Wanted
from trends.product import FORMATS
from ui.console import handing, pictures, tiles
from ui.console.desk import Visit
from ui.console.parts import empty, head, named, told
from ui.console.studio import folder_of
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

DESIGN, IDEA = "design", "idea"
"""Name the design, or the idea, in the address."""
PAGE = 48
KEY, PLACE = "design-tiles", "gallery place"
FACETS_KEPT_S = 20
MOST_CATEGORIES, MOST_TAGS = 12, 60
ORDERS = {"newest": marked("Newest"), "score": marked("Best score")}
TEXT, ORDER, CATEGORY, TAGS = "gallery-text", "gallery-order", "gallery-category", "gallery-tags"
BRAND, PRODUCT, SINCE, UNTIL = "gallery-brand", "gallery-product", "gallery-since", "gallery-until"
SCORE, DELETED, OLDER = "gallery-score", "gallery-deleted", "gallery-older"
NARROWING = (TAGS, BRAND, PRODUCT, SINCE, UNTIL, SCORE, DELETED, OLDER)
"""Fields of the filter; those of them that say something are counted on its button."""


@dataclass(slots=True)
class Looking:
    """Where in the library a session is: where each page before this one ended, and what is chosen."""

    cursors: list[Cursor] = field(default_factory=list)
    marks: tiles.Marks = field(default_factory=tiles.Marks)
    page: Page = field(default_factory=lambda: Page([], None))


def looking() -> Looking:
    """That of this session."""
    held: Looking = st.session_state.setdefault(PLACE, Looking())
    return held


def draw(here: Visit) -> None:
    """Search, then the pictures."""
    head(_("Designs"), _("Everything that was drawn and passed: search it, look at it on products, hand it on."))
    _of_one_idea()
    _tools(here)
    _found(here)


def open_design(design_id: UUID | str | None) -> None:
    """Write into the address which design is open; none: the library."""
    if design_id is not None:
        st.query_params[DESIGN] = str(design_id)
    elif DESIGN in st.query_params:
        del st.query_params[DESIGN]


# What is looked for ---------------------------------------------------------------------------------------------------


def _tools(here: Visit) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="gallery-tools"):
        st.text_input(
            _("Search"), key=TEXT, type="search", live="300ms", label_visibility="collapsed", on_change=_begin_again,
            placeholder=_("Search: words, a tag, a row"), persist_state="session",
        )  # fmt: skip
        st.selectbox(
            _("Sort"), list(ORDERS), key=ORDER, format_func=lambda name: _(ORDERS[name]), width=170,
            label_visibility="collapsed", on_change=_begin_again, persist_state="session",
        )  # fmt: skip
        narrowed = sum(bool(st.session_state.get(name)) for name in NARROWING)
        label = f"{_('Filter')} ({narrowed})" if narrowed else _("Filter")
        with st.popover(label, icon=":material/filter_list:", type="primary" if narrowed else "secondary"):
            _filter(here)
    facets = facets_of(here, here.person.tenant, replace(_wanted(), category=""))
    categories = list(facets["categories"])[:MOST_CATEGORIES]
    if chosen := st.session_state.get(CATEGORY):
        categories = list(dict.fromkeys([*categories, chosen]))
    if len(categories) > 1 or chosen:
        st.pills(
            _("Category"), categories, key=CATEGORY, label_visibility="collapsed", on_change=_begin_again,
            format_func=lambda name: f"{plain(name or _('none'))} {facets['categories'].get(name, 0):,}",
            persist_state="session",
        )  # fmt: skip


def _filter(here: Visit) -> None:
    tags = list(facets_of(here, here.person.tenant, replace(_wanted(), tags=()))["tags"])[:MOST_TAGS]
    brands = [row["name"] for row in here.ask(load_brands)]
    again: Any = {"on_change": _begin_again, "persist_state": "session"}
    st.multiselect(
        _("Tags"),
        list(dict.fromkeys([*st.session_state.get(TAGS, []), *tags])),
        key=TAGS,
        placeholder=_("any"),
        **again,
    )
    st.selectbox(_("Brand"), brands, index=None, key=BRAND, placeholder=_("any"), **again)
    st.selectbox(_("Product"), FORMATS, index=None, key=PRODUCT, placeholder=_("any"), format_func=named, **again)
    with st.container(horizontal=True, gap="small"):
        st.date_input(_("Drawn since"), None, key=SINCE, **again)
        st.date_input(_("Until"), None, key=UNTIL, **again)
    st.number_input(
        _("Score of at least"), 0.0, 1.0, None, 0.05, key=SCORE, placeholder=_("any"),
        help=_("Designs of the house's own style have none."),
        **again,
    )  # fmt: skip
    st.toggle(_("Older versions too"), key=OLDER, **again)
    st.toggle(_("Those that were deleted"), key=DELETED, **again)
    st.button(_("Clear"), icon=":material/filter_list_off:", key="gallery-clear", on_click=_clear)


def _clear() -> None:
    for name in (*NARROWING, CATEGORY, TEXT):
        st.session_state.pop(name, None)
    _begin_again()


def _begin_again() -> None:
    looking().cursors = []


def _wanted() -> Wanted:
    held = st.session_state
    score = held.get(SCORE)
    return Wanted(
        tags=tuple(held.get(TAGS) or ()), category=held.get(CATEGORY) or "", text=held.get(TEXT) or "",
        brand=held.get(BRAND) or "", product=held.get(PRODUCT) or "", since=_moment(held.get(SINCE)),
        until=_moment(held.get(UNTIL), timedelta(days=1)), least_score=None if score is None else float(score),
        idea=_idea(), deleted=bool(held.get(DELETED)), superseded=bool(held.get(OLDER)),
        order=held.get(ORDER) or "newest",
    )  # fmt: skip


def _moment(day: date | None, later: timedelta = timedelta(0)) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, UTC) + later


def _idea() -> UUID | None:
    try:
        return UUID(st.query_params.get(IDEA, ""))
    except ValueError:
        return None


def _of_one_idea() -> None:
    """Say whose designs these are, where the address names an idea."""
    if _idea() is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(_("of one idea"), icon=":material/lightbulb:")
        if st.button(_("All designs"), type="tertiary", icon=":material/close:"):
            del st.query_params[IDEA]
            st.rerun()


@st.cache_data(ttl=FACETS_KEPT_S, max_entries=64, show_spinner=False)
def facets_of(_here: Visit, tenant: str, wanted: Wanted) -> dict[str, Any]:  # noqa: ARG001 - whose, for the cache
    """How many are wanted, by category and tag, as it was some seconds ago."""
    facets: dict[str, Any] = _here.read(lambda product: product.library.facets(wanted))
    return facets


# What is found --------------------------------------------------------------------------------------------------------


@st.fragment
def _found(here: Visit) -> None:
    """The page of pictures; opening one draws the whole page anew, choosing some only this."""
    state = looking()
    with told():
        if st.session_state.pop(WISH, ""):
            st.rerun()
        wanted = _wanted()
        after = state.cursors[-1] if state.cursors else None
        state.page = here.read(lambda product: product.library.search(wanted, PAGE, after))
        rows = state.page.designs
        if not rows and not state.cursors:
            _nothing(wanted)
            return
        count = _count(facets_of(here, here.person.tenant, wanted))
        if state.marks.chosen:
            _chosen(here, state)
        folder = here.read(folder_of)
        shown = [tile_of(row, pictures.inline(folder, row["thumb"])) for row in rows]
        turning = tiles.Turning(len(state.cursors) * PAGE, len(rows), count, state.page.after is not None)
        wishes = tiles.Wishes(_on_opened, _on_turned, _on_chosen)
        tiles.draw(KEY, shown, turning, state.marks, "", wishes, choosing=True)


def _count(facets: Mapping[str, Any]) -> str:
    return f"{MOST_COUNTED:,}+" if facets["more"] else f"{facets['count']:,}"


def tile_of(row: Row, picture: str) -> tiles.Tile:
    """A design as a tile: what it says, what it is for, how like its brand it is."""
    what = named(row["product"] or "")
    line = f"{row['category']} · {what}" if row["category"] else what
    badge = ("red", _("deleted")) if row["deleted_at"] else ("gray", _("older")) if row["superseded"] else ("", "")
    score = "" if row["score"] is None else f"{row['score']:.2f}"
    return tiles.Tile(
        str(row["id"]), row["text"] or row["row_id"], line, picture, pictures.ground(row.get("ground")), badge,
        corner=score,
    )  # fmt: skip


def _nothing(wanted: Wanted) -> None:
    if wanted == Wanted(order=wanted.order):
        empty(
            _("Nothing is drawn yet"),
            _("Begin a batch on the page Batches, or approve an idea: designs come here by themselves."),
            ":material/palette:",
        )
    else:
        empty(
            _("Nothing fits"),
            _("Take something out of the filter, or search for fewer words."),
            ":material/search_off:",
        )


WISH = "gallery wish"


def _on_opened() -> None:
    design_id, number = tiles.said(KEY, "opened")
    state = looking()
    state.marks.answered = max(state.marks.answered, int(number))
    st.session_state[WISH] = str(design_id)
    open_design(str(design_id))


def _on_turned() -> None:
    state = looking()
    if tiles.said(KEY, "turned") == "back" and state.cursors:
        state.cursors.pop()
    elif state.page.after is not None:
        state.cursors.append(state.page.after)


def _on_chosen() -> None:
    state = looking()
    shown = {str(row["id"]): row["text"] for row in state.page.designs}
    tiles.choose(state.marks, shown, tiles.said(KEY, "chosen"), handing.MOST)


# What is chosen -------------------------------------------------------------------------------------------------------


def _chosen(here: Visit, state: Looking) -> None:
    ids: Sequence[str] = list(state.marks.chosen)
    with st.container(border=True, key="gallery-chosen"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{counted('{count} design chosen', '{count} designs chosen', len(ids))}**", width="content")
            handing.buttons(here, ids)
            if here.person.may(Deed.DRAW):
                _delete(here, ids)
            st.button(_("Clear"), key="clear-chosen", type="tertiary", on_click=_choose_none)
        if len(ids) >= handing.MOST:
            st.caption(_("At most {count} at once.").format(count=handing.MOST))


def _choose_none() -> None:
    looking().marks.chosen = {}


def _delete(here: Visit, ids: Sequence[str]) -> None:
    back = bool(st.session_state.get(DELETED))
    label, icon = (_("Restore"), ":material/restore_from_trash:") if back else (_("Delete"), ":material/delete:")
    with st.popover(label, icon=icon):
        names = shortened(", ".join(looking().marks.chosen.values()), 200)
        st.caption(plain(names))
        if not back:
            st.markdown(_("They are shown no more; their files stay, and each can be restored."))
        if st.button(_("Yes"), type="primary", key="delete-chosen"):
            for each in ids:
                handing.move(here, each, back)
            _choose_none()
            facets_of.clear()
            st.rerun()
