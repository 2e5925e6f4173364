"""Whose turn it is at a provider, and what its answers say of waiting."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from agents.pace import NoTurn, Turns, duration_s, retry_after_s
from store.limits import NO_CAP, Cap, MemoryLimits, Rules, Urgency, with_urgency


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2m59.56s", 179.56), ("120ms", 0.12), ("7.66s", 7.66), ("1h2m3s", 3723), ("12", 12), ("0s", 0), (" 3s ", 3),
     ("", None), ("soon", None), ("-3s", None), ("3s!", None), (None, None)],
)  # fmt: skip
def test_durations_are_read_as_providers_write_them(text, seconds):
    assert duration_s(text) == (None if seconds is None else pytest.approx(seconds))


def test_how_long_to_wait_is_read_from_what_the_answer_says():
    now = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    assert retry_after_s({"retry-after": "2"}) == 2
    assert retry_after_s({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, now) == 30
    assert retry_after_s({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, now) == 0
    assert retry_after_s({"retry-after": "whenever"}) is None
    used_up = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7.5s"}
    assert retry_after_s(used_up | {"x-ratelimit-remaining-requests": "9"}) == 7.5
    assert retry_after_s({}) is None


class Counted(MemoryLimits):
    """Limits that count how often they are asked."""

    asked = 0

    async def take(self, name: str, tokens: int, cap: Cap = NO_CAP) -> float:
        self.asked += 1
        return await super().take(name, tokens, cap)


SHORT = Rules(window_s=0.5, margin_s=0.0, grain_s=1 / 64)
ONE = Cap(requests_per_minute=1)


async def test_those_who_wait_go_out_in_the_order_they_came_and_only_the_first_asks():
    limits, order = Counted(SHORT), []
    turns = Turns(limits)

    async def caller(number: int) -> None:
        await turns.take("a", 1, Cap(requests_per_minute=30), 10, 10)
        order.append(number)

    await asyncio.gather(*(caller(number) for number in range(60)))
    assert order == list(range(60))
    assert limits.asked < 200, "not everybody asks each time"


async def test_a_hot_one_overtakes_those_who_wait_and_another_key_has_its_own_line():
    turns, order = Turns(MemoryLimits(SHORT)), []

    async def caller(name: str, of: Urgency) -> None:
        with with_urgency(of):
            await turns.take(name, 1, ONE, 10, 10)
        order.append(f"{name} {of}")

    await turns.take("a", 1, ONE, 10, 10)
    line = [asyncio.create_task(caller("a", of)) for of in (Urgency.BATCH, Urgency.NORMAL, Urgency.NORMAL)]
    await asyncio.sleep(0.05)
    await asyncio.gather(caller("a", Urgency.HOT), caller("b", Urgency.BATCH), *line)
    assert order == ["b batch", "a hot", "a normal", "a normal", "a batch"]


async def test_a_wait_that_is_too_long_is_told_at_once_and_one_that_never_ends_in_time():
    turns = Turns(MemoryLimits())
    await turns.take("a", 1, Cap(requests_per_day=1), 75, 900)
    with pytest.raises(NoTurn, match=r"its limits ask to wait \d+ s"):
        await turns.take("a", 1, Cap(requests_per_day=1), 0.5, 900)
    began = time.monotonic()
    with pytest.raises(NoTurn):
        await turns.take("a", 1, Cap(requests_per_minute=1), 75, 0.2)
    assert time.monotonic() - began < 20
