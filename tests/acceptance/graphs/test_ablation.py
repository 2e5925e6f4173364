"""Ablation and verdicts on decisions that were really made: the eval's figures, and nobody else's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg

from agents.ablation import ablate, conclude
from agents.panel import Panel
from agents.roster import SPECIALISTS
from graphs.ablation import NAMES, Effect, ablate_cases, load_cases, unpack_ablation
from graphs.product import Product
from store import verdicts
from store.migrate import add_tenant
from store.postgres import pool

SUBJECTS = ("pumpkin carving", "latte art", "winter camping", "sourdough")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NewIdea = Callable[..., UUID]


async def judged(product: Product, new_idea: NewIdea) -> list[UUID]:
    ideas = [new_idea(subject, comparables=6) for subject in SUBJECTS]
    for idea in ideas:
        await product.analyze(idea)
    return ideas


async def test_what_is_stored_gives_the_effects_that_the_eval_measures_on_the_same_findings(
    product: Product, new_idea: NewIdea
) -> None:
    ideas = await judged(product, new_idea)
    async with product.pool.connection() as connection:
        cases, newest = await load_cases(connection)
    assert newest is not None
    told: list[tuple[int, int]] = []
    stored = await ablate_cases(cases, newest, lambda done, total: told.append((done, total)))
    panel, whole = Panel(), []
    for case in cases:
        brief = await product.casebook.brief(case.brief.idea.id, 1, case.brief.as_of)
        whole.append(await conclude(panel, brief, [await panel.ask(each, brief) for each in SPECIALISTS]))
    measured = [Effect.from_without(each) for each in await ablate(panel, whole, NAMES)]
    assert list(stored.effects) == measured
    assert (stored.decisions, stored.alike) == (len(ideas), len(ideas))
    assert told == [(done, len(NAMES)) for done in range(len(NAMES) + 1)]
    assert any(effect.stance for effect in stored.effects)
    assert unpack_ablation(orjson.loads(orjson.dumps(asdict(stored)))) == stored


async def test_only_the_newest_are_taken_and_none_at_all_is_nothing(product: Product, new_idea: NewIdea) -> None:
    async with product.pool.connection() as connection:
        assert await load_cases(connection) == ([], None)
    await judged(product, new_idea)
    async with product.pool.connection() as connection:
        cases, newest = await load_cases(connection, 2)
        rows = await verdicts.load_newest(connection, 1)
    assert [case.brief.idea.phrase for case in cases] == [SUBJECTS[3], SUBJECTS[2]]
    assert rows[0]["decided_on"] == newest


async def test_each_specialist_is_counted_by_its_outcome_and_says_why_it_had_no_say(
    product: Product, new_idea: NewIdea, connection: psycopg.Connection[Any]
) -> None:
    await judged(product, new_idea)
    change = "UPDATE finding SET outcome = 'failed', judged_by = 'nobody', reason = %s WHERE agent = 'trend'"
    connection.execute(change, ("<b>it broke</b>",))
    stated = "judged_by = 'model', model = 'groq/x', prompt_hash = 'abcdef0123456789', cost_micro_usd = 250"
    connection.execute(f"UPDATE finding SET {stated} WHERE agent = 'viral'")  # noqa: S608 - written here
    async with product.pool.connection() as session:
        outcomes = {row["agent"]: row for row in await verdicts.load_outcomes(session, LONG_AGO)}
        reasons = await verdicts.load_reasons(session, LONG_AGO)
        stances = await verdicts.load_stances(session, LONG_AGO)
        prompts = await verdicts.load_prompts(session, LONG_AGO)
        days = await verdicts.count_by_day(session, LONG_AGO)
    trend, viral = outcomes["trend"], outcomes["viral"]
    assert (trend["asked"], trend["opinion"], trend["failed"], trend["stance"]) == (4, 0, 4, None)
    assert (viral["by_model"], viral["cost_micro_usd"]) == (4, 1000)
    assert {"agent": "trend", "outcome": "failed", "reason": "<b>it broke</b>", "count": 4} in reasons
    assert all(1 <= row["bin"] <= verdicts.BINS for row in stances)
    for agent, row in outcomes.items():
        assert sum(each["count"] for each in stances if each["agent"] == agent) == row["opinion"]
    assert [(row["agent"], row["model"], row["count"]) for row in prompts] == [("viral", "groq/x", 4)]
    assert sum(row["count"] for row in days) == len(SUBJECTS)


async def test_another_tenant_sees_none_of_it(product: Product, new_idea: NewIdea, database: str) -> None:
    ideas = await judged(product, new_idea)
    add_tenant(database, "other")
    async with pool(database, "other", 2) as others, others.connection() as theirs:
        for asked in (verdicts.count_by_day, verdicts.load_outcomes, verdicts.load_reasons, verdicts.load_stances):
            assert await asked(theirs, LONG_AGO) == []
        assert await verdicts.load_prompts(theirs, LONG_AGO) == []
        assert await load_cases(theirs) == ([], None)
        assert await verdicts.load_grounds(theirs, [(ideas[0], 1)]) == {(ideas[0], 1): ([], [])}


async def test_what_models_cost_is_told_by_day(product: Product, connection: psycopg.Connection[Any]) -> None:
    for scope, spent in (("day:2026-11-20", 5), ("day:2026-11-21", 7), ("day:2026-01-01", 9), ("run:x", 3)):
        connection.execute(
            "INSERT INTO spend (tenant_id, scope, spent_micro_usd, reserved_micro_usd, tokens) "
            "VALUES ('default', %s, %s, 1, 100)", (scope, spent),
        )  # fmt: skip
    async with product.pool.connection() as session:
        rows = await verdicts.load_spent(session, datetime(2026, 11, 1, tzinfo=UTC).date())
    assert [(row["day"].day, row["micro_usd"], row["tokens"]) for row in rows] == [(20, 6, 100), (21, 8, 100)]
