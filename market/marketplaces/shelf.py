"""Shelf: folders of this machine that appear whole or not at all, one for each key.

A folder is made beside and renamed. What changes later is written file by file, each replaced whole, in the order that
is given: the last one says what stands, so that killed anywhere it speaks of files that are there.

A key is a folder's name only where it is one on every system; any other is named by its hash.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from market.errors import MarketDown, MarketRefused
from market.listing import Files, Picture
from studio.names import file_name

ENDINGS: Mapping[str, str] = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_NATIVE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}|~[0-9a-f]{40}")
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
_FULL = (errno.ENOSPC, errno.EDQUOT)
Held = TypeVar("Held")


class Shelf:
    """The folders under a root, which is made where it is absent."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str, file: str, unpack: Callable[[Mapping[str, Any]], Held]) -> Held | None:
        """What a JSON file of a folder holds; None where there is none, MarketRefused where it was made unreadable."""
        path = self.root / name / file
        if not _NATIVE.fullmatch(name):
            return None
        try:
            return unpack(json.loads(path.read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise MarketRefused(f"{path} was changed and is no listing any more: delete its folder") from None
        except OSError as fault:
            raise MarketDown(f"{path} cannot be read ({fault.strerror})") from None

    def has(self, name: str, lengths: Mapping[str, int]) -> bool:
        """Whether all these files are there, each so many bytes long."""
        with suppress(OSError):
            return all((self.root / name / file).stat().st_size == length for file, length in lengths.items())
        return False

    def write(self, name: str, contents: Mapping[str, bytes], kept: frozenset[str]) -> None:
        """All of these files, in their order; of others only those that are `kept` stay. MarketDown where it fails."""
        with self._writing(name):
            folder = self.root / name
            if not folder.exists():
                made = self._beside(name)
                made.mkdir(parents=True)
                for file, content in contents.items():
                    (made / file).write_bytes(content)
                made.rename(folder)
                return
            for file, content in contents.items():
                beside = self._beside(name)
                beside.write_bytes(content)
                os.replace(beside, folder / file)  # noqa: PTH105 - says that it replaces
            for left in folder.iterdir():
                if left.name not in kept and left.name not in contents and left.is_file():
                    left.unlink()

    def _beside(self, name: str) -> Path:
        return self.root / f".{name}.{uuid4().hex}"

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        """Leaves nothing half made, not even what a killed writer of this folder left; says plainly what fails."""
        try:
            self._sweep(name)
            yield
        except OSError as fault:
            what = "the disk is full" if fault.errno in _FULL else fault.strerror or type(fault).__name__
            raise MarketDown(f"{self.root / name} cannot be written: {what}") from fault
        finally:
            with suppress(OSError):
                self._sweep(name)

    def _sweep(self, name: str) -> None:
        for left in self.root.glob(f".{name}.*"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def folder_name(key: str) -> str:
    """The key where it names a folder on every system, else its hash: no key leads out of the root."""
    if _PLAIN.fullmatch(key) and not _DEVICE.fullmatch(key):
        return key
    return f"~{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def name_of(picture: Picture) -> str:
    """Of its file: as a marketplace is told, and by its content."""
    stem = file_name(Path(picture.name).stem, "picture")
    return f"{stem}-{picture.sha256[:12]}{ENDINGS.get(picture.media_type, '')}"


def checked(digest: str, name: str, files: Files) -> bytes:
    """The bytes of a file; MarketRefused where they are not there, or not those that were approved."""
    try:
        content = files[digest].read_bytes()
    except (KeyError, OSError):
        raise MarketRefused(f"{name} is not in the library any more: draw the design again") from None
    if sha256(content).hexdigest() != digest:
        raise MarketRefused(f"{name} is not what was approved: draw the design again")
    return content


def pictures_of(pictures: tuple[Picture, ...], files: Files) -> dict[str, bytes]:
    """All pictures by the names of their files, checked."""
    for picture in pictures:
        if picture.media_type not in ENDINGS:
            raise MarketRefused(f"{picture.name} is {picture.media_type}: one of {', '.join(ENDINGS)} is shown")
    return {name_of(picture): checked(picture.sha256, f"picture {picture.name}", files) for picture in pictures}
