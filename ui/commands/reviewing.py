"""Reviewing: the decisions that wait, and a person's answers. Every answer goes the one way: `graphs.reviews`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from store import reading
from ui import wording
from ui.call import Call, Fault
from ui.opening import finish, get_idea, product, session
from ui.tables import draw_card, draw_list

if TYPE_CHECKING:
    from graphs.reviews import Reviews

STATUSES = {
    "waiting": ("pending_review",),
    "decided": ("approved", "rejected", "archived", "designed", "listed", "live"),
    "all": None,
}
SHOWN = (
    "id", "phrase", "audience", "product_format", "occasion", "verdict", "ceiling", "status", "revision", "score",
    "margin_ratio", "price_cents", "reasons", "as_of",
)  # fmt: skip
Work: TypeAlias = "Callable[[Reviews, UUID], Awaitable[dict[str, Any]]]"


def show_list(call: Call, status: str) -> None:
    """Decisions of a status, best score first."""
    with session(call) as connection:
        rows = reading.load_listed(connection, STATUSES[status])
    body = {"status": status, "decisions": [{name: row[name] for name in SHOWN} for row in rows]}

    def draw(console: Any) -> None:
        if rows:
            draw_list(console, rows)
        else:
            console.print("nothing waits for you" if status == "waiting" else f"no idea is {status}")

    call.answer(body, draw)


def show(call: Call, text: str, rows: int) -> None:
    """One decision whole."""
    from ui.cards import gather_card

    with session(call) as connection:
        card = gather_card(connection, get_idea(connection, text), rows=rows)
    call.answer(asdict(card), lambda console: draw_card(console, card))


def answer(call: Call, what: str, text: str, reason: str | None) -> None:
    """Approve, reject, respond or ignore."""
    if what in ("reject", "respond") and not (reason or "").strip():
        raise Fault(f"to {what} needs {'a reason' if what == 'reject' else 'a note'}: it was empty")
    ways: dict[str, Work] = {
        "approve": lambda reviews, idea: reviews.approve(idea, reason=reason),
        "reject": lambda reviews, idea: reviews.reject(idea, reason or ""),
        "respond": lambda reviews, idea: reviews.respond(idea, reason or ""),
        "ignore": lambda reviews, idea: reviews.ignore(idea, reason=reason),
    }
    _do(call, text, ways[what])


def edit(call: Call, text: str, edits: Mapping[str, str | int], reason: str | None) -> None:
    """Approve with changes."""
    if not edits:
        raise Fault("nothing to edit: give --phrase, --audience, --product or --price-cents")
    _do(call, text, lambda reviews, idea: reviews.edit(idea, edits, reason=reason))


def undo(call: Call, text: str) -> None:
    """Take the last answer back."""
    _do(call, text, lambda reviews, idea: reviews.undo(idea))


def _do(call: Call, text: str, work: Work) -> None:
    from graphs.people import Deed
    from store.audit import Entry, record_plainly

    with session(call) as connection:
        idea_id = get_idea(connection, text)

    async def answered() -> dict[str, Any]:
        async with product(call) as opened:
            review = await work(opened.reviews, idea_id)
            await opened.reviews.settle()
            return review

    review = finish(answered())
    deed = Deed.NOTE if review["answer"] == "respond" else Deed.DECIDE
    with session(call) as connection:
        record_plainly(connection, Entry(call.settings.actor, "cli", deed, str(idea_id)))
        idea = reading.load_case(connection, idea_id)["idea"]
    body = {"idea": str(idea_id), "phrase": idea["phrase"], "status": idea["status"], "review": review}
    call.answer(body, lambda console: console.print(_line(idea, review), markup=False))


def _line(idea: Mapping[str, Any], review: Mapping[str, Any]) -> str:
    said = f"{idea['phrase']}: {idea['status'].replace('_', ' ')}"
    if review["undone_at"]:
        return f"{said} again; {review['answer']} was taken back"
    why = f" ({review['reason']})" if review["reason"] else ""
    left = (review["undo_until"] - review["decided_at"]).total_seconds()
    return f"{said}{why}, by {review['actor']}; undo within {wording.counted(round(left), 'second')}"
