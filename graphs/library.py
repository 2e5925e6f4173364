"""Library: what people do with finished designs: look for them, look at them, name them, hand them on, delete them.

A design is named by its id, or the beginning or the end of it. Deleting is soft: row, files and events stay. Whatever
opens a print file brings it back from where it was put away, and says so.

Errors: those of `store.gallery` (UnknownDesign, NotKept), NotSo of `store.batches`, BadCursor of `store.queue`, and of
`studio.errors` (BadBatch: no such form; NotConfigured: no such product; Failed("disk"): a file is gone or damaged).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool

from graphs.ageing import MOCKUPS, at_hand, bring_back
from graphs.handing import check_form, hand_on
from graphs.packing import Packed
from graphs.resemblance import grouped, ranked
from store import batches, curating, designs, gallery, twins
from store.ageing import HANDY
from store.assets import Assets
from store.gallery import Cursor, NotKept, Wanted
from studio.errors import BadBatch, Failed
from studio.export import CALLED
from studio.library import TAG_CHARS
from studio.names import file_name
from trends.normalize import clean

if TYPE_CHECKING:
    from PIL import Image

MOST = 50
"""Designs a page."""
MOST_SIMILAR = 12
MOST_EXPORTED = 500
MOST_OWN_TAGS = 24
PNG = "image/png"


@dataclass(frozen=True, slots=True)
class Page:
    """Some designs, and where the next page begins; None after the last."""

    designs: list[Packed]
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A file at hand."""

    path: Path
    media_type: str
    name: str
    """As it is called where it is handed on."""
    was: str = "hot"
    """The tier that it was brought back from; "hot": it was at hand."""
    remark: str = ""
    """What somebody who looks at it should know."""


