"""Minor units: amounts as the interfaces of marketplaces write them, with as many decimals as a currency has.

Decimals are those of ISO 4217 (from memory, 2026-11-30): two, unless they are named here.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

NONE = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
})  # fmt: skip
THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
MOST_DIGITS = 18


def decimals_of(currency: str) -> int:
    """2 of USD, 0 of JPY, 3 of KWD."""
    return 0 if currency in NONE else 3 if currency in THREE else 2


def decimal_of(minor: int, currency: str) -> str:
    """2750 of USD is "27.50", 2750 of JPY is "2750"."""
    return f"{Decimal(minor).scaleb(-decimals_of(currency)):f}"


def find_price(amount: object, currency: str) -> int | None:
    """The same read back; None where it is no amount, or has more decimals than the currency."""
    try:
        minor = Decimal(str(amount).strip()).scaleb(decimals_of(currency))
    except InvalidOperation:
        return None
    whole = minor.is_finite() and minor.adjusted() < MOST_DIGITS and minor == minor.to_integral_value()
    return int(minor) if whole else None
