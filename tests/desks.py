"""What the desks' tests share: briefs built from few words, and the facts of one desk by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from agents.brief import Brief, Citation
from agents.specialist import Specialist
from market.comparables import Comparable, Comparables
from market.costs import CostTable, FeeSchedule, ProductCost, load_default_costs
from trends.fact import Facts
from trends.idea import Evidence, Idea, Kind, Mention, Occasion

AS_OF = datetime(2025, 10, 1, 12, tzinfo=UTC)
TODAY = AS_OF.date()

SHIRT = ProductCost("shirt", "acme", 1000, 400, 2500, "USD", 3, 5, 20, ("US", "EU"), date(2025, 1, 1), "test")
ETSY = FeeSchedule("etsy", 20, 0.065, 0.03, 25, "USD", date(2025, 1, 1), "test")
TABLE = CostTable((SHIRT,), (ETSY,))


def mention(number: int = 1, text: str | None = None, days_ago: float = 1.0, **changes: Any) -> Mention:
    """A post on reddit by its own author, first known some days ago."""
    made: dict[str, Any] = {
        "signal_id": UUID(int=number),
        "source": "reddit",
        "text": f"pumpkin carving number {number}" if text is None else text,
        "known_at": AS_OF - timedelta(hours=1),
        "first_known_at": AS_OF - timedelta(days=days_ago),
        "author_hash": f"author{number}",
        "published_at": AS_OF - timedelta(days=days_ago),
    }
    return Mention(**(made | changes))


def comparable(number: int = 1, price_cents: int = 2500, **changes: Any) -> Comparable:
    """A shirt on etsy by its own seller."""
    made: dict[str, Any] = {
        "id": str(UUID(int=number)),
        "title": f"Pumpkin carving shirt {number}",
        "product_format": "shirt",
        "marketplace": "etsy",
        "price_cents": price_cents,
        "currency": "USD",
        "known_at": AS_OF - timedelta(days=2),
        "source": "comparables.csv",
        "seller": f"seller{number}",
    }
    return Comparable(**(made | changes))


def idea(**changes: Any) -> Idea:
    made: dict[str, Any] = {
        "id": UUID(int=7),
        "phrase": "pumpkin carving",
        "key": "carv pumpkin",
        "audience": "home crafters",
        "occasion": None,
        "kind": Kind.SUBJECT,
        "kind_reason": "distinctive of a community",
        "product_format": "shirt",
    }
    return Idea(**(made | changes))


def halloween(on: date = date(2025, 10, 31)) -> Occasion:
    return Occasion("Halloween", on, (on - TODAY).days, on - timedelta(days=8))


def evidence(mentions: Sequence[Mention] = (), series: Sequence[float] = (), **changes: Any) -> Evidence:
    """Mentions, and a daily series of attention that ends on the day of judgement."""
    days = tuple(TODAY - timedelta(days=len(series) - 1 - n) for n in range(len(series)))
    made: dict[str, Any] = {
        "as_of": AS_OF,
        "mentions": tuple(mentions),
        "days": days,
        "mentions_by_day": tuple(1.0 for _ in days),
        "attention_by_day": tuple(float(value) for value in series),
        "authors": len({one.author_hash for one in mentions}),
        "sources": tuple(sorted({one.source for one in mentions})),
    }
    return Evidence(**(made | changes))


def brief(
    mentions: Sequence[Mention] = (),
    series: Sequence[float] = (),
    comparables: Sequence[Comparable] = (),
    citations: Sequence[Citation] = (),
    costs: CostTable = TABLE,
    as_of: datetime = AS_OF,
    **changes: Any,
) -> Brief:
    return Brief(
        idea(**changes),
        evidence(mentions, series),
        None,
        Comparables(tuple(comparables)),
        costs,
        as_of,
        tuple(citations),
    )


def rich_brief() -> Brief:
    """Everything a desk could wish for."""
    texts = ("I love this handmade pumpkin carving!", "How to carve a funny pumpkin 101?", "best cozy gift for my mom")
    measured = {"views": 1000.0, "likes": 50.0, "comments": 9.0, "shares": 12.0}
    mentions = [
        mention(
            n, f"{texts[n % 3]} {n}", days_ago=1 + n % 30 + n % 3 / 10, source=("reddit", "youtube")[n % 2],
            community="r/pumpkins", metrics=measured | {"views": 1000.0 + 10 * n},
        )
        for n in range(90)
    ]  # fmt: skip
    comparables = [
        comparable(n, 2000 + 100 * n, rating=4.0 + n % 10 / 10, reviews=10 * n, return_ratio=0.02) for n in range(12)
    ]
    page = Citation("https://news.example/pumpkins", "Pumpkins sell", "2025-09-20", "More than ever.")
    return brief(
        mentions, [10.0 + n for n in range(40)], [*comparables, comparable(99, currency="EUR")], [page],
        load_default_costs(), occasion=halloween(),
    )  # fmt: skip


def facts_of(specialist: Specialist, given: Brief) -> Facts:
    return Facts(specialist.facts(given))
