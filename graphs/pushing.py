"""Pushing: what was approved is brought to its marketplace, by whatever worker takes it, once.

    take -> nothing was ever sent ------------------------> put -> settled
            it was begun before -> look -> it stands -----> put what is missing -> settled
                                        -> it does not ---> put, once it is certain that nothing is on its way

A request that was lost (time-out, broken connection, a worker that died) may still arrive: a look-up that finds nothing
counts only after `quiet_s`, which is longer than any request may take. Until then the listing is unconfirmed.
Whatever a marketplace does, a row ends live, ended, refused or dead, or is due again; its deadline sees to that.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import OperationalError
from psycopg_pool import AsyncConnectionPool

from graphs.ageing import at_hand
from graphs.packing import Packed
from graphs.turnstile import Hold, NotOurs, NoTurnYet, holding
from market.client import TIMEOUT_S
from market.errors import ListingGone, MarketBusy, MarketDown, MarketError, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Listing, Standing, changes, told_of, unpack
from market.marketplaces import Marketplace
from store import outbox
from store.assets import Assets
from store.ids import new_id
from store.outbox import LEASE_S, Later, Lost, Settled
from studio.errors import Failed

AT_ONCE = (8, 64)
"""Listings that a process pushes at once, at least and at most; what providers allow is kept by their turns."""
QUICK_S = 0.5
"""Where a push takes no longer, as many go at once as may; where it waits for turns, fewer are held meanwhile."""
QUIET_S = 3 * TIMEOUT_S
"""After so long nothing that was sent can still be made: a request and its whole answer take a third of it at most."""
PAUSES_S = (1.0, 4.0, 15.0, 60.0, 300.0)
"""Before a push is tried again that nobody answered."""
LOOKS_S = (0.5, 2.0, 8.0, 30.0)
"""Before it is looked again whether what was sent has arrived."""
DRAFT_S = (2.0, 15.0, 60.0, 300.0, 1800.0)
"""Before it is looked again whether a marketplace, or the person who uploads a package, has put a draft up."""
DRAFT = "it stands as a draft and has still to be put up"
BEAT_S = LEASE_S / 5
POLL_S = 0.5
LOOK_AHEAD_S = 60.0
"""What is due within this a shift waits for."""
_LOG = logging.getLogger(__name__)

Markets = Callable[[str], Marketplace]
"""The marketplace of a name; NotConfigured where a setting is missing."""
Shut = Callable[[str, float], Awaitable[None]]


@dataclass(slots=True)
class Pusher:
    """The outbox of one tenant, worked off by this process."""

    pool: AsyncConnectionPool[Any]
    actor: str
    markets: Markets
    assets: Assets
    shut: Shut | None = None
    """Told that a provider asked everybody to wait: its name, and seconds."""
    quiet_s: float = QUIET_S
    worker: UUID = field(default_factory=new_id)
    _at_it: bool = False
    _push_s: float = 0.0
    """What a push took of late."""
    _tasks: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)
    _holds: dict[UUID, Hold] = field(default_factory=dict)

    async def work(self, most_s: float | None = None, stay: bool = False) -> int:
        """Push what is due, and wait for what soon will be; how many rows were worked at.

        Ends when nothing is due within `LOOK_AHEAD_S` (with `stay`: when none is open), or begins nothing new after
        `most_s`; at once where this process is at it already.
        """
        if self._at_it:
            return 0
        self._at_it = True
        began, worked = time.monotonic(), 0
        heart = asyncio.create_task(self._heart())
        try:
            while most_s is None or time.monotonic() - began < most_s:
                worked += await self._begin()
                pause = await self._pause_s(stay)
                if pause is None:
                    break
                await self._rest(pause)
            if self._tasks:
                await asyncio.wait(list(self._tasks.values()))
        finally:
            heart.cancel()
            await self._stop()
            self._at_it = False
        return worked

    async def _begin(self) -> int:
        free = self._room() - len(self._tasks)
        if free <= 0:
            return 0
        held_from = time.monotonic()
        async with self.pool.connection() as connection:
            rows = await outbox.take(connection, self.worker, self.actor, free, list(self._tasks))
        for row in rows:
            self._holds[row["id"]] = Hold(held_from + LEASE_S)
            task = asyncio.create_task(self._push(row), name=f"push {row['key']}")
            self._tasks[row["id"]] = task
            task.add_done_callback(partial(self._done, row["id"]))
        return len(rows)

    async def _pause_s(self, stay: bool) -> float | None:
        """How long nothing new needs to be looked for; None where a shift is over."""
        if len(self._tasks) >= self._room():
            return POLL_S
        async with self.pool.connection() as connection:
            due_s = await outbox.next_due_s(connection)
        if self._tasks or (due_s is not None and (stay or due_s <= LOOK_AHEAD_S)):
            return POLL_S if due_s is None else min(max(due_s, 0.02), POLL_S)
        return None

    def _room(self) -> int:
        least, most = AT_ONCE
        return max(least, min(most, round(most * QUICK_S / max(self._push_s, QUICK_S))))

    async def _rest(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    def _done(self, row_id: UUID, task: asyncio.Task[None]) -> None:
        self._tasks.pop(row_id, None)
        self._holds.pop(row_id, None)
        if not task.cancelled() and (failure := task.exception()) is not None:
            _LOG.error("outbox %s: it is taken up again when its lease is over", row_id, exc_info=failure)

    async def _stop(self) -> None:
        left = list(self._tasks.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _heart(self) -> None:
        """Keep what we have; what we lost runs out by its own clock."""
        while True:
            await asyncio.sleep(BEAT_S)
            mine, from_now = list(self._holds), time.monotonic()
            try:
                async with self.pool.connection() as connection:
                    kept = await outbox.beat(connection, self.worker, mine) if mine else set()
            except OperationalError:
                continue  # the holds run out by themselves
            for row_id in mine:
                if row_id in kept and row_id in self._holds:
                    self._holds[row_id].until = from_now + LEASE_S

    async def _push(self, row: Packed) -> None:
        began = time.monotonic()
        try:
            await self._push_one(row)
        finally:
            self._push_s += 0.1 * (time.monotonic() - began - self._push_s)

    async def _push_one(self, row: Packed) -> None:
        try:
            with holding(self._holds[row["id"]]):
                status, native = await self._settled(row)
        except (MarketError, Failed) as fault:
            await self._file_fault(row, fault)
            return
        except _Wait as wait:
            await self._file_later(row, wait.later)
            return
        await self._file(row, status, "", native)

    async def _settled(self, row: Packed) -> tuple[Settled, Standing | None]:
        """How the row ended, and what stands then."""
        market, listing = self.markets(row["marketplace"]), unpack(row["body"])
        is_new = row["takes"] == 1 and row["begun_at"] == row["first_at"]
        standing = None if is_new else await market.find(row["key"])
        if standing is None and not is_new:
            self._check_quiet(row)
        if row["verb"] == "end":
            return "ended", None if standing is None else await market.end(standing)
        if row["late"]:
            return self._too_late(row, listing, standing)
        if not _only_waits(row, listing, standing):
            standing = await market.put(listing, standing, await self._files(listing))
        if standing is not None and standing.state == "draft":
            raise _Wait(Later(_nth(DRAFT_S, row["tries"]), f"{DRAFT} on {row['marketplace']}", uncertain=True))
        return "live", standing

    def _check_quiet(self, row: Packed) -> None:
        """Nothing stands: that counts once nothing that was sent can still arrive."""
        uncertain = row["uncertain_for"]
        if uncertain is not None and uncertain.total_seconds() < self.quiet_s:
            left_s = self.quiet_s - uncertain.total_seconds()
            pause_s = min(left_s + 0.05, _nth(LOOKS_S, row["tries"]))
            raise _Wait(Later(pause_s, f"nobody knows yet whether it arrived at {row['marketplace']}"))

    def _too_late(self, row: Packed, listing: Listing, standing: Standing | None) -> tuple[Settled, Standing | None]:
        """A row over its deadline is live where all of it stands; else a person is asked."""
        if standing is not None and not changes(listing, standing):
            return "live", standing
        raise MarketRefused(f"it could not be settled within its time; last: {row['error'] or 'nobody worked at it'}")

    async def _files(self, listing: Listing) -> Mapping[str, Path]:
        wanted = {each.sha256 for each in listing.pictures} | ({listing.print_sha256} - {""})
        return {digest: await asyncio.to_thread(at_hand, self.assets, digest) for digest in sorted(wanted)}

    async def _file_fault(self, row: Packed, fault: MarketError | Failed) -> None:
        """What becomes of a row by what went wrong."""
        said = str(fault)
        if isinstance(fault, NotOurs):
            return
        if isinstance(fault, MarketBusy) and not row["late"]:
            pause_s = max(0.1, (fault.until - datetime.now(UTC)).total_seconds())
            if self.shut is not None and not isinstance(fault, NoTurnYet):
                await self.shut(row["marketplace"], pause_s)
            await self._file_later(row, Later(pause_s, said, counts=False))
        elif isinstance(fault, Unconfirmed):
            await self._file_later(row, Later(_nth(LOOKS_S, row["tries"]), said, uncertain=True))
        elif isinstance(fault, MarketDown) and not row["late"]:
            await self._file_later(row, Later(_nth(PAUSES_S, row["tries"]), said))
        elif isinstance(fault, ListingGone) and row["tries"] < len(LOOKS_S):
            await self._file_later(row, Later(_nth(LOOKS_S, row["tries"]), said))  # looked at again, then made anew
        else:
            dead = row["late"] or isinstance(fault, NotConfigured | Failed | MarketDown | MarketBusy)
            await self._file(row, "dead" if dead else "refused", said, None)

    async def _file_later(self, row: Packed, later: Later) -> None:
        try:
            async with self.pool.connection() as connection:
                await outbox.put_back(connection, self.worker, row, self.actor, later)
        except Lost as lost:
            _LOG.info("%s", lost)

    async def _file(self, row: Packed, status: Settled, error: str, standing: Standing | None) -> None:
        native = None if standing is None else told_of(standing)
        try:
            async with self.pool.connection() as connection:
                await outbox.settle(connection, self.worker, row, status, self.actor, error, native)
        except Lost as lost:
            _LOG.info("%s", lost)


class _Wait(Exception):
    """Not now."""

    def __init__(self, later: Later) -> None:
        super().__init__(later.error)
        self.later = later


def _only_waits(row: Packed, listing: Listing, standing: Standing | None) -> bool:
    """Whether all of it was put before, and the marketplace has only to put it up."""
    return (
        standing is not None
        and str(row["error"]).startswith(DRAFT)
        and all(each.name == "state" for each in changes(listing, standing))
    )


def _nth(pauses: tuple[float, ...], tries: int) -> float:
    return pauses[min(tries, len(pauses) - 1)]
