"""The inbox: what a reply may say, and how it is refused."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import jsonschema
import pytest

from graphs.inbox import BadAnswer, answer_from, read_answer, reply_for, request_for
from graphs.packing import Packed
from trends.idea import Idea, Kind

DECISION: Packed = {"verdict": "review", "advice": None, "ceiling": "review", "reasons": ["why"], "steps": ["a step"]}


def request(notes: int = 0, price_cents: int | None = 1999) -> Packed:
    idea = Idea(UUID(int=1), "latte art", "art latt", "baristas", None, Kind.SUBJECT, "said so", "mug")
    return request_for(idea, 1, DECISION, price_cents, notes)


ACTION_REQUEST = {
    "type": "object",
    "required": ["action", "args"],
    "additionalProperties": False,
    "properties": {"action": {"type": "string", "minLength": 1}, "args": {"type": "object"}},
}
ALLOWED = ("allow_accept", "allow_edit", "allow_ignore", "allow_respond")
REQUEST = {
    "type": "object",
    "required": ["action_request", "config"],
    "properties": {
        "action_request": ACTION_REQUEST,
        "config": {
            "type": "object",
            "required": list(ALLOWED),
            "additionalProperties": False,
            "properties": {name: {"type": "boolean"} for name in ALLOWED},
        },
        "description": {"type": ["string", "null"]},
    },
}
RESPONSE = {
    "type": "object",
    "required": ["type", "args"],
    "additionalProperties": False,
    "properties": {"type": True, "args": True},
    "oneOf": [
        {"properties": {"type": {"const": "ignore"}, "args": {"type": "null"}}},
        {"properties": {"type": {"const": "response"}, "args": {"type": "string"}}},
        {"properties": {"type": {"const": "accept"}, "args": {"anyOf": [{"type": "null"}, ACTION_REQUEST]}}},
        {"properties": {"type": {"const": "edit"}, "args": ACTION_REQUEST}},
    ],
}
"""The Agent Inbox's published interface, HumanInterrupt and HumanResponse, as JSON Schema."""


@pytest.mark.parametrize("price_cents", [1999, None])
@pytest.mark.parametrize("notes", [0, 1])
def test_a_request_has_the_shape_of_an_agent_inbox(price_cents: int | None, notes: int) -> None:
    made = request(notes, price_cents)
    jsonschema.validate(made, REQUEST)
    assert json.loads(json.dumps(made)) == made
    assert "why" in made["description"]
    assert made["config"]["allow_respond"] == (notes == 0)


def test_the_schema_refuses_what_an_inbox_could_not_show() -> None:
    for wrong in ({**request(), "config": {"allow_accept": True}}, {"action_request": {"action": "x"}}, {}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, REQUEST)


def every_response(made: Packed) -> list[Packed]:
    """What an inbox can send of a request: it writes every field as text."""
    asis = {name: "" if value is None else str(value) for name, value in made["action_request"]["args"].items()}
    named = {"action": made["action_request"]["action"], "args": asis}
    return [
        {"type": "accept", "args": None},
        {"type": "accept", "args": named},
        {"type": "ignore", "args": None},
        {"type": "response", "args": "look again"},
        {"type": "response", "args": ""},
        {"type": "edit", "args": named},
        {"type": "edit", "args": {**named, "args": {**asis, "phrase": "flat white"}}},
        {"type": "edit", "args": {**named, "args": {**asis, "price_cents": "cheap"}}},
        {"type": "edit", "args": {**named, "args": {**asis, "verdict": "reject", "reason": "no"}}},
        {"type": "edit", "args": {**named, "args": {}}},
    ]


@pytest.mark.parametrize("price_cents", [1999, None])
def test_every_response_that_an_inbox_can_send_is_taken_or_refused_with_a_line(price_cents: int | None) -> None:
    made = request(price_cents=price_cents)
    told = []
    for response in every_response(made):
        jsonschema.validate(response, RESPONSE)
        try:
            told.append(answer_from([response], made).answer)
        except BadAnswer as refused:
            told.append(str(refused))
    assert told[:4] == ["approve", "approve", "ignore", "respond"]
    assert told[4] == "a note needs words"
    assert told[5:7] == ["approve", "edit"]
    assert told[7].startswith("price_cents: ")
    assert told[8:] == ["reject", "approve"]


@pytest.mark.parametrize("answer", ["approve", "reject", "edit", "respond", "ignore"])
def test_what_we_tell_a_thread_has_the_shape_that_an_inbox_sends(answer: str) -> None:
    given = read_answer(answer=answer, reason="because", edits={"audience": "families"} if answer == "edit" else None)
    [reply] = reply_for(given)
    jsonschema.validate(reply, RESPONSE)


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
        ([{"type": "accept"}, {"type": "ignore"}], "an answer is"),
        ([{"type": "accept", "args": {"action": "x", "args": {"phrase": "flat white"}}}], "send an edit"),
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
