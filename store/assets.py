"""Assets: files under the hash of what is in them, in a folder; and receipts: small JSON under a key of the caller's.

A file appears whole or not at all, under `<2 letters>/<2 letters>/<sha256>`. Two processes that bring the same bytes
leave one file. A receipt is written last, so what it names is there.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

LEFT_S = 6 * 3600.0
"""How long nobody has touched what is being made when whoever made it must be gone: longer than a drawing may take."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of one tenant."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Where the bytes of this hash lie, or would."""
        return self.folder / digest[:2] / digest[2:4] / digest

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
