"""The inbox: what a reply may say, and how it is refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from graphs.inbox import BadAnswer, answer_from, read_answer, reply_for, request_for
from graphs.packing import Packed
from trends.idea import Idea, Kind

DECISION: Packed = {"verdict": "review", "advice": None, "ceiling": "review", "reasons": ["why"], "steps": ["a step"]}


def request(notes: int = 0) -> Packed:
    idea = Idea(UUID(int=1), "latte art", "art latt", "baristas", None, Kind.SUBJECT, "said so", "mug")
    return request_for(idea, 1, DECISION, 1999, notes)


def test_a_request_has_the_shape_of_an_agent_inbox() -> None:
    made = request()
    assert set(made["action_request"]) == {"action", "args"}
    assert set(made["config"]) == {"allow_accept", "allow_edit", "allow_respond", "allow_ignore"}
    assert "why" in made["description"]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ([{"type": "accept", "args": None}], "approve"),
        ({"type": "accept", "args": None}, "approve"),
        ([{"type": "ignore", "args": None}], "ignore"),
        ([{"type": "response", "args": "look again"}], "respond"),
        ([{"type": "edit", "args": {"action": "x", "args": {"phrase": "latte art"}}}], "approve"),
        ([{"type": "edit", "args": {"action": "x", "args": {"phrase": "flat white"}}}], "edit"),
        ([{"type": "edit", "args": {"action": "x", "args": {"verdict": "reject", "reason": "no"}}}], "reject"),
    ],
)
def test_every_reply_has_one_meaning(reply: Any, answer: str) -> None:
    assert answer_from(reply, request()).answer == answer


def test_an_edit_keeps_types_and_holds_only_what_changed() -> None:
    fields = {"phrase": "latte art", "price_cents": "2499", "audience": " baristas "}
    answer = answer_from([{"type": "edit", "args": {"action": "x", "args": fields}}], request())
    assert answer.edits == {"price_cents": 2499}


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("yes", "an answer is"),
        ([], "an answer is"),
        ([{"type": "maybe"}], "type must be"),
        ([{"type": "response", "args": " "}], "a note needs words"),
        ([{"type": "edit", "args": "phrase"}], "an edit brings"),
        ([{"type": "edit", "args": {"args": {"price_cents": -1}}}], "price_cents"),
        ([{"type": "edit", "args": {"args": {"colour": "red"}}}], "colour"),
        ([{"type": "edit", "args": {"args": {"phrase": "latte \x1b[31mart"}}}], "phrase: holds a NUL, a control"),
        ([{"type": "edit", "args": {"args": {"phrase": "x" * 500}}}], "at most 120 characters"),
        ([{"type": "response", "args": "x" * 5000}], "reason: String should have at most 2000 characters"),
        ([{"type": "edit", "args": {"args": {"verdict": "reject"}}}], "a rejection needs a reason"),
        ([{"type": "edit", "args": {"args": {"verdict": "perhaps"}}}], "verdict must be"),
        ([{"type": "response", "args": "no\0thing"}], "holds a NUL"),
        ([{"type": "response", "args": "\ud800"}], "half a character"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_what_is_allowed(reply: Any, message: str) -> None:
    with pytest.raises(BadAnswer, match=message):
        answer_from(reply, request())


def test_a_second_note_is_refused() -> None:
    with pytest.raises(BadAnswer, match="once already"):
        answer_from([{"type": "response", "args": "and again"}], request(notes=1))


@pytest.mark.parametrize("answer", ["approve", "reject", "edit", "respond", "ignore"])
def test_a_reply_made_from_an_answer_says_the_same(answer: str) -> None:
    edits = {"audience": "families"} if answer == "edit" else None
    given = read_answer(answer=answer, actor="ada", reason="because", edits=edits)
    found = answer_from(reply_for(given), request())
    assert (found.answer, found.edits) == (given.answer, given.edits)


def test_nobody_can_answer_in_another_ones_name() -> None:
    assert answer_from([{"type": "accept", "args": None, "actor": "the boss"}], request()).actor is None