@dataclass(frozen=True, slots=True)
class Library:
    """The finished designs of one tenant."""

    pool: AsyncConnectionPool[Any]
    actor: str
    folder: Path
    """Where assets lie."""

    def by(self, actor: str) -> Library:
        """The same, as this person does it."""
        return replace(self, actor=actor)

    @property
    def assets(self) -> Assets:
        """The files."""
        return Assets(self.folder)

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
        """All of one design: row, brand, batch, idea, prompt, seed, licences, attempts, scores, files, tags, versions,
        events, and under "duplicates" those that are the same drawing."""
        async with self.pool.connection() as connection:
            design_id = await gallery.find_id(connection, str(design))
            found = await gallery.get_design(connection, design_id)
            alike = await self._alike(connection, design_id)
            same = {each["id"]: each for each in alike if each["same"]}
            cards = await twins.load_cards(connection, list(same))
        made = found["made_with"]
        licences = {"licence": made.get("licences", made.get("licence")), "faces": made.get("faces", {})}
        return {**found, "licences": licences, "duplicates": [{**cards[each], **same[each]} for each in same]}

    async def similar(self, design: str | UUID, most: int = MOST_SIMILAR) -> list[Packed]:
        """Designs that look most like this one: the same drawing first, then by what was seen of their looks.

        Each with "same", "bits" (of 64 in which the hashes differ) and "likeness" ([0, 1]; None where one of them was
        measured by no descriptor, or by another).
        """
        async with self.pool.connection() as connection:
            found = await self._alike(connection, await gallery.find_id(connection, str(design)))
            cards = await twins.load_cards(connection, [each["id"] for each in found[:most]])
        return [{**cards[each["id"]], **each} for each in found[:most] if each["id"] in cards]

    async def duplicates(self, most: int = MOST) -> list[list[Packed]]:
        """Groups of shown designs that are the same drawing, the oldest of each first."""
        async with self.pool.connection() as connection:
            rows = await twins.load_hashes(connection)
            groups = (await asyncio.to_thread(grouped, rows))[:most]
            cards = await twins.load_cards(connection, [design_id for group in groups for design_id in group])
        return [[cards[design_id] for design_id in group if design_id in cards] for group in groups]

    async def ready_to_launch(self, most: int = MOST) -> list[Packed]:
        """Shown designs whose idea waits to be listed: what a launch begins with, the oldest first."""
        async with self.pool.connection() as connection:
            return await gallery.load_ready(connection, most)

    # What changes a design

    async def set_category(self, design: str | UUID, name: str) -> str:
        """What a person says it is of; '' is what the rule says. What it is now."""
        async with self.pool.connection() as connection:
            design_id = await gallery.find_id(connection, str(design))
            return await curating.set_category(connection, design_id, _tag(name) if name.strip() else "", self.actor)

    async def add_tags(self, design: str | UUID, names: Sequence[str]) -> list[str]:
        """Tags that a person is sure of; those that are new. BadBatch where one is empty or there are too many."""
        if len(names) > MOST_OWN_TAGS:
            raise BadBatch(f"{len(names)} tags at once: at most {MOST_OWN_TAGS}")
        plain = list(dict.fromkeys(_tag(name) for name in names))
        async with self.pool.connection() as connection:
            return await curating.add_tags(
                connection, await gallery.find_id(connection, str(design)), plain, self.actor
            )

    async def remove_tag(self, design: str | UUID, name: str) -> bool:
        """Whether it had that tag, and has it no more."""
        async with self.pool.connection() as connection:
            design_id = await gallery.find_id(connection, str(design))
            return await curating.remove_tag(connection, design_id, _tag(name), self.actor)

    async def delete(self, design: str | UUID, reason: str = "") -> bool:
        """Show it no more; whether it was shown."""
        async with self.pool.connection() as connection:
            return await curating.delete(connection, await gallery.find_id(connection, str(design)), self.actor, reason)

    async def restore(self, design: str | UUID, reason: str = "") -> bool:
        """Show a deleted design again, or let an older version stand for the newer; whether that was news."""
        async with self.pool.connection() as connection:
            return await curating.restore(
                connection, await gallery.find_id(connection, str(design)), self.actor, reason
            )

    async def redraw(self, design: str | UUID, seed: int | None = None, reason: str = "") -> Packed:
        """Queue the next version of its row, by another seed: the same one would give the same drawing.

        The new version with its id, row_id, version and status. NotSo where the row is just being drawn.
        """
        async with self.pool.connection() as connection:
            found = await gallery.get_design(connection, await gallery.find_id(connection, str(design)))
            other = (found["seed"] + found["versions"][0]["version"]) % 2**31 if seed is None else seed
            rows, why = [found["row_id"]], reason or f"redrawn by seed {other}"
            if not await designs.renew(connection, found["batch_id"], self.actor, rows, why, other):
                raise batches.NotSo(f"row {found['row_id']!r} of {found['batch']!r} is just being drawn")
            fresh: Packed = await gallery.get_standing(connection, found["batch_id"], found["row_id"])
            return fresh

    # Files

    async def open_file(self, design: str | UUID, kind: str) -> Opened:
        """A file of a design ("print", "press", "thumb", "vectors"), brought back where it was put away.

        Raises:
            NotKept: it has no such file; the message names those it has.
            Failed: "disk" where the file is gone or damaged.
        """
        async with self.pool.connection() as connection:
            design_id = await gallery.find_id(connection, str(design))
            found = await gallery.get_files(connection, design_id)
        file = found["files"].get(kind)
        if file is None:
            raise NotKept(f"design {design_id} has no file {kind!r}: there are {', '.join(sorted(found['files']))}")
        if kind not in HANDY:
            await bring_back(self.pool, self.assets, self.actor, [design_id], f"{kind} opened", kind)
        path = await asyncio.to_thread(at_hand, self.assets, file["sha256"])
        ending = CALLED.get(kind, kind).rpartition(".")[2]
        return Opened(path, file["media_type"], f"{file_name(found['text'])}-{kind}.{ending}", file["tier"])

    async def mock_up(self, design: str | UUID, product: str = "", side: str = "front", colourway: str = "") -> Opened:
        """A picture of the design on a product, PNG, made once; no product: its own, where it can be drawn.

        No colourway: the one most like the ground that it was drawn for. Raises NotConfigured naming what there is.
        """
        from studio.mockups import hidden_on, key_of, nearest_colourway

        async with self.pool.connection() as connection:
            found = await gallery.get_files(connection, await gallery.find_id(connection, str(design)))
        on = product or (found["product"] if found["product"] in products() else "shirt")
        palette = found["made_with"].get("palette") or {}
        colour = colourway or nearest_colourway(on, palette.get("ground", "#ffffff"))
        digest = found["files"]["print"]["sha256"]
        path = self.folder / MOCKUPS / digest[:2] / digest / f"{key_of(on, colour, side)[:32]}.png"
        if not path.exists():
            await bring_back(self.pool, self.assets, self.actor, [found["id"]], f"shown on a {on}", "print")
            await asyncio.to_thread(_mock_up, at_hand(self.assets, digest), path, on, colour, side)
        remark = hidden_on(on, colour, [palette[name] for name in ("ink",) if name in palette])
        return Opened(path, PNG, f"{file_name(found['text'])}-{on}-{colour}-{side}.png", remark=remark)

    async def export(self, chosen: Sequence[str | UUID], form: str, to: Path, name: str = "designs") -> list[Path]:
        """Hand these designs on as a folder, ZIP, Shopify CSV or atlas, each with a manifest; what was written.

        Raises:
            BadBatch: no designs, too many at once, or no such form.
            Failed: a file is gone or not what was filed; the disk is full.
        """
        check_form(form)
        if not 1 <= len(chosen) <= MOST_EXPORTED:
            raise BadBatch(f"{len(chosen)} designs to export: name 1 to {MOST_EXPORTED}")
        async with self.pool.connection() as connection:
            ids = [await gallery.find_id(connection, str(each)) for each in chosen]
            for each in ids:
                await gallery.check_known(connection, each)
            rows = await designs.load_drawn_ones(connection, ids)
        await bring_back(self.pool, self.assets, self.actor, ids, "exported")
        return await asyncio.to_thread(hand_on, rows, self.assets, form, to, name, True)

    async def _alike(self, connection: Any, design_id: UUID) -> list[Packed]:
        itself = await twins.find_look(connection, design_id)
        if itself is None:
            await gallery.check_known(connection, design_id)
        return ranked(itself or {}, await twins.load_candidates(connection, design_id))


