"""A library with real files: what its tests, those of ageing and those of the doors stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from graphs.library import Library
from store.assets import Assets
from store.decisions import every
from store.postgres import pool
from tests.batched import begin, file_all, files_of, rows

TEXTS = {"1": "Gone fishing", "2": "Coffee first", "3": "Coffee first", "4": "../../etc/passwd\n=cmd()"}


@dataclass(frozen=True)
class Stocked:
    """A library with a design for each of TEXTS, by the ids of their rows."""

    library: Library
    ids: dict[str, UUID]
    sessions: AsyncConnectionPool[Any]

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.sessions.connection() as connection:
            return await every(connection, query, *values)

    async def events(self, row_id: str) -> list[tuple[str, str]]:
        found = await self.library.show(self.ids[row_id])
        return [(each["to_status"], each["reason"]) for each in found["events"] if each["actor"] == "ana"]


@asynccontextmanager
async def stock(database: str, folder: Path) -> AsyncIterator[Stocked]:
    """A library of tenant `default` with its assets in a folder."""
    async with pool(database, "default", 4) as sessions:
        assets, looks = (
            Assets(folder),
            {"1": [1.0, 0.0], "2": [0.0, 1.0], "3": [0.0, 1.0], "4": [0.6, 0.8]},
        )
        given = [*(row for row_id, text in TEXTS.items() for row in rows(row_id, text=text))]
        told = {
            row_id: {
                "files": files_of(assets, row_id), "phash": {"1": 0xFFFF, "2": 0b111, "3": 0b011, "4": 0b011}[row_id],
                "look": {"model": "classical 1", "vector": looks[row_id]},
                "made_with": {"palette": {"ground": "#101010"}, "composition": "arched"},
            }
            for row_id, text in TEXTS.items()
        }  # fmt: skip
        async with sessions.connection() as connection:
            await begin(connection, given)
            ids = await file_all(connection, told)
        yield Stocked(Library(sessions, "ana", assets.folder), ids, sessions)
