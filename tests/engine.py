"""What the engine's tests share: one idea, one specialist with two facts, and a panel that asks what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import Field

from agents.brief import Brief
from agents.door import Ceilings, Door, Patience
from agents.model import ChatModel, Route
from agents.panel import Panel
from agents.specialist import Abstain, Report, Specialist
from market.comparables import Comparables
from market.costs import CostTable
from prompts import Prompt, parse
from store.calls import Calls, MemoryCalls
from store.limits import Cap, Limits
from trends.fact import Fact, Facts
from trends.idea import Evidence, Idea, Kind, Mention, Occasion

AS_OF = datetime(2017, 10, 5, 12, tzinfo=UTC)
DAY = date(2017, 11, 21)
QUICK = Patience(first_pause_s=0.001, longest_pause_s=0.5, total_s=5.0)


def idea(**changes: Any) -> Idea:
    """Pumpkin carving, a subject, for Halloween."""
    halloween = Occasion("Halloween", date(2017, 10, 31), 26, date(2017, 10, 18))
    made = Idea(
        UUID(int=1),
        "pumpkin carving",
        "carv pumpkin",
        "home crafters",
        halloween,
        Kind.SUBJECT,
        "two communities",
        "mug",
    )
    return replace(made, **changes)


def mention(text: str, number: int = 1, **metrics: float) -> Mention:
    return Mention(UUID(int=number), "youtube", text, AS_OF, AS_OF, metrics=metrics)


def brief(mentions: Sequence[Mention] = (), **changes: Any) -> Brief:
    made = Brief(idea(), Evidence(AS_OF, tuple(mentions)), None, Comparables(), CostTable((), ()), AS_OF)
    return replace(made, **changes)


def fact(fact_id: str, value: float | str | bool, unit: str, label: str = "a figure") -> Fact:
    return Fact(fact_id, value, unit, "test", AS_OF - timedelta(hours=1), label)


PRICE = (
    fact("pricing.price_cents", 2499, "cents", "asking price"),
    fact("pricing.margin_ratio", 0.2468, "ratio", "margin at the asking price"),
)


class PriceReport(Report):
    """A price and what is left."""

    price_cents: int = Field(gt=0, description="The asking price.")
    margin_ratio: float = Field(description="What is left.")
    appeal: int = Field(default=50, ge=0, le=100, json_schema_extra={"judgement": True})


def price_report(**changes: Any) -> PriceReport:
    told: dict[str, Any] = {
        "summary": "Ask $24.99: 24.7 % is left.",
        "stance": 0.4,
        "facts": ["pricing.price_cents", "pricing.margin_ratio"],
        "price_cents": 2499,
        "margin_ratio": 0.2468,
    }
    return PriceReport(**told | changes)


def price_rule(facts: Facts) -> PriceReport:
    return price_report(
        price_cents=int(facts.number("pricing.price_cents")), margin_ratio=facts.number("pricing.margin_ratio")
    )


PRICING = Specialist("pricing", "instant", lambda _: PRICE, PriceReport, price_rule)
PROMPT = "Judge the price. Answer with JSON that fits {{ report }}\n---\n{{ idea }}\n{{ facts }}\n{{ signals }}"


def prompt_of(agent: str) -> Prompt:
    """A short prompt for anybody."""
    return parse(agent, PROMPT)


def door_to(
    *servers: ChatModel,
    calls: Calls | None = None,
    ceilings: Ceilings | None = None,
    patience: Patience = QUICK,
    limits: Limits | None = None,
    caps: Mapping[str, Cap] | None = None,
) -> Door:
    """A door whose every tier leads to these servers in turn."""
    routes = [Route(server, "some-model") for server in servers]
    tiers = ("versatile", "reasoning", "instant", "web", "writing")
    return Door(
        dict.fromkeys(tiers, routes), calls or MemoryCalls(), ceilings, patience, limits, caps, today=lambda: DAY
    )


def panel_of(*servers: ChatModel, **door: Any) -> Panel:
    """A panel that asks these servers."""
    return Panel(door_to(*servers, **door), find_prompt=prompt_of, now=lambda: AS_OF)


def abstains(_: Brief) -> list[Fact]:
    raise Abstain("no comparables: bring a CSV")
