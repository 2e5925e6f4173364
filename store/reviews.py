"""Reviews: what people answered, each in one transaction with the idea's new status and its event.

Errors: those of `store.decisions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from store.decisions import (
    SHOW,
    Decided,
    NotWaiting,
    Row,
    Rows,
    TooLate,
    every,
    find_final,
    get_idea,
    load_standing,
    lock_idea,
    move_idea,
    one,
)
from store.ids import new_id

STATUS_AFTER = {
    "approve": "approved",
    "edit": "approved",
    "reject": "rejected",
    "respond": "analysing",
    "ignore": "archived",
}
"""What an answer makes of the idea."""

WORDS = ("phrase", "audience", "product_format")
"""What an edit may change in the idea itself; the rest of an edit is kept with the review."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered. `nth` counts the notes of a revision from 1; 0 for the other answers. `told`: the thread
    itself says it."""

    answer: str
    actor: str
    reason: str | None = None
    edits: Mapping[str, Any] | None = None
    nth: int = 0
    told: bool = False


LOCK = "SELECT FROM idea WHERE id = %s FOR NO KEY UPDATE"
ANSWER = """
WITH waiting AS (
  SELECT i.* FROM idea i
  WHERE i.id = %(idea)s AND i.status = 'pending_review' AND i.revision = coalesce(%(revision)s::int, i.revision)
    AND (%(nth)s::int = 0 OR %(nth)s::int > (SELECT count(*) FROM review r
      WHERE r.idea_id = i.id AND r.revision = i.revision AND r.answer = 'respond' AND r.undone_at IS NULL))),
put AS (
  INSERT INTO review (tenant_id, id, idea_id, revision, answer, actor, reason, edits, undo_until, told_at)
  SELECT tenant_id, %(review)s, id, revision, %(answer)s::text, %(actor)s, %(reason)s,
    CASE WHEN %(edits)s::jsonb IS NOT NULL THEN jsonb_build_object('to', %(edits)s::jsonb, 'before',
      jsonb_build_object('phrase', phrase, 'audience', audience, 'product_format', product_format)) END,
    now() + %(undo)s::interval, CASE WHEN %(told)s::boolean THEN now() END
  FROM waiting RETURNING *),
moved AS (
  UPDATE idea i SET status = %(status)s, phrase = coalesce(%(edits)s::jsonb ->> 'phrase', i.phrase),
    audience = coalesce(%(edits)s::jsonb ->> 'audience', i.audience),
    product_format = coalesce(%(edits)s::jsonb ->> 'product_format', i.product_format),
    price_cents = coalesce((%(edits)s::jsonb ->> 'price_cents')::bigint, i.price_cents),
    margin_ratio = CASE WHEN %(edits)s::jsonb ->> 'price_cents' IS NULL THEN i.margin_ratio END
  FROM waiting WHERE i.tenant_id = waiting.tenant_id AND i.id = waiting.id),
noted AS (
  INSERT INTO event (tenant_id, id, subject, subject_id, from_status, to_status, actor, reason, versions)
  SELECT tenant_id, %(event)s, 'idea', id::text, status, %(status)s, %(actor)s, %(why)s,
    jsonb_build_object('revision', revision)
  FROM waiting)
SELECT * FROM put
"""
"""An answer where the idea waits for one: review, status, words and event. A price of one's own has no margin yet."""

ATTEMPTS = 3
"""How often an answer is tried that found an idea decided, and then waiting again: others are at it too."""


async def record_answer(
    connection: Rows, idea_id: UUID, revision: int | None, answer: Answer, undo_s: float
) -> tuple[Row, bool]:
    """Write a person's answer, the idea's new status and the event; the review that stands, and whether it is new.

    Raises Decided where another answer stands, NotWaiting where the revision does not wait for one. A note that was
    written (`nth`) and an answer that stands with the same words are found, not repeated.
    """
    given = _given(idea_id, revision, answer, undo_s)
    for _ in range(ATTEMPTS):
        async with connection.pipeline(), connection.transaction():  # one way there and back
            await connection.execute(LOCK, (idea_id,))
            cursor = await connection.cursor(row_factory=dict_row).execute(ANSWER, given)
        put = await cursor.fetchone()
        if put is not None:
            return put, True
        standing = await _find_standing(connection, idea_id, revision, answer)
        if standing is not None:
            return standing, False
    raise NotWaiting(f"others answer idea {idea_id} at this moment: look again")


