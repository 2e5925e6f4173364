"""Package: a folder for a person to upload from, where a marketplace has no interface for listings.

Redbubble and Amazon Merch on Demand take designs by their own web pages alone, and we drive no browser. A listing is
`ROOT/<our key>/` with the print file, its pictures, `texts.csv` (the fields of the marketplace's form in their order),
`checklist.html` and `package.json`. It is a draft until the person says where it stands (`tell_live`); a listing that
was changed since is a draft again, and its checklist says what to change it at.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from market.errors import ListingGone, MarketRefused
from market.listing import Files, Listing, Standing, State, pack, unpack
from market.marketplaces.folder import shown_of
from market.marketplaces.preview import checklist
from market.marketplaces.shelf import Shelf, checked, folder_name, name_of, pictures_of
from market.minor import decimal_of
from studio.rows import csv_of

PRINT = "print.png"


@dataclass(frozen=True, slots=True)
class Field:
    """One of a form: what it is called there, how many characters it takes, and what goes into it."""

    name: str
    most: int
    read: Callable[[Listing], str]


@dataclass(frozen=True, slots=True)
class Form:
    """A marketplace's page for a new design."""

    name: str
    title: str
    address: str
    fields: tuple[Field, ...]
    wanted: str
    """Of the print file."""


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _point(at: int) -> Callable[[Listing], str]:
    return lambda listing: listing.bullets[at] if len(listing.bullets) > at else ""


def _price(listing: Listing) -> str:
    return f"{decimal_of(listing.price_cents, listing.currency)} {listing.currency}"


def _text(listing: Listing) -> str:
    return listing.description


REDBUBBLE = Form(
    "redbubble", "Redbubble", "https://www.redbubble.com/portfolio/images/new",
    (
        Field("Title", 100, lambda listing: listing.title),
        Field("Tags", 750, lambda listing: ", ".join(listing.tags)),
        Field("Description", 1500, _text),
    ),
    "PNG, at least 2400 pixels wide; 7632 x 6480 for every product",
)  # fmt: skip
"""As its page for adding new work had it; from memory, 2026-11-30."""


