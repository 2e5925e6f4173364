"""What came from outside is drawn as it was written: checked here sign by sign, and in a browser by test_frame."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.console.text import JOINER, plain, shortened


def read_back(shown: str) -> str:
    """What a reader of Markdown shows of it."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown).replace(JOINER, "")


@given(st.text(max_size=60))
def test_every_text_reads_as_it_was_written_but_for_its_line_breaks(text: str) -> None:
    assert read_back(plain(text.replace(JOINER, ""))) == shortened(text.replace(JOINER, ""), 1_000)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_no_sign_that_markdown_knows_stands_without_its_backslash(text: str) -> None:
    assert not re.search(r"(?<!\\)(?:\\\\)*(?<!\\)[*_`\[\]<>$#|~!]", plain(text))


@pytest.mark.parametrize(
    "text", ["https://evil.example", "www.evil.example", "me@evil.example", ":material/home:", ":smile:", ":red[x]"]
)
def test_what_is_looked_for_after_markdown_is_broken_by_a_joiner(text: str) -> None:
    assert JOINER in plain(text)


def test_a_long_text_ends_in_an_ellipsis_and_a_short_one_stays() -> None:
    assert shortened("a" * 9, 5) == "aaaa…"
    assert shortened("line\nbreak\t!", 20) == "line break !"
