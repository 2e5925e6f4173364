"""Start: what Streamlit runs at every look: the desk, who sits at it, the pages they may see."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from graphs.settings import Settings
from ui.call import Call
from ui.console import sign_in, words
from ui.console.desk import Desk, Visit
from ui.console.navigation import ENTRIES, Entry, entries_for
from ui.console.parts import told
from ui.console.text import plain
from ui.console.words import _, marked

MARK, BELL, STYLE = (Path(__file__).with_name(name) for name in ("mark.svg", "bell.svg", "frame.css"))
SAMPLE = "--sample"
SAMPLE_TOLD = marked("SAMPLE DATA: our own counts from 2017 with illustrative prices. Not market advice.")


@st.cache_resource
def desk() -> Desk:
    """The one desk of this process."""
    return Desk(settings())


def settings() -> Settings:
    """The settings as the command line has them: `streamlit run streamlit_app.py -- --sample` is the sample's."""
    return Call(sample=SAMPLE in sys.argv).settings


def visit() -> Visit:
    """Whose session this is; pages begin with it. What a page draws before somebody signed in ends here."""
    here = sign_in.visit_of(desk())
    if here is None:
        st.stop()
    return here


def draw() -> None:
    """The page that the address names, or the form to sign in before it."""
    st.set_page_config(page_title="Bellwether", page_icon=str(BELL), layout="wide")
    st.logo(str(MARK), size="large", icon_image=str(BELL))
    st.html(STYLE)
    words.choose(desk().settings.language, st.context.locale)
    with told():
        here = sign_in.visit_of(desk())
        entries = ENTRIES if here is None else entries_for(here.person)
        page = st.navigation(_pages(entries), position="hidden" if here is None else "sidebar")
        if here is None:
            sign_in.form(desk())
            return
        _who(here)
        if SAMPLE in sys.argv:
            st.caption(f":material/science: {plain(_(SAMPLE_TOLD))}")
        page.run()


def _pages(entries: Iterable[Entry]) -> dict[str, list[st.Page]]:
    groups: dict[str, list[st.Page]] = {}
    for entry in entries:
        groups.setdefault(_(entry.group), []).append(entry.as_page())
    return groups


def _who(here: Visit) -> None:
    """Whose data this is, who looks at it, and the way out."""
    person = here.person
    with st.sidebar, st.container(gap="small"):
        st.caption(
            f":material/domain: {plain(person.tenant)}  \n:material/person: {plain(person.name or person.handle)}"
        )
        if here.credential is not None:
            st.button(_("Sign out"), icon=":material/logout:", type="tertiary", on_click=sign_in.sign_out)
