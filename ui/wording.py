"""Wording: values as people read them: money, shares, days, statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from market.minor import decimals_of

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
KIND_MEANINGS = {
    "subject": "things to print",
    "licensed": "names that belong to somebody",
    "person": "names of people",
    "news": "news, politics or a tragedy",
    "generic": "formats and fillers",
    "unknown": "waiting for a model or a person to say what they are",
}
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def day(moment: date | datetime | str | None) -> str:
    """A date as `5 Oct 2017`."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = date.fromisoformat(moment[:10])
    return f"{moment.day} {moment:%b} {moment.year}"


def money(cents: float, currency: str = "USD") -> str:
    """An amount in minor units with as many decimals as its currency has: `$24.00`, `JPY 2,750`."""
    sign, decimals = SIGNS.get(currency, f"{currency} " if currency else ""), decimals_of(currency)
    return f"{'-' if cents < 0 else ''}{sign}{abs(cents) / 10**decimals:,.{decimals}f}"


def percent(ratio: float) -> str:
    """A ratio as `41%`, with one decimal under ten."""
    shown = round(ratio * 100, 1)
    return f"{shown:.0f}%" if abs(shown) >= 10 or shown == int(shown) else f"{shown:.1f}%"


def number(value: float) -> str:
    """A number with thousands apart and no more decimals than it needs."""
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def fact_text(value: Any, unit: str, currency: str = "USD") -> str:
    """The value of a fact with its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if unit == "cents":
        return money(value, currency)
    if unit in ("ratio", "share"):
        return percent(value)
    if unit == "score_0_100":
        return f"{number(value)} of 100"
    if unit == "count":
        return number(value)
    return f"{number(value)} {unit.replace('_', ' ')}"


def field_text(name: str, value: Any) -> str:
    """The value of a report's field, whose unit is in its name."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if name.endswith("_cents"):
            return money(value)
        return percent(value) if name.endswith(("_ratio", "_share")) else number(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key.replace('_', ' ')}: {field_text(key, item)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(field_text(name, item) for item in value) or "none"
    return str(value)


def field_name(name: str) -> str:
    """The name of a report's field without its unit."""
    for unit in ("_cents", "_ratio", "_0_100"):
        name = name.removesuffix(unit)
    return name.replace("_", " ")


def status_text(verdict: str, status: str) -> str:
    """Where an idea stands, for a person who is to act on it."""
    if status == "pending_review":
        return {"approve": "may be made; waits for your yes", "review": "needs your judgement"}.get(verdict, "waits")
    if status == "rejected":
        return "turned down"
    return status.replace("_", " ")


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 idea`, `12 ideas`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def in_words(count: int) -> str:
    """Small numbers as words, for headlines."""
    return NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"


def measures(figures: Mapping[str, Any]) -> str:
    """What a source row measured, on one line."""
    parts = []
    for name, value in figures.items():
        if value is None or value == "":
            continue
        shown = day(value) if isinstance(value, datetime) else field_text(name, value)
        parts.append(f"{field_name(name)} {shown}" if name not in ("source", "community") else shown)
    return ", ".join(parts)
