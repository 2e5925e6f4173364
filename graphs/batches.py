"""Batches: what people do with files of rows and with brands, and what the system does with an approved idea.

A batch is kept under the hash of its rows, its brand and its plan: begun again it is found, and nothing is drawn anew.
Who works it off is `graphs.workshop`; everything here holds while it does.

Errors: those of `store.batches` (UnknownBatch, UnknownBrand, NotSo) and of `studio.errors` (BadBatch, BadReference).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from graphs.brands import up_to_date
from graphs.firing import RENDERERS
from graphs.packing import Packed
from graphs.produce import Plan
from store import batches, designs
from store.assets import Assets
from store.batches import NewBatch
from studio.brand import pack_profile, profile_of
from studio.descriptors.classical import Classical
from studio.drawing import Row
from studio.errors import BadBatch, BadReference
from studio.export import Design, write_atlas, write_folder, write_shopify, write_zip
from studio.house import HOUSE
from studio.library import Tag
from studio.names import file_name
from studio.print import File
from studio.references import open_reference

IDEAS_AT_ONCE = 20
"""Approved ideas that one turn of the schedule begins batches for."""
EXPORTS: Mapping[str, Callable[[Sequence[Design], Path, str], list[Path]]] = {
    "folder": lambda made, to, _name: write_folder(made, to),
    "zip": lambda made, to, name: [write_zip(made, to / f"{name}.zip")],
    "shopify": lambda made, to, _name: write_shopify(made, to, "Bellwether"),
    "atlas": lambda made, to, _name: write_atlas(made, to),
}
"""How designs are handed on: into a folder, under the name of their batch."""
SLOTS: Mapping[str, int] = {"text": 200, "audience": 120}


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch, and whether it is new or was found."""

    id: UUID
    is_new: bool


