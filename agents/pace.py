"""Pace: whose turn it is at a provider, and what its answers say of waiting.

Every process of the same key shares its allowances (`store.limits`). Inside a process callers stand in line, one line
for each allowance and urgency; only the first of a line asks the shared limits, so that hundreds who wait cost one
question at a time and go out in the order they came.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from store.limits import Cap, Limits, Urgency, duration_s, urgency
from store.window import LOOK_S

__all__ = ["NoTurn", "Turns", "duration_s", "retry_after_s"]


STALE_S = 0.5
"""A turn that took longer than this to hear of is let pass; a quarter of the margin that the limits leave."""


class NoTurn(Exception):
    """Waiting for a turn would take longer than anybody wants to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"its limits ask to wait {wait_s:.0f} s")


class Turns:
    """The lines of this process."""

    def __init__(self, limits: Limits, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._limits = limits
        self._sleep = sleep
        self._lines: defaultdict[tuple[str, Urgency], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, name: str, tokens: int, cap: Cap, longest_s: float, total_s: float) -> None:
        """Returns when the request may go out.

        Raises NoTurn where the limits ask to wait longer than `longest_s`, or no turn came within `total_s`.
        """
        try:
            async with asyncio.timeout(total_s), self._lines[name, urgency.get()]:
                while not await self._taken(name, tokens, cap, longest_s):
                    pass
        except TimeoutError:
            raise NoTurn(total_s) from None

    async def _taken(self, name: str, tokens: int, cap: Cap, longest_s: float) -> bool:
        asked_at = time.monotonic()
        wait_s = await self._limits.take(name, tokens, cap)
        if wait_s > longest_s:
            raise NoTurn(wait_s)
        if wait_s > 0:
            await self._sleep(min(wait_s, LOOK_S))
            return False
        # Heard of too late, in a process that was held up: counted as gone out, it would arrive in another window.
        return time.monotonic() - asked_at < STALE_S


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds a 429 or 503 asks to wait: `retry-after` (seconds or a date), else the reset of what is used up."""
    stated = headers.get("retry-after")
    if stated is not None:
        seconds = duration_s(stated)
        return seconds if seconds is not None else _until(stated, now or datetime.now(UTC))
    resets = (
        duration_s(headers.get(f"x-ratelimit-reset-{name}"))
        for name in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{name}") == "0"
    )
    return max((seconds for seconds in resets if seconds is not None), default=None)


def _until(date: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())
