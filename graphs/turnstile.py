"""Turnstile: how often marketplaces and registers are asked, by all workers together.

A request is counted in every window that its provider keeps (`market.pace`), in the limits that all processes share
(`store.limits`), before it leaves. Whoever pushes a listing may ask only for as long as the listing is theirs: a worker
that was held up for longer than its lease asks nothing more for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agents.pace import NoTurn, Turns
from market.client import Turn
from market.errors import MarketBusy, MarketError
from market.pace import Pace, paces_of, shipped
from store.limits import Cap, Limits
from store.window import Rules

LONGEST_S = 20.0
"""A turn that would take longer is not waited for: the listing waits in the outbox, and others go on."""
MARGIN = 0.02
LEAST_MARGIN_S = 0.25
"""A provider counts when a request arrives, we when it leaves; a window is counted longer by what these may differ."""
GRAINS = 240
"""Parts of a window in which requests are counted together."""


class NoTurnYet(MarketBusy):
    """The provider's limits are used up for now, as we count them; nobody was asked."""


class NotOurs(MarketError):
    """The listing is no longer this worker's: nothing more is asked for it."""


@dataclass(slots=True)
class Hold:
    """Until when a worker has a listing, by its own clock; its heartbeat moves that on."""

    until: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until


_held: ContextVar[Hold | None] = ContextVar("held", default=None)


@contextmanager
def holding(hold: Hold) -> Iterator[None]:
    """Everything asked inside is asked for a listing that is held."""
    before = _held.set(hold)
    try:
        yield
    finally:
        _held.reset(before)


def rules_of(pace: Pace) -> Rules:
    """How a window of this length is counted."""
    return Rules(pace.window_s, max(LEAST_MARGIN_S, MARGIN * pace.window_s), pace.window_s / GRAINS)


@dataclass(slots=True)
class Turnstile:
    """The turns of this process at all providers."""

    limits_of: Callable[[Rules], Limits]
    """Limits by the rules of a window, shared with the other processes."""
    paces: Sequence[Pace] = field(default_factory=shipped)
    longest_s: float = LONGEST_S
    _limits: dict[float, Limits] = field(default_factory=dict)
    _turns: dict[float, Turns] = field(default_factory=dict)

    def turn(self, provider: str, account: str = "") -> Turn:
        """What a client of this provider waits for before each request.

        `account` tells two accounts at one provider apart; it is a name of ours, never a key.
        """

        async def wait(kind: str) -> None:
            for pace in paces_of(provider, kind, self.paces):
                await self._wait(pace, account)
            hold = _held.get()
            if hold is not None and hold.is_over:
                raise NotOurs(f"this worker was held up: {provider} is asked nothing more for the listing")

        return wait

    async def shut(self, provider: str, seconds: float, account: str = "") -> None:
        """The provider asked everybody to wait for so long."""
        for pace in paces_of(provider, "any", self.paces):
            self._of(pace)
            await self._limits[pace.window_s].shut(_name(pace, account), seconds)

    async def _wait(self, pace: Pace, account: str) -> None:
        cap = Cap(requests_per_minute=pace.most)  # a minute is whatever window the rules have
        try:
            await self._of(pace).take(_name(pace, account), 0, cap, self.longest_s, self.longest_s)
        except NoTurn as full:
            until = datetime.now(UTC) + timedelta(seconds=self.longest_s / 4)
            raise MarketBusy(
                f"{pace.provider} allows {pace.most} {pace.kind} in {pace.window_s:g} s, {full}", until
            ) from None

    def _of(self, pace: Pace) -> Turns:
        if pace.window_s not in self._turns:
            self._limits[pace.window_s] = self.limits_of(rules_of(pace))
            self._turns[pace.window_s] = Turns(self._limits[pace.window_s])
        return self._turns[pace.window_s]


def _name(pace: Pace, account: str) -> str:
    return f"{pace.provider}:{account}:{pace.kind}:{pace.window_s:g}"
