"""Trays: rows whose pictures a renderer draws together go into a process as one call; each keeps an end of its own.

    fire -> a tray of its kind, until a process is free and no companion comes any more -> one call
            the row's own answer              what it came to, whatever its neighbours did
            the tray fails as a whole         each of its rows is drawn alone, in its own time
            a row is cancelled                the others go on; with the last one the process is ended

What stood on a tray that was killed and was finished already is found by its receipt. A renderer that draws one at a
time gets every order by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from graphs.firing import Order
from graphs.kiln import Answer, Died, Kiln, taken
from graphs.packing import Packed
from studio.drawing import company
from studio.errors import StudioError

FIRE = "graphs.firing:fire"
FIRE_ALL = "graphs.firing:fire_all"
GATHER_S = 0.15
"""A tray that is not full leaves when nobody came for so long."""


@dataclass(slots=True, eq=False)
class _Tray:
    most: int
    orders: dict[int, Order] = field(default_factory=dict)
    work: asyncio.Task[dict[int, Answer]] | None = None
    loaded: int = 0
    """How many went into the process."""
    next: int = 0

    def put(self, order: Order) -> int:
        self.next += 1
        self.orders[self.next] = order
        return self.next

    def leave(self, place: int) -> None:
        """One that nobody waits for any more; the last one takes the work with it."""
        del self.orders[place]
        if not self.orders and self.work is not None:
            self.work.cancel()

    async def gathered(self) -> None:
        """Until it is full or nobody comes any more."""
        there = 0
        while there < len(self.orders) < self.most:
            there = len(self.orders)
            await asyncio.sleep(GATHER_S)


@dataclass(slots=True)
class Trays:
    """What waits for the processes of one kiln."""

    kiln: Kiln
    fire_one: str = FIRE
    fire_all: str = FIRE_ALL
    _open: dict[Hashable, _Tray] = field(default_factory=dict)

    async def fire(self, order: Order, at_once: int, timeout_s: float) -> Packed:
        """What `fire_one` returns for an order, drawn with at most `at_once` of its kind.

        Raises:
            Failed, StudioError, Died: as `Kiln.burn`, for this row alone.
        """
        if at_once > 1:
            answer = await self._together(order, at_once, timeout_s)
            if answer is not None:
                found: Packed = taken(*answer)
                return found
        fired: Packed = await self.kiln.burn(self.fire_one, order, timeout_s)
        return fired

    async def _together(self, order: Order, at_once: int, timeout_s: float) -> Answer | None:
        """The row's own answer; None where a tray of several came to nothing as a whole."""
        tray = self._tray((order.renderer, order.kit, timeout_s, company(order.brief)), at_once, timeout_s)
        place = tray.put(order)
        if tray.work is None:
            raise RuntimeError("a tray is made with its work")
        try:
            return (await asyncio.shield(tray.work))[place]
        except asyncio.CancelledError:
            tray.leave(place)
            raise
        except (StudioError, Died):
            if tray.loaded == 1:
                raise
            return None

    def _tray(self, kind: Hashable, at_once: int, timeout_s: float) -> _Tray:
        tray = self._open.get(kind)
        if tray is None or len(tray.orders) >= tray.most:
            tray = self._open[kind] = _Tray(at_once)
            tray.work = asyncio.create_task(self._burn(kind, tray, timeout_s), name="tray")
        return tray

    async def _burn(self, kind: Hashable, tray: _Tray, timeout_s: float) -> dict[int, Answer]:
        places: list[int] = []

        def load() -> tuple[str, Any, float]:
            self._close(kind, tray)
            places.extend(tray.orders)
            tray.loaded = len(places)
            return self.fire_all, list(tray.orders.values()), timeout_s * len(places)

        try:
            await tray.gathered()
            answers = await self.kiln.burn_when_free(load)
        finally:
            self._close(kind, tray)
        return dict(zip(places, answers, strict=True))

    def _close(self, kind: Hashable, tray: _Tray) -> None:
        if self._open.get(kind) is tray:
            del self._open[kind]
