"""Gatehouse: the gates that a listing meets, as the settings have them, with the registers they ask.

Beside the starter list of marks that ships: files of the user's own (`BELLWETHER_WORD_MARKS`), EUIPO's register where
there is an app for it, and the USPTO's word on whether a mark found in a file still lives. A register that does not
answer means that the gate could not run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from defusedxml.common import DefusedXmlException
from pydantic import SecretStr

from graphs.drafting import Drafting
from graphs.packing import Packed
from graphs.settings import Settings
from graphs.turnstile import Turnstile
from market.client import Client, no_key
from market.errors import NotConfigured
from market.gates import Gate
from market.gates.claims import Claims
from market.gates.disclosures import Disclosed
from market.gates.pictures import Pictures
from market.gates.profanity import Profanity
from market.gates.trademark import Listed, Trademark
from market.logins import EUIPO_BASE, Credentials, euipo_login
from market.registers.euipo import Euipo
from market.registers.files import load_file
from market.registers.uspto import Uspto


@dataclass(slots=True)
class Gatehouse:
    """The gates of one tenant. Close it."""

    fixed: Sequence[Gate]
    drafting: Drafting
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __call__(self, case: Packed) -> list[Gate]:
        """The gates of a case: those that are the same for all, and what its own claims may trace to."""
        return [*self.fixed, Claims(await self.drafting.allowed(case))]

    async def close(self) -> None:
        """Closes the connections of registers."""
        await self._open.aclose()


async def open_gatehouse(settings: Settings, drafting: Drafting, turnstile: Turnstile) -> Gatehouse:
    """The gates of these settings. NotConfigured where a file of word marks cannot be read."""
    files = await asyncio.to_thread(_read_all, settings.word_marks, settings.home / "marks")
    opened = AsyncExitStack()
    remote, status = [], []
    if settings.euipo_client_id and settings.euipo_client_secret:
        asks = await opened.enter_async_context(Client(EUIPO_BASE, turnstile.turn("euipo"), no_key))
        app = Credentials(settings.euipo_client_id, settings.euipo_client_secret, SecretStr(""))
        name, token = settings.euipo_client_id.get_secret_value(), euipo_login(asks, app).token
        remote.append(await opened.enter_async_context(Euipo(name, token, turnstile.turn("euipo"))))
    if settings.uspto_api_key:
        register = Uspto(settings.uspto_api_key.get_secret_value(), turnstile.turn("uspto"))
        status.append(await opened.enter_async_context(register))
    gates: list[Gate] = [Trademark(files, remote, status), Profanity(), Disclosed(), Pictures()]
    return Gatehouse(gates, drafting, opened)


def _read_all(files: Sequence[Path], cache: Path) -> list[Listed]:
    return [_read(path, cache) for path in files]


def _read(path: Path, cache: Path) -> Listed:
    try:
        return load_file(path, cache)
    except (OSError, ValueError, DefusedXmlException) as wrong:
        raise NotConfigured(f"BELLWETHER_WORD_MARKS: {path}: {wrong}") from wrong
