"""Door: the one way to language models. Retries, limits, cache, cost and fallback stand here, nowhere else.

    Ask --> Door --> Route 1: server, model      an answer that can be read is kept and handed back
              |      Route 2: ...                asked where route 1 is busy, down, refuses or is unreadable twice
              +----> NoAnswer, with each fault   the panel then judges by rules

An answer is kept as soon as it is there, unreadable ones too, each reading under its own key: what was paid for is
never paid for twice, and a rerun sees what the first run saw. Keys hash tenant, server, model, messages, schema,
parameters and reading. Two asks for the same thing at the same time share one call.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from agents.brief import Citation
from agents.model import (
    Answer,
    Ask,
    Bill,
    Garbled,
    Message,
    ModelBusy,
    ModelDown,
    ModelError,
    ModelRefused,
    NoAnswer,
    Route,
)  # fmt: skip
from agents.pace import NoTurn, Turns
from agents.prices import price_of
from agents.screen import screened
from agents.specialist import Tier
from store.calls import Calls, Hold, Kept, Scope
from store.limits import Cap, Limits, MemoryLimits, Urgency, urgency

ATTEMPTS = 3
"""How often a route is asked that is busy or down."""
READINGS = 2
"""How often a route is asked whose answers cannot be read: as it is, and once more."""
ANSWER_CHARS = 64_000
"""A longer answer cannot be used: the largest report is under a tenth of it."""
AGAIN = Message(
    "user",
    "Your last answer could not be read. Answer again: one JSON object that fits the schema, complete, nothing else.",
)
"""Added when an answer is asked for once more."""

_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode

Reader = Callable[[str], object]
"""Reads an answer's text; raises ValueError where it cannot be used."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What models may cost and use, a day (UTC) and a run."""

    day_micro_usd: int = 5_000_000
    day_tokens: int = 20_000_000
    run_micro_usd: int = 1_000_000
    run_tokens: int = 2_000_000

    def scopes(self, day: date, run: str | None) -> tuple[Scope, ...]:
        """The scopes that a call counts in, the day's first."""
        of_day = Scope(f"day:{day.isoformat()}", self.day_micro_usd, self.day_tokens)
        return (of_day,) if run is None else (of_day, Scope(f"run:{run}", self.run_micro_usd, self.run_tokens))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the door keeps trying. Seconds."""

    first_pause_s: float = 0.5
    longest_pause_s: float = 75.0
    """A provider, or our own count of its limits, that asks for a longer wait is left for the next route: a minute's
    window fits in, a day's does not."""
    total_s: float = 120.0
    """No new attempt begins after so long, not counting the time spent in line."""
    line_s: float = 900.0
    """How long a request stands in line for its turn at a limit: that is no fault of the provider's."""
    hot_line_s: float = 120.0
    """The same for a hot one, which comes too late after that."""


