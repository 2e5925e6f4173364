"""Window: what one allowance of a provider has left, as arithmetic on a small state; no clock, no server.

A provider that counts strictly refuses a request where those of the last minute are as many as it allows. We see when
a request leaves, it sees when the request arrives, so here each counts for a minute and MARGIN_S. Under that, requests
are spread: no more than BURST at once beyond an even flow, so that full use of a limit is a flow and not a flood a
minute. State is plain JSON, bounded by the number of grains in a window; `limits.lua` is the same in Redis.

    used     [[at, requests, tokens], ...] oldest first, a grain of time each
    flow     [requests_due, tokens_due]: when an even flow would have let out all that was taken
    each     [s, s]: how long an even flow takes for one request, one token
    cap      [[limit, until], ...]: what headers stated as the minute's limit
    left     [[left, until], ...]: what headers stated to be left until then, where the period is not the minute
    day      [number, requests, tokens], of the UTC day
    shut     until when the provider asked to be left alone
    waiting  {who: [rank, until]}: who waits; a lower rank goes first
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

State = dict[str, Any]
BURST = (24, 40_000)
"""Requests and tokens that may go out at once: two ideas' worth; a tenth of the limit where that is more."""
DAY_S = 86_400
LEARNT_S = 600.0
"""How long a limit that a header stated holds after it was last stated."""
MARK_S = 3.0
"""How long somebody who asked counts as waiting; whoever waits asks again within LOOK_S."""
LOOK_S = 1.0
GIVE_WAY_S = 0.25
"""What is told to somebody who has nothing to wait for but those who go first."""


@dataclass(frozen=True, slots=True)
class Cap:
    """What a provider allows one key for one model; None: nobody said."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None

    @property
    def minute(self) -> tuple[float, float]:
        return (self.requests_per_minute or math.inf, self.tokens_per_minute or math.inf)

    @property
    def day(self) -> tuple[float, float]:
        return (self.requests_per_day or math.inf, self.tokens_per_day or math.inf)


@dataclass(frozen=True, slots=True)
class Stated:
    """What the headers of an answer say of requests, or of tokens."""

    limit: float | None
    left: float
    reset_s: float


@dataclass(frozen=True, slots=True)
class Rules:
    """How a window is counted. Seconds."""

    window_s: float = 60.0
    margin_s: float = 2.0
    grain_s: float = 0.25

    @property
    def counts_s(self) -> float:
        return self.window_s + self.margin_s


def empty() -> State:
    """The state of an allowance of which nothing was taken yet."""
    return {
        "used": [],
        "flow": [0, 0],
        "each": [0, 0],
        "cap": [[0, 0], [0, 0]],
        "left": [[0, 0], [0, 0]],
        "day": [0, 0, 0],
        "shut": 0,
        "waiting": {},
    }


def take(state: State, now: float, rules: Rules, cap: Cap, tokens: int, rank: int, who: str) -> float:
    """0 where the request may go out: it is counted; else seconds until it might."""
    _forget(state, now, rules)
    limits = [_stricter(cap.minute[kind], state["cap"][kind], now) for kind in (0, 1)]
    waits = [state["shut"] - now, _give_way(state, now, rank)]
    for kind, need in enumerate((1, tokens)):
        waits.append(_window_wait(state, now, rules, kind, need, limits[kind]))
        waits.append(_flow_wait(state, now, rules, kind, need, limits[kind]))
        waits.append(_day_wait(state, now, kind, need, cap.day[kind]))
        left, until = state["left"][kind]
        waits.append(until - now if now < until and left < need else 0.0)
    wait_s: float = max(0.0, *waits)
    state["waiting"].pop(who, None)
    if wait_s > 0:
        if wait_s <= rules.counts_s + rules.grain_s:
            state["waiting"][who] = [rank, now + MARK_S]
        return wait_s
    _count(state, now, rules, tokens, limits)
    return 0.0


def settle(state: State, now: float, rules: Rules, held: int, used: int, age_s: float, late_s: float = 0.0) -> None:
    """What was held of tokens `age_s` ago becomes what was used; a request that left later counts from when it left."""
    spare = held - used
    then = now - age_s
    rows = [row for row in state["used"] if abs(row[0] - then) <= 2 * rules.grain_s]
    if rows:
        row = min(rows, key=lambda row: abs(row[0] - _grain(then, rules)))
        row[2] = max(0, row[2] - spare)
        if late_s > rules.grain_s:
            row[1], row[2] = row[1] - 1, max(0, row[2] - used)
            state["used"] = sorted([*state["used"], [_grain(then + late_s, rules), 1, used]])
    state["flow"][1] -= spare * state["each"][1]
    state["left"][1][0] += spare
    if state["day"][0] == then // DAY_S:
        state["day"][2] = max(0, state["day"][2] - spare)


def learn(state: State, now: float, rules: Rules, stated: tuple[Stated | None, Stated | None]) -> None:
    """Takes over what an answer's headers say; what others took with the same key is counted as ours."""
    _forget(state, now, rules)
    for kind, told in enumerate(stated):
        if told is None:
            continue
        if told.limit is None or told.reset_s > rules.window_s:
            left, until = state["left"][kind]
            state["left"][kind] = [min(told.left, left) if now < until else told.left, now + told.reset_s]
            continue
        state["cap"][kind] = [told.limit, now + LEARNT_S]
        others = told.limit - told.left - sum(row[kind + 1] for row in state["used"])
        if others > 0:
            row: list[float] = [now + told.reset_s - rules.counts_s, 0, 0]
            row[kind + 1] = others
            state["used"] = sorted([*state["used"], row])


