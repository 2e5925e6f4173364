"""Inbox: what a person is asked and what they may answer, in the shape that the Agent Inbox and Studio show.

    request   {action_request: {action, args}, config: {allow_...}, description}
    answers   [{type: accept | edit | response | ignore, args}]

An inbox sends every field back, as text: what reads as what was offered is not changed by it. Accept approves. Edit
changes typed fields and approves, or rejects where its `verdict` says so (with a reason: the inbox has no button for
it). A response is a note: the coordinator reads it, once, and the idea waits again. Ignore archives. Errors:
`BadAnswer` (ask again; the message names field and value).
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from graphs.packing import Packed
from trends.idea import Idea

ACTION = "approve idea"
NOTE_LIMIT = 2000
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff]")
"""NUL, controls other than tab and line ends, halves of characters: no table holds them, or a terminal obeys."""
Offered = Mapping[str, Any]


class BadAnswer(ValueError):
    """The answer cannot be taken as it is."""


def _storable(text: object) -> object:
    """The text; ValueError where a database could not hold it, or a terminal would obey it."""
    if isinstance(text, str) and UNFIT.search(text):
        raise ValueError("holds a NUL, a control or half a character")
    return text


Words = Annotated[str, Field(min_length=1, max_length=120), BeforeValidator(_storable)]
Note = Annotated[str, Field(max_length=NOTE_LIMIT), BeforeValidator(_storable)]
Name = Annotated[str, Field(min_length=1, max_length=80), BeforeValidator(_storable)]


class Edits(BaseModel):
    """The fields a person may change; text from a form is read as the field's own type."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    phrase: Words | None = None
    audience: Words | None = None
    product_format: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,39}$")
    price_cents: int | None = Field(default=None, gt=0, le=100_000_000)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """These fields, checked; BadAnswer names the first one that is wrong."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as wrong:
            first = wrong.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "edit"
            said = first["msg"].removeprefix("Value error, ")
            raise BadAnswer(f"{where}: {said}, got {reprlib.repr(first['input'])}") from None

    def changes(self, offered: Offered) -> dict[str, Any]:
        """Only what differs from what was offered."""
        given = self.model_dump(exclude_none=True)
        return {name: value for name, value in given.items() if value != offered.get(name)}


class ReviewAnswer(BaseModel):
    """A person's answer, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answer: Literal["approve", "reject", "edit", "respond", "ignore"]
    reason: Note | None = None
    edits: dict[str, Any] | None = None
    actor: Name | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.answer in ("reject", "respond") and not (self.reason or "").strip():
            raise ValueError("a rejection needs a reason" if self.answer == "reject" else "a note needs words")
        return self


def read_answer(**fields: Any) -> ReviewAnswer:
    """An answer from its fields; BadAnswer says what is wrong."""
    try:
        return ReviewAnswer(**fields)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"][:1])
        raise BadAnswer(where + first["msg"].removeprefix("Value error, ")) from None


def request_for(idea: Idea, revision: int, decision: Packed, price_cents: int | None, notes: int) -> Packed:
    """What the person sees: the idea's fields to accept or change, and why it stands where it does."""
    args: Packed = {
        "phrase": idea.phrase,
        "audience": idea.audience,
        "product_format": idea.product_format,
        "price_cents": price_cents,
        "verdict": "approve",
        "reason": "",
    }
    lines = [
        f"# {idea.phrase}",
        f"{idea.product_format} for {idea.audience}"
        + (f", {idea.occasion.name} on {idea.occasion.on}" if idea.occasion else ""),
        f"Verdict: **{decision['verdict']}** "
        f"(advice {decision['advice'] or 'none'}, the facts allow {decision['ceiling']})",
        *(f"- {reason}" for reason in decision["reasons"]),
        *(f"{number}. {step}" for number, step in enumerate(decision["steps"], 1)),
        "To reject, edit `verdict` to `reject` and give a reason.",
    ]
    return {
        "action_request": {"action": ACTION, "args": args},
        "config": {
            "allow_accept": True,
            "allow_edit": True,
            "allow_respond": notes == 0,
            "allow_ignore": True,
        },
        "description": "\n\n".join(lines),
        "idea_id": str(idea.id),
        "revision": revision,
    }


def answer_from(raw: Any, request: Packed) -> ReviewAnswer:
    """The answer in an inbox's reply; BadAnswer where it is none, or not one of those allowed."""
    reply = raw[0] if isinstance(raw, list) and len(raw) == 1 else raw
    if not isinstance(reply, Mapping) or "type" not in reply:
        raise BadAnswer(f"an answer is [{{type, args}}], got {str(raw)[:200]!r}")
    kind, args = reply["type"], reply.get("args")
    if kind == "accept":
        if isinstance(args, Mapping) and _changed(args.get("args"), request):
            raise BadAnswer("accept takes it as it was offered: send an edit to change it")
        return read_answer(answer="approve")
    if kind == "ignore":
        return read_answer(answer="ignore")
    if kind == "response":
        if not request["config"]["allow_respond"]:
            raise BadAnswer("it was sent back once already: accept, edit or ignore")
        return read_answer(answer="respond", reason=args if isinstance(args, str) else None)
    if kind == "edit":
        return _edited(args, request)
    raise BadAnswer(f"type must be accept, edit, response or ignore, got {kind!r}")


def reply_for(answer: ReviewAnswer) -> list[Packed]:
    """The inbox's reply that says the same; who said it stands in the tables, where nobody can claim to be another."""
    if answer.answer == "approve":
        return [{"type": "accept", "args": None}]
    if answer.answer == "ignore":
        return [{"type": "ignore", "args": None}]
    if answer.answer == "respond":
        return [{"type": "response", "args": answer.reason}]
    fields: Packed = dict(answer.edits or {})
    if answer.answer == "reject":
        fields = {"verdict": "reject", "reason": answer.reason}
    return [{"type": "edit", "args": {"action": ACTION, "args": fields}}]


def _changed(fields: Any, request: Packed) -> Packed:
    """The fields that do not read as they were offered; nothing is what an inbox leaves of null."""
    offered = request["action_request"]["args"]
    given = dict(fields) if isinstance(fields, Mapping) else {}
    return {name: value for name, value in given.items() if not _same(value, offered.get(name), name in offered)}


def _same(value: Any, offered: Any, was_offered: bool) -> bool:
    if not was_offered:
        return False
    return value == offered or value == str(offered) or (offered is None and value in ("", "null", "undefined"))


def _edited(args: Any, request: Packed) -> ReviewAnswer:
    fields = args.get("args") if isinstance(args, Mapping) else None
    if not isinstance(fields, Mapping):
        raise BadAnswer(f"an edit brings {{action, args}}, got {str(args)[:200]!r}")
    fields = _changed(fields, request)
    verdict, reason = fields.pop("verdict", "approve"), fields.pop("reason", None) or None
    if verdict == "reject":
        return read_answer(answer="reject", reason=reason)
    if verdict != "approve":
        raise BadAnswer(f"verdict must be approve or reject, got {verdict!r}")
    changes = Edits.read(fields).changes(request["action_request"]["args"])
    return read_answer(answer="edit" if changes else "approve", reason=reason, edits=changes or None)
