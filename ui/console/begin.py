"""Begin: a batch from a CSV or from typed lines, shown before anything is begun: what is drawn, what is refused, why.

Nothing is drawn in here: what is begun waits in the queue for a worker.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from graphs.batches import Begun
from graphs.firing import RENDERERS
from graphs.people import Deed
from graphs.produce import Plan
from graphs.product import Product
from graphs.settings import Settings
from studio.house import HOUSE
from studio.rows import Rows, csv_of, read_rows
from ui.console.desk import Visit
from ui.console.parts import named
from ui.console.studio import MOST_PRIORITY, batches_of, refusals, refused_table, swatches
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

FILE, TYPED = marked("From a CSV"), marked("Typed here")
SIZES = {
    "4500x5400": marked("Shirt, 4,500 × 5,400"),
    "3000x3000": marked("Square, 3,000 × 3,000"),
    "3600x4800": marked("Poster, 3,600 × 4,800"),
    "2700x1050": marked("Mug wrap, 2,700 × 1,050"),
    "": marked("Another size"),
}
SIDES = (64, 9_000)
FIRST = 8
"""Rows that are shown of a file."""
MOST_TYPED = 30_000
MOST_NAME = 80
SAMPLE = (
    ("id", "text", "keyword", "hook", "audience", "product"),
    (
        ("tee-01", "Powered by pierogi", "pierogi", "since 1987", "polish foodies", "shirt"),
        ("mug-01", "But first coffee", "coffee", "", "office workers", "mug"),
        ("tote-01", "Books are my love language", "books", "", "readers", "tote"),
    ),
)
RENDERER_NAMES = {
    "typographic": marked("Lettering: vectors, no model"),
    "sdxl": marked("Pictures: Stable Diffusion XL"),
    "openai": marked("Pictures: OpenAI"),
}


def draw(here: Visit) -> None:
    """The rows first, then how they are drawn."""
    if not here.person.may(Deed.DRAW):
        st.info(_("To begin a batch takes the role business or more."), icon=":material/lock:")
        return
    how = st.segmented_control(
        _("Where the rows come from"), [FILE, TYPED], default=FILE, format_func=_, key="begin-how", required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    name, content = _typed() if how == TYPED else _file()
    if content is None:
        return
    with refusals():
        rows = read_rows(content, name)
        if how == TYPED:
            rows = replace(rows, refused=tuple(replace(each, line=each.line - 1) for each in rows.refused))
        _preview(rows)
        _plan(here, rows, name)


def _file() -> tuple[str, bytes | None]:
    """The file that somebody brings, and its name."""
    brought = st.file_uploader(_("A CSV of 1 to 500 rows"), type=["csv", "tsv", "txt"], key="begin-file")
    if brought is not None:
        return brought.name, brought.getvalue()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            _("A CSV to begin with"), csv_of(*SAMPLE), "slogans.csv", "text/csv", icon=":material/download:",
            on_click="ignore", type="tertiary",
        )  # fmt: skip
        st.caption(_("Needed: text or keyword. If you like: id, hook, audience, product, prompt, seed, priority."))
    return "", None


def _typed() -> tuple[str, bytes | None]:
    """What somebody types, a slogan a line, as the CSV it would be."""
    text = st.text_area(
        _("A slogan a line"), height=180, max_chars=MOST_TYPED, key="begin-lines", persist_state="session",
        placeholder=_("Powered by pierogi\nBut first coffee"),
    )  # fmt: skip
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if not lines:
        return "", None
    written = io.StringIO()
    csv.writer(written).writerows([("id", "text"), *enumerate(lines, 1)])
    return _("Typed lines"), written.getvalue().encode()


# What would be drawn --------------------------------------------------------------------------------------------------


def _preview(rows: Rows) -> None:
    good = counted("{count} row can be drawn", "{count} rows can be drawn", len(rows.good))
    bad = counted("{count} refused", "{count} refused", len(rows.refused))
    refused = f" :red-badge[:material/block: {bad}]" if rows.refused else ""
    st.markdown(f":green-badge[:material/check: {good}]{refused}")
    if rows.ignored:
        left = _("Columns that fill nothing: {names}").format(names=", ".join(rows.ignored))
        st.caption(plain(left))
    frame = pd.DataFrame([preview_row(row) for row in rows.good[:FIRST]])
    st.dataframe(frame.loc[:, (frame != "").any()], hide_index=True, width="stretch")
    if len(rows.good) > FIRST:
        more = len(rows.good) - FIRST
        st.caption(counted("and {count} row more", "and {count} rows more", more))
    if rows.refused:
        st.markdown(f"**{_('Refused, and why')}**")
        refused_table([asdict(each) for each in rows.refused])


def preview_row(row: Any) -> dict[str, str]:
    """A row as it would be drawn; what is empty in all rows is not shown."""
    return {
        _("row"): row.id,
        _("text"): shortened(row.text, 100),
        _("keyword"): shortened(row.keyword, 40),
        _("hook"): shortened(row.hook, 40),
        _("audience"): shortened(row.audience, 40),
        _("product"): named(row.product_format),
        _("prompt"): shortened(row.prompt, 60),
        _("priority"): str(row.priority or ""),
    }


# How it is drawn ------------------------------------------------------------------------------------------------------


def _plan(here: Visit, rows: Rows, where: str) -> None:
    brands = {row["name"]: row for row in here.read(lambda product: product.batches.brands())}
    names = sorted(brands, key=lambda name: (name != HOUSE.name, name))
    with st.container(border=True):
        left, right = st.columns(2, gap="medium")
        with left:
            name = st.text_input(
                _("Name"), PurePath(where).stem[:MOST_NAME], max_chars=MOST_NAME, key=f"begin-name {where}"
            )
            brand = st.selectbox(_("Brand"), names, key="begin-brand", format_func=brand_name)
            st.html(swatches(brands[brand]["palette"]))
        with right:
            size = _size()
            renderer = st.selectbox(
                _("Renderer"), RENDERERS, key="begin-renderer", format_func=lambda each: _(RENDERER_NAMES[each])
            )
            if lacks := lacking(renderer, here.desk.settings):
                st.warning(plain(lacks), icon=":material/key_off:")
            fallback, priority, seed = _more(renderer)
        plan = Plan(renderer, fallback, *size, seed=seed)
        label = counted("Begin {count} design", "Begin {count} designs", len(rows.good))
        if st.button(label, type="primary", icon=":material/brush:", key="begin"):
            _begin(here, rows, name.strip() or _("Batch"), brand, plan, priority)


def lacking(renderer: str, settings: Settings) -> str:
    """What a renderer needs and does not have here; nothing where it can draw."""
    lacks = {
        "openai": not settings.openai_api_key and "OPENAI_API_KEY",
        "sdxl": not settings.sdxl_model and "BELLWETHER_SDXL_MODEL",
    }
    name = lacks.get(renderer)
    return _("It is not set up here: {name} is missing.").format(name=name) if name else ""


def brand_name(name: str) -> str:
    """A brand as a list names it; Streamlit draws what a list holds as it is written."""
    return _("house: our own style") if name == HOUSE.name else shortened(name, 60)


def _size() -> tuple[int, int]:
    chosen = st.selectbox(
        _("Size in pixels, at 300 DPI"), list(SIZES), key="begin-size", format_func=lambda each: _(SIZES[each])
    )
    if chosen:
        width, height = map(int, chosen.split("x"))
        return width, height
    with st.container(horizontal=True, gap="small"):
        return (
            int(st.number_input(_("Width"), *SIDES, 4_500, key="begin-width")),
            int(st.number_input(_("Height"), *SIDES, 5_400, key="begin-height")),
        )


def _more(renderer: str) -> tuple[str | None, int, int]:
    """Who stands in, how urgent it is, and the seed of rows that bring none."""
    with st.expander(_("Fallback, priority, seed"), icon=":material/tune:"):
        others = [each for each in RENDERERS if each != renderer]
        fallback = st.selectbox(
            _("Who draws where that one stays down"), others, index=None, key="begin-fallback",
            placeholder=_("nobody: the batch waits"), format_func=lambda each: _(RENDERER_NAMES[each]),
        )  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            priority = st.number_input(_("Priority"), -MOST_PRIORITY, MOST_PRIORITY, 0, key="begin-priority")
            seed = st.number_input(_("Seed"), 0, 2**31 - 1, Plan().seed, key="begin-seed")
    return fallback, int(priority), int(seed)


def _begin(here: Visit, rows: Rows, name: str, brand: str, plan: Plan, priority: int) -> None:
    refused: Sequence[dict[str, Any]] = [asdict(each) for each in rows.refused]

    async def work(product: Product) -> Begun:
        return await batches_of(here, product).begin(rows.good, name, brand, plan, refused, priority)

    begun = here.act(Deed.DRAW, work)
    said = _("It is queued.") if begun.is_new else _("The same rows, brand and plan stand already: this is that batch.")
    st.toast(said, icon=":material/brush:" if begun.is_new else ":material/info:")
    st.query_params["batch"] = str(begun.id)
    st.rerun()
