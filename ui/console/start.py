"""Start: what Streamlit runs at every look: the desk, who sits at it, the pages they may see."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from graphs.people import Person, Role
from graphs.settings import Settings
from ui.call import SAMPLE_LABEL, Call
from ui.console import words
from ui.console.desk import Desk, Visit
from ui.console.navigation import Entry, entries_for
from ui.console.parts import told
from ui.console.text import plain
from ui.console.words import _

MARK, BELL = (Path(__file__).with_name(name) for name in ("mark.svg", "bell.svg"))
SAMPLE = "--sample"


@st.cache_resource
def desk() -> Desk:
    """The one desk of this process."""
    return Desk(settings())


def settings() -> Settings:
    """The settings as the command line has them: `streamlit run streamlit_app.py -- --sample` is the sample's."""
    return Call(sample=SAMPLE in sys.argv).settings


def visit() -> Visit:
    """Whose session this is."""
    at = desk()
    return Visit(at, Person(at.settings.tenant, at.settings.actor, Role.ADMIN, tier=""))


def draw() -> None:
    """The page that the address names."""
    st.set_page_config(page_title="Bellwether", page_icon=str(BELL), layout="wide")
    words.choose(desk().settings.language, st.context.locale)
    with told():
        here = visit()
        page = st.navigation(_pages(here.person), position="sidebar")
        _who(here)
        if SAMPLE in sys.argv:
            st.caption(f":material/science: {plain(SAMPLE_LABEL)}")
        page.run()


def _pages(person: Person) -> dict[str, list[st.Page]]:
    groups: dict[str, list[st.Page]] = {}
    for entry in entries_for(person):
        groups.setdefault(_(entry.group), []).append(_page(entry))
    return groups


def _page(entry: Entry) -> st.Page:
    return st.Page(entry.draw, title=_(entry.title), icon=entry.icon, url_path=entry.path, default=not entry.path)


def _who(here: Visit) -> None:
    """Whose data this is and who looks at it."""
    st.logo(MARK, size="large", icon_image=BELL)
    with st.sidebar:
        st.caption(f":material/domain: {plain(here.person.tenant)}  \n:material/person: {plain(here.person.handle)}")
