"""Library: what people do with finished designs: look for them, look at them, name them, hand them on, delete them.

A design is named by its id or the beginning of it. Deleting is soft: the row, its files and its events stay.

Errors: those of `store.gallery` (UnknownDesign, NotKept), BadCursor of `store.queue`, and of `studio.errors`
(NotConfigured: no such product; Failed("disk"): a file is gone or not what was filed).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from graphs.packing import Packed
from store import gallery
from store.gallery import Cursor, Wanted

MOST = 50
"""Designs a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some designs, and where the next page begins; None after the last."""

    designs: list[Packed]
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Library:
    """The finished designs of one tenant."""

    pool: AsyncConnectionPool[Any]
    actor: str
    folder: Path
    """Where assets lie."""

    async def search(self, wanted: Wanted | None = None, most: int = MOST, after: Cursor | None = None) -> Page:
        """A page of designs with batch, brand, tags and the hash of the thumbnail."""
        asked = wanted or Wanted()
        async with self.pool.connection() as connection:
            rows = await gallery.load_page(connection, asked, most + 1, after)
        more = Cursor.after(rows[most - 1], asked.order) if len(rows) > most else None
        return Page(rows[:most], more)

    async def facets(self, wanted: Wanted | None = None) -> Packed:
        """How many designs are wanted ("count", "more"), by "categories" and "tags"."""
        async with self.pool.connection() as connection:
            return await gallery.load_facets(connection, wanted or Wanted())

    async def show(self, design: str | UUID) -> Packed:
        """All of one design: row, brand, batch, idea, prompt, seed, scores, files, tags, versions, events."""
        async with self.pool.connection() as connection:
            return await gallery.get_design(connection, await gallery.find_id(connection, str(design)))