def products() -> dict[str, Packed]:
    """What mock-ups there are: each product with its sides and its colourways by name, as "#rrggbb"."""
    from studio.products import PRODUCTS

    return {
        name: {"sides": list(product.areas), "colourways": dict(product.colourways)}
        for name, product in PRODUCTS.items()
    }


def _mock_up(source: Path, path: Path, product: str, colourway: str, side: str) -> None:
    from PIL import Image, UnidentifiedImageError

    from studio.mockups import mockup

    try:
        with Image.open(source) as image:
            image.load()
            picture = mockup(image, product, colourway, side)
    except (UnidentifiedImageError, SyntaxError, OSError) as damaged:
        raise Failed("disk", f"the print file is damaged ({damaged}): draw the design again") from damaged
    _save(picture, path)


def _save(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        picture.save(beside, "PNG", compress_level=6)
        os.replace(beside, path)  # noqa: PTH105 - says that it replaces
    finally:
        beside.unlink(missing_ok=True)


def _tag(name: str) -> str:
    """A tag or a category as the library writes them; BadBatch where nothing is left of it."""
    plain = clean(name.encode("utf-8", "replace").decode()).casefold()[:TAG_CHARS].strip()
    if not plain:
        raise BadBatch(f"{name!r} is no tag: write a word")
    return plain
