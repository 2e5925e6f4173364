"""Amounts as marketplaces take them and as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.money import decimal_of, minor_of, shown


@pytest.mark.parametrize(
    ("cents", "currency", "amount"),
    [(2400, "USD", "24.00"), (5, "EUR", "0.05"), (2400, "JPY", "2400"), (24005, "KWD", "24.005"), (0, "USD", "0.00")],
)
def test_an_amount_has_the_decimals_of_its_currency(cents: int, currency: str, amount: str) -> None:
    assert decimal_of(cents, currency) == amount
    assert minor_of(amount, currency) == cents


@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_an_amount_comes_back_as_it_was(cents: int, currency: str) -> None:
    assert minor_of(decimal_of(cents, currency), currency) == cents


@pytest.mark.parametrize("amount", ["", "free", "1.005", "nan", "inf", None, "1e999999"])
def test_what_is_no_whole_amount_is_refused(amount: object) -> None:
    with pytest.raises(ValueError, match="amount of USD"):
        minor_of(amount, "USD")


def test_an_amount_that_is_a_number_is_read_as_it_is_written() -> None:
    assert [minor_of(each, "USD") for each in (24, 24.0, 0.29, "19.9")] == [2400, 2400, 29, 1990]


@pytest.mark.parametrize(
    ("cents", "currency", "locale", "read"),
    [
        (123400, "USD", "en", "$1,234.00"),
        (123400, "EUR", "de-DE", "1.234,00\u00a0€"),
        (123400, "EUR", "fr", "1\u202f234,00\u00a0€"),
        (2400, "JPY", "ja", "¥2,400"),
        (2400, "CHF", "en", "CHF\u00a024.00"),
        (-2400, "USD", "en", "-$24.00"),
    ],
)
def test_an_amount_is_read_as_its_language_writes_it(cents: int, currency: str, locale: str, read: str) -> None:
    assert shown(cents, currency, locale) == read
