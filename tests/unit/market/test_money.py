"""Money: no exchange rate is made up, and amounts are written as readers expect them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.numbers import format_currency

from market.bounds import bounds_of
from market.money import Rate, converted, currency_of, find_rate, major, priced, read_rates, written
from market.reference import Reference

ETSY, EBAY, PRINTIFY = bounds_of("etsy"), bounds_of("ebay"), bounds_of("printify")
EURO = Rate("USD", "EUR", Decimal("0.92"), date(2026, 11, 1), "test")


@pytest.mark.parametrize("locale", ["en", "es", "de", "fr", "ja"])
@pytest.mark.parametrize("currency", ["USD", "EUR", "GBP", "JPY"])
@pytest.mark.parametrize("cents", [1, 99, 2499, 249_900, 12_345_678, -2499])
def test_an_amount_is_written_as_cldr_writes_it(locale, currency, cents):
    assert written(cents, currency, locale) == format_currency(major(cents, currency), currency, locale=locale)


@pytest.mark.parametrize(
    ("locale", "bounds", "currency"),
    [
        ("en", ETSY, "USD"),
        ("de", ETSY, "EUR"),
        ("de-CH", ETSY, "CHF"),
        ("en_GB", ETSY, "GBP"),
        ("fr-FR", ETSY, "EUR"),
        ("ja", ETSY, "JPY"),
        ("ja", EBAY, None),
        ("de", PRINTIFY, "USD"),
    ],
)
def test_the_currency_follows_place_and_marketplace(locale, bounds, currency):
    assert currency_of(locale, bounds) == currency


def test_without_a_rate_a_price_stays_and_says_so_and_with_one_it_is_converted():
    lacking = priced(2499, "USD", "de", ETSY)
    assert (lacking.price_cents, lacking.currency, lacking.rate) == (2499, "USD", None)
    assert lacking.note == "no exchange rate USD to EUR was brought: it stays in USD"
    found = priced(2499, "USD", "de", ETSY, [EURO])
    assert (found.price_cents, found.currency, found.note, found.rate) == (2299, "EUR", "", EURO)
    assert priced(2499, "USD", "en", ETSY, [EURO]).rate is None


def test_minor_units_are_those_of_each_currency():
    yen = Rate("USD", "JPY", Decimal(150), date(2026, 11, 1), "test")
    assert converted(2499, yen) == 3749  # 24.99 * 150 = 3748.5
    assert converted(1, Rate("JPY", "USD", Decimal("0.0066"), date(2026, 11, 1), "test")) == 1
    assert converted(0, yen) == 0


def test_the_newest_rate_counts_and_one_known_the_other_way_is_turned_round():
    newer = Rate("EUR", "USD", Decimal("1.25"), date(2026, 11, 20), "test")
    found = find_rate("USD", "EUR", [EURO, newer])
    assert found is not None and (found.rate, found.known_on) == (Decimal("0.8"), date(2026, 11, 20))
    assert find_rate("USD", "GBP", [EURO, newer]) is None


def test_rates_come_from_the_sellers_rows_and_broken_ones_are_passed_over():
    def row(**body):
        return Reference("1", "rate", body, datetime(2026, 11, 2, tzinfo=UTC), "bank")

    good = row(base="usd", quote="eur", rate="0.92")
    broken = [row(base="USD", quote="EUR", rate=bad) for bad in ("0", "-1", "soon", "nan", "1e9")]
    found = read_rates([good, *broken, row(quote="EUR", rate="1"), Reference("2", "cost", {}, good.known_at)])
    assert found == (Rate("USD", "EUR", Decimal("0.92"), date(2026, 11, 2), "bank"),)
    assert found[0].row == "rate:USD/EUR"
