"""Amounts as the interfaces of marketplaces write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from market.minor import decimal_of, decimals_of, find_price


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(2750, "USD", "27.50"), (5, "EUR", "0.05"), (2750, "JPY", "2750"), (2750, "KWD", "2.750"), (0, "GBP", "0.00")],
)
def test_an_amount_has_the_decimals_of_its_currency(minor, currency, written):
    assert decimal_of(minor, currency) == written


@given(some.integers(0, 10**12), some.sampled_from(["USD", "JPY", "KWD"]))
def test_what_was_written_is_read_back_to_the_unit(minor, currency):
    assert find_price(decimal_of(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("27.505", "USD"), ("27.5", "JPY"), ("free", "USD"), ("NaN", "USD"), (None, "USD"), ("1e99", "EUR")],
)
def test_what_is_no_amount_of_the_currency_is_none(amount, currency):
    assert find_price(amount, currency) is None


def test_a_number_is_read_whatever_its_decimals():
    assert (find_price(24, "USD"), find_price("24.5", "USD"), find_price(1.1, "USD")) == (2400, 2450, 110)
    assert [decimals_of(currency) for currency in ("USD", "JPY", "KWD")] == [2, 0, 3]
