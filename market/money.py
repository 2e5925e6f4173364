"""Money: amounts in minor units as people read them. Where a sign stands is the language's (CLDR 45, from memory)."""

from __future__ import annotations

from decimal import Decimal

from market.minor import decimal_of

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KRW": "₩", "INR": "₹", "ILS": "₪", "CAD": "CA$", "AUD": "A$"}
SIGN_LAST = {"de": (".", ","), "es": (".", ","), "fr": ("\u202f", ","), "it": (".", ","), "pl": ("\u00a0", ",")}
"""Languages that write the sign after the amount: what parts thousands, and what parts decimals."""


def shown(cents: int, currency: str, locale: str = "en") -> str:
    """As people read it: `$24.00`, `24,00 €` in German, `¥2,400`, `CHF 24.00`."""
    sign, plain = SIGNS.get(currency, currency), f"{Decimal(decimal_of(abs(cents), currency)):,}"
    minus = "-" if cents < 0 else ""
    marks = SIGN_LAST.get(locale.partition("-")[0].lower())
    if marks is None:
        return f"{minus}{sign}{'' if currency in SIGNS else chr(0xA0)}{plain}"
    thousands, decimals = marks
    return f"{minus}{plain.translate({ord(','): thousands, ord('.'): decimals})}\u00a0{sign}"
