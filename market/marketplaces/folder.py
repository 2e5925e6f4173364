"""Folder: listings as folders, the default where no shop is connected, and the fake that keeps its promise.

A listing is `ROOT/<our key>/` with `listing.json`, its pictures (named by their content) and `preview.html`. The folder
appears whole or not at all: it is made beside and renamed. What changes later is written file by file, each replaced
whole, pictures first and `listing.json` last: killed anywhere, `listing.json` names pictures that are there.

A key is a folder's name only where it is one on every system; any other is named by its hash.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from market.errors import ListingGone, MarketDown, MarketRefused
from market.listing import Files, Listing, Picture, Standing, State, body_of, pack, unpack
from market.marketplaces.preview import render
from studio.names import file_name

ENDINGS: Mapping[str, str] = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_NATIVE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}|~[0-9a-f]{40}")
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class FolderMarketplace:
    """Puts listings up in a folder of this machine, which it makes where it is absent."""

    name = "folder"

    def __init__(self, root: Path) -> None:
        self.root = root

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
        folder, held = self.root / native_id, self._read(native_id)
        if standing is not None and held is None:
            raise ListingGone(f"{folder} is not there any more")
        pictures = {picture.sha256: _checked(picture, files) for picture in listing.pictures}
        if held != (listing, "live") or not self._whole(folder, listing, pictures):
            with self._writing(native_id):
                self._write(folder, listing, "live", pictures)
        return self._standing(native_id, listing, "live")

    def _end(self, standing: Standing) -> Standing:
        native_id = standing.native_id
        held = self._read(native_id) if _NATIVE.fullmatch(native_id) else None
        if held is None:
            raise ListingGone(f"no listing {native_id[:120]!r} in {self.root}")
        listing, state = held
        if state != "ended":
            with self._writing(native_id):
                self._write(self.root / native_id, listing, "ended", {})
        return self._standing(native_id, listing, "ended")

    def _read(self, native_id: str) -> tuple[Listing, State] | None:
        path = self.root / native_id / "listing.json"
        try:
            held = json.loads(path.read_bytes())
            return unpack(held["listing"]), held["state"]
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise MarketRefused(f"{path} was changed and is no listing any more: delete its folder") from None
        except OSError as fault:
            raise MarketDown(f"{path} cannot be read ({fault.strerror})") from None

    def _standing(self, native_id: str, listing: Listing, state: State) -> Standing:
        shown: dict[str, Any] = {
            "title": listing.title, "description": body_of(listing), "tags": list(listing.tags),
            "price_cents": listing.price_cents, "currency": listing.currency, "quantity": listing.quantity,
            "pictures": len(listing.pictures),
        }  # fmt: skip
        return Standing(native_id, state, (self.root / native_id / "preview.html").resolve().as_uri(), shown)

    def _whole(self, folder: Path, listing: Listing, pictures: Mapping[str, bytes]) -> bool:
        """Whether all that `listing.json` speaks of is there, as long as it should be."""
        lengths = {_name_of(each): len(pictures[each.sha256]) for each in listing.pictures}
        lengths["preview.html"] = len(_page(listing, "live"))
        with suppress(FileNotFoundError):
            return all((folder / name).stat().st_size == length for name, length in lengths.items())
        return False

    def _write(self, folder: Path, listing: Listing, state: State, pictures: Mapping[str, bytes]) -> None:
        """Into the folder where there is one, else beside and then under its name."""
        wanted = {_name_of(each): pictures[each.sha256] for each in listing.pictures if each.sha256 in pictures}
        wanted["preview.html"] = _page(listing, state)
        told = {"state": state, "listing": pack(listing)}
        wanted["listing.json"] = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()
        if not folder.exists():
            made = self._beside(folder.name)
            made.mkdir(parents=True)
            for name, content in wanted.items():
                (made / name).write_bytes(content)
            made.rename(folder)
            return
        for name, content in wanted.items():
            beside = self._beside(folder.name)
            beside.write_bytes(content)
            os.replace(beside, folder / name)  # noqa: PTH105 - says that it replaces
        kept = {"preview.html", "listing.json", *map(_name_of, listing.pictures)}
        for left in folder.iterdir():
            if left.name not in kept and left.is_file():
                left.unlink()

    def _beside(self, native_id: str) -> Path:
        return self.root / f".{native_id}.{uuid4().hex}"

    @contextmanager
    def _writing(self, native_id: str) -> Iterator[None]:
        """Leaves nothing half made, not even what a killed writer of this listing left; says plainly what fails."""
        try:
            self._sweep(native_id)
            yield
        except OSError as fault:
            what = "the disk is full" if fault.errno in _FULL else fault.strerror or type(fault).__name__
            raise MarketDown(f"{self.root / native_id} cannot be written: {what}") from fault
        finally:
            with suppress(OSError):
                self._sweep(native_id)

    def _sweep(self, native_id: str) -> None:
        for left in self.root.glob(f".{native_id}.*"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def folder_name(key: str) -> str:
    """The key where it names a folder on every system, else its hash: no key leads out of the root."""
    if _PLAIN.fullmatch(key) and not _DEVICE.fullmatch(key):
        return key
    return f"~{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def _name_of(picture: Picture) -> str:
    stem = file_name(Path(picture.name).stem, "picture")
    return f"{stem}-{picture.sha256[:12]}{ENDINGS.get(picture.media_type, '')}"


def _page(listing: Listing, state: State) -> bytes:
    return render(listing, {each.sha256: _name_of(each) for each in listing.pictures}, state).encode()


def _checked(picture: Picture, files: Files) -> bytes:
    """The picture's bytes; MarketRefused where they are not there, or not those that were approved."""
    if picture.media_type not in ENDINGS:
        raise MarketRefused(f"{picture.name} is {picture.media_type}: one of {', '.join(ENDINGS)} is shown")
    try:
        content = files[picture.sha256].read_bytes()
    except (KeyError, OSError):
        raise MarketRefused(f"picture {picture.name} is not in the library any more: draw the design again") from None
    if sha256(content).hexdigest() != picture.sha256:
        raise MarketRefused(f"picture {picture.name} is not what was approved: draw the design again")
    return content
