"""Kiln: processes that draw, one piece of work at a time each, so that nothing they do can block or break this one.

    burn(call, given) -> a free process -> what the call returned
                         no answer in time      the process is killed: Failed("timeout")
                         the process is gone    Died: another begins in its place; once more may help
                         StudioError            comes through as it was raised
                         anything else          Failed("renderer"), with its line
    the caller is cancelled: the process is killed, whatever it is at

The processes are spawned, so they hold no connection of ours, and they end when this process does, however it ends.
`concurrent.futures` cannot kill one worker that hangs without giving up its whole pool.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from studio import errors
from studio.errors import Failed, StudioError

START_S = 120.0
"""How long a process may take to begin; that is not its work's time."""
STOP_S = 5.0
"""How long a process may take to go when its work is over."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""A process a core is the parallelism there is; libraries that take more slow each other down."""


Answer = tuple[Any, ...]
"""What work came to, as it goes between processes: "done" and what it returned, or an error's name, line and reason."""


class Died(Exception):
    """The process is gone, killed from outside or by its own fault."""


@dataclass(slots=True)
class _Place:
    """One process, made when it is first needed and made anew when it is gone."""

    process: SpawnProcess | None = None
    line: Connection | None = None

    def ask(self, call: str, given: Any, timeout_s: float) -> Any:
        """Blocks until the answer is there, the time is over or the process is gone."""
        try:
            line = self._ready()
            line.send((call, given))
            if not line.poll(timeout_s):
                self.kill()
                raise Failed("timeout", f"it was not drawn in {timeout_s:g} s: its process was ended")
            answer = line.recv()
        except (EOFError, OSError) as gone:
            self.kill()
            raise Died("the process that drew it is gone") from gone
        return answer

    def kill(self) -> None:
        """End the process now; whoever waits in `ask` finds it gone."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.join(STOP_S)

    def _ready(self) -> Connection:
        if self.process is None or not self.process.is_alive() or self.line is None:
            self.kill()
            if self.line is not None:
                self.line.close()
            context = get_context("spawn")
            self.line, theirs = context.Pipe()
            self.process = context.Process(target=_serve, args=(theirs,), name="kiln", daemon=True)
            self.process.start()
            theirs.close()
            if not self.line.poll(START_S):
                raise EOFError("it did not start")
            self.line.recv()
        return self.line


@dataclass(slots=True)
class Kiln:
    """So many processes; use it as `async with Kiln(2) as kiln`."""

    places: int
    timeout_s: float = 300.0
    _all: list[_Place] = field(init=False)
    _free: asyncio.LifoQueue[_Place] = field(init=False)

    async def __aenter__(self) -> Kiln:
        self._all = [_Place() for _ in range(self.places)]
        self._free = asyncio.LifoQueue()
        for place in self._all:
            self._free.put_nowait(place)
        return self

    async def __aexit__(self, *failure: object) -> None:
        await asyncio.gather(*(asyncio.to_thread(place.kill) for place in self._all))

    @property
    def pids(self) -> list[int]:
        """Of the processes that live now."""
        return [place.process.pid for place in self._all if place.process is not None and place.process.pid]

    async def burn(self, call: str, given: Any, timeout_s: float | None = None) -> Any:
        """What `module:function` returns for `given` in another process; both ways it must bear pickling.

        Raises:
            Failed, StudioError, Died: see the module.
        """
        return await self.burn_when_free(lambda: (call, given, timeout_s))

    async def burn_when_free(self, load: Callable[[], tuple[str, Any, float | None]]) -> Any:
        """As `burn`, of a call, a given and a time that are asked for when a process is free."""
        place = await self._free.get()
        try:
            call, given, timeout_s = load()
            asked = asyncio.ensure_future(asyncio.to_thread(place.ask, call, given, timeout_s or self.timeout_s))
            try:
                answer = await asyncio.shield(asked)
            except asyncio.CancelledError:
                await asyncio.to_thread(place.kill)
                await asyncio.gather(asked, return_exceptions=True)
                raise
        finally:
            self._free.put_nowait(place)
        return taken(*answer)


def answered(work: Callable[[], Any]) -> Answer:
    """What work came to, packed: `taken` unpacks it."""
    try:
        return "done", work()
    except Failed as failed:
        return "Failed", str(failed), failed.reason
    except Exception as error:  # noqa: BLE001 - whatever it is, the process that asked decides
        return type(error).__name__, " ".join(str(error).split())


def taken(kind: str, told: Any, reason: Any = None) -> Any:
    """What work returned, or the error that it told."""
    if kind == "done":
        return told
    if kind == "Failed":
        raise Failed(reason, told)
    known: type[StudioError] | None = getattr(errors, kind, None)
    raise known(told) if known is not None else Failed("renderer", f"{kind}: {told}")


def _serve(line: Connection) -> None:
    """The life of a process: calls in, answers out, until nobody is at the other end."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        line.send("ready")
        while True:
            line.send(_answer(*line.recv()))
    except (EOFError, OSError):
        return


def _answer(call: str, given: Any) -> Answer:
    module, _, name = call.partition(":")
    return answered(lambda: getattr(import_module(module), name)(given))


def _end_with_parent() -> None:
    """A process that was killed cannot say goodbye: its end is seen here, whatever is being drawn."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
