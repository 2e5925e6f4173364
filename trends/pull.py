"""Pull: one scan of one live source, or one turn of a scan that has more to ask than its share.

Every request of `first(scan)` begins a chain of pages. Each page is stored whole in one transaction: its rows, its raw
text, the source's counters. What a slot is asked with the next time (ETag, hash, cursor) is stored with the *last* page
of its chain: killed in the middle, the chain is asked again from its first page, and nothing is lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from psycopg import Connection

from store import sources
from store.postgres import turn
from store.sources import KeptAnswer, Slot
from trends.arrival import AHEAD, OTHER_SHAPE, Arrival, gap_of
from trends.chain import Chain, hash_of
from trends.errand import Errand, Outcome, Pulled, Tokens, parsed
from trends.fetch import (
    LOOPBACK,
    Answer,
    Fetcher,
    Get,
    SourceBusy,
    SourceError,
    SourceGarbled,
    SourceRefused,
    SourceUnreached,
    place_of,
)
from trends.intake import Seen, Taken, take_payload
from trends.live.source import Reply, Request, Scan
from trends.raw import hide, pack
from trends.robots import Robots, RobotsForbid
from trends.signal import Signal

TURN_REQUESTS = 20
"""Requests after which a turn ends at the next slot: the other sources want theirs."""
TURN_S = 60.0
"""Time after which it ends there, too: one that is slow, or asks for long pauses, ends before its job's time-out."""
MOST_FAILURES = 3
"""Slots that fail one after another before a scan gives up."""
WORTH_A_WORD = 3
"""Scans in a row without rows, or with nothing newer, before it is said."""
STALE = timedelta(days=1)
TURN_TIMEOUT_S = 60.0
"""To wait for other intakes before an answer is stored."""

Listen = Callable[[Sequence[Signal]], None]
Connect = Callable[[], AbstractContextManager[Connection[Any]]]
Given = TypeVar("Given")


class QuotaUsed(SourceError):
    """The units of the day are used."""


@dataclass(slots=True)
class Scanner:
    """What scans share: the way out, robots, tokens, where rows go and who is told of them."""

    connect: Connect
    tenant: str
    fetcher: Fetcher
    seen: Seen | None = None
    listen: Listen | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    robots: Robots = field(init=False)
    tokens: Tokens = field(init=False)

    def __post_init__(self) -> None:
        self.robots, self.tokens = Robots(self.fetcher), Tokens(self.fetcher)

    async def scan(self, errand: Errand, keywords: Sequence[str] = ()) -> Pulled:
        """One turn of a scan; the next one where the last turn left more. By one worker at a time."""
        name = errand.source.name
        with await asyncio.to_thread(self.connect) as connection:
            if not await asyncio.to_thread(sources.claim, connection, name):
                return Pulled(name, "skipped", "another worker is asking it")
            try:
                return await self._turn(connection, errand, tuple(keywords))
            finally:
                if not connection.closed:
                    await asyncio.to_thread(sources.release, connection, name)

    async def _turn(self, connection: Connection[Any], errand: Errand, keywords: tuple[str, ...]) -> Pulled:
        name = errand.source.name
        row = await asyncio.to_thread(sources.open_source, connection, name)
        if row["not_before"] is not None and row["not_before"] > self.now():
            return Pulled(name, "skipped", row["reason"], not_before=row["not_before"])
        slots = await asyncio.to_thread(sources.load_slots, connection, name)
        began = row["scan_at"]
        if began is None or self.now() - began > errand.interval:  # what was left for so long is a scan of its own
            began = self.now()
        turn = Turn(self, errand, keywords, connection, row, slots, began)
        if row["last_scan_at"] is not None:  # the pause between two requests holds from turn to turn, whoever asks
            turn.last_asked_s = time.monotonic() - max((self.now() - row["last_scan_at"]).total_seconds(), 0.0)
        return await turn.run()


