"""Start: what Streamlit runs at every look: the desk, who sits at it, the pages they may see."""

from __future__ import annotations

import streamlit as st

from graphs.settings import Settings
from ui.console.desk import Desk


@st.cache_resource
def desk() -> Desk:
    """The one desk of this process."""
    return Desk(Settings())


def draw() -> None:
    """The page that the address names."""
    st.set_page_config(page_title="Bellwether", layout="wide")
