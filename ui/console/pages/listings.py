"""Listings: what is put up for sale: drawn up, checked, approved, on its way, live; and the marketplaces.

The address carries the listing that is open (`?listing=...`), by its key or its id, or the idea whose listings are
looked at (`?idea=...`), so a link can be sent.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.console import listed, listing, outlets
from ui.console.desk import Visit
from ui.console.parts import head, section
from ui.console.start import visit
from ui.console.studio import STYLE
from ui.console.words import _, marked

OWN = Path(__file__).parent.parent / "selling.css"
LIST, MARKETS = marked("Listings"), marked("Marketplaces")
SECTION = "listings section"


def page() -> None:
    """The listings of whoever looks."""
    draw(visit())


def draw(here: Visit) -> None:
    """One listing, or the list, or where listings can go."""
    st.html(STYLE)
    st.html(OWN)
    if listing.asked():
        listing.draw(here)
        return
    head(_("Listings"), _("What is for sale, and what waits for your yes. Nothing goes out before it."))
    if section((LIST, MARKETS), SECTION) == MARKETS:
        outlets.draw(here)
    else:
        listed.draw(here)
