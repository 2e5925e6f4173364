"""Refresh tokens kept in memory: what a login keeps them in where no home is at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Kept:
    """Every token that was kept, the newest last."""

    tokens: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[str]:
        yield self.tokens[-1] if self.tokens else ""

    async def keep(self, token: str) -> None:
        self.tokens.append(token)