async def undo_answer(connection: Rows, idea_id: UUID, actor: str) -> Row:
    """Take the standing answer back: the idea waits again, with the words it had; the review that was undone."""
    async with connection.transaction():
        idea = await lock_idea(connection, idea_id)
        review = await find_final(connection, idea_id, idea["revision"])
        if review is None:
            raise NotWaiting(f"{idea['phrase']!r} has no answer that could be undone: it is {idea['status']}")
        if idea["status"] != STATUS_AFTER[review["answer"]]:
            raise TooLate(f"{idea['phrase']!r} is {idea['status']} already: what follows the answer has begun")
        undone = await one(
            connection,
            "UPDATE review SET undone_at = now(), told_at = NULL WHERE id = %s AND undo_until > now() RETURNING *",
            review["id"],
        )
        if undone is None:
            raise TooLate(f"the answer to {idea['phrase']!r} could be undone until {review['undo_until']:%H:%M:%S} UTC")
        await _restore(connection, idea, review)
        await move_idea(
            connection, idea, "pending_review", actor, f"{review['answer']} undone", {"revision": idea["revision"]}
        )
        return undone


async def load_answers(connection: Rows, idea_id: UUID, revision: int) -> list[Row]:
    """The standing reviews of a revision as they were given: notes, then the final answer where there is one."""
    rows = await load_standing(connection, idea_id, revision)
    return sorted(rows, key=lambda row: row["answer"] != "respond")


async def load_reviews(connection: Rows, idea_id: UUID, revision: int) -> list[Row]:
    """Every review of a revision, those that were undone too, oldest first."""
    query = "SELECT * FROM review WHERE idea_id = %s AND revision = %s ORDER BY id"
    return await every(connection, query, idea_id, revision)


async def mark_told(connection: Rows, seen: Sequence[Row]) -> None:
    """Note that the thread is where these rows have it; a row that changed meanwhile is still to be told."""
    await connection.execute(
        "UPDATE review r SET told_at = now() FROM unnest(%s::uuid[], %s::timestamptz[]) AS seen (id, undone_at) "
        "WHERE r.id = seen.id AND r.told_at IS NULL AND r.undone_at IS NOT DISTINCT FROM seen.undone_at",
        ([row["id"] for row in seen], [row["undone_at"] for row in seen]),
    )


def _given(idea_id: UUID, revision: int | None, answer: Answer, undo_s: float) -> Row:
    edits = None if answer.edits is None else dict(answer.edits)
    return {
        "idea": idea_id,
        "revision": revision,
        "review": new_id(),
        "event": new_id(),
        "answer": answer.answer,
        "status": STATUS_AFTER[answer.answer],
        "actor": answer.actor,
        "reason": answer.reason,
        "why": answer.reason or ("" if not edits else "edited: " + ", ".join(sorted(edits))),
        "edits": None if edits is None else Jsonb(edits),
        "nth": answer.nth,
        "told": answer.told,
        "undo": timedelta(seconds=undo_s),
    }


async def _find_standing(connection: Rows, idea_id: UUID, revision: int | None, answer: Answer) -> Row | None:
    """The review that says the same already; None where the idea waits after all. Raises as `record_answer`."""
    idea = await get_idea(connection, idea_id)
    at = revision if revision is not None else idea["revision"]
    standing = await load_standing(connection, idea_id, at)
    notes = [row for row in standing if row["answer"] == "respond"]
    final = next((row for row in standing if row["answer"] != "respond"), None)
    if answer.nth and len(notes) >= answer.nth:
        return notes[answer.nth - 1]
    if final is not None:
        return _same(final, answer, idea)
    if idea["status"] == "pending_review" and idea["revision"] == at:
        return None
    raise NotWaiting(f"{idea['phrase']!r} does not wait for an answer: revision {idea['revision']} is {idea['status']}")


async def _restore(connection: Rows, idea: Row, review: Row) -> None:
    """The words that an edit changed, and the figures of the decision."""
    if review["edits"]:
        before = review["edits"]["before"]
        await connection.execute(
            "UPDATE idea SET phrase = %s, audience = %s, product_format = %s WHERE id = %s",
            (*(before[word] for word in WORDS), idea["id"]),
        )
        await connection.execute(SHOW, {"idea": idea["id"]})


def _same(final: Row, answer: Answer, idea: Row) -> Row:
    """The standing review where the answer repeats it; Decided where it is another one."""
    edits = (final["edits"] or {}).get("to")
    given = None if answer.edits is None else dict(answer.edits)
    if (final["answer"], final["actor"], final["reason"], edits) == (answer.answer, answer.actor, answer.reason, given):
        return final
    when = f"{final['decided_at']:%Y-%m-%d %H:%M} UTC"
    raise Decided(f"{idea['phrase']!r} was decided already: {final['answer']} by {final['actor']} at {when}", final)
