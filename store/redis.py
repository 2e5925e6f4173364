"""Redis as the product sees it: a thin client that is quick to give up, and one error for whatever goes wrong.

Redis holds nothing that cannot be lost: caches, hot topics, a Bloom filter, rate counters. Whoever asks it catches
`RedisDown` and goes on without. After a failure it is left alone for REST_S, so that a Redis that is away costs the
product one time-out in that time and not one a question. Keys begin with `bw:<tenant or "shared">:<what>:` and carry
an expiry: what has none is never evicted. Text comes back as str.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from store.errors import NotAllowed, RedisDown, StoreError
from store.valkey import EmbeddedRedis, RedisStatus

__all__ = ["AsyncRedis", "EmbeddedRedis", "Redis", "RedisDown", "RedisStatus", "Word", "redis_url"]

TIMEOUT_S = 0.5
REST_S = 2.0
AWAY = (redis.ConnectionError, redis.TimeoutError, OSError)
Word = str | bytes | int | float

_LOG = logging.getLogger(__name__)


def redis_url(home: Path, given: str | None) -> str | None:
    """`given`, else the embedded server's URL, started; None where it cannot be, with a line in the log.

    Raises:
        NotAllowed: `given` is no URL of a Redis.
    """
    if given:
        _options(given)
        return given
    try:
        return EmbeddedRedis(home).start()
    except StoreError as refusal:
        _LOG.warning("going on without Redis: %s", refusal)
        return None


class _Rest:
    """How a client leaves a Redis alone that failed."""

    def __init__(self, url: str | None, rest_s: float, clock: Callable[[], float]) -> None:
        self._there = url is not None
        self._where = _where(url)
        self._rest_s = rest_s
        self._clock = clock
        self._until = 0.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._where})"

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Turns whatever goes wrong into RedisDown; a question of a type that Redis does not know stays a bug."""
        if not self._there:
            raise RedisDown("no Redis is configured")
        if self._clock() < self._until:
            raise RedisDown(f"Redis at {self._where} did not answer a moment ago")
        try:
            yield
        except AWAY as failure:
            self._until = self._clock() + self._rest_s
            raise RedisDown(f"Redis at {self._where} does not answer ({type(failure).__name__})") from failure
        except redis.DataError:
            raise
        except redis.RedisError as refusal:
            raise RedisDown(f"Redis at {self._where} refuses: {str(refusal)[:200]}") from refusal


class Redis(_Rest):
    """Questions to a Redis, answered at once or not at all. `Redis(None)` is always down. Safe to use from threads."""

    def __init__(
        self,
        url: str | None,
        timeout_s: float = TIMEOUT_S,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, rest_s, clock)
        retry = Retry(NoBackoff(), 1, (redis.ConnectionError,))  # a connection from before the server's restart
        pool = redis.ConnectionPool(**_options(url), **_times(timeout_s), retry=retry) if url else None
        self._client = redis.Redis(connection_pool=pool) if pool else None

    def call(self, *words: Word) -> Any:
        """One command."""
        with self._asked():
            return self._client.execute_command(*words)  # type: ignore[union-attr]

    def pipeline(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Many commands in one round trip, answers in their order; not one transaction."""
        with self._asked():
            line = self._client.pipeline(transaction=False)  # type: ignore[union-attr]
            for words in commands:
                line.execute_command(*words)
            return list(line.execute())

    def script(self, source: str, keys: Sequence[str], args: Sequence[Word] = ()) -> Any:
        """A Lua script, sent whole only where the server does not know it yet."""
        with self._asked():
            rest = (len(keys), *keys, *args)
            try:
                return self._client.execute_command("EVALSHA", _sha1(source), *rest)  # type: ignore[union-attr]
            except redis.exceptions.NoScriptError:
                return self._client.execute_command("EVAL", source, *rest)  # type: ignore[union-attr]

    def close(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            self._client.close()
            self._client.connection_pool.disconnect()


class AsyncRedis(_Rest):
    """The same for asyncio; one an event loop."""

    def __init__(
        self,
        url: str | None,
        timeout_s: float = TIMEOUT_S,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, rest_s, clock)
        retry = AsyncRetry(NoBackoff(), 1, (redis.ConnectionError,))
        pool = redis.asyncio.ConnectionPool(**_options(url), **_times(timeout_s), retry=retry) if url else None
        self._client = redis.asyncio.Redis(connection_pool=pool) if pool else None

    async def call(self, *words: Word) -> Any:
        """One command."""
        with self._asked():
            return await self._client.execute_command(*words)  # type: ignore[union-attr]

    async def pipeline(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Many commands in one round trip, answers in their order; not one transaction."""
        with self._asked():
            line = self._client.pipeline(transaction=False)  # type: ignore[union-attr]
            for words in commands:
                line.execute_command(*words)
            return list(await line.execute())

    async def script(self, source: str, keys: Sequence[str], args: Sequence[Word] = ()) -> Any:
        """A Lua script, sent whole only where the server does not know it yet."""
        with self._asked():
            rest = (len(keys), *keys, *args)
            try:
                return await self._client.execute_command("EVALSHA", _sha1(source), *rest)  # type: ignore[union-attr]
            except redis.exceptions.NoScriptError:
                return await self._client.execute_command("EVAL", source, *rest)  # type: ignore[union-attr]

    async def close(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            await self._client.aclose()
            await self._client.connection_pool.disconnect()


def _times(timeout_s: float) -> dict[str, Any]:
    # RESP2 and text: the same answers from every server since Redis 5.
    return {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "decode_responses": True,
        "encoding_errors": "replace",
        "protocol": 2,
        "client_name": "bellwether",
    }


def _options(url: str) -> dict[str, Any]:
    try:
        return dict(redis.connection.parse_url(url))  # type: ignore[no-untyped-call]
    except ValueError:  # its text repeats the address, and with it a password
        raise NotAllowed("REDIS_URL is no address of a Redis; write redis://USER:PASSWORD@HOST:6379/0") from None


def _where(url: str | None) -> str:
    if url is None:
        return "nowhere"
    told = _options(url)
    return str(told.get("path") or f"{told.get('host', 'localhost')}:{told.get('port', 6379)}")


@lru_cache(maxsize=64)
def _sha1(source: str) -> str:
    return hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
