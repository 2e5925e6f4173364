from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from store.ids import new_id
from store.listings import NotNow
from ui.console.many import REASON, answered, summary, verdicts_of

WAITS, BLOCKED = new_id(), new_id()
CHOSEN = {
    WAITS: {"id": WAITS, "title": "A shirt", "status": "waiting", "digest": "d1"},
    BLOCKED: {"id": BLOCKED, "title": "A mug", "status": "blocked", "digest": "d2"},
}


class Recorded:
    """Launches that write down what they are told; the second listing was changed meanwhile."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    async def approve(self, listing: UUID, digest: str) -> None:
        self.told.append(("approve", listing, digest))

    async def decline(self, listing: UUID, reason: str) -> None:
        if listing == BLOCKED:
            raise NotNow("it is live: end it instead")
        self.told.append(("decline", listing, reason))


def test_what_waits_is_proposed_for_a_yes_and_what_is_blocked_is_left() -> None:
    assert [(each.listing_id, each.answer, each.digest) for each in verdicts_of(CHOSEN, {})] == [
        (WAITS, "approve", "d1")
    ]  # fmt: skip


def test_a_no_without_its_own_reason_has_the_common_one() -> None:
    typed = {f"many verdict {each}": "decline" for each in CHOSEN} | {REASON: "not ours"}
    typed[f"many reason {BLOCKED}"] = "a mark"
    given = verdicts_of(CHOSEN, typed)
    assert [each.reason for each in given] == ["not ours", "a mark"]
    assert summary(given, 2) == "Decline: 2"
    bare = verdicts_of(CHOSEN, {**typed, REASON: "", f"many reason {BLOCKED}": ""})
    assert summary(bare, 3) == "Decline: 2 (2 without a reason), Leave it: 1"


def test_one_that_cannot_be_answered_does_not_hold_up_the_others() -> None:
    typed = {f"many verdict {WAITS}": "approve", f"many verdict {BLOCKED}": "decline", REASON: "a mark"}
    launches = Recorded()
    refused = asyncio.run(answered(launches, verdicts_of(CHOSEN, typed), "bare"))  # type: ignore[arg-type]
    assert launches.told == [("approve", WAITS, "d1")]
    assert refused == {BLOCKED: "it is live: end it instead"}


def test_a_no_without_any_reason_is_not_sent() -> None:
    launches = Recorded()
    given = verdicts_of(CHOSEN, {f"many verdict {WAITS}": "decline"})
    assert asyncio.run(answered(launches, given, "bare")) == {WAITS: "bare"}  # type: ignore[arg-type]
    assert launches.told == []