@dataclass(frozen=True, slots=True)
class Batches:
    """The batches and brands of one tenant."""

    pool: AsyncConnectionPool[Any]
    actor: str
    folder: Path
    """Where assets lie."""

    async def begin(
        self,
        rows: Sequence[Row],
        name: str,
        brand: str = HOUSE.name,
        plan: Plan | None = None,
        refused: Sequence[Mapping[str, Any]] = (),
        priority: int = 0,
        idea: tuple[UUID, int] | None = None,
    ) -> Begun:
        """Queue rows to be drawn in a brand's style; the same again is found and, if it is over, left as it is."""
        how = plan or Plan()
        _check(rows, how)
        packed = [asdict(row) for row in rows]
        async with self.pool.connection() as connection:
            brand_id = await self._brand_id(connection, brand)
            key = _key_of(packed, brand_id, how, idea)
            new = NewBatch(key, name, brand_id, asdict(how), packed, self.actor, refused, priority, idea)
            return Begun(*await batches.put_batch(connection, new))

    async def begin_approved(self, most: int = IDEAS_AT_ONCE) -> list[Begun]:
        """A batch of one, in the house's style, for each approved idea that nobody can take back any more."""
        async with self.pool.connection() as connection:
            ideas = await designs.ideas_to_design(connection, most)
        return [
            await self.begin([row_of(row)], f"idea: {row['phrase']}"[:200], idea=(row["id"], row["revision"]))
            for row in ideas
        ]

    async def pause(self, batch: str, reason: str = "") -> Packed:
        """Give out no more rows; those that are being drawn end."""
        return await self._move(batch, "paused", reason)

    async def resume(self, batch: str, reason: str = "") -> Packed:
        """Go on with a paused batch; one that stands for a renderer asks it again at once."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            if found["status"] == "paused":
                await batches.move_batch(connection, found["id"], "running", self.actor, reason)
            elif found["status"] != "running":
                raise batches.NotSo(f"{found['name']!r} is {found['status']}: retry its rows instead")
            await batches.hold_batch(connection, found["id"])
            return await batches.get_batch(connection, str(found["id"]))

    async def cancel(self, batch: str, reason: str = "") -> Packed:
        """Give up all that is not done; what is being drawn is stopped within seconds."""
        return await self._move(batch, "cancelled", reason)

    async def retry(self, batch: str, rows: Sequence[str] | None = None, reason: str = "retried") -> int:
        """Queue these rows anew, or all dead letters; how many."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            return await designs.renew(connection, found["id"], self.actor, rows, reason)

    async def prioritise(self, batch: str, priority: int, row: str | None = None) -> Packed:
        """Let a batch, or one row of it that waits, go before others: the higher first."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            if row is None:
                await batches.set_priority(connection, found["id"], priority)
            elif not await designs.set_row_priority(connection, found["id"], row, priority):
                raise batches.NotSo(f"no row {row!r} of {found['name']!r} waits")
            return await batches.get_batch(connection, str(found["id"]))

    async def show(self, batch: str, statuses: Sequence[str] | None = None) -> Packed:
        """A batch with its counts, and under "designs" its rows as they stand."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            return {**found, "designs": await designs.load_designs(connection, found["id"], statuses)}

    async def newest(self, most: int = 50) -> list[Packed]:
        """The newest batches with their counts."""
        async with self.pool.connection() as connection:
            return await batches.load_batches(connection, most)

    async def files(self, design: UUID) -> Packed | None:
        """What was drawn for a design, with its files; None where nothing was yet."""
        async with self.pool.connection() as connection:
            return await designs.find_drawn(connection, design)

    async def export(self, batch: str, form: str, to: Path) -> list[Path]:
        """Hand the finished designs of a batch on; what was written, with a manifest beside it.

        Raises:
            BadBatch: nothing of it is finished.
            Failed: a file is gone or not what was filed; the disk is full.
        """
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            rows = await designs.load_drawn(connection, found["id"])
        if not rows:
            raise BadBatch(f"nothing of {found['name']!r} is finished: look at `bellwether batch show`")
        made = [self._design(row) for row in rows]
        return await asyncio.to_thread(EXPORTS[form], made, to, file_name(found["name"]))

    def _design(self, row: Packed) -> Design:
        files = {kind: File(Assets(self.folder).path(each["sha256"]), **each) for kind, each in row["files"].items()}
        tags = tuple(Tag(name, confidence) for name, confidence in row["tags"].items())
        plain = {
            name: row[name] for name in ("prompt", "negative", "seed", "renderer", "version", "brand", "made_with")
        }
        return Design(row=Row(**row["row"]), files=files, tags=tags, category=row["category"], **plain)

    async def add_brand(self, name: str, images: Sequence[tuple[str, bytes]]) -> Packed:
        """A brand from one to five images, or its next version; each is (where it came from, its bytes).

        Raises:
            BadReference: which image cannot be used, and why.
        """
        if name == HOUSE.name:
            raise BadReference(f"{name!r} is the house's own brand: choose another name")
        profile, digests = await asyncio.to_thread(self._measure, name, images)
        async with self.pool.connection() as connection:
            return await batches.put_brand(connection, name, profile, digests, self.actor)

    async def brands(self) -> Sequence[Packed]:
        """Each brand as it is in force."""
        async with self.pool.connection() as connection:
            await self._brand_id(connection, HOUSE.name)
            return await batches.load_brands(connection)

    async def brand(self, name: str) -> Packed:
        """One brand as it is in force, with its profile; BadReference where it must be added again."""
        async with self.pool.connection() as connection:
            await self._brand_id(connection, HOUSE.name)
            return await self._brand(connection, name)

    def _measure(self, name: str, images: Sequence[tuple[str, bytes]]) -> tuple[Packed, list[str]]:
        opened = [open_reference(content, where) for where, content in images]
        digests = [Assets(self.folder).put(content) for _, content in images]
        return pack_profile(profile_of(name, opened, Classical(), {"references": digests})), digests

    async def _move(self, batch: str, status: str, reason: str) -> Packed:
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            await batches.move_batch(connection, found["id"], status, self.actor, reason)
            return await batches.get_batch(connection, str(found["id"]))

    async def _brand_id(self, connection: Any, name: str) -> UUID:
        if name == HOUSE.name:
            row = await batches.put_brand(connection, name, pack_profile(HOUSE), [], "bellwether")
        else:
            row = await self._brand(connection, name)
        found: UUID = row["id"]
        return found

    async def _brand(self, connection: Any, name: str) -> Packed:
        """As it is in force; its next version where it was measured by an older descriptor."""
        row = await batches.get_brand(connection, name)
        profile = await asyncio.to_thread(up_to_date, row["profile"], Assets(self.folder))
        return await batches.put_brand(connection, name, profile, row["images"], "bellwether")


def row_of(idea: Mapping[str, Any]) -> Row:
    """The row that an approved idea becomes: its phrase, with its occasion beneath."""
    occasion = (idea["occasion"] or {}).get("name", "")
    return Row(
        id=str(idea["id"]),
        text=idea["phrase"][: SLOTS["text"]],
        keyword=idea["phrase"][: SLOTS["text"]],
        hook=occasion,
        audience=idea["audience"][: SLOTS["audience"]],
        product_format=idea["product_format"],
    )


def _check(rows: Sequence[Row], plan: Plan) -> None:
    if not rows:
        raise BadBatch("a batch needs a row")
    if not (64 <= plan.width <= 9000 and 64 <= plan.height <= 9000 and 30 <= plan.dpi <= 1200):
        raise BadBatch(f"{plan.width} x {plan.height} at {plan.dpi} DPI: each side 64 to 9,000 px, 30 to 1,200 DPI")
    for name in (plan.renderer, plan.fallback):
        if name is not None and name not in RENDERERS:
            raise BadBatch(f"no renderer {name!r}; there are: {', '.join(RENDERERS)}")


def _key_of(rows: Sequence[Packed], brand_id: UUID, plan: Plan, idea: tuple[UUID, int] | None) -> str:
    told = {"rows": rows, "brand": str(brand_id), "plan": asdict(plan), "idea": str(idea or "")}
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
