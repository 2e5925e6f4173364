"""What the contract tests share: a provider on loopback, and the engine that asks it into the real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from pytest_httpserver import HTTPServer

from store.postgres import connect
from tests.specs import Contract, load
from trends.errand import Errand, Pulled
from trends.fetch import Fetcher
from trends.live.source import LiveSource
from trends.pull import Scanner

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
KEYS = {
    "youtube_api_key": "a-key-of-youtube",
    "pinterest_token": "a-token-of-pinterest",
    "instagram_token": "a-token-of-instagram",
    "instagram_user_id": "17841400000000000",
    "amazon_client_id": "an-id-of-amazon",
    "amazon_client_secret": "a-secret-of-amazon",
    "amazon_refresh_token": "a-refresh-token-of-amazon",
    "reddit_client_id": "an-id-of-reddit",
    "reddit_client_secret": "a-secret-of-reddit",
}
Pull = Callable[..., Awaitable[Pulled]]


@pytest.fixture
def provider(shared: Path, httpserver: HTTPServer) -> Iterator[Callable[..., Contract]]:
    """Makes providers by the name of their specification; in the end every request to them must have fitted."""
    made: list[Contract] = []

    def make(name: str, prefix: str, header: str | None = None) -> Contract:
        made.append(Contract(httpserver, load(shared, name), prefix, header))
        return made[-1]

    yield make
    for contract in made:
        contract.check()


@pytest.fixture
async def pull(database: str) -> AsyncIterator[Pull]:
    """One turn of a scan, as of NOW: `pull(source, base, watch=..., keywords=...)`."""
    async with Fetcher("bellwether-tests/1 (test@example.org)", now=lambda: NOW) as fetcher:
        scanner = Scanner(lambda: connect(database, "default"), "default", fetcher, now=lambda: NOW)

        async def once(source: LiveSource, base: str | None, **told: Any) -> Pulled:
            keys = told.get("keys", {name: KEYS[name] for name in (*source.needs, *source.uses) if name in KEYS})
            errand = Errand(source, told.get("watch", source.watch), source.interval, base, keys)
            return await scanner.scan(errand, told.get("keywords", ()))

        yield once


@pytest.fixture
def stored(connection: Connection[Any]) -> Callable[[Pulled], dict[str, int]]:
    """What stands in the database, after a look whether the scan's counts add up with it."""

    def look(*scans: Pulled) -> dict[str, int]:
        found = {
            name: _number(connection, f"SELECT count(*) FROM {name}")  # noqa: S608 - written here
            for name in ("signal", "observation", "reference", "quarantine")
        }
        for scan in scans:
            assert scan.found == scan.kept + scan.repeated + scan.quarantined, scan
        assert sum(scan.kept for scan in scans) == found["observation"] + found["reference"]
        assert sum(scan.quarantined for scan in scans) == found["quarantine"]
        return found

    return look


def _number(connection: Connection[Any], query: Any) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
