"""What tests share: one embedded PostgreSQL and one Redis a session, fresh and empty for each test; the data folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings as properties
from psycopg.sql import SQL, Identifier

from graphs.settings import Settings
from store.ids import new_id
from store.migrate import migrate
from store.postgres import connect, owner
from store.redis import EmbeddedRedis, Redis
from store.server import EmbeddedServer

TEMPLATE = "bellwether_template"

# A busy machine is no fault of what is tested; CI tries the same cases each time, a desk tries others.
properties.register_profile("bellwether", deadline=None, derandomize="CI" in os.environ)
properties.load_profile("bellwether")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by place: packed content holds the hour, and parallel testers must collect the same names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def shared() -> Path:
    """The folder of development data and specifications; BELLWETHER_SHARED names another."""
    folder = Settings().shared
    if not (folder / "data").is_dir():
        pytest.skip(f"no development data at {folder}: set BELLWETHER_SHARED")
    return folder


@pytest.fixture(scope="session")
def reachable_folder() -> Iterator[Path]:
    """A temporary folder that the server's unprivileged account can enter (pytest's own are closed to others).

    In memory where there is room: the server keeps its durable settings, and the disk of a shared machine is slow.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30
    folder = Path(tempfile.mkdtemp(prefix="bellwether-test-", dir=memory if roomy else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_url(reachable_folder: Path) -> Iterator[str]:
    """The URL of database `postgres` on an embedded server of this test session."""
    server = EmbeddedServer(reachable_folder / "home")
    yield server.start()
    EmbeddedRedis(reachable_folder / "home").stop()
    server.reset()


@pytest.fixture(scope="session")
def new_database(postgres_url: str) -> Callable[[], str]:
    """Make a fresh, migrated database and give its URL; for fixtures of a wider scope than `database`."""
    base = postgres_url.rsplit("/", 1)[0]
    with owner(postgres_url) as admin:
        admin.execute(SQL("CREATE DATABASE {}").format(Identifier(TEMPLATE)))
    migrate(f"{base}/{TEMPLATE}")

    def make() -> str:
        name = f"test_{new_id().hex}"
        with owner(postgres_url) as admin:
            copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            admin.execute(copy.format(Identifier(name), Identifier(TEMPLATE)))
        return f"{base}/{name}"

    return make


@pytest.fixture
def database(postgres_url: str, new_database: Callable[[], str]) -> Iterator[str]:
    """The URL of a fresh, migrated database, dropped after the test."""
    url = new_database()
    yield url
    with owner(postgres_url) as admin:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(url.rsplit("/", 1)[1])))


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of tenant `default` on `database`."""
    with connect(database, "default") as session:
        yield session


@pytest.fixture(scope="session")
def redis_server(reachable_folder: Path) -> Iterator[EmbeddedRedis]:
    """An embedded Redis of this test session, running."""
    server = EmbeddedRedis(reachable_folder / "redis-home")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(redis_server: EmbeddedRedis) -> Iterator[Redis]:
    """A client of an empty Redis; `redis_address` is its URL."""
    client = Redis(redis_server.start(), timeout_s=5.0)
    client.call("FLUSHALL")
    yield client
    client.close()


@pytest.fixture
def redis_address(redis: Redis, redis_server: EmbeddedRedis) -> str:
    """The URL of an empty Redis."""
    return redis_server.start()
