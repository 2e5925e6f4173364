"""Reviews: what people answered, each in one transaction with the idea's new status and its event.

Errors: those of `store.decisions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from store.decisions import (
    Decided,
    NotWaiting,
    Row,
    Rows,
    TooLate,
    find_final,
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
    """What a person answered. `nth` counts the notes of a revision from 1; 0 for the other answers."""

    answer: str
    actor: str
    reason: str | None = None
    edits: Mapping[str, Any] | None = None
    nth: int = 0


async def record_answer(
    connection: Rows, idea_id: UUID, revision: int | None, answer: Answer, undo_s: float
) -> tuple[Row, bool]:
    """Write a person's answer, the idea's new status and the event; the review that stands, and whether it is new.

    Raises Decided where another answer stands, NotWaiting where the revision does not wait for one. A note that was
    written (`nth`) and an answer that stands with the same words are found, not repeated.
    """
    async with connection.transaction():
        idea = await lock_idea(connection, idea_id)
        at = revision if revision is not None else idea["revision"]
        standing = await load_standing(connection, idea_id, at)
        notes = [row for row in standing if row["answer"] == "respond"]
        final = next((row for row in standing if row["answer"] != "respond"), None)
        if answer.nth and len(notes) >= answer.nth:
            return notes[answer.nth - 1], False
        if final is not None:
            return _same(final, answer, idea), False
        if idea["status"] != "pending_review" or idea["revision"] != at:
            raise NotWaiting(
                f"{idea['phrase']!r} does not wait for an answer: revision {idea['revision']} is {idea['status']}"
            )
        review = await _put_review(connection, idea, answer, undo_s)
        await _apply(connection, idea, answer)
        return review, True


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
            "UPDATE review SET undone_at = now() WHERE id = %s AND undo_until > now() RETURNING *",
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


async def _put_review(connection: Rows, idea: Row, answer: Answer, undo_s: float) -> Row:
    before = {word: idea[word] for word in WORDS}
    edits = None if answer.edits is None else Jsonb({"to": dict(answer.edits), "before": before})
    row = await one(
        connection,
        "INSERT INTO review (tenant_id, id, idea_id, revision, answer, actor, reason, edits, undo_until) "
        "VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, %s, %s, %s, now() + %s) RETURNING *",
        new_id(), idea["id"], idea["revision"], answer.answer, answer.actor, answer.reason, edits,
        timedelta(seconds=undo_s),
    )  # fmt: skip
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives the row
    return row


async def _apply(connection: Rows, idea: Row, answer: Answer) -> None:
    changed = {word: value for word, value in (answer.edits or {}).items() if word in WORDS}
    if changed:
        await _set_words(connection, idea["id"], {**{word: idea[word] for word in WORDS}, **changed})
    reason = answer.reason or ("" if not answer.edits else "edited: " + ", ".join(sorted(answer.edits)))
    versions = {"revision": idea["revision"]}
    await move_idea(connection, idea, STATUS_AFTER[answer.answer], answer.actor, reason, versions)


async def _restore(connection: Rows, idea: Row, review: Row) -> None:
    if review["edits"]:
        await _set_words(connection, idea["id"], review["edits"]["before"])


async def _set_words(connection: Rows, idea_id: UUID, words: Mapping[str, Any]) -> None:
    await connection.execute(
        "UPDATE idea SET phrase = %s, audience = %s, product_format = %s WHERE id = %s",
        (*(words[word] for word in WORDS), idea_id),
    )


def _same(final: Row, answer: Answer, idea: Row) -> Row:
    """The standing review where the answer repeats it; Decided where it is another one."""
    edits = (final["edits"] or {}).get("to")
    given = None if answer.edits is None else dict(answer.edits)
    if (final["answer"], final["actor"], final["reason"], edits) == (answer.answer, answer.actor, answer.reason, given):
        return final
    when = f"{final['decided_at']:%Y-%m-%d %H:%M} UTC"
    raise Decided(f"{idea['phrase']!r} was decided already: {final['answer']} by {final['actor']} at {when}", final)