def amazon_merch(brand: str) -> Form:
    """Amazon Merch on Demand, as its page for a new product had it; from memory, 2026-11-30."""
    return Form(
        "amazon_merch", "Amazon Merch on Demand", "https://merch.amazon.com/designs/new",
        (
            Field("List price", 40, _price),
            Field("Brand", 50, lambda _: brand),
            Field("Design title", 60, lambda listing: listing.title),
            Field("Feature bullet 1", 256, _point(0)),
            Field("Feature bullet 2", 256, _point(1)),
            Field("Product description", 2000, _text),
        ),
        "PNG, 4500 x 5400 pixels at 300 DPI for a shirt, under 25 MB",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Held:
    listing: Listing
    state: State
    url: str
    """Where a person put it up; empty where nobody did yet."""


class UploadPackages:
    """Packages for one marketplace, in a folder of their own."""

    def __init__(self, root: Path, form: Form) -> None:
        self.root, self.form, self._shelf = root, form, Shelf(root)

    @property
    def name(self) -> str:
        return self.form.name

    async def find(self, key: str) -> Standing | None:
        """What was packed under our key, and whether a person said it is up."""
        name = folder_name(key)
        held = await asyncio.to_thread(self._read, name)
        return None if held is None else self._standing(name, held)

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """A package; as it was where nothing changed since, and then live if a person said so."""
        return await asyncio.to_thread(self._put, listing, standing, files)

    async def end(self, standing: Standing) -> Standing:
        """Its checklist says to take it down."""
        held = await asyncio.to_thread(self._read, standing.native_id)
        if held is None:
            raise ListingGone(f"no package {standing.native_id[:120]!r} in {self.root}")
        return await asyncio.to_thread(self._turned, standing.native_id, held, "ended", held.url)

    async def tell_live(self, key: str, url: str) -> Standing:
        """A person says where it stands. MarketRefused: that is no address; ListingGone: nothing is packed."""
        if not _is_address(url):
            raise MarketRefused(f"{url[:120]!r} is no address of a page: it begins with https://")
        name = folder_name(key)
        held = await asyncio.to_thread(self._read, name)
        if held is None:
            raise ListingGone(f"no package {key[:120]!r} yet: a worker packs it once it is approved")
        return await asyncio.to_thread(self._turned, name, held, "live", url)

    def _put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        name = folder_name(listing.key)
        held = self._read(name)
        if standing is not None and held is None:
            raise ListingGone(f"{self.root / name} is not there any more")
        if not listing.print_sha256:
            raise MarketRefused("it has no print file: there is nothing to upload")
        contents = {PRINT: checked(listing.print_sha256, "the print file", files)}
        contents |= pictures_of(listing.pictures, files)
        self._texts(listing)
        lengths = {file: len(content) for file, content in contents.items()}
        if held is not None and (held.listing, held.state != "ended") == (listing, True):
            if self._shelf.has(name, lengths | self._lengths(held)):
                return self._standing(name, held)
            made = held
        else:
            made = _Held(listing, "draft", held.url if held else "")
        self._write(name, made, contents)
        return self._standing(name, made)

    def _read(self, name: str) -> _Held | None:
        return self._shelf.read(
            name, "package.json", lambda told: _Held(unpack(told["listing"]), told["state"], told["url"])
        )

    def _turned(self, name: str, held: _Held, state: State, url: str) -> Standing:
        made = _Held(held.listing, state, url)
        if made != held:
            self._write(name, made, {})
        return self._standing(name, made)

    def _write(self, name: str, held: _Held, contents: Mapping[str, bytes]) -> None:
        told = {"listing": pack(held.listing), "state": held.state, "url": held.url}
        packed = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()
        kept = frozenset({PRINT, *map(name_of, held.listing.pictures)})
        self._shelf.write(name, {**contents, **self._pages(held), "package.json": packed}, kept)

    def _pages(self, held: _Held) -> dict[str, bytes]:
        """What is made of the texts."""
        texts = self._texts(held.listing)
        rows: list[list[Any]] = [[field.name, text] for field, text in texts]
        names = {each.sha256: name_of(each) for each in held.listing.pictures}
        page = checklist(held.listing, names, held.state, self.form, self._steps(held), texts)
        return {"texts.csv": csv_of(("Field", "Text"), rows), "checklist.html": page.encode()}

    def _lengths(self, held: _Held) -> dict[str, int]:
        return {file: len(content) for file, content in self._pages(held).items()}

    def _texts(self, listing: Listing) -> list[tuple[Field, str]]:
        """The form, filled; MarketRefused where a field takes less."""
        texts = [(field, field.read(listing)) for field in self.form.fields]
        for field, text in texts:
            if len(text) > field.most:
                raise MarketRefused(f"{self.form.title} takes {field.most} characters of {field.name}, not {len(text)}")
        return texts

    def _steps(self, held: _Held) -> list[str]:
        """What the person does, one thing after the other."""
        if held.state == "ended":
            return [f"Take the listing down at {held.url or self.form.address}."]
        where = f"Open the listing at {held.url} and change it." if held.url else f"Open {self.form.address}."
        steps = [where, f"Upload {PRINT} ({self.form.wanted}).", "Copy the texts below into the form, field by field."]
        if held.listing.disclosures.designed_by == "seller with AI":
            steps.append("Where the form asks, say that AI helped with the design.")
        return [*steps, "Publish it, then tell Bellwether its address."]

    def _standing(self, name: str, held: _Held) -> Standing:
        page = (self.root / name / "checklist.html").resolve().as_uri()
        return Standing(name, held.state, held.url if held.state == "live" else page, shown_of(held.listing))
