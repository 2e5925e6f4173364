"""Upload packages, which keep themselves; a person puts up what is in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from market.marketplaces.package import REDBUBBLE, Form, UploadPackages, amazon_merch
from tests.stalls.folder import Shelf
from tests.stalls.stall import Ground, Opener, Stall, offer


def opener_of(form: Form) -> Opener:
    """An empty folder of packages for one marketplace."""

    @asynccontextmanager
    async def opened(ground: Ground) -> AsyncIterator[Stall]:
        root = ground.folder / "packages"
        listing = offer(ground, form.name)
        yield Stall(UploadPackages(root, form), listing, ground.files, Shelf(root), put_state="draft")

    return opened


SHELVES = {"redbubble": opener_of(REDBUBBLE), "amazon merch": opener_of(amazon_merch("Otter House"))}
