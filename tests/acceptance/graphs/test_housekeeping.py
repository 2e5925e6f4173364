"""Housekeeping on the whole product: what goes, what stays, and that nothing else can be met by it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from graphs.housekeeping import kept_for, tidy
from graphs.product import Product
from graphs.saver import first_id_of, prune
from graphs.settings import ROOT, Settings
from store.calls import Hold, Kept, PostgresCalls
from store.keeping import RULES
from store.migrate import add_tenant
from store.postgres import connect

NewIdea = Callable[..., UUID]
Session = psycopg.Connection[Any]
NOW, NONE = datetime.now(UTC), timedelta(0)
YEARS = timedelta(days=3650)
THREADS = ("checkpoints", "checkpoint_writes", "checkpoint_blobs")
FOR_GOOD = ("event", "decision", "fact", "finding", "review", "idea", "idea_signal", "signal", "observation")

OLD_AND_NEW = {
    "payloads": """
      WITH put AS (INSERT INTO intake_file (id, sha256, name, outcome)
        VALUES (gen_random_uuid(), %(at)s::text, 'x', 'empty') RETURNING id)
      INSERT INTO payload (id, source, slot, file_id, body, fetched_at)
      SELECT gen_random_uuid(), 'reddit', 'hot', id, 'x', %(at)s FROM put""",
    "model_calls": """
      INSERT INTO model_call (tenant_id, key, provider, model, answer, input_tokens, output_tokens, cost_micro_usd,
        recorded_at) VALUES ('default', %(at)s::text, 'p', 'm', 'a', 1, 1, 1, %(at)s)""",
    "candidates": """
      WITH i AS (INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, as_of)
          VALUES ('default', gen_random_uuid(), %(at)s::text, 'x', 'x', 'subject', 'x', 'mug', now()) RETURNING id),
        r AS (INSERT INTO run (tenant_id, id, as_of, status) VALUES ('default', gen_random_uuid(), now(), 'finished')
          RETURNING id)
      INSERT INTO candidate (tenant_id, run_id, idea_id, rank, propensity, chosen, ranked_by, recorded_at)
      SELECT 'default', r.id, i.id, 1, .5, false, 'x', %(at)s FROM i, r""",
    "keywords": """
      INSERT INTO keyword (tenant_id, key, phrase, category, strength, uses, found_by, first_seen_at, last_seen_at,
        expires_at) VALUES ('default', 'k', 'k', 'c', 1, 1, 'mined', %(at)s, %(at)s, %(at)s)""",
    "keyword_searches": """
      INSERT INTO keyword_search (tenant_id, slot, audiences) VALUES ('default', %(at)s, '{}')""",
    "spikes": """
      INSERT INTO spike (tenant_id, key, onset_at, phrase, kind, kind_reason, ratio, voices, authors, sources,
        recorded_at) VALUES ('default', 'k', %(at)s, 'k', 'subject', 'r', 2, 9, 9, '{}', %(at)s)""",
    "webhook_deliveries": """
      INSERT INTO webhook_delivery (tenant_id, delivery, signature, answer, received_at)
      VALUES ('default', %(at)s::text, %(at)s::text, '{}', %(at)s)""",
    "source_slots": """
      WITH put AS (INSERT INTO source (name) VALUES (%(at)s::text) RETURNING name)
      INSERT INTO source_slot (source, slot, asked_at) SELECT name, 'hot', %(at)s FROM put""",
    "provider_limits": "INSERT INTO provider_limit (name, state, used_at) VALUES (%(at)s::text, '{}', %(at)s)",
    "spans": """
      WITH put AS (INSERT INTO thread (tenant_id, id, graph, subject, status, started_at, last_at)
        VALUES ('default', gen_random_uuid(), 'analyze', '', 'waiting', %(at)s, now()) RETURNING id)
      INSERT INTO span (tenant_id, thread_id, id, node, outcome, began_at)
      SELECT 'default', id, id, 'load', 'done', %(at)s FROM put""",
    "span_threads": """
      INSERT INTO thread (tenant_id, id, graph, subject, status, started_at, last_at)
      VALUES ('default', gen_random_uuid(), 'analyze', '', 'finished', %(at)s, %(at)s)""",
    "dead_letters": """
      INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, args, error, digest, retried_at)
      VALUES ('default', extract(epoch FROM %(at)s::timestamptz)::bigint, 'scan', 'pull', 0, '{}', 'e', '', %(at)s)""",
    "refresh_tokens": """
      WITH m AS (INSERT INTO member (tenant_id, handle, role, tier) VALUES ('default', 'ana', 'admin', 'pro')
          ON CONFLICT DO NOTHING),
        k AS (INSERT INTO api_key (tenant_id, id, handle, secret_sha256)
          VALUES ('default', gen_random_uuid(), 'ana', 'x') RETURNING id)
      INSERT INTO refresh_token (tenant_id, secret_sha256, family, key_id, expires_at)
      SELECT 'default', convert_to(%(at)s::text, 'utf8'), id, id, %(at)s FROM k""",
    "kept_answers": """
      INSERT INTO kept_answer (tenant_id, actor, key, request_sha256, recorded_at)
      VALUES ('default', 'ana', %(at)s::text, 'x', %(at)s)""",
    "notices": """
      INSERT INTO notice (tenant_id, key, kind, severity, subject, body, thread, recorded_at)
      VALUES ('default', %(at)s::text, 'alarm', 'info', 's', 'b', 't', %(at)s)""",
    "notice_messages": """
      INSERT INTO notice_message (tenant_id, channel, key, place, due_at, recorded_at)
      VALUES ('default', 'email', %(at)s::text, 0, %(at)s, %(at)s)""",
}
TABLES = {
    "payloads": "payload", "model_calls": "model_call", "keywords": "keyword", "keyword_searches": "keyword_search",
    "candidates": "candidate",
    "spikes": "spike", "webhook_deliveries": "webhook_delivery", "source_slots": "source_slot",
    "provider_limits": "provider_limit", "spans": "span", "span_threads": "thread",
    "dead_letters": "dead_letter", "notices": "notice",
    "refresh_tokens": "refresh_token", "kept_answers": "kept_answer",
    "notice_messages": "notice_message",
}  # fmt: skip


async def _tidy(product: Product, now: datetime = NOW, **given: Any) -> dict[str, int]:
    opener = partial(connect, product.url, product.settings.tenant)
    return await tidy(opener, product.pool, product.analyze_graph, product.settings, now, **given)


def _count(connection: Session, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


# Threads ------------------------------------------------------------------------------------------------------


async def test_a_thread_that_waits_for_a_person_keeps_its_last_state(
    product: Product, new_idea: NewIdea, connection: Session
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    assert [await prune(product.pool, product.analyze_graph, NONE) for _ in range(2)] == [1, 0]
    assert _count(connection, "checkpoints") == 1
    assert (await product.reviews.approve(idea_id))["answer"] == "approve"


async def test_a_thread_whose_idea_was_answered_a_day_ago_goes_whole(
    product: Product, new_idea: NewIdea, connection: Session
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.reject(idea_id, "no")
    await product.reviews.settle()
    connection.execute("UPDATE review SET decided_at = now() - interval '25 hours'")
    assert await prune(product.pool, product.analyze_graph, timedelta(days=1)) == 0, "somebody touched it just now"
    assert await prune(product.pool, product.analyze_graph, NONE) == 1
    assert [_count(connection, table) for table in THREADS] == [0, 0, 0]
    assert (await product.reviews.show(idea_id))["decision"] is not None
    assert await product.resume_unfinished() == 0
    again = await product.analyze(idea_id)
    assert again["revision"] == 2, "what is judged anew has a thread of its own"


async def test_the_thread_of_a_revision_that_another_follows_goes_and_the_newest_stays(
    product: Product, new_idea: NewIdea
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.analyze(idea_id)
    await prune(product.pool, product.analyze_graph, NONE)
    configs = [product.reviews.config(idea_id, revision) for revision in (1, 2)]
    first, second = [(await product.analyze_graph.aget_state(config)).values for config in configs]
    assert not first and second


async def test_the_thread_of_a_finished_run_goes(product: Product, new_idea: NewIdea, connection: Session) -> None:
    await product.shortlist(NOW)
    assert _count(connection, "checkpoints") > 0
    await prune(product.pool, product.analyze_graph, NONE)
    assert _count(connection, "checkpoints") == 0


@pytest.mark.parametrize("name", ["", "default:idea:no-id:1", "default:idea:{id}:one", "a:b:c:d:e", "default:run:x"])
async def test_a_thread_of_any_name_that_is_not_ours_keeps_its_last_state(
    product: Product, new_idea: NewIdea, connection: Session, name: str
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    connection.execute("UPDATE idea SET status = 'archived'")
    connection.execute(
        "UPDATE checkpoints SET metadata = jsonb_set(metadata, '{thread_name}', to_jsonb(%s::text))",
        (name.replace("{id}", str(idea_id)),),
    )
    assert await prune(product.pool, product.analyze_graph, NONE) == 1
    assert _count(connection, "checkpoints") == 1


async def test_threads_of_another_tenant_are_left_alone(
    product: Product, new_idea: NewIdea, database: str, connection: Session
) -> None:
    await product.analyze(new_idea())
    before = _count(connection, "checkpoints")
    add_tenant(database, "other")
    async with _opened(product.settings.model_copy(update={"tenant": "other"})) as other:
        assert await prune(other.pool, other.analyze_graph, NONE) == 0
    assert _count(connection, "checkpoints") == before


def _opened(settings: Settings) -> Any:
    from graphs.wiring import open_product

    return open_product(settings)


async def test_ids_of_checkpoints_are_in_the_order_of_the_moments_they_were_made(
    product: Product, new_idea: NewIdea, connection: Session
) -> None:
    began = datetime.now(UTC)
    await product.analyze(new_idea())
    ids = [row[0] for row in connection.execute("SELECT checkpoint_id FROM checkpoints")]
    assert ids and all(first_id_of(began) < each < first_id_of(datetime.now(UTC)) for each in ids)


# Rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", sorted(OLD_AND_NEW))
async def test_what_is_older_than_the_policy_says_goes_and_what_is_younger_stays(
    product: Product, connection: Session, what: str
) -> None:
    kept = kept_for(product.settings)[what]
    for at in (NOW - kept - timedelta(minutes=1), NOW - kept + timedelta(minutes=1)):
        connection.execute(OLD_AND_NEW[what].encode(), {"at": at})
    counts = await _tidy(product)
    assert (counts[what], _count(connection, TABLES[what])) == (1, 1)
    assert (await _tidy(product))[what] == 0


async def test_finished_jobs_go_and_what_waits_stays(product: Product, connection: Session) -> None:
    for status in ("succeeded", "failed", "todo"):
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('q', 't', '{}', %s)",
            (status,),
        )
    connection.execute("UPDATE procrastinate_events SET at = now() - interval '4 days'")
    assert (await _tidy(product))["jobs"] == 2
    assert _count(connection, "procrastinate_jobs") == 1


async def test_an_answer_whose_decision_waits_for_a_person_is_kept(
    product: Product, new_idea: NewIdea, connection: Session
) -> None:
    calls = PostgresCalls(product.pool, "default")
    await calls.settle(Hold((), 0, 0), Kept("before", "p", "m", "a", 1, 1, 1), 1, 1)
    idea_id = new_idea()
    await calls.settle(Hold((), 0, 0), Kept("its own", "p", "m", "a", 1, 1, 1), 1, 1)
    await product.analyze(idea_id)
    await calls.settle(Hold((), 0, 0), Kept("after", "p", "m", "a", 1, 1, 1), 1, 1)
    later = NOW + timedelta(days=product.settings.keep_call_days + 1)
    assert (await _tidy(product, later))["model_calls"] == 2
    assert connection.execute("SELECT key FROM model_call").fetchall() == [("its own",)]
    await product.reviews.approve(idea_id)
    assert (await _tidy(product, later))["model_calls"] == 1


async def test_scores_that_something_rests_on_are_kept(
    product: Product, new_idea: NewIdea, connection: Session
) -> None:
    idea_id, (run_id, _) = new_idea(), await product.shortlist(NOW)
    (decided,) = connection.execute("SELECT as_of FROM idea WHERE id = %s", (idea_id,)).fetchone() or (None,)
    await product.analyze(idea_id)
    moments = {"shortlisted": NOW, "newest": NOW - timedelta(hours=1), "nobody": NOW - timedelta(hours=2)}
    for at in moments.values():
        connection.execute(
            "INSERT INTO score (tenant_id, idea_id, as_of, weights_version, total, terms) "
            "VALUES ('default', %s, %s, 1, .5, '[]')",
            (idea_id, at),
        )
    connection.execute(
        "INSERT INTO candidate (tenant_id, run_id, idea_id, rank, propensity, chosen, ranked_by) "
        "VALUES ('default', %s, %s, 1, 1, true, 'x') ON CONFLICT DO NOTHING",
        (run_id, idea_id),
    )
    connection.execute("UPDATE idea SET as_of = %s", (moments["newest"],))
    assert (await _tidy(product, NOW + timedelta(days=8)))["scores"] == 1
    left = {row[0] for row in connection.execute("SELECT as_of FROM score WHERE idea_id = %s", (idea_id,))}
    assert left == {decided, moments["shortlisted"], moments["newest"]}


async def test_a_tidying_stops_when_its_time_is_up_and_the_next_goes_on(product: Product, connection: Session) -> None:
    connection.execute(
        "INSERT INTO webhook_delivery (tenant_id, delivery, signature, answer, received_at) "
        "SELECT 'default', n, n, '{}', now() - interval '30 days' FROM generate_series(1, 12000) AS n"
    )
    went = [(await _tidy(product, budget_s=0))["webhook_deliveries"] for _ in range(4)]
    assert went == [5_000, 5_000, 2_000, 0]


async def test_two_tidyings_at_once_delete_each_row_once(product: Product, connection: Session) -> None:
    connection.execute(
        "INSERT INTO webhook_delivery (tenant_id, delivery, signature, answer, received_at) "
        "SELECT 'default', n, n, '{}', now() - interval '30 days' FROM generate_series(1, 12000) AS n"
    )
    counts = await asyncio.gather(_tidy(product), _tidy(product))
    assert sum(each["webhook_deliveries"] for each in counts) <= 12_000
    assert (await _tidy(product))["webhook_deliveries"] == 0 == _count(connection, "webhook_delivery")


async def test_what_was_known_judged_and_answered_is_never_deleted(
    product: Product, new_idea: NewIdea, connection: Session
) -> None:
    idea_id = new_idea()
    await product.analyze(idea_id)
    await product.reviews.reject(idea_id, "no")
    before = {table: _count(connection, table) for table in FOR_GOOD}
    assert all(before.values())
    await _tidy(product, NOW + YEARS)
    assert {table: _count(connection, table) for table in FOR_GOOD} == {**before, "event": before["event"] + 1}


async def test_what_was_deleted_is_an_event(product: Product, connection: Session) -> None:
    connection.execute(OLD_AND_NEW["notices"].encode(), {"at": NOW - YEARS})
    await _tidy(product)
    row = connection.execute("SELECT to_status, actor, versions ->> 'notices' FROM event WHERE subject = 'upkeep'")
    assert row.fetchall() == [("tidied", "mara", "1")]


async def test_a_rule_that_fails_is_raised_after_the_others_did_their_work(
    product: Product, connection: Session, database: str
) -> None:
    connection.execute(OLD_AND_NEW["notices"].encode(), {"at": NOW - YEARS})
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("ALTER TABLE payload RENAME TO payload_away")
    with pytest.raises(ExceptionGroup, match="payloads"):
        await _tidy(product)
    assert _count(connection, "notice") == 0


def test_every_rule_is_in_the_written_policy_with_its_time() -> None:
    policy = (Path(ROOT) / "docs" / "keeping.md").read_text(encoding="utf-8")
    rows = {name.strip(): row for row in policy.splitlines() if row.startswith("| ") for name in _names(row)}
    kept = kept_for(Settings(_env_file=None))
    assert set(kept) == set(RULES) and {*RULES, "threads", "jobs"} <= set(rows)
    for what, age in kept.items():
        said = {365: "1 year", 1: "24 hours"}.get(age.days, f"{age.days} days")
        assert said in rows[what], what
    settings = set(re.findall(r"BELLWETHER_(KEEP_[A-Z_]+)", policy))
    assert settings == {name.upper() for name in Settings.model_fields if name.startswith("keep_")}


def _names(row: str) -> list[str]:
    return row.split("|")[1].split(",")


def test_no_rule_deletes_from_what_is_kept_for_good() -> None:
    deleted_from = {found for rule in RULES.values() for found in re.findall(r"DELETE FROM (\w+)", rule)}
    assert len(deleted_from) == len(RULES) and not deleted_from & set(FOR_GOOD)
