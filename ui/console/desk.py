"""Desk: how a page reaches the product. Pages run in threads of Streamlit, the product on an event loop beside them.

A page reads by `visit.ask(query, ...)`, where the query is an async function of `store/` on a session of the tenant, or
within `visit.session()`, a plain session for the functions that take one; it acts by `visit.act(deed, work)`, which
checks the role, calls the product and writes the audit log. Nothing else in the console touches the product.

Whoever signed in with a key is asked for anew at every one of these: a key that was revoked is out within the ten
seconds that `graphs.people` believes it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from psycopg import Connection

from graphs.audit import put
from graphs.people import Deed, Forbidden, People, Person, Unknown
from graphs.product import Product
from graphs.settings import Settings
from graphs.tenants import Tenants
from store.audit import Entry
from store.postgres import connect
from store.rates import MemoryRates
from trends.normalize import redact

ANSWER_S = 60.0
"""How long a page waits for an answer of the product."""
SESSION_S = 6.0
"""How long somebody looks at an empty page before they are told that the database is away."""
MOST_CHARS = 200
"""Of what was typed, in the audit log."""
ATTEMPTS = 10
"""Keys a minute that an address may try."""
T = TypeVar("T")


class Desk:
    """The products of this process, on an event loop in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="product", daemon=True)
        self._thread.start()
        self.tenants = Tenants(settings)
        self.people = People(self.tenants)
        self._attempts = MemoryRates()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of work on the loop. After `ANSWER_S` it is given up: TimeoutError."""
        asked = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return asked.result(ANSWER_S)
        except TimeoutError:
            asked.cancel()
            raise

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Work that goes on, however long it takes and whoever waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def let_in(self, credential: str, address: str) -> Person:
        """Whoever a key or token names, with an entry in the audit log. Unknown, also for who tries too often."""
        return self.wait(self._let_in(credential, address))

    def close(self) -> None:
        """Closes every product."""
        self.wait(self.tenants.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S)
        self._loop.close()

    async def _let_in(self, credential: str, address: str) -> Person:
        if not self._attempts.take(address, ATTEMPTS).taken:
            raise Unknown("too many keys were tried from here: wait a minute")
        try:
            person = await self.people.identify(credential)
        except Unknown as refusal:
            await self.write(
                self.tenants.home, Entry("", "console", Deed.SIGN_IN, "", "refused", {"why": str(refusal)})
            )
            raise
        await self.write(person.tenant, Entry(person.handle, "console", Deed.SIGN_IN, str(person.key_id or "")))
        return person

    async def write(self, tenant: str, entry: Entry) -> None:
        """Put an entry into a tenant's audit log, else into the program's: what was done stays done."""
        await put(self.tenants, tenant, entry)


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at the desk. `credential` is what they signed in with, nothing where the door vouches for them."""

    desk: Desk
    person: Person
    credential: str | None = field(default=None, repr=False)

    def ask(self, query: Callable[..., Awaitable[T]], *values: Any, **named: Any) -> T:
        """The answer of a query of `store/`, on a session of the person's tenant."""

        async def asked(product: Product) -> T:
            async with product.pool.connection(SESSION_S) as connection:
                return await query(connection, *values, **named)

        return self.desk.wait(self._within(asked))

    def read(self, work: Callable[[Product], Awaitable[T]]) -> T:
        """What the product answers to a question for which tables alone are not enough; it changes nothing."""
        return self.desk.wait(self._within(work))

    def act(self, deed: Deed, work: Callable[[Product], Awaitable[T]], subject: str | UUID = "") -> T:
        """What the product answers to something that the person does; `subject` names what they do it to, by its id.

        Goes on where the page gives up waiting. Forbidden where their role does not allow it. In the audit log either
        way, and where it fails.
        """
        return self.desk.begin(self._act(deed, work, str(subject))).result(ANSWER_S)

    def searched(self, words: str) -> None:
        """Write into the audit log that these words were searched for; redacted."""
        told = {"words": redact(words.replace("\0", "")[: 2 * MOST_CHARS])[:MOST_CHARS]}
        self.desk.wait(self._write(self.person, Deed.SEARCH, "", "done", told))

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """A plain session of the person's tenant."""
        with connect(self.desk.wait(self._within(_url_of)), self.person.tenant) as connection:
            yield connection

    async def _within(self, work: Callable[[Product], Awaitable[T]]) -> T:
        person = await self._anew()
        async with self.desk.tenants.product(person.tenant) as product:
            return await work(product)

    async def _act(self, deed: Deed, work: Callable[[Product], Awaitable[T]], subject: str) -> T:
        person = await self._anew()
        await self._reach(person.tenant)
        try:
            person.check(deed)
            async with self.desk.tenants.product(person.tenant) as product:
                answer = await work(product)
        except Exception as failure:
            outcome = "refused" if isinstance(failure, Forbidden) else "failed"
            await self._write(person, deed, subject, outcome, {"why": type(failure).__name__})
            raise
        await self._write(person, deed, subject, "done", {})
        return answer

    async def _reach(self, tenant: str) -> None:
        """PoolTimeout where there is no database: nothing is begun, and there is nowhere to write that it failed."""
        async with self.desk.tenants.product(tenant) as product, product.pool.connection(SESSION_S):
            pass

    async def _anew(self) -> Person:
        """Who they are by now: roles change, keys are revoked. Unknown where they are nobody any more."""
        return self.person if self.credential is None else await self.desk.people.identify(self.credential)

    async def _write(self, person: Person, deed: Deed, subject: str, outcome: str, detail: dict[str, str]) -> None:
        entry = Entry(person.handle, "console", deed, subject, outcome, detail)  # type: ignore[arg-type]
        await self.desk.write(person.tenant, entry)


async def _url_of(product: Product) -> str:
    return product.url
