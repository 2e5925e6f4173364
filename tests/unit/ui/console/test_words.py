from __future__ import annotations

import pytest
import streamlit as st

from ui.console import words


@pytest.mark.parametrize(
    ("wanted", "asked", "language"),
    [("", "de-AT", "de"), ("", None, "en"), ("fr", "de-DE", "fr"), ("", "../etc", "en"), ("", "x" * 40, "en")],
)
def test_the_setting_goes_before_what_the_browser_asks_for_and_neither_names_a_file(
    wanted: str, asked: str | None, language: str
) -> None:
    words.choose(wanted, asked)
    assert st.session_state[words.LANGUAGE] == language


def test_a_language_without_a_catalogue_reads_english() -> None:
    assert words.catalogue("xx").gettext("Today") == "Today"


def test_one_and_many_are_told_apart_with_thousands_set_off() -> None:
    words.choose("en", None)
    assert words.counted("{count} idea", "{count} ideas", 1) == "1 idea"
    assert words.counted("{count} idea", "{count} ideas", 12_000) == "12,000 ideas"
