"""Assets: files under the hash of what is in them, in a folder; and receipts: small JSON under a key of the caller's.

A file appears whole or not at all, under `<2 letters>/<2 letters>/<sha256>`. Two processes that bring the same bytes
leave one file. A receipt is written last, so what it names is there.

    hot      <folder>/ab/cd/<sha256>               as it was made
    archive  <folder>/archive/ab/cd/<sha256>.xz    packed by LZMA
    cold     <folder>/cold/ab/cd/<sha256>.xz       the same; `cold` may be a link to a slower disk

A warmer copy goes only once a colder one was read back and has the right hash; one that is brought back keeps its
packed copy. So nothing is lost by whoever is killed, nor by two that move one file at once.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from store.errors import Damaged

Tier = Literal["hot", "archive", "cold"]
TIERS: tuple[Tier, ...] = ("hot", "archive", "cold")
"""From the warmest on."""
PRESET = 1
"""Of LZMA: a print file becomes .56 of itself, a press file .40 (measured); the default gains 2 % in twice the time."""
CHUNK = 1 << 20
LEFT_S = 6 * 3600.0
"""How long nobody has touched what is being made when whoever made it must be gone: longer than a drawing may take."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of one tenant."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Where the bytes of this hash lie, or would."""
        return self.folder / digest[:2] / digest[2:4] / digest

    def packed(self, digest: str, tier: Tier) -> Path:
        """Where its packed bytes lie in a tier, or would."""
        return self.folder / tier / digest[:2] / digest[2:4] / f"{digest}.xz"

    def has(self, digest: str) -> bool:
        """Whether the bytes of this hash are kept, in whatever tier."""
        return self.path(digest).exists() or any(self.packed(digest, tier).exists() for tier in TIERS[1:])

    def fetch(self, digest: str) -> tuple[Path, bool]:
        """The file of this hash at hand, and whether it had to be brought back.

        Raises:
            FileNotFoundError: it is kept nowhere.
            Damaged: what is kept is not what was put away.
        """
        target = self.path(digest)
        if target.exists():
            return target, False
        for tier in TIERS[1:]:
            with suppress(FileNotFoundError):
                _copy_checked(self.packed(digest, tier), target, digest, unpack=True)
                return target, True
        raise FileNotFoundError(f"{digest[:12]} is in no tier of {self.folder}")

    def put_away(self, digest: str, tier: Tier) -> int:
        """Move a file to a colder tier; how many bytes its warmer copies had. What was done before is not done again.

        Raises:
            FileNotFoundError: it is kept nowhere.
            Damaged: it is not what was filed; it stays where it is.
        """
        warmer = [self.path(digest), *(self.packed(digest, each) for each in TIERS[1:])][: TIERS.index(tier)]
        target = self.packed(digest, tier)
        if not (target.exists() and _hash_of(target) == digest):
            source = next((path for path in reversed(warmer) if path.exists()), None)
            if source is None:
                raise FileNotFoundError(f"{digest[:12]} is in no tier of {self.folder}")
            _copy_checked(source, target, digest, unpack=False)
        freed = 0
        for path in warmer:
            with suppress(FileNotFoundError):
                freed += path.stat().st_size
                path.unlink()
        return freed

    def adopt(self, source: Path) -> str:
        """Take a file over, which must lie on the same disk; its hash. What is there already stays."""
        with source.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        target = self.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            source.unlink()
        else:
            os.replace(source, target)  # noqa: PTH105 - says that it replaces
        return digest

    def put(self, content: bytes) -> str:
        """Keep bytes; their hash."""
        digest = sha256(content).hexdigest()
        if not self.path(digest).exists():
            _write(self.path(digest), content)
        return digest

    def read(self, digest: str) -> bytes:
        """The bytes of this hash; FileNotFoundError where there are none."""
        return self.path(digest).read_bytes()

    def receipt(self, key: str) -> dict[str, Any] | None:
        """What was written for this key; None where nothing was, or where it is no JSON."""
        with suppress(FileNotFoundError, ValueError):
            found: dict[str, Any] = json.loads(self._receipt(key).read_bytes())
            return found
        return None

    def write_receipt(self, key: str, body: Mapping[str, Any]) -> None:
        """Say what was made for this key."""
        _write(self._receipt(key), json.dumps(body).encode())

    def bench(self) -> Path:
        """A folder of the caller's own on the same disk, to make files in; what the killed left there long ago goes."""
        made = self.folder / "under way" / uuid4().hex
        made.mkdir(parents=True)
        for left in made.parent.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > LEFT_S:
                    shutil.rmtree(left, ignore_errors=True)
        return made

    def _receipt(self, key: str) -> Path:
        return self.folder / "receipts" / key[:2] / key[2:4] / f"{key}.json"


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        beside.write_bytes(content)
        os.replace(beside, target)  # noqa: PTH105 - says that it replaces
    finally:
        beside.unlink(missing_ok=True)


def _copy_checked(source: Path, target: Path, digest: str, unpack: bool) -> None:
    """A copy under its name once it was written through to the disk, read back, and found to have the hash."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid4().hex}")
    packed = source.suffix == ".xz"
    try:
        with source.open("rb") as held, beside.open("wb") as out:
            if packed and unpack:
                _unpack(held, out, source)
            elif packed:
                shutil.copyfileobj(held, out, CHUNK)
            else:
                with lzma.open(out, "wb", preset=PRESET) as packer:
                    shutil.copyfileobj(held, packer, CHUNK)
            out.flush()
            os.fsync(out.fileno())
        if _hash_of(beside, packed=not unpack) != digest:
            raise Damaged(f"{source} is not what was filed: its hash is another")
        os.replace(beside, target)  # noqa: PTH105 - says that it replaces
    finally:
        beside.unlink(missing_ok=True)


def _unpack(held: Any, out: Any, source: Path) -> None:
    try:
        with lzma.open(held, "rb") as unpacked:
            shutil.copyfileobj(unpacked, out, CHUNK)
    except (lzma.LZMAError, EOFError) as broken:
        raise Damaged(f"{source} cannot be unpacked: {broken}") from broken


def _hash_of(path: Path, packed: bool = True) -> str:
    """Of what is in a file; '' where it cannot be unpacked."""
    seen = sha256()
    try:
        with lzma.open(path, "rb") if packed else path.open("rb") as held:
            while chunk := held.read(CHUNK):
                seen.update(chunk)
    except (lzma.LZMAError, EOFError):
        return ""
    return seen.hexdigest()
