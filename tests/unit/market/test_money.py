"""Amounts as people read them."""

from __future__ import annotations

import pytest

from market.money import written


@pytest.mark.parametrize(
    ("cents", "currency", "locale", "read"),
    [
        (123400, "USD", "en", "$1,234.00"),
        (123400, "EUR", "de-DE", "1.234,00\u00a0€"),
        (123400, "EUR", "fr", "1\u202f234,00\u00a0€"),
        (2400, "JPY", "ja", "￥2,400"),
        (2400, "CHF", "en", "CHF\u00a024.00"),
        (-2400, "USD", "en", "-$24.00"),
    ],
)
def test_an_amount_is_read_as_its_language_writes_it(cents: int, currency: str, locale: str, read: str) -> None:
    assert written(cents, currency, locale) == read
