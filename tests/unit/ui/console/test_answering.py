"""What is typed into an answer's form: read as what it is to be, or told at its field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.inbox import BadAnswer
from ui.console.answering import read_edits, read_price

WORDS = {"phrase": "latte art", "audience": "baristas", "product_format": "mug", "price_cents": "24.50"}


@given(st.integers(0, 9_999_999), st.integers(0, 99))
def test_every_amount_with_two_decimals_is_that_many_cents(whole: int, cents: int) -> None:
    for text in (f"{whole}.{cents:02}", f"${whole}.{cents:02}", f" {whole},{cents:02} ", f"{whole:,}.{cents:02}"):
        assert read_price(text) == whole * 100 + cents


@pytest.mark.parametrize(("text", "cents"), [("24", 2400), ("24.5", 2450), ("1,234", 123_400), ("€24,50", 2450)])
def test_an_amount_may_be_written_as_people_write_it(text: str, cents: int) -> None:
    assert read_price(text) == cents


@pytest.mark.parametrize(
    "text", ["24.999", "abc", "-1", "1e5", "24.", ".5", "12,34.5", "1.234,50", "２４", "24 50", ""]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadAnswer, match="an amount like"):
        read_price(text)


def test_fields_are_read_as_their_own_types() -> None:
    assert read_edits(WORDS) == ({**WORDS, "price_cents": 2450}, {})
    assert "price_cents" not in read_edits({**WORDS, "price_cents": ""})[0]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("phrase", ""),
        ("phrase", "x" * 121),
        ("audience", "a\x00b"),
        ("product_format", "No Such"),
        ("price_cents", "0"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_the_others_are_kept(field: str, text: str) -> None:
    given, wrong = read_edits({**WORDS, field: text})
    assert list(wrong) == [field]
    assert set(given) == set(WORDS) - {field}
    assert not wrong[field].startswith(field)
