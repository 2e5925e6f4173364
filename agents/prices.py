"""Prices: what a provider asks for a call, from a dated table (`prices.csv`, sources named), in micro-USD.

A model that is not in the table costs what the dearest row of its provider costs, and of the whole table where the
provider is not in it either: a ceiling then errs to the cautious side. A server of one's own (`local`) costs nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).with_name("prices.csv")
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Price:
    """What one model costs. A micro-USD a token is a US dollar a million tokens."""

    input_usd_per_million: float
    output_usd_per_million: float
    request_usd_per_thousand: float
    known_on: date
    source: str

    def micro_usd(self, input_tokens: int, output_tokens: int) -> int:
        """What one call costs, rounded up."""
        tokens = input_tokens * self.input_usd_per_million + output_tokens * self.output_usd_per_million
        exact = tokens + self.request_usd_per_thousand * 1000
        return int(exact) + (exact > int(exact))


FREE = Price(0.0, 0.0, 0.0, date.max, "a server of one's own")


@lru_cache(maxsize=1)
def load_prices() -> dict[tuple[str, str], Price]:
    """The shipped table by (provider, model)."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["provider"], row["model"]): _price(row) for row in csv.DictReader(file)}


def _price(row: dict[str, str]) -> Price:
    return Price(
        float(row["input_usd_per_million"]),
        float(row["output_usd_per_million"]),
        float(row["request_usd_per_thousand"]),
        date.fromisoformat(row["known_on"]),
        row["source"],
    )


@lru_cache(maxsize=256)
def price_of(provider: str, model: str) -> Price:
    """The price of a model; where it is not known, the dearest that it could be taken for."""
    if provider == LOCAL:
        return FREE
    prices = load_prices()
    if found := prices.get((provider, model)):
        return found
    of_provider = [price for (name, _), price in prices.items() if name == provider]
    return _dearest(of_provider or prices.values())


def _dearest(prices: Iterable[Price]) -> Price:
    return max(prices, key=lambda price: price.micro_usd(1000, 1000))
