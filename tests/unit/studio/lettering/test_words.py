from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.drawing import Row
from studio.errors import Failed
from studio.lettering.words import broken, cleaned, units, upper, wording_of


def test_the_keyword_carries_the_text_whole_words_and_signs():
    wording = wording_of(Row("1", "World's okayest fisherman!", keyword="FISHERMAN", hook="Lake Superior 1974"))
    assert (wording.lead, wording.emphasis, wording.tail) == ("World's okayest", "fisherman!", "")
    assert (wording.hook, wording.year) == ("Lake Superior 1974", "1974")


def test_without_a_keyword_the_weightiest_word_carries_it():
    wording = wording_of(Row("1", "Born to be outside"))
    assert (wording.lead, wording.emphasis, wording.tail) == ("Born to be", "outside", "")


def test_parts_in_order_are_the_whole_text():
    wording = wording_of(Row("1", "Never trust an atom, they make up everything", keyword="atom"))
    assert " ".join([wording.lead, wording.emphasis, wording.tail]) == wording.text


def test_a_lone_mark_is_no_part():
    wording = wording_of(Row("1", "Coffee !!!", keyword="coffee"))
    assert (wording.emphasis, wording.tail) == ("Coffee !!!", "")
    assert units("- Coffee - always") == ("- Coffee -", "always")


def test_lines_are_even_and_end_on_no_small_word():
    assert broken("Mountains are calling and I must go", 3) == ("Mountains", "are calling", "and I must go")
    assert broken("one", 4) == ("one",)


def test_chinese_breaks_between_signs_and_never_before_what_closes():
    assert units("先喝咖啡。") == ("先", "喝", "咖", "啡。")
    assert wording_of(Row("1", "先喝咖啡再说", keyword="咖啡")).lines(3) == ("先喝", "咖啡", "再说")


@given(st.text(alphabet="abc de,- 山が。", min_size=1, max_size=40), st.integers(1, 6))
def test_lines_lose_no_letter(text: str, count: int):
    kept = cleaned(text)
    if kept:
        assert "".join(broken(kept, count)).replace(" ", "") == kept.replace(" ", "")
        assert len(broken(kept, count)) <= count


def test_greek_capitals_bear_no_accent():
    assert upper("Ο κόσμος, été") == "Ο ΚΟΣΜΟΣ, ÉTÉ"


@pytest.mark.parametrize("text", ["", "   ", "🍕🍕", "?!", "\x00\n"])
def test_nothing_to_letter_fails_the_row(text: str):
    with pytest.raises(Failed, match="row 7") as failed:
        wording_of(Row("7", text))
    assert failed.value.reason == "text"


def test_two_thousand_characters_are_no_slogan():
    with pytest.raises(Failed, match="2000 characters"):
        wording_of(Row("7", "x" * 2000))
