"""Bare: what the API is measured against: a FastAPI route with one indexed SELECT on a pool as the product has it."""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI

from store.postgres import pool

ONE = "SELECT id, phrase, status, score FROM idea WHERE id = %s"


def build(url: str) -> FastAPI:
    """The application with its one route."""
    connections = pool(url, "default")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with connections:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/ideas/{idea_id}")
    async def one(idea_id: UUID) -> dict[str, Any]:
        async with connections.connection() as connection:
            cursor = await connection.execute(ONE, (idea_id,))
            row = await cursor.fetchone()
        return dict(zip(("id", "phrase", "status", "score"), row or (), strict=False))

    return app


def serve(url: str) -> None:
    """Serve on a free port of this machine, and say which."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        print(f"bare at http://127.0.0.1:{taken.getsockname()[1]}", file=sys.stderr, flush=True)
        config = uvicorn.Config(build(url), log_level="warning", access_log=False, ws="none")
        uvicorn.Server(config).run(sockets=[taken])


if __name__ == "__main__":
    serve(sys.stdin.readline().strip())
