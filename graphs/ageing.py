"""Ageing: where the files of designs lie as nobody uses them, and how they come back.

hot       all files at hand
archive   from the 90th day without use on: print and press files are packed (about half the room), the thumbnail and
          the vectors stay; the design is found and looked at as before
cold      after twelve months: the packed files lie in a folder of their own, which may be a slower disk

Opened, exported or shown on a product, a design is hot again. docs/keeping.md has the figures.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from store import ageing, curating
from store.assets import Assets, Tier
from store.errors import Damaged
from studio.errors import Failed

BATCH = 500
"""Designs a transaction."""
FILES = 100
"""Files that are looked up together."""
BUDGET_S = 300.0
"""So long one turn moves files; what is left waits for the next."""
MOCKUPS = "mockups"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ageing:
    """The designs of one tenant as they grow old."""

    pool: AsyncConnectionPool[Any]
    actor: str
    folder: Path
    """Where assets lie."""
    archive_days: int = 90
    cold_days: int = 365
    cold: Path | None = None
    """Where cold files lie, if not beside the others."""

    async def turn(self, now: datetime | None = None, budget_s: float = BUDGET_S) -> dict[str, int]:
        """Put away what is old enough; designs by tier, files, and the bytes that they took less at hand.

        Killed anywhere, the next turn goes on; done twice at once, each file moves once.
        """
        moment, until = now or datetime.now(UTC), time.monotonic() + budget_s
        try:
            await asyncio.to_thread(link_cold, self.folder, self.cold)
        except FileExistsError as elsewhere:
            _LOG.warning("%s", elsewhere)
        counts: Counter[str] = Counter()
        for tier, days in (("cold", self.cold_days), ("archive", self.archive_days)):
            before = moment - timedelta(days=days)
            async with self.pool.connection() as connection:
                while moved := await ageing.age_batch(connection, tier, before, self.actor, BATCH):
                    counts[tier] += moved
        await self._put_files_away(counts, until)
        return dict(counts)

    async def _put_files_away(self, counts: Counter[str], until: float) -> None:
        seen: set[str] = set()
        while time.monotonic() < until:
            async with self.pool.connection() as connection:
                due = await ageing.load_due(connection, seen, FILES)
            if not due:
                return
            for digest in due:
                seen.add(digest)
                freed = await self._put_away(digest)
                counts["files"] += freed > 0
                counts["bytes"] += freed
                if time.monotonic() > until:
                    return

    async def _put_away(self, digest: str) -> int:
        assets = Assets(self.folder)
        async with self.pool.connection() as connection, connection.transaction():
            has, wanted = await ageing.lock_file(connection, digest)
            if has == wanted or wanted == "hot":
                return 0
            try:
                freed = await asyncio.to_thread(_move, assets, digest, wanted)
            except (FileNotFoundError, Damaged) as wrong:
                _LOG.warning("not put away: %s", wrong)
                return 0
            await curating.set_tier(connection, digest, wanted)
        return freed


async def bring_back(
    pool: AsyncConnectionPool[Any], assets: Assets, actor: str, designs: Sequence[UUID], why: str,
    kind: str | None = None,
) -> dict[UUID, str]:  # fmt: skip
    """These designs are used now: their files, or those of one kind, are at hand again.

    Which had been put away, and in which tier. Raises Failed("disk") where a file is gone or damaged.
    """
    async with pool.connection() as connection:
        back = await curating.use(connection, designs, actor, why)
        for row in await curating.load_put_away(connection, designs, kind):
            async with connection.transaction():
                await ageing.lock_file(connection, row["sha256"])
                await asyncio.to_thread(at_hand, assets, row["sha256"])
                await curating.set_tier(connection, row["sha256"], "hot")
    return back


def at_hand(assets: Assets, digest: str) -> Path:
    """The file of this hash, brought back where it was put away. Failed("disk") where it is gone or damaged."""
    try:
        return assets.fetch(digest)[0]
    except (FileNotFoundError, Damaged) as wrong:
        raise Failed("disk", f"{wrong}: draw the design again") from wrong


def link_cold(folder: Path, cold: Path | None) -> None:
    """Have cold files lie in another folder, made if it is not there. What lies elsewhere already is not moved.

    Raises:
        FileExistsError: cold files lie somewhere else; the message says what to do.
    """
    if cold is None:
        return
    link = folder / "cold"
    if link.exists() or link.is_symlink():
        if link.resolve() != cold.resolve():
            raise FileExistsError(
                f"cold files lie in {link.resolve()}, not in {cold}: move them there and link {link} to it"
            )
        return
    cold.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    link.symlink_to(cold.resolve(), target_is_directory=True)


def _move(assets: Assets, digest: str, tier: Tier) -> int:
    rmtree(assets.folder / MOCKUPS / digest[:2] / digest, ignore_errors=True)
    return assets.put_away(digest, tier)
