"""Desk: how a page reaches the product. Pages run in threads of Streamlit, the product on an event loop beside them.

A page reads by `visit.ask(query, ...)`, where the query is an async function of `store/` on a session of the tenant, or
within `visit.session()`, a plain session for the functions that take one; it acts by `visit.act(deed, work)`, which
checks the role, calls the product and writes the audit log. Nothing else in the console touches the product.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg import Connection

from graphs.people import Deed, Person
from graphs.product import Product
from graphs.settings import Settings
from graphs.tenants import Tenants
from store.postgres import connect

ANSWER_S = 60.0
"""How long a page waits for an answer of the product."""
T = TypeVar("T")


class Desk:
    """The products of this process, on an event loop in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="product", daemon=True).start()
        self.tenants = Tenants(settings)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of work on the loop. TimeoutError after `ANSWER_S`."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)

    def close(self) -> None:
        """Closes every product."""
        self.wait(self.tenants.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at the desk."""

    desk: Desk
    person: Person

    def ask(self, query: Callable[..., Awaitable[T]], *values: Any, **named: Any) -> T:
        """The answer of a query of `store/`, on a session of the person's tenant."""

        async def asked(product: Product) -> T:
            async with product.pool.connection() as connection:
                return await query(connection, *values, **named)

        return self.desk.wait(self._within(asked))

    def act(self, deed: Deed, work: Callable[[Product], Awaitable[T]]) -> T:
        """What the product answers to something that the person does. Forbidden where their role does not allow it."""
        self.person.check(deed)
        return self.desk.wait(self._within(work))

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """A plain session of the person's tenant."""
        with connect(self.desk.wait(self._within(_url_of)), self.person.tenant) as connection:
            yield connection

    async def _within(self, work: Callable[[Product], Awaitable[T]]) -> T:
        async with self.desk.tenants.product(self.person.tenant) as product:
            return await work(product)


async def _url_of(product: Product) -> str:
    return product.url
