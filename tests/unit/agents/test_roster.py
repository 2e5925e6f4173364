"""Roster: all eleven hold the same promises, whatever the brief holds."""

from __future__ import annotations

import json
import math
import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import prompts
from agents.brief import Brief, Citation
from agents.figures import clean_text
from agents.grounding import grounds
from agents.roster import SPECIALISTS
from agents.specialist import Abstain, Specialist
from market.comparables import Comparable, Comparables
from market.costs import CostTable, FeeSchedule, ProductCost, load_default_costs
from tests.desks import AS_OF, idea, mention, rich_brief
from trends.fact import Fact, Facts
from trends.idea import Evidence, Mention, Occasion
from trends.signal import METRICS

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking, which takes minutes on a brief: a failure prints the brief as it is."""
IDS = [specialist.name for specialist in SPECIALISTS]
each = pytest.mark.parametrize("specialist", SPECIALISTS, ids=IDS)


def check(specialist: Specialist, given_brief: Brief) -> list[Fact] | None:
    """The promises every desk keeps; its facts, or None where it abstains."""
    try:
        facts = list(specialist.facts(given_brief))
    except Abstain as none:
        assert str(none)
        return None
    assert facts
    assert len({fact.id for fact in facts}) == len(facts)
    for fact in facts:
        assert re.fullmatch(rf"{specialist.name}\.[a-z0-9_]+", fact.id)
        assert fact.unit and fact.label and fact.source
        assert len(fact.rows) <= 20
        assert fact.row_count >= len(fact.rows) > 0
        assert isinstance(fact.value, str | bool) or math.isfinite(fact.value)
    stored = json.dumps([[fact.id, fact.value, fact.label, fact.source, fact.rows] for fact in facts])
    assert "\\u0000" not in stored
    assert not re.search(r"\\ud[89a-f]", re.sub(r"\\ud[89ab]..\\ud[c-f]..", "", stored))
    report = specialist.rule(Facts(facts))
    assert isinstance(report, specialist.report)
    assert report.facts and set(report.facts) <= {fact.id for fact in facts}
    words = [clean_text(text) for text in (given_brief.idea.phrase, given_brief.idea.audience)]
    assert not grounds(facts, words).faults(report)
    return facts


def test_the_eleven_stand_in_the_order_in_which_they_are_read() -> None:
    assert IDS == [
        "scanner", "trend", "research", "quality", "pricing", "viral", "competition", "supply_chain", "psychology",
        "data_science", "web_search",
    ]  # fmt: skip


@each
def test_a_rich_brief_leaves_nobody_silent(specialist: Specialist) -> None:
    assert check(specialist, rich_brief())


@each
def test_the_same_brief_makes_the_same_facts_and_report(specialist: Specialist) -> None:
    first, second = (list(specialist.facts(rich_brief())) for _ in range(2))
    assert first == second
    assert specialist.rule(Facts(first)) == specialist.rule(Facts(second))


@each
def test_facts_about_the_signals_were_known_on_the_day(specialist: Specialist) -> None:
    table_day = datetime(2025, 6, 1, tzinfo=UTC)
    for fact in check(specialist, rich_brief()) or ():
        assert fact.known_at <= max(AS_OF, table_day)


@each
def test_a_prompt_names_only_facts_that_there_are(specialist: Specialist) -> None:
    system = prompts.load(specialist.name).system
    known = {fact.id for fact in specialist.facts(rich_brief())}
    named = {name for name in re.findall(rf"`({specialist.name}\.[a-z0-9_]+)`", system) if not name.endswith("_")}
    assert named
    rare = {"trend.half_life_days"}  # while attention falls
    assert named - known <= rare


@each
def test_a_report_says_in_each_field_what_belongs_there(specialist: Specialist) -> None:
    assert len(specialist.report.model_fields) > 3
    assert all(field.description for field in specialist.report.model_fields.values())


def test_nothing_at_all_is_a_brief_too() -> None:
    empty = Brief(idea(phrase="", audience=""), Evidence(AS_OF, ()), None, Comparables(), CostTable((), ()), AS_OF)
    spoken = {specialist.name for specialist in SPECIALISTS if check(specialist, empty) is not None}
    assert spoken == {"quality"}


def test_one_bare_mention_is_a_brief_too() -> None:
    bare = mention(1, "", author_hash=None, published_at=None)
    lone = Brief(idea(), Evidence(AS_OF, (bare,)), None, Comparables(), load_default_costs(), AS_OF)
    spoken = {specialist.name for specialist in SPECIALISTS if check(specialist, lone) is not None}
    assert spoken == {"scanner", "research", "quality", "pricing", "supply_chain", "data_science"}


def many(count: int) -> Brief:
    rich = rich_brief()
    mentions = tuple(
        mention(n, f"pumpkin {n} lovely carving", days_ago=n % 40, metrics={"views": 10.0 * n, "likes": 1.0 * n})
        for n in range(count)
    )
    made = Evidence(AS_OF, mentions, rich.evidence.days, rich.evidence.mentions_by_day, rich.evidence.attention_by_day)
    return Brief(rich.idea, made, None, rich.comparables, rich.costs, AS_OF, rich.citations)


def test_ten_thousand_mentions_take_no_more_than_seconds() -> None:
    crowd = many(10_000)
    start = time.perf_counter()
    for specialist in SPECIALISTS:
        check(specialist, crowd)
    assert time.perf_counter() - start < 8


wild_text = st.text(max_size=40) | st.sampled_from(
    ["\x00", "\ud800", "‮evil", "90s ps4 24.99 100%", "{{ facts }}", "a" * 400, "🎃" * 50, "١٢٣", "I don't love 7 mugs"]
)
wild_number = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-3, 10**12).map(float)
moments = st.datetimes(datetime(2005, 1, 1), datetime(2025, 10, 1), timezones=st.just(UTC))
metrics = st.dictionaries(st.sampled_from(METRICS), wild_number, max_size=6)
mentions = st.builds(
    Mention, signal_id=st.uuids(), source=wild_text, text=wild_text, known_at=moments, first_known_at=moments,
    community=st.none() | wild_text, category=st.none() | wild_text, author_hash=st.none() | st.sampled_from("abc"),
    published_at=st.none() | moments, metrics=metrics, first_metrics=metrics,
)  # fmt: skip
comparables = st.builds(
    Comparable, id=st.uuids().map(str), title=wild_text, product_format=st.just("shirt"), marketplace=wild_text,
    price_cents=st.integers(1, 10**8), currency=st.sampled_from(["USD", "EUR"]), known_at=moments, source=wild_text,
    seller=st.none() | wild_text, rating=st.none() | st.floats(0, 5), reviews=st.none() | st.integers(0, 10**9),
    return_ratio=st.none() | st.floats(0, 1), phrase=st.none() | wild_text,
)  # fmt: skip
products = st.builds(
    ProductCost, product_format=st.sampled_from(["shirt", "mug"]), provider=wild_text,
    base_cost_cents=st.integers(0, 10**8), seller_shipping_cents=st.integers(0, 10**8),
    retail_price_cents=st.integers(1, 10**8), currency=st.just("USD"), production_days=st.integers(0, 400),
    shipping_days=st.integers(0, 400), variants=st.integers(1, 999), regions=st.just(("US",)),
    known_on=st.dates(date(2015, 1, 1), date(2030, 1, 1)), source=wild_text,
)  # fmt: skip
schedules = st.builds(
    FeeSchedule, marketplace=wild_text, listing_fee_cents=st.integers(0, 10**6),
    transaction_ratio=st.floats(0, 0.99), payment_ratio=st.floats(0, 0.99), payment_fixed_cents=st.integers(0, 10**6),
    currency=st.just("USD"), known_on=st.dates(date(2015, 1, 1), date(2030, 1, 1)), source=wild_text,
)  # fmt: skip
pages = st.builds(
    Citation, url=wild_text | st.just("https://a.example"), title=wild_text, published_on=st.none() | wild_text,
    snippet=wild_text,
)  # fmt: skip
occasions = st.builds(
    Occasion, name=wild_text, on=st.dates(date(2000, 1, 1), date(2040, 1, 1)), days_ahead=st.integers(-999, 999),
    order_by=st.dates(),
)  # fmt: skip


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    size = draw(st.integers(0, 30))
    last = draw(st.dates(date(2015, 1, 1), date(2025, 10, 1)))
    series = st.lists(wild_number, min_size=0, max_size=30).map(tuple)
    return Evidence(
        AS_OF,
        tuple(draw(st.lists(mentions, max_size=12))),
        tuple(last - timedelta(days=size - 1 - n) for n in range(size)),
        draw(series),
        draw(series),
        draw(st.integers(0, 10**6)),
        tuple(draw(st.lists(wild_text, max_size=3))),
    )


@st.composite
def briefs(draw: st.DrawFn) -> Brief:
    made: dict[str, Any] = {
        "id": UUID(int=1),
        "phrase": draw(wild_text),
        "audience": draw(wild_text),
        "occasion": draw(st.none() | occasions),
        "product_format": draw(st.sampled_from(["shirt", "shirt", "mug"]) | wild_text),
    }
    return Brief(
        idea(**made),
        draw(evidences()),
        None,
        Comparables(tuple(draw(st.lists(comparables, max_size=12)))),
        CostTable(tuple(draw(st.lists(products, max_size=4))), tuple(draw(st.lists(schedules, max_size=3)))),
        AS_OF,
        tuple(draw(st.lists(pages, max_size=4))),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(briefs())
def test_any_brief_ends_as_facts_or_abstention_and_every_rule_is_grounded(any_brief: Brief) -> None:
    for specialist in SPECIALISTS:
        check(specialist, any_brief)
