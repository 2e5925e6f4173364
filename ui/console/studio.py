"""Studio: what the pages of batches and designs share: where pictures lie, who draws, what cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from graphs.batches import Batches
from graphs.library import Library
from graphs.product import Product
from store.decisions import Row
from store.status import find_workers
from studio.errors import StudioError
from ui import wording
from ui.console import pictures
from ui.console.desk import Visit
from ui.console.parts import told
from ui.console.text import plain, shortened
from ui.console.words import _

STYLE = Path(__file__).with_name("studio.css")
MOST_PRIORITY = 1_000


async def folder_of(product: Product) -> Path:
    """Where the tenant's pictures lie."""
    return product.batches.folder


def batches_of(here: Visit, product: Product) -> Batches:
    """The tenant's batches and brands, in the name of whoever sits here."""
    return replace(product.batches, actor=here.person.handle)


def library_of(here: Visit, product: Product) -> Library:
    """The tenant's designs, in the name of whoever sits here."""
    return replace(product.library, actor=here.person.handle)


def who_draws(here: Visit, rows: Sequence[Row]) -> None:
    """Say so where something of these batches waits and nobody is there to draw it."""
    waits = any(row["status"] == "running" and row["waiting"] for row in rows)
    if not waits or any(row["drawing"] for row in rows):
        return
    with here.session() as session:
        workers = find_workers(session, datetime.now(UTC), timedelta(seconds=here.desk.settings.stalled_s))
    if not workers.alive:
        st.warning(
            _("Nobody draws: no worker is at work. Start one, it begins within ten seconds: `bellwether worker`"),
            icon=":material/bedtime:",
        )


def swatches(palette: Sequence[str] | None) -> str:
    """Colours side by side, as HTML."""
    known = [colour for colour in map(pictures.ground, palette or ()) if colour]
    spans = "".join(f'<span style="background:{colour}" title="{colour}"></span>' for colour in known)
    return f'<div class="swatches">{spans}</div>'


def bar(parts: Sequence[tuple[str, float, str]], label: str) -> str:
    """A bar of coloured parts (colour, share, words), as HTML."""
    said = escape(f"{label}: {', '.join(words for _tone, _share, words in parts)}", quote=True)
    spans = "".join(f'<span class="part {tone}" style="flex-grow:{share:.4f}"></span>' for tone, share, _said in parts)
    return f'<div class="progress" role="img" aria-label="{said}">{spans}</div>'


def strip(sources: Sequence[str], names: Sequence[str] = ()) -> str:
    """Small pictures side by side, as HTML; `sources` are data URLs."""
    named = [*names, *[""] * len(sources)]
    images = (
        f'<img src="{source}" alt="{escape(name, quote=True)}">' for source, name in zip(sources, named, strict=False)
    )
    return f'<div class="references">{"".join(images)}</div>'


def refused_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Lines of a file that cannot be used, each with why."""
    frame = [
        {_("line"): wording.number(row["line"]), _("id"): row["id"], _("why"): shortened(row["why"], 300)}
        for row in rows
    ]
    table = pd.DataFrame(frame)
    if (table[_("line")] == table[_("id")]).all():
        table = table.drop(columns=_("id"))
    narrow = {name: st.column_config.TextColumn(width="small") for name in (_("line"), _("id"))}
    st.dataframe(
        table, hide_index=True, width="stretch", height=min(36 * len(rows) + 39, 260),
        column_config=narrow,
    )  # fmt: skip


@contextmanager
def refusals() -> Iterator[None]:
    """What a file, an image or a plan is refused for becomes one line in the page."""
    with told():
        try:
            yield
        except StudioError as refusal:
            st.error(plain(refusal), icon=":material/block:")
