"""Drawn: what was drawn for an idea, on its page, with the way to it."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from store.gallery import Wanted
from ui.console import pictures
from ui.console.desk import Visit
from ui.console.navigation import page_at
from ui.console.studio import folder_of
from ui.console.text import plain
from ui.console.words import _

DRAWN = ("designed", "listed", "live")
"""Statuses of ideas that have a design."""
SIDE_PX = 96


def strip(here: Visit, idea_id: UUID, status: str) -> None:
    """The newest design of an idea, small, with a link; of an approved one that it is on its way."""
    page = page_at("designs")
    if status == "approved":
        st.caption(f":material/brush: {_('Its design is drawn by itself, as soon as a worker is free.')}")
    if status not in DRAWN or page is None:
        return
    found = here.read(lambda product: product.library.search(Wanted(idea=idea_id), 1)).designs
    if not found:
        return
    row = found[0]
    shown = pictures.inline(here.read(folder_of), row["thumb"], SIDE_PX)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="idea-design"):
        if shown:
            ground = pictures.ground(row["ground"]) or "#ffffff"
            st.html(
                f'<img src="{shown}" alt="" style="background:{ground};padding:5px;border-radius:.5rem;height:72px">',
                width="content",
            )
        st.page_link(
            page, label=plain(_("Its design")), icon=":material/palette:", query_params={"design": str(row["id"])}
        )
