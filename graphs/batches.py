"""Batches: what people do with files of rows and with brands, and what the system does with an approved idea.

A batch is kept under the hash of its rows, its brand and its plan: begun again it is found, and nothing is drawn anew.
Who works it off is `graphs.workshop`; everything here holds while it does.

Errors: those of `store.batches` (UnknownBatch, UnknownBrand, NotSo) and of `studio.errors` (BadBatch, BadReference).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import category
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from graphs.ageing import bring_back
from graphs.brands import up_to_date
from graphs.descriptors import descriptor_for, lines_told
from graphs.firing import RENDERERS, Kit
from graphs.handing import check_form, hand_on
from graphs.packing import Packed
from graphs.produce import Plan
from store import batches, designs
from store.assets import Assets
from store.batches import NewBatch
from studio.brand import pack_profile, profile_of
from studio.drawing import Row
from studio.errors import BadBatch, BadReference
from studio.house import HOUSE
from studio.references import open_references

IDEAS_AT_ONCE = 20
"""Approved ideas that one turn of the schedule begins batches for."""
MOST_BRAND, MOST_NAME = 80, 200
"""Characters of the names of a brand and of a batch."""
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
    kit: Kit = field(default_factory=Kit)

    def by(self, actor: str) -> Batches:
        """The same, as this person does it."""
        return replace(self, actor=actor)

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
        if fault := name_fault(name, MOST_NAME):
            raise BadBatch(f"the batch's name {fault}")
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
            await self.begin([row_of(row)], name_of(f"idea: {row['phrase']}"), idea=(row["id"], row["revision"]))
            for row in ideas
        ]

    async def pause(self, batch: str | UUID, reason: str = "") -> Packed:
        """Give out no more rows; those that are being drawn end."""
        return await self._move(batch, "paused", reason)

    async def resume(self, batch: str | UUID, reason: str = "") -> Packed:
        """Go on with a paused batch; one that stands for a renderer asks it again at once."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            if found["status"] == "paused":
                await batches.move_batch(connection, found["id"], "running", self.actor, reason)
            elif found["status"] != "running":
                raise batches.NotSo(f"{found['name']!r} is {found['status']}: retry its rows instead")
            await batches.hold_batch(connection, found["id"])
            return await batches.get_batch(connection, found["id"])

    async def cancel(self, batch: str | UUID, reason: str = "") -> Packed:
        """Give up all that is not done; what is being drawn is stopped within seconds."""
        return await self._move(batch, "cancelled", reason)

    async def retry(
        self, batch: str | UUID, rows: Sequence[str] | None = None, reason: str = "retried", seed: int | None = None
    ) -> int:
        """Queue these rows anew, or all dead letters; how many. With a seed, they are drawn by that one."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            return await designs.renew(connection, found["id"], self.actor, rows, reason, seed)

    async def prioritise(self, batch: str | UUID, priority: int, row: str | None = None) -> Packed:
        """Let a batch, or one row of it that waits, go before others: the higher first."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            if row is None:
                await batches.set_priority(connection, found["id"], priority)
            elif not await designs.set_row_priority(connection, found["id"], row, priority):
                raise batches.NotSo(f"no row {row!r} of {found['name']!r} waits")
            return await batches.get_batch(connection, found["id"])

    async def show(self, batch: str | UUID, statuses: Sequence[str] | None = None) -> Packed:
        """A batch with its counts, and under "designs" its rows as they stand."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            return {**found, "designs": await designs.load_designs(connection, found["id"], statuses)}

    async def find(self, batch: str | UUID) -> Packed:
        """A batch with its counts."""
        async with self.pool.connection() as connection:
            return await batches.get_batch(connection, batch)

    async def rows(
        self, batch: str | UUID, statuses: Sequence[str] | None = None, most: int | None = None, after: int = 0
    ) -> list[Packed]:
        """Rows of a batch behind a line of its file, each with its attempts and their scores under "tries"."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            rows = await designs.load_designs(connection, found["id"], statuses, most, after)
            tries = await designs.load_attempts(connection, [row["id"] for row in rows])
        return [{**row, "tries": tries[row["id"]]} for row in rows]

    async def newest(
        self, most: int = 50, after: tuple[datetime, UUID] | None = None, statuses: Sequence[str] | None = None
    ) -> list[Packed]:
        """The newest batches with their counts, behind this one, of these statuses."""
        async with self.pool.connection() as connection:
            return await batches.load_batches(connection, most, after, statuses)

    async def files(self, design: UUID) -> Packed | None:
        """What was drawn for a design, with its files; None where nothing was yet."""
        async with self.pool.connection() as connection:
            return await designs.find_drawn(connection, design)

    async def export(self, batch: str | UUID, form: str, to: Path) -> list[Path]:
        """Hand the finished designs of a batch on; what was written, with a manifest beside it.

        Raises:
            BadBatch: nothing of it is finished, or there is no such form.
            Failed: a file is gone or not what was filed; the disk is full.
        """
        check_form(form)
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            rows = await designs.load_drawn(connection, found["id"])
        if not rows:
            raise BadBatch(f"nothing of {found['name']!r} is finished: look at `bellwether batch show`")
        assets = Assets(self.folder)
        await bring_back(self.pool, assets, self.actor, [row["id"] for row in rows], "exported with its batch")
        return await asyncio.to_thread(hand_on, rows, assets, form, to, found["name"], False)

    async def held_bytes(self, batch: str | UUID) -> int:
        """How much its finished files are together."""
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            return await designs.drawn_bytes(connection, found["id"])

    async def add_brand(self, name: str, images: Sequence[tuple[str, bytes]], descriptor: str = "classical") -> Packed:
        """A brand from one to five images, or its next version; each is (where it came from, its bytes).

        Raises:
            BadReference: which image cannot be used, and why.
            NotConfigured: what the descriptor lacks.
        """
        if name == HOUSE.name:
            raise BadReference(f"{name!r} is the house's own brand: choose another name")
        if fault := name_fault(name, MOST_BRAND) or address_fault(name):
            raise BadReference(f"the brand's name {fault}")
        profile, digests = await asyncio.to_thread(self._measure, name, images, descriptor)
        async with self.pool.connection() as connection:
            row = await batches.put_brand(connection, name, profile, digests, self.actor)
        return {**row, **lines_told(row["profile"])}

    async def brands(self) -> Sequence[Packed]:
        """Each brand as it is in force."""
        async with self.pool.connection() as connection:
            await self._brand_id(connection, HOUSE.name)
            return await batches.load_brands(connection)

    async def brand(self, name: str) -> Packed:
        """One brand as it is in force, with its profile and the lines that it is held against.

        BadReference where it must be added again.
        """
        async with self.pool.connection() as connection:
            await self._brand_id(connection, HOUSE.name)
            row = await self._brand(connection, name)
        return {**row, **lines_told(row["profile"])}

    def _measure(self, name: str, images: Sequence[tuple[str, bytes]], descriptor: str) -> tuple[Packed, list[str]]:
        assets = Assets(self.folder)
        sees, kept = descriptor_for(descriptor, self.kit, assets)
        opened = open_references(images)
        digests = [assets.put(content) for _, content in images]
        return pack_profile(profile_of(name, opened, sees, {**kept, "references": digests})), digests

    async def _move(self, batch: str | UUID, status: str, reason: str) -> Packed:
        async with self.pool.connection() as connection:
            found = await batches.get_batch(connection, batch)
            await batches.move_batch(connection, found["id"], status, self.actor, reason)
            return await batches.get_batch(connection, found["id"])

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


def name_of(text: str, most: int = MOST_NAME) -> str:
    """A name made of any text: in one line, without what cannot be seen, at most so long."""
    seen = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(seen.split())[:most].strip() or "unnamed"


def name_fault(name: str, most: int) -> str:
    """What is wrong with a name that people type; empty where nothing is."""
    if not name.strip():
        return "is empty"
    if len(name) > most:
        return f"has {len(name):,} characters; at most {most} can be used"
    if name != name.strip():
        return f"{name!r} begins or ends with a space: leave it out"
    strange = next((sign for sign in name if category(sign) in ("Cc", "Cs")), "")
    return f"holds a character that cannot be seen (U+{ord(strange):04X}): leave it out" if strange else ""


def address_fault(name: str) -> str:
    """What is wrong with a name that stands in addresses; empty where nothing is."""
    if "/" in name:
        return "holds a /, which stands for folders"
    strange = next((sign for sign in name if not sign.isprintable()), "")
    return f"holds a character that cannot be seen (U+{ord(strange):04X}): leave it out" if strange else ""


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
