"""Reference: a row that a user brought to compare with (a comparable, a cost, a fee), and how its fields are read.

Bodies come from files people made, so every field is read with its range checked. Errors: `BadReference` (pass the row
over; the message names field and value).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


class BadReference(ValueError):
    """A row does not hold what its kind needs."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One row of the reference table. `kind` is comparable, cost, fee or another that the market does not read."""

    id: str
    kind: str
    body: Mapping[str, Any]
    known_at: datetime
    source: str = "a reference file"


def find(body: Mapping[str, Any], *names: str) -> Any:
    """The first of these fields that holds something, or None."""
    for name in names:
        value = body.get(name)
        if value is not None and str(value).strip():
            return value
    return None


def find_number(body: Mapping[str, Any], *names: str) -> float | None:
    """The first of these fields as a finite number ("1,299" and "$12.50" are read), or None."""
    value = find(body, *names)
    if value is None:
        return None
    try:
        number = float(str(value).strip().lstrip("$€£").replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def get_text(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """The field as text that can be printed; BadReference where it is empty and has no default."""
    value = "".join(char if char.isprintable() else " " for char in str(find(body, name) or "")).strip()
    if value:
        return value
    if default is None:
        raise BadReference(f"{name} is missing")
    return default


def get_integer(body: Mapping[str, Any], name: str, least: int, default: int | None = None) -> int:
    """The field as a whole number from `least` to a hundred million."""
    number = _get_number(body, name, default)
    if number != int(number) or not least <= number <= 100_000_000:
        raise BadReference(f"{name} must be a whole number from {least}, got {body.get(name)!r}")
    return int(number)


def get_ratio(body: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """The field as a share from 0 up to but not including 1."""
    number = _get_number(body, name, default)
    if not 0 <= number < 1:
        raise BadReference(f"{name} must be a share from 0 to below 1, got {body.get(name)!r}")
    return number


def _get_number(body: Mapping[str, Any], name: str, default: float | None) -> float:
    if find(body, name) is None and default is not None:
        return default
    number = find_number(body, name)
    if number is None:
        raise BadReference(f"{name} must be a number, got {body.get(name)!r}")
    return number


def get_day(body: Mapping[str, Any], name: str, default: date | None = None) -> date:
    """The field as an ISO date."""
    value = find(body, name)
    if value is None and default is not None:
        return default
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise BadReference(f"{name} must be a date as 2025-06-01, got {value!r}") from None
