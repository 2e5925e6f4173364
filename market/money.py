"""Money: amounts in minor units as marketplaces take them and as people read them.

How many decimals a currency has is ISO 4217's (list of 2024-06-25); where a sign stands is the language's (CLDR 45).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

WITHOUT_DECIMALS = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
WITH_THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
MOST_DIGITS = 18
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "KRW": "₩", "INR": "₹", "ILS": "₪", "CAD": "CA$", "AUD": "A$"}
SIGN_LAST = {"de": (".", ","), "es": (".", ","), "fr": ("\u202f", ","), "it": (".", ","), "pl": ("\u00a0", ",")}
"""Languages that write the sign after the amount: what parts thousands, and what parts decimals."""


def decimals_of(currency: str) -> int:
    """How many digits its minor unit has: 2 for USD, 0 for JPY, 3 for KWD."""
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE else 2


def decimal_of(cents: int, currency: str) -> str:
    """As APIs take an amount: "24.00" of 2400 US cents, "2400" of 2400 yen."""
    return str(Decimal(cents).scaleb(-decimals_of(currency)))


def minor_of(amount: Any, currency: str) -> int:
    """An amount as an API states it, in minor units; ValueError where it is no number or has parts of one."""
    try:
        scaled = Decimal(str(amount)).scaleb(decimals_of(currency))
        minor = int(scaled) if scaled.adjusted() < MOST_DIGITS else None
    except (ArithmeticError, ValueError):
        minor = None
    if minor is None:
        raise ValueError(f"{str(amount)[:40]!r} is no amount of {currency}") from None
    if scaled != minor:
        raise ValueError(f"{str(amount)[:40]!r} is no whole amount of {currency}'s minor unit")
    return minor


def shown(cents: int, currency: str, locale: str = "en") -> str:
    """As people read it: `$24.00`, `24,00 €` in German, `¥2,400`, `CHF 24.00`."""
    sign, plain = SIGNS.get(currency, currency), f"{Decimal(decimal_of(abs(cents), currency)):,}"
    minus = "-" if cents < 0 else ""
    marks = SIGN_LAST.get(locale.partition("-")[0].lower())
    if marks is None:
        return f"{minus}{sign}{'' if currency in SIGNS else chr(0xA0)}{plain}"
    thousands, decimals = marks
    return f"{minus}{plain.translate({ord(','): thousands, ord('.'): decimals})}\u00a0{sign}"