class Door:
    """Asks the routes of a chain in turn. One a process; safe to use from many tasks of one event loop."""

    def __init__(
        self,
        chains: Mapping[str, Sequence[Route]],
        calls: Calls,
        ceilings: Ceilings | None = None,
        patience: Patience | None = None,
        limits: Limits | None = None,
        caps: Mapping[str, Cap] | None = None,
        *,
        seed: int = 7,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """`chains` maps a tier or, before it, an agent's name to its routes; `caps` a provider or PROVIDER/MODEL.

        A provider's cap holds for each of its models. No `limits`: they are counted in this process alone.
        """
        self._chains = {name: tuple(routes) for name, routes in chains.items()}
        self.calls = calls
        self.ceilings = ceilings or Ceilings()
        self.patience = patience or Patience()
        self.random = random.Random(seed)
        self.sleep = sleep
        self.clock = clock
        self.today = today
        self.limits = limits or MemoryLimits()
        self.turns = Turns(self.limits, self._sleep)
        self._caps = dict(caps or {})
        self.unkept: dict[str, Kept] = {}
        """Answers that came while the database or the limits were away: kept at the next ask, not paid for again."""
        self._flights: dict[str, asyncio.Task[tuple[Answer, Bill]]] = {}

    def routes(self, agent: str, tier: Tier) -> tuple[Route, ...]:
        """The routes of an agent, then those of its tier; empty where no model is configured for it."""
        return tuple(dict.fromkeys((*self._chains.get(agent, ()), *self._chains.get(tier, ()))))

    async def ask(self, request: Ask, read: Reader) -> tuple[Answer, Bill]:
        """The first answer of the chain that can be read, and what asking cost. Raises NoAnswer."""
        routes = self.routes(request.agent, request.tier)
        if not routes:
            raise NoAnswer(f"no model is configured for the tier {request.tier}")
        keys = keys_of(self.calls.tenant, routes, request)
        flight = self._flights.get(keys[0])
        if flight is None:
            flight = asyncio.create_task(_Errand(self, request, routes, keys, read).run())
            self._flights[keys[0]] = flight
            flight.add_done_callback(lambda done: self._landed(keys[0], done))
        # Shielded: whoever gives up waiting must not throw away what the others wait for, or what is being paid for.
        return await asyncio.shield(flight)

    def _landed(self, key: str, flight: asyncio.Task[tuple[Answer, Bill]]) -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # seen here, so that asyncio does not complain where everybody gave up waiting

    def cap(self, route: Route) -> Cap:
        """What the settings say of a route's limits."""
        return self._caps.get(str(route)) or self._caps.get(route.server.name) or Cap()

    async def _sleep(self, seconds: float) -> None:
        await self.sleep(seconds)


def allowance(route: Route) -> str:
    """The name of the allowance that a route uses: server, model and a hash of the key."""
    return f"{route.server.identity} {route.model} {route.server.account}".rstrip()


class _Errand:
    """One ask on its way through a chain: what it holds, what failed so far, what it cost so far."""

    def __init__(self, door: Door, request: Ask, routes: Sequence[Route], keys: Sequence[str], read: Reader) -> None:
        self.door = door
        self.request = request
        self.routes = routes
        self.keys = keys
        self.read = read
        self.bill = Bill()
        self.faults: list[str] = []
        self.hold = self._estimate()
        self.held = False
        self.deadline = door.clock() + door.patience.total_s

    async def run(self) -> tuple[Answer, Bill]:
        begun = await self.door.calls.begin(self.keys, self.hold)
        self.held = begun.held
        kept = {row.key: row for row in begun.kept}
        try:
            if not kept:
                self._within(begun.full)
            await self._keep_late(kept)
            if (found := self._replay(kept)) is not None:
                return found, self.bill
            for number, route in enumerate(self.routes):
                unread = [key for key in self.keys[number * READINGS : (number + 1) * READINGS] if key not in kept]
                answer = await self._ask_route(route, unread)
                if answer is not None:
                    return answer, self.bill
        finally:
            if self.held:
                await self._settle(None, 0, 0)
        raise NoAnswer("; ".join(self.faults), self.bill)

    def _replay(self, kept: Mapping[str, Kept]) -> Answer | None:
        """The first kept answer that can be read; those that cannot are counted as the faults they were."""
        for key in self.keys:
            if key not in kept:
                continue
            row = kept[key]
            self.bill = self.bill.plus(row.input_tokens, row.output_tokens, row.cost_micro_usd)
            answer = _unpack(row)
            try:
                self._check(answer)
            except Garbled as fault:
                self._note(f"{row.provider}/{row.model}", fault)
                continue
            return answer
        return None

    async def _ask_route(self, route: Route, keys: Sequence[str]) -> Answer | None:
        pauses = 0
        for reading, key in enumerate(keys, start=READINGS - len(keys)):
            answer = None
            while answer is None:
                if self.door.clock() > self.deadline:
                    self.faults.append(f"{route}: no time was left to ask it")
                    return None
                try:
                    await self._hold()
                    answer = await self._send(route, reading, key)
                except NoTurn as fault:
                    self._note(str(route), fault)
                    return None
                except (ModelBusy, ModelDown) as fault:
                    self._note(str(route), fault)
                    if isinstance(fault, ModelDown) and fault.paid:
                        await self._settle(None, self.hold.micro_usd, self.hold.tokens)
                    pauses += 1
                    if pauses >= ATTEMPTS or not await self._pause(route, fault, pauses):
                        return None
                except ModelRefused as fault:
                    self._note(str(route), fault)
                    return None
            await self._keep(key, answer)
            try:
                self._check(answer)
            except Garbled as fault:
                self._note(str(route), fault)
                continue
            return answer
        return None

    async def _send(self, route: Route, reading: int, key: str) -> Answer:
        await self._stand_in_line(route)
        taken, name, held, used = self.door.clock(), allowance(route), self.hold.tokens, self.hold.tokens
        request = replace(self.request, model=route.model, key=key)
        if reading:
            request = replace(request, messages=(*request.messages, AGAIN))
        late_s = 0.0
        try:
            answer = screened(await route.server.ask(request))
            self.door.unkept[key] = _pack(key, route, answer)  # before anything else that can fail
            used = answer.input_tokens + answer.output_tokens or held
            late_s = max(0.0, (answer.left_at or taken) - taken)
        except ModelError as fault:
            used = held if isinstance(fault, ModelDown) and fault.paid else 0
            raise
        finally:
            if used != held or late_s > 0:
                await self.door.limits.settle(name, held, used, self.door.clock() - taken, late_s)
        await self.door.limits.learn(name, answer.headers)
        return answer

    async def _stand_in_line(self, route: Route) -> None:
        """Returns when the route's limits let the request out; the time does not count as the route's. NoTurn."""
        patience, began = self.door.patience, self.door.clock()
        line_s = patience.hot_line_s if urgency.get() is Urgency.HOT else patience.line_s
        name, cap = allowance(route), self.door.cap(route)
        await self.door.turns.take(name, self.hold.tokens, cap, patience.longest_pause_s, line_s)
        self.deadline += self.door.clock() - began

    async def _pause(self, route: Route, fault: ModelBusy | ModelDown, pauses: int) -> bool:
        """Waits before the next attempt; False where the wait is too long for this route."""
        patience = self.door.patience
        stated = fault.retry_after_s if isinstance(fault, ModelBusy) else None
        if stated is not None:  # for everybody: the next attempt stands in line like the others
            await self.door.limits.shut(allowance(route), min(stated, 3600.0))
            return stated <= patience.longest_pause_s
        jitter = 0.5 + self.door.random.random()
        wait_s = patience.first_pause_s * 2 ** (pauses - 1) * jitter
        if wait_s > patience.longest_pause_s or self.door.clock() + wait_s > self.deadline:
            return False
        await self.door.sleep(wait_s)
        return True

    async def _hold(self) -> None:
        if not self.held:
            begun = await self.door.calls.begin((), self.hold)
            self.held = begun.held
            self._within(begun.full)

    def _within(self, full: Sequence[str]) -> None:
        if full:
            names = " and ".join(name.split(":", 1)[0] for name in full)
            self.faults.append(f"the ceiling of the {names} is reached")
            raise NoAnswer("; ".join(self.faults), self.bill)

    def _check(self, answer: Answer) -> None:
        """Garbled where the answer cannot be used. Says what is wrong with it without repeating it."""
        if answer.fault:
            raise Garbled(answer.fault)
        if not answer.text.strip():
            raise Garbled("the answer is empty")
        if len(answer.text) > ANSWER_CHARS:
            raise Garbled(f"the answer is longer than {ANSWER_CHARS} characters")
        try:
            self.read(answer.text)
        except ValueError as fault:
            raise Garbled(f"the answer cannot be read ({type(fault).__name__})") from None

    def _note(self, route: str, fault: ModelError | NoTurn) -> None:
        line = f"{route}: {fault}"
        if line not in self.faults:
            self.faults.append(line)

    async def _keep(self, key: str, answer: Answer) -> None:
        used = answer.input_tokens + answer.output_tokens
        self.bill = self.bill.plus(answer.input_tokens, answer.output_tokens, answer.cost_micro_usd)
        await self._settle(self.door.unkept[key], answer.cost_micro_usd, used)
        del self.door.unkept[key]

    async def _keep_late(self, kept: dict[str, Kept]) -> None:
        for key in self.keys:
            if (late := self.door.unkept.get(key)) is not None:
                await self._hold()
                await self._settle(late, late.cost_micro_usd, late.input_tokens + late.output_tokens)
                kept[key] = self.door.unkept.pop(key)

    async def _settle(self, kept: Kept | None, micro_usd: int, tokens: int) -> None:
        self.held = False
        await self.door.calls.settle(self.hold, kept, micro_usd, tokens)

    def _estimate(self) -> Hold:
        """At most: a token for every three characters asked, all tokens it may answer, the dearest route."""
        chars = sum(len(message.content) for message in self.request.messages)
        asked = chars // 3 + 64
        dearest = max(
            price_of(route.server.name, route.model).micro_usd(asked, self.request.max_tokens) for route in self.routes
        )
        scopes = self.door.ceilings.scopes(self.door.today(), self.request.run)
        return Hold(scopes, dearest, asked + self.request.max_tokens)


def keys_of(tenant: str, routes: Sequence[Route], request: Ask) -> list[str]:
    """The key of every reading of every route, in the order they are asked."""
    said = [[message.role, message.content] for message in request.messages]
    asked: list[object] = [tenant, said, request.schema, request.temperature, request.seed, request.max_tokens]
    asked += [request.web, request.until.isoformat() if request.until else None]
    body = hashlib.sha256(_ENCODE(asked).encode("utf-8", "surrogatepass"))
    keys = []
    for route in routes:
        for reading in range(READINGS):
            one = body.copy()
            one.update(f"\n{route.server.name}\n{route.server.identity}\n{route.model}\n{reading}".encode())
            keys.append(one.hexdigest())
    return keys


def _pack(key: str, route: Route, answer: Answer) -> Kept:
    body: dict[str, Any] = {"text": answer.text[: ANSWER_CHARS + 1]}
    if answer.fault:
        body["fault"] = answer.fault
    if answer.citations:
        body["citations"] = [[one.url, one.title, one.published_on, one.snippet] for one in answer.citations]
    # PostgreSQL's text takes no NUL, and UTF-8 no lone surrogate: JSON escapes both.
    packed = json.dumps(body)
    return Kept(
        key,
        route.server.name,
        route.model,
        packed,
        answer.input_tokens,
        answer.output_tokens,
        answer.cost_micro_usd,
    )


def _unpack(row: Kept) -> Answer:
    body = json.loads(row.answer)
    citations = tuple(Citation(*one) for one in body.get("citations", ()))
    return Answer(
        body["text"],
        row.model,
        row.provider,
        row.input_tokens,
        row.output_tokens,
        row.cost_micro_usd,
        citations,
        body.get("fault", ""),
        cached=True,
    )
