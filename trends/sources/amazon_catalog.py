"""Amazon SP-API catalog answers (2022-04-01): items with their sales ranks and, where it is stated, a list price.

An answer does not say when it was given, so it must be recorded with its time; without one its rows are rejected. The
rank is that of the department's list, else of the narrowest class; prices in other currencies than US dollars are left
out, as `price_cents` has no currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from trends.payload import (
    Document,
    NothingObserved,
    Read,
    Rejected,
    mapping,
    measured,
    number,
    of_documents,
    text_of,
)
from trends.signal import Signal, SignalKind, author_hash
from trends.sources.bestsellers_csv import SOURCE

_DATA = frozenset({"summaries", "salesRanks", "attributes", "classifications", "identifiers", "productTypes", "images"})


def matches(payload: Document) -> bool:
    """A search's items, or one item: an ASIN with a data set of the catalog."""
    body = mapping(payload.body)
    if isinstance(body.get("items"), list) and "numberOfResults" in body:
        return True
    return _is_item(body)


def _is_item(item: Mapping[str, Any]) -> bool:
    return "asin" in item and bool(_DATA & item.keys())


def read(payload: Document) -> Read:
    """One signal an item that has a name."""
    body = mapping(payload.body)
    items = [body] if _is_item(body) else body["items"]
    if not items:
        raise NothingObserved("no item was found", empty=True)
    for row, item in enumerate(map(mapping, items), 1):
        yield _signal(row, item, payload.recorded)


def _entries(value: Any) -> Iterator[Mapping[str, Any]]:
    return (mapping(entry) for entry in (value if isinstance(value, list) else ()))


def _signal(row: int, item: Mapping[str, Any], known_at: datetime | None) -> Signal | Rejected:
    summary = next(_entries(item.get("summaries")), {})
    name, asin = text_of(summary.get("itemName")).strip(), text_of(item.get("asin"))
    if summary.get("adultProduct") is True:
        return Rejected(row, "nsfw: marked as an adult product")
    if known_at is None:
        return Rejected(row, "no time: an answer of the catalog does not say when it was given", name)
    group, rank = _ranked(item)
    brand = text_of(summary.get("brand")).strip()
    return Signal(
        source=SOURCE,
        kind=SignalKind.ITEM,
        text=name,
        known_at=known_at,
        native_id=asin or None,
        category=group or text_of(summary.get("websiteDisplayGroupName")) or None,
        author_hash=author_hash(SOURCE, brand) if brand else None,
        metrics=measured(rank=rank, price_cents=_price_cents(item)),
        row=row,
    )


def _ranked(item: Mapping[str, Any]) -> tuple[str, float | None]:
    """(list, rank) in the department, else in the first class; ranks begin at 1."""
    for ranks in _entries(item.get("salesRanks")):
        for lists in ("displayGroupRanks", "classificationRanks"):
            for ranked in _entries(ranks.get(lists)):
                rank = number(ranked.get("rank"))
                if rank is not None and rank >= 1:
                    return text_of(ranked.get("title")).strip(), rank
    return "", None


def _price_cents(item: Mapping[str, Any]) -> int | None:
    for price in _entries(mapping(item.get("attributes")).get("list_price")):
        value = number(price.get("value"))
        if price.get("currency") == "USD" and value is not None and 0 < value < 1e6:
            return round(value * 100)
    return None


AMAZON_CATALOG = of_documents("amazon catalog", matches, read)
