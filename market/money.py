"""Money: the currency of a listing, an amount in another currency by a rate that was brought, and how it is written.

No rate is made up: without one a price stays in the currency it was made in, and says so. Written as CLDR writes it in
the five languages (the tests compare with babel).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

from market.bounds import Bounds
from market.minor import decimals_of
from market.reference import BadReference, Reference, find_number, get_day, get_text

TABLE = Path(__file__).parent / "tables" / "currencies.csv"
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KRW": "₩", "INR": "₹", "ILS": "₪", "CAD": "CA$", "AUD": "A$"}
_NARROW, _FIXED = "\u202f", "\u00a0"
_MARKS = {
    "de": (".", ","), "es": (".", ","), "fr": (_NARROW, ","), "it": (".", ","), "pl": (_FIXED, ","),
}  # fmt: skip
"""Languages that write the sign last: what stands between thousands, and before the decimals."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in another, as somebody says who may be asked."""

    base: str
    quote: str
    rate: Decimal
    known_on: date
    source: str

    @property
    def row(self) -> str:
        """How a fact names this row."""
        return f"rate:{self.base}/{self.quote}"


@dataclass(frozen=True, slots=True)
class Priced:
    """A price as it is asked; `note` says why it is in another currency than the listing's place would have."""

    price_cents: int
    currency: str
    note: str = ""
    rate: Rate | None = None


def read_rates(rows: Iterable[Reference]) -> tuple[Rate, ...]:
    """The rates that a seller brought (kind "rate": base, quote, rate, known_on); broken rows are passed over."""
    found = []
    for row in rows:
        try:
            found += [rate_of(row)] if row.kind == "rate" else []
        except BadReference:
            continue
    return tuple(found)


def rate_of(row: Reference) -> Rate:
    """One rate; BadReference names what is missing or wrong."""
    value = find_number(row.body, "rate")
    if value is None or not 1e-6 <= value <= 1e6:
        raise BadReference(f"rate must be a number from 0.000001 to 1000000, got {row.body.get('rate')!r}")
    base, quote = (get_text(row.body, name).upper() for name in ("base", "quote"))
    day = get_day(row.body, "known_on", default=row.known_at.date())
    return Rate(base, quote, Decimal(str(value)), day, row.source)


def currency_of(locale: str, bounds: Bounds) -> str | None:
    """The currency in which a listing of this locale is priced there; None where the marketplace sells in none of them.

    A locale is a language, or a language and a country: "de", "de-CH".
    """
    wanted = (locale.replace("_", "-"), language_of(locale), "*")
    rows = [row for row in _rows() if row[0] in (bounds.marketplace, "*") and row[1] in wanted]
    ranked = sorted(rows, key=lambda row: (row[0] == "*", wanted.index(row[1])))
    return next((currency for _, _, currency in ranked if bounds.takes(currency)), None)


def language_of(locale: str) -> str:
    """ "de" of "de-CH"."""
    return locale.replace("_", "-").split("-")[0].lower()


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return tuple((row["marketplace"], row["locale"], row["currency"]) for row in rows)


def priced(price_cents: int, currency: str, locale: str, bounds: Bounds, rates: Sequence[Rate] = ()) -> Priced:
    """The price in the currency of the listing's place, by the newest rate brought; else as it is, with a note."""
    wanted = currency_of(locale, bounds)
    if wanted is None or wanted == currency:
        return Priced(price_cents, currency)
    rate = find_rate(currency, wanted, rates)
    if rate is None:
        note = f"no exchange rate {currency} to {wanted} was brought: it stays in {currency}"
        return Priced(price_cents, currency, note)
    return Priced(converted(price_cents, rate), wanted, rate=rate)


def find_rate(base: str, quote: str, rates: Iterable[Rate]) -> Rate | None:
    """The newest rate from one to the other, turned round where it is only known the other way."""
    fitting = [rate for rate in rates if {rate.base, rate.quote} == {base, quote}]
    newest = max(fitting, key=lambda rate: (rate.known_on, rate.base == base), default=None)
    if newest is None or newest.base == base:
        return newest
    return Rate(base, quote, 1 / newest.rate, newest.known_on, newest.source)


def converted(cents: int, rate: Rate) -> int:
    """Minor units of the other currency, rounded half up, never 0 of something."""
    value = (major(cents, rate.base) * rate.rate).scaleb(decimals_of(rate.quote))
    whole = int(value.to_integral_value(ROUND_HALF_UP))
    return max(whole, 1) if cents > 0 else whole


def major(cents: int, currency: str) -> Decimal:
    """The amount in whole units: 2499 of USD are 24.99, of JPY 2499."""
    return Decimal(cents).scaleb(-decimals_of(currency))


def written(cents: int, currency: str, locale: str) -> str:
    """The amount as a reader of that language expects it: "$24.99", "24,99 €", "￥2,499"."""
    language = language_of(locale)
    thousands, point = _MARKS.get(language, (",", "."))
    text = f"{abs(major(cents, currency)):,.{decimals_of(currency)}f}"
    number = text.replace(",", "\0").replace(".", point).replace("\0", thousands)
    sign = _sign(currency, language)
    minus = "-" if cents < 0 else ""
    if language not in _MARKS:
        return f"{minus}{sign}{_FIXED if sign.isalpha() else ''}{number}"
    return f"{minus}{number}{_FIXED}{sign}"


def _sign(currency: str, language: str) -> str:
    if currency == "JPY" and language == "ja":
        return "￥"
    if currency == "JPY" and language in ("fr", "es"):
        return "JPY"
    if currency == "USD" and language == "fr":
        return "$US"
    if currency == "USD" and language == "es":
        return "US$"
    if currency == "GBP" and language == "fr":
        return "£GB"
    return "GBP" if currency == "GBP" and language == "es" else SIGNS.get(currency, currency)
