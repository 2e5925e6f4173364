"""Analyses that die: for each boundary a child that is killed there by its own hand (SIGKILL), then one that goes on.

    python mortal.py DATABASE_URL STUB_URL BOUNDARY:TENANT:IDEA ...

A boundary is the n-th thing that the checkpointer stored: a finished node's writes, or the state after a step. 0 never
dies. Each child is a fork made before any thread or connection is there. Prints one JSON line a job: the tenant,
whether it died, whether it ended, what was stored, and the specialists whose nodes had finished when it died.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from graphs.product import Product
from graphs.settings import Settings
from graphs.wiring import open_product


@dataclass
class Hand:
    """Counts what is stored, tells the parent, and strikes at its boundary."""

    boundary: int
    pipe: int
    stored: int = 0
    finished: list[str] = field(default_factory=list)

    def lay_on(self, product: Product) -> None:
        saver: Any = product.analyze_graph.checkpointer
        for name in ("aput", "aput_writes"):
            setattr(saver, name, self._wrapped(getattr(saver, name)))

    def _wrapped(self, store: Any) -> Any:
        async def stored(*args: Any, **named: Any) -> Any:
            result = await store(*args, **named)
            self.stored += 1
            for write in args[1] if isinstance(args[1], list | tuple) else ():
                if write[0] == "findings":
                    self.finished += list(write[1])
            os.write(self.pipe, json.dumps([self.stored, self.finished]).encode() + b"\n")
            if self.stored == self.boundary:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return stored


async def live(url: str, stub: str, tenant: str, idea_id: UUID, hand: Hand | None) -> None:
    """Analyse and approve, or go on with it."""
    settings = Settings(_env_file=None, database_url=url, tenant=tenant, model_base_url=stub, model_api_key=tenant)
    async with open_product(settings) as product:
        if hand is not None:
            hand.lay_on(product)
        await product.resume_unfinished()
        status = (await product.reviews.show(idea_id))["idea"]["status"]
        if status == "discovered":
            await product.analyze(idea_id)
        if status in ("discovered", "analysing", "pending_review"):
            await product.reviews.approve(idea_id, actor="mara")


def fork(job: Any) -> int:
    """Run a job in a fork; its wait status."""
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            asyncio.run(job)
            ended = 0
        finally:
            if ended:
                traceback.print_exc()
            sys.stderr.flush()
            os._exit(ended)
    job.close()
    return os.waitpid(child, 0)[1]


def main() -> None:
    """Every job in turn."""
    url, stub, *jobs = sys.argv[1:]
    for job in jobs:
        boundary, tenant, idea = job.split(":")
        reader, writer = os.pipe()
        status = fork(live(url, stub, tenant, UUID(idea), Hand(int(boundary), writer)))
        os.close(writer)
        with os.fdopen(reader) as told:
            lines = told.read().splitlines()
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        after = fork(live(url, stub, tenant, UUID(idea), None)) if died else status
        stored, finished = json.loads(lines[-1])
        print(json.dumps({"tenant": tenant, "died": died, "ended": after == 0, "stored": stored, "finished": finished}))


if __name__ == "__main__":
    main()
