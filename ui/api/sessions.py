"""Sessions: the functions of the product that take a plain session, asked from a thread beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from store.postgres import connect
from ui.api.access import Visit

T = TypeVar("T")


async def plainly(visit: Visit, query: Callable[..., T], *values: Any, **named: Any) -> T:
    """What a function answers on a plain session of the visitor's tenant."""

    def asked() -> T:
        with connect(visit.product.url, visit.person.tenant) as connection:
            return query(connection, *values, **named)

    return await asyncio.to_thread(asked)
