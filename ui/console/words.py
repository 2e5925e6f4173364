"""Words: the console's texts in the reader's language. `_` marks a text; its catalogue is chosen once a session.

English is written in the code; other languages are `ui/console/locale/<language>/LC_MESSAGES/console.mo`.
"""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).parent / "locale"
LANGUAGE = "language"
"""Where a session keeps it."""


def _(text: str) -> str:
    """A text in the session's language."""
    return catalogue(st.session_state.get(LANGUAGE, "en")).gettext(text)


def counted(one: str, many: str, count: int) -> str:
    """A text for this many; `{count}` in it is the number."""
    chosen = catalogue(st.session_state.get(LANGUAGE, "en")).ngettext(one, many, count)
    return chosen.format(count=f"{count:,}")


def marked(text: str) -> str:
    """The text itself: for what is written before there is a session, and goes through `_` when it is drawn."""
    return text


def choose(wanted: str, asked: str | None) -> None:
    """Set the session's language: the one that is wanted, else the first part of what the browser asks for."""
    language = wanted or (asked or "en").split("-")[0].lower()
    st.session_state[LANGUAGE] = language if language.isalpha() and len(language) == 2 else "en"


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """The texts of a language; English where there is no catalogue."""
    return translation("console", FOLDER, [language], fallback=True)