@dataclass(slots=True)
class Turn:
    """One turn of a scan; `began` is when the scan's first turn did."""

    scanner: Scanner
    errand: Errand
    keywords: tuple[str, ...]
    connection: Connection[Any]
    row: dict[str, Any]
    slots: dict[str, Slot]
    began: datetime
    token: str = field(default="", repr=False)
    requests: int = 0
    answers: int = 0
    read: int = 0
    """Answers that were read: the others were unchanged."""
    units: int = 0
    more: bool = False
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("found", "kept", "repeated", "quarantined"), 0))
    failures: list[SourceError] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    not_before: datetime | None = None
    newest: datetime | None = None
    met: dict[UUID, datetime] = field(default_factory=dict)
    last_asked_s: float = 0.0

    @property
    def name(self) -> str:
        return self.errand.source.name

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (*self.errand.keys.values(), self.token)

    async def run(self) -> Pulled:
        """Log in, ask slot by slot, say how it ended."""
        try:
            self.token = await self.scanner.tokens.find(self.errand, self.scanner.now())
            await self._ask_all()
        except SourceError as error:
            self._failed("login", error)
        return await asyncio.to_thread(self._end)

    async def _ask_all(self) -> None:
        in_a_row, until = 0, time.monotonic() + TURN_S
        for request in self._requests():
            if self.requests >= TURN_REQUESTS or (self.requests and time.monotonic() > until):
                self.more = True
                return
            try:
                await self._follow(request)
                in_a_row = 0
            except SourceError as error:
                in_a_row += 1
                self._failed(request.slot, error)
                if in_a_row == MOST_FAILURES or isinstance(error, SourceBusy | QuotaUsed):
                    return
                await self._sql(sources.mark_asked, request.slot, self.began)

    def _requests(self) -> list[Request]:
        """The first request of each slot that this scan has not asked yet."""
        cursors = {name: slot.cursor for name, slot in self.slots.items()}
        scan = Scan(self.began, self.errand.watch, self.keywords, self.errand.keys, self.token, cursors)
        by_slot: dict[str, Request] = {}
        for request in self.errand.source.first(scan):
            by_slot.setdefault(request.slot, request)
        return [request for slot, request in by_slot.items() if not self._is_asked(slot)]

    def _is_asked(self, slot: str) -> bool:
        asked_at = self.slots.get(slot, Slot()).asked_at
        return self.row["scan_at"] is not None and asked_at is not None and asked_at >= self.began

    # A chain of pages -------------------------------------------------------------------------------------------------

    async def _follow(self, first: Request) -> None:
        """The pages of one slot, from its first."""
        chain = Chain(first.slot, {first.slot: self.slots.get(first.slot, Slot())})
        following: Request | None = first
        while following is not None:
            chain.turn_to(following)
            answer = await self._ask(following, chain)
            if not self._is_new(answer, chain):
                await asyncio.to_thread(chain.save, self.connection, self.name, self.began)
                self.answers += 1
                return
            reply = self._reply(following, answer, chain)
            following = self._after(reply, chain)
            taken = await asyncio.to_thread(self._store, reply, answer.text, chain, following is None)
            await asyncio.to_thread(self._listen, taken)

    async def _ask(self, request: Request, chain: Chain) -> Answer:
        if self.errand.source.offline:
            return Answer("", self.scanner.now())
        url = self.errand.url(request.path, self.token)
        pause_s = await self._pause_s(url)
        await self._reserve(request)
        await asyncio.sleep(max(0.0, self.last_asked_s + pause_s - time.monotonic()))
        known = chain.states[chain.slot] if chain.page == 1 else Slot()
        get = Get(url, request.query, request.headers, request.form, request.answers == "json", known.etag,
                  known.last_modified)  # fmt: skip
        self.requests += 1
        try:
            answer = await self.scanner.fetcher.fetch(get)
        finally:
            self.last_asked_s = time.monotonic()
        if abs(answer.clock_ahead) > AHEAD:
            where = "ahead of" if answer.clock_ahead > timedelta() else "behind"
            self._note(f"its clock is {gap_of(answer.clock_ahead)} {where} ours")
        return answer

    async def _pause_s(self, url: str) -> float:
        """The pause before this request; raises where robots.txt forbids it. Nobody waits for a server of one's own."""
        source = self.errand.source
        asked = (
            await self.scanner.robots.delay_s(url, self.scanner.now())
            if source.obeys_robots and not self.token
            else 0.0
        )
        return 0.0 if urlsplit(url).hostname in LOOPBACK else max(source.pause_s, asked)

    async def _reserve(self, request: Request) -> None:
        quota = self.errand.source.quota
        if quota is None:
            return
        today = self.scanner.now().astimezone(UTC).date()
        if not await self._sql(sources.reserve, request.units, quota, today):
            raise QuotaUsed(f"the quota of the day ({quota:,} units) is used, again at 00:00 UTC")
        self.units += request.units

    def _is_new(self, answer: Answer, chain: Chain) -> bool:
        if answer.unchanged or self.errand.source.offline:
            return not answer.unchanged
        if chain.is_circle(answer):
            self._note(f"{chain.slot}: its next pages go in a circle")
            return False
        return chain.is_new(answer)

    def _reply(self, request: Request, answer: Answer, chain: Chain) -> Reply:
        body = answer.text if request.answers == "text" or self.errand.source.offline else parsed(answer.text)
        return Reply(request, body, answer.fetched_at, chain.page, self.slots.get(request.slot, Slot()).cursor)

    def _after(self, reply: Reply, chain: Chain) -> Request | None:
        """The request of the next page, where there is one that may be asked; what is to be kept is kept."""
        source = self.errand.source
        try:
            following, cursor = source.after(reply), source.keep(reply)
            there = urlsplit(self.errand.url(following.path, self.token)).hostname if following else None
        except OTHER_SHAPE as error:
            raise SourceGarbled(f"an answer of another shape ({type(error).__name__})") from error
        if cursor:
            chain.keep(reply.request.slot, cursor=dict(cursor))
        if following is None or chain.page >= source.most_pages:
            return None
        if chain.was_asked(following):
            self._note(f"{chain.slot}: its next pages go in a circle")
            return None
        if there != urlsplit(self.errand.url(reply.request.path, self.token)).hostname:
            self._note(f"{chain.slot}: its next page leads to another host: not followed")
            return None
        return following

    # What is stored ---------------------------------------------------------------------------------------------------

    def _store(self, reply: Reply, text: str, chain: Chain, is_last: bool) -> Taken:
        """Everything of one answer, in one transaction."""
        text, reply = self._without_secrets(text, reply)
        packed = pack(reply.body)
        arrival, name = Arrival(reply.fetched_at, met=self.met), f"{self.name}/{reply.request.slot}/{chain.page}"
        with turn(self.connection, "intake", TURN_TIMEOUT_S), self.connection.transaction():
            rows = arrival.rows(partial(self.errand.source.read, reply))
            taken = take_payload(
                self.connection, self.scanner.tenant, name, hash_of(text), reply.fetched_at, rows, self.scanner.seen
            )
            counts = _counts(taken)
            sources.count(self.connection, self.name, reply.fetched_at, **counts)
            if text:
                kept = KeptAnswer(self.name, reply.request.slot, packed, reply.fetched_at, self._asked(reply))
                sources.save_payload(self.connection, taken.file_id, kept)
            if is_last:
                chain.save(self.connection, self.name, self.began)
        self.answers, self.read = self.answers + 1, self.read + 1
        for count, more in counts.items():
            self.rows[count] += more
        if arrival.newest is not None:
            self.newest = max(self.newest or arrival.newest, arrival.newest)
        if taken.count.reason:
            self._note(f"{reply.request.slot}: {taken.count.reason}")
        return taken

    def _without_secrets(self, text: str, reply: Reply) -> tuple[str, Reply]:
        """The answer as it may be read and stored: a server that repeats our key does not have it kept."""
        clear = hide(text, self._secrets)
        if clear == text:
            return text, reply
        return clear, replace(reply, body=parsed(clear) if reply.request.answers == "json" else clear)

    def _asked(self, reply: Reply) -> dict[str, Any]:
        """What the reader knew beside the body, without our keys: what is kept can be read again."""
        query = {name: value for name, value in reply.request.query.items() if value not in self._secrets}
        return {
            "path": hide(reply.request.path, self._secrets),
            "query": query,
            "page": reply.page,
            "cursor": dict(reply.cursor),
            "answers": "text" if isinstance(reply.body, str) else "json",
        }

    def _listen(self, taken: Taken) -> None:
        if self.scanner.listen is not None and taken.fresh:
            self.scanner.listen(taken.fresh)

    # How it ended -----------------------------------------------------------------------------------------------------

    def _failed(self, slot: str, error: SourceError) -> None:
        self.failures.append(error)
        self._note(str(error) if isinstance(error, QuotaUsed | SourceUnreached) else f"{slot}: {error}", first=True)
        if isinstance(error, SourceBusy):
            self.not_before = error.until
        elif isinstance(error, QuotaUsed):
            self.not_before = _midnight_after(self.scanner.now())
        elif isinstance(error, SourceRefused):
            self.scanner.tokens.forget(self.name)

    def _note(self, text: str, first: bool = False) -> None:
        """Keep what is to be said, once; failures `first`, the last of all at the front: it may have ended the scan."""
        addresses = [place_of(key) for key in self.errand.keys.values() if key.startswith(("http://", "https://"))]
        told: dict[str, None] = {hide(text, (*self._secrets, *addresses))[:300]: None}
        self.notes = told | self.notes if first else self.notes | told

    def _end(self) -> Pulled:
        now = self.scanner.now()
        outcome, before = self._outcome(), self.row["newest_known_at"]
        was_empty = self.row["empty_scans"] > 0  # what is unchanged is as empty as it was
        is_empty = self.rows["found"] == 0 and not self.failures and (self.read > 0 or (self.answers > 0 and was_empty))
        moved = self.newest is not None and (before is None or self.newest > before)
        empty = self.row["empty_scans"] + 1 if is_empty else 0 if self.read else self.row["empty_scans"]
        stale = 0 if moved else self.row["stale_scans"] + (1 if self.answers else 0)
        newest = self.newest if moved else before
        self._say_what_repeats(now, empty, stale, newest)
        reason = "; ".join(list(self.notes)[:4])
        sources.end_scan(
            self.connection, self.name, outcome=outcome, reason=reason, at=now, newest=newest, empty_scans=empty,
            stale_scans=stale, scan_at=self.began if self.more else None, not_before=self.not_before,
            scan_units=self.units + (self.row["scan_units"] if self.row["scan_at"] else 0),
        )  # fmt: skip
        return Pulled(self.name, outcome, reason, **self.rows, more=self.more, newest_known_at=newest,
                      not_before=self.not_before)  # fmt: skip

    def _outcome(self) -> Outcome:
        if self.rows["kept"]:
            return "kept"
        if self.answers or not self.failures:
            return "unchanged"
        passing = (SourceBusy, QuotaUsed, SourceUnreached, RobotsForbid)
        return "skipped" if all(isinstance(each, passing) for each in self.failures) else "failed"

    def _say_what_repeats(self, now: datetime, empty: int, stale: int, newest: datetime | None) -> None:
        if empty >= WORTH_A_WORD:
            self._note(f"an empty list, {empty} times in a row")
        elif stale >= WORTH_A_WORD and newest is not None and newest < now - STALE:
            self._note(f"nothing newer than {newest:%Y-%m-%d %H:%M} UTC in {stale} scans")

    async def _sql(self, query: Callable[..., Given], *given: Any) -> Given:
        return await asyncio.to_thread(query, self.connection, self.name, *given)


def _counts(taken: Taken) -> dict[str, int]:
    told = taken.count
    return {
        "found": told.rows_read,
        "kept": told.stored,
        "repeated": told.repeated,
        "quarantined": told.quarantined,
    }


def _midnight_after(now: datetime) -> datetime:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
