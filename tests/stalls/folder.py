"""The folder marketplace, which keeps its listings itself."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from market.marketplaces.folder import FolderMarketplace
from tests.stalls.stall import Ground, Stall, offer


@dataclass(frozen=True)
class Shelf:
    """The folders under a root."""

    root: Path

    def standing(self) -> list[str]:
        return [path.name for path in self.root.iterdir()] if self.root.exists() else []

    def forget(self) -> None:
        for path in self.root.iterdir():
            shutil.rmtree(path)


@asynccontextmanager
async def open_folder(ground: Ground) -> AsyncIterator[Stall]:
    """An empty folder."""
    root = ground.folder / "listings"
    yield Stall(FolderMarketplace(root), offer(ground, "folder"), ground.files, Shelf(root))


SHELVES = {"folder": open_folder}
