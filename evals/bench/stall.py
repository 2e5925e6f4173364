"""Stall: a marketplace on loopback that loses answers, and the client that speaks to it.

A listing is made by a request that, sent twice, makes two; pictures go by their place; a listing is found by our key.
Of the requests that change something, drawn by a seed from what they are and how often they came:

    10 %  made, and the answer never comes
     5 %  500, every other one of them made
     5 %  429, not made
     2 %  the connection breaks, every other one of them made
     2 %  made long after whoever asked has gone

The server remembers when each request arrived, so that whoever kept the limits can be told from whoever did not.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from market.client import Ask, Client
from market.listing import Files, Listing, Standing
from market.pace import Pace

Fault = Literal["", "time-out", "500", "429", "dropped", "slow"]
SHARES: Sequence[tuple[Fault, float]] = (
    ("time-out", 0.10), ("500", 0.05), ("429", 0.05), ("dropped", 0.02), ("slow", 0.02),
)  # fmt: skip
GONE_S = 8.0
"""How long an answer takes that nobody waits for."""
CUT = {"content-length": "999", "content-type": "application/json"}


@dataclass(slots=True)
class Stall:
    """What stands, and what was asked."""

    seed: int
    late_s: float
    """After so long a slow request is made."""
    listings: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrivals: dict[str, list[float]] = field(default_factory=lambda: {"any": [], "publish": []})
    faults: Counter[str] = field(default_factory=Counter)
    _came: Counter[str] = field(default_factory=Counter)
    _later: set[asyncio.Task[None]] = field(default_factory=set)

    def app(self) -> Starlette:
        """The server."""
        return Starlette(
            routes=[
                Route("/listings", self.find, methods=["GET"]),
                Route("/listings", self.make, methods=["POST"]),
                Route("/listings/{id}/pictures/{place}", self.show, methods=["PUT"]),
                Route("/listings/{id}/{deed:str}", self.do, methods=["POST"]),
                Route("/told", self.tell, methods=["GET"]),
            ]
        )

    async def find(self, request: Request) -> Response:
        """Listings of a key, as they stand."""
        self._arrived("any")
        key = request.query_params["key"]
        return JSONResponse([each for each in self.listings.values() if each["key"] == key])

    async def make(self, request: Request) -> Response:
        """A draft, another one each time."""
        given = await request.json()

        def made() -> Any:
            fresh = {"id": f"s{len(self.listings) + 1}", "state": "draft", "pictures": {}, **given}
            self.listings[fresh["id"]] = fresh
            return fresh

        return await self._answer(f"make {given['key']}", made)

    async def show(self, request: Request) -> Response:
        """A picture at its place."""
        listing, place = request.path_params["id"], request.path_params["place"]
        given = await request.json()

        def made() -> Any:
            self.listings[listing]["pictures"][place] = given["sha256"]
            return self.listings[listing]

        return await self._answer(f"show {self.listings[listing]['key']} {place}", made)

    async def do(self, request: Request) -> Response:
        """Put it up, or take it off."""
        listing, deed = self.listings[request.path_params["id"]], request.path_params["deed"]
        if deed == "publish":
            self._arrived("publish")

        def made() -> Any:
            listing["state"] = "live" if deed == "publish" else "ended"
            return listing

        return await self._answer(f"{deed} {listing['key']}", made)

    async def tell(self, _: Request) -> Response:
        """What the bench counts."""
        live = Counter(each["key"] for each in self.listings.values() if each["state"] == "live")
        every = Counter(each["key"] for each in self.listings.values())
        pictures = {each["key"]: len(each["pictures"]) for each in self.listings.values()}
        return JSONResponse(
            {
                "live": live, "every": every, "pictures": pictures, "arrivals": self.arrivals, "faults": self.faults,
            }
        )  # fmt: skip

    async def _answer(self, what: str, make: Callable[[], Any]) -> Response:
        self._arrived("any")
        self._came[what] += 1
        draw = random.Random(f"{self.seed} {what} {self._came[what]}")
        fault, is_made = fault_of(draw.random()), draw.random() < 0.5
        self.faults[fault or "none"] += 1
        if fault == "429":
            return JSONResponse({"message": "too many"}, 429, {"retry-after": "1"})
        if fault == "slow":
            self._make_later(make)
        elif fault in ("", "time-out") or is_made:
            answer = make()
        if fault in ("time-out", "slow"):
            await asyncio.sleep(GONE_S)
        if fault == "dropped":
            return StreamingResponse(_cut(), headers=CUT)
        return JSONResponse({"message": "sorry"}, 500) if fault else JSONResponse(answer)

    def _make_later(self, make: Callable[[], Any]) -> None:
        async def later() -> None:
            await asyncio.sleep(self.late_s)
            make()

        task = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def _arrived(self, kind: str) -> None:
        self.arrivals[kind].append(monotonic())


async def _cut() -> AsyncIterator[bytes]:
    yield b"{"
    raise ConnectionAbortedError("on purpose")


def fault_of(drawn: float) -> Fault:
    """What goes wrong by a number in [0, 1)."""
    for fault, share in SHARES:
        if drawn < share:
            return fault
        drawn -= share
    return ""


def breaches(arrivals: Sequence[float], pace: Pace) -> int:
    """Requests that arrived when as many as are allowed had arrived within the window before them."""
    times = sorted(arrivals)
    return sum(times[at] - times[at - pace.most] < pace.window_s for at in range(pace.most, len(times)))


class StallMarket:
    """The client. Errors: `market.errors`."""

    name = "stall"

    def __init__(self, client: Client) -> None:
        self._client = client

    async def find(self, key: str) -> Standing | None:
        """The first that stands under our key."""
        found = await self._client.ask(Ask("GET", "/listings", query={"key": key}))
        return _standing(found[0]) if found else None

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """Draft, pictures, publish: what is not there yet."""
        del files
        if standing is None:
            told = {"key": listing.key, "title": listing.title, "price_cents": listing.price_cents}
            standing = _standing(await self._client.ask(Ask("POST", "/listings", json=told)))
        path = f"/listings/{standing.native_id}"
        for place in range(standing.shown["pictures"], len(listing.pictures)):
            picture = {"sha256": listing.pictures[place].sha256}
            await self._client.ask(Ask("PUT", f"{path}/pictures/{place}", json=picture))
        if standing.state == "live":
            return standing
        return _standing(await self._client.ask(Ask("POST", f"{path}/publish", kind="publish")))

    async def end(self, standing: Standing) -> Standing:
        """Off sale."""
        return _standing(await self._client.ask(Ask("POST", f"/listings/{standing.native_id}/end")))


def _standing(told: dict[str, Any]) -> Standing:
    shown = {"title": told["title"], "price_cents": told["price_cents"], "pictures": len(told["pictures"])}
    return Standing(told["id"], told["state"], f"/listings/{told['id']}", shown)


def main() -> None:
    """Serve on a port of loopback until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("late_s", type=float)
    told = parser.parse_args()
    app = Stall(told.seed, told.late_s).app()
    uvicorn.run(app, host="127.0.0.1", port=told.port, log_level="critical", lifespan="off", timeout_keep_alive=60)


if __name__ == "__main__":
    main()
