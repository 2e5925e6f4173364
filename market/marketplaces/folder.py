"""Folder: listings as folders, the default where no shop is connected, and the fake that keeps its promise.

A listing is `ROOT/<our key>/` with `listing.json`, its pictures (named by their content) and `preview.html`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from market.errors import ListingGone
from market.listing import Files, Listing, Standing, State, body_of, pack, unpack
from market.marketplaces.preview import render
from market.marketplaces.shelf import Shelf, folder_name, name_of, pictures_of

Held = tuple[Listing, State]


class FolderMarketplace:
    """Puts listings up in a folder of this machine, which it makes where it is absent."""

    name = "folder"

    def __init__(self, root: Path) -> None:
        self.root, self._shelf = root, Shelf(root)

    async def find(self, key: str) -> Standing | None:
        """What stands under our key; MarketRefused where its `listing.json` was made unreadable."""
        return await asyncio.to_thread(self._find, folder_name(key))

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """The listing, live. Writes nothing where it stands already as it should."""
        return await asyncio.to_thread(self._put, listing, standing, files)

    async def end(self, standing: Standing) -> Standing:
        """Mark it ended; the folder stays."""
        return await asyncio.to_thread(self._end, standing)

    def _find(self, native_id: str) -> Standing | None:
        held = self._read(native_id)
        return None if held is None else self._standing(native_id, *held)

    def _put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        native_id = folder_name(listing.key)
        held = self._read(native_id)
        if standing is not None and held is None:
            raise ListingGone(f"{self.root / native_id} is not there any more")
        pictures = pictures_of(listing.pictures, files)
        if held != (listing, "live") or not self._whole(native_id, listing, pictures):
            self._write(native_id, listing, "live", pictures)
        return self._standing(native_id, listing, "live")

    def _end(self, standing: Standing) -> Standing:
        native_id = standing.native_id
        held = self._read(native_id)
        if held is None:
            raise ListingGone(f"no listing {native_id[:120]!r} in {self.root}")
        listing, state = held
        if state != "ended":
            self._write(native_id, listing, "ended", {})
        return self._standing(native_id, listing, "ended")

    def _read(self, native_id: str) -> Held | None:
        return self._shelf.read(native_id, "listing.json", lambda held: (unpack(held["listing"]), held["state"]))

    def _standing(self, native_id: str, listing: Listing, state: State) -> Standing:
        return Standing(
            native_id, state, (self.root / native_id / "preview.html").resolve().as_uri(), shown_of(listing)
        )

    def _whole(self, native_id: str, listing: Listing, pictures: Mapping[str, bytes]) -> bool:
        """Whether all that `listing.json` speaks of is there, as long as it should be."""
        lengths = {name: len(content) for name, content in pictures.items()}
        return self._shelf.has(native_id, lengths | {"preview.html": len(_page(listing, "live"))})

    def _write(self, native_id: str, listing: Listing, state: State, pictures: Mapping[str, bytes]) -> None:
        told = json.dumps({"state": state, "listing": pack(listing)}, ensure_ascii=False, indent=1, sort_keys=True)
        written = {**pictures, "preview.html": _page(listing, state), "listing.json": told.encode()}
        self._shelf.write(native_id, written, frozenset(map(name_of, listing.pictures)))


def shown_of(listing: Listing) -> dict[str, Any]:
    """What is shown of a listing that is shown as it is."""
    return {
        "title": listing.title, "description": body_of(listing), "tags": list(listing.tags),
        "price_cents": listing.price_cents, "currency": listing.currency, "quantity": listing.quantity,
        "pictures": len(listing.pictures),
    }  # fmt: skip


def _page(listing: Listing, state: State) -> bytes:
    return render(listing, {each.sha256: name_of(each) for each in listing.pictures}, state).encode()