def shut(state: State, now: float, seconds: float) -> None:
    """Nothing goes out for so long: the provider asked for it."""
    state["shut"] = max(state["shut"], now + seconds)


def _forget(state: State, now: float, rules: Rules) -> None:
    state["used"] = [row for row in state["used"] if row[0] + rules.counts_s > now]
    state["waiting"] = {who: mark for who, mark in state["waiting"].items() if mark[1] > now}
    if state["day"][0] != now // DAY_S:
        state["day"] = [now // DAY_S, 0, 0]


def _count(state: State, now: float, rules: Rules, tokens: int, limits: list[float]) -> None:
    at = _grain(now, rules)
    if not state["used"] or state["used"][-1][0] != at:
        state["used"].append([at, 0, 0])
    for kind, need in enumerate((1, tokens)):
        state["used"][-1][kind + 1] += need
        state["left"][kind][0] -= need
        state["day"][kind + 1] += need
        state["each"][kind] = rules.counts_s / limits[kind]
        state["flow"][kind] = max(state["flow"][kind], now) + need * state["each"][kind]


def _stricter(cap: float, learnt: list[float], now: float) -> float:
    limit, until = learnt
    return min(cap, limit) if now < until else cap


def _give_way(state: State, now: float, rank: int) -> float:
    first = [until - now for other, until in state["waiting"].values() if other < rank]
    return float(min(max(first), GIVE_WAY_S)) if first else 0.0


def _window_wait(state: State, now: float, rules: Rules, kind: int, need: int, limit: float) -> float:
    """Until enough of what was taken is a window old. What is over the whole limit goes out alone."""
    over = sum(row[kind + 1] for row in state["used"]) + min(need, limit) - limit
    for row in state["used"]:
        if over <= 0:
            return 0.0
        over -= row[kind + 1]
        if over <= 0:
            return float(row[0] + rules.counts_s - now)
    return 0.0


def _flow_wait(state: State, now: float, rules: Rules, kind: int, need: int, limit: float) -> float:
    if limit == math.inf:
        return 0.0
    each = rules.counts_s / limit
    ahead = max(state["flow"][kind], now) + min(need, limit) * each - now
    return float(ahead - each * max(BURST[kind], limit / 10, min(need, limit)))


def _day_wait(state: State, now: float, kind: int, need: int, limit: float) -> float:
    return DAY_S - now % DAY_S if state["day"][kind + 1] + min(need, limit) > limit else 0.0


def _grain(now: float, rules: Rules) -> float:
    return math.ceil(now / rules.grain_s) * rules.grain_s
