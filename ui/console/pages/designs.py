"""Designs: the library: finished designs searched, looked at on the products they are for, named, handed on.

The address carries the design that is open (`?design=...`), or the idea whose designs are looked at (`?idea=...`).
"""

from __future__ import annotations

import streamlit as st

from ui.console import design, gallery
from ui.console.desk import Visit
from ui.console.start import visit
from ui.console.studio import STYLE


def page() -> None:
    """The designs of whoever looks."""
    draw(visit())


def draw(here: Visit) -> None:
    """One design, or the library."""
    st.html(STYLE)
    if asked := st.query_params.get(gallery.DESIGN, ""):
        design.draw(here, asked)
    else:
        gallery.draw(here)
