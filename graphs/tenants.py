"""Tenants: the product of each tenant that somebody asks for, opened once, shared by all who ask, closed when idle.

A tenant's sessions are bound to it from their start (`store.postgres`), so each has its own product and pools. Of more
tenants than fit, the one that was asked for the longest ago is closed, once nobody works with it; beside, so that
nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from psycopg import AsyncConnection

from graphs.product import Product
from graphs.settings import AT_HAND, Settings
from graphs.wiring import open_product
from store.postgres import TENANT

MOST = 12
"""Tenants at a time: each has at most 20 sessions of the 300 that the embedded server gives."""
KNOWN = "SELECT FROM tenant WHERE id = %s"


class UnknownTenant(LookupError):
    """There is no tenant of this name."""


@dataclass(slots=True)
class _Opened:
    """A product that is open or opening, and how many work with it."""

    product: asyncio.Task[Product]
    stack: AsyncExitStack
    users: int = 0


@dataclass(slots=True)
class Tenants:
    """The products of one process and one event loop. Use as `async with`."""

    settings: Settings
    most: int = MOST
    _opened: OrderedDict[str, _Opened] = field(default_factory=OrderedDict)
    _known: set[str] = field(default_factory=set)
    _closing: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Tenants:
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in list(self._opened):
            self._close(name)
        await asyncio.gather(*self._closing)

    @property
    def home(self) -> str:
        """The tenant that the settings name: whose the installation is."""
        return self.settings.tenant

    @asynccontextmanager
    async def product(self, tenant: str) -> AsyncIterator[Product]:
        """The product of a tenant for as long as it is worked with. UnknownTenant where there is none."""
        if tenant not in self._opened and not await self.is_known(tenant):
            raise UnknownTenant(tenant)
        opened = self._opened.get(tenant) or self._open(tenant)  # asked again: somebody may have been faster
        self._opened.move_to_end(tenant)
        opened.users += 1
        self._make_room()
        try:
            yield await asyncio.shield(opened.product)
        except BaseException:
            failed = opened.product.done() and (opened.product.cancelled() or opened.product.exception() is not None)
            if failed and self._opened.get(tenant) is opened:
                del self._opened[tenant]  # it could not be opened: the next one tries again
            raise
        finally:
            opened.users -= 1

    async def is_known(self, tenant: str) -> bool:
        """Whether there is such a tenant; one that is known stays known."""
        if tenant in self._known or tenant == self.home:
            return True
        if not TENANT.fullmatch(tenant):
            return False
        async with self.product(self.home) as home, home.pool.connection() as connection:
            if await _is_there(connection, tenant):
                self._known.add(tenant)
        return tenant in self._known

    def settings_of(self, tenant: str) -> Settings:
        """What a tenant's product is opened with. Accounts at shops are those of whose the installation is: others have
        none, and list where none is needed."""
        if tenant == self.home:
            return self.settings
        ways = tuple(way for way in self.settings.launch_to if way.partition(":")[0] in AT_HAND)
        return self.settings.model_copy(update={"tenant": tenant, "shops": {}, "launch_to": ways})

    def _open(self, tenant: str) -> _Opened:
        stack = AsyncExitStack()
        opening = asyncio.ensure_future(stack.enter_async_context(open_product(self.settings_of(tenant))))
        opened = self._opened[tenant] = _Opened(opening, stack)
        return opened

    def _make_room(self) -> None:
        idle = [name for name, opened in self._opened.items() if not opened.users and opened.product.done()]
        for name in idle[: max(len(self._opened) - self.most, 0)]:
            self._close(name)

    def _close(self, name: str) -> None:
        """Close it beside: what its people answered may still have to be told."""
        closing = asyncio.create_task(_close(self._opened.pop(name)), name=f"close {name}")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _close(opened: _Opened) -> None:
    if not opened.product.done():
        opened.product.cancel()
    await asyncio.wait([opened.product])
    await opened.stack.aclose()


async def _is_there(connection: AsyncConnection[object], tenant: str) -> bool:
    cursor = await connection.execute(KNOWN, (tenant,))
    return await cursor.fetchone() is not None
