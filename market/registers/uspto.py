"""USPTO: how a mark stands today, by TSDR (tsdrapi.uspto.gov), asked by its serial or registration number.

TSDR has no search: a file of marks finds the mark, TSDR says whether it still lives. Needs the header USPTO-API-KEY;
60 requests a minute and key are allowed (account.uspto.gov/api-manager, from memory, 2026-11-30). The USPTO publishes
no specification of it: the shape of its answer is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from market.client import TIMEOUT_S, Ask, Client, Turn
from market.errors import ListingGone, MarketDown, NotConfigured
from market.gates import Source
from market.gates.marks import Mark
from market.registers.files import status_of

NAME = "USPTO"
BASE = "https://tsdrapi.uspto.gov"
_DIGITS = re.compile(r"\D")
SERIAL_DIGITS = 8
"""A serial number has eight digits, a registration number up to seven."""


class _Status(BaseModel):
    model_config = ConfigDict(extra="ignore")
    serialNumber: int | str
    status: int | str
    markElement: str | None = None
    extStatusDesc: str | None = None


class _Trademark(BaseModel):
    model_config = ConfigDict(extra="ignore")
    status: _Status


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")
    trademarks: list[_Trademark] = Field(min_length=1)


class Uspto:
    """The register. Close it, or use it as `async with`."""

    register = NAME

    def __init__(self, key: str, turn: Turn, base: str = BASE, timeout_s: float = TIMEOUT_S) -> None:
        """NotConfigured where there is no key."""
        if not key:
            raise NotConfigured("USPTO needs an API key")

        async def headers() -> Mapping[str, str]:
            return {"USPTO-API-KEY": key}

        self._client = Client(base, turn, headers, timeout_s)

    async def __aenter__(self) -> Uspto:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.close()

    def source(self, now: datetime) -> Source:
        """The register as of this day."""
        return Source(f"{NAME} TSDR", now.date().isoformat())

    async def is_alive(self, mark: Mark) -> bool:
        """Whether the mark still protects anything; one that the register does not know counts as alive.

        Raises:
            MarketError: it did not answer, or in another shape.
        """
        try:
            answer = await self._client.ask(Ask("GET", f"/ts/cd/casestatus/{case_of(mark.number)}/info.json"))
        except ListingGone:
            return True
        return status_of(str(_read(answer).status.status)) != "dead"


def case_of(number: str) -> str:
    """How TSDR names a case: "sn76044902" by serial, "rn2178784" by registration number."""
    digits = _DIGITS.sub("", number)
    return f"{'sn' if len(digits) == SERIAL_DIGITS else 'rn'}{digits}"


def _read(answer: Any) -> _Trademark:
    try:
        return _Answer.model_validate(answer).trademarks[0]
    except ValidationError as fault:
        raise MarketDown(f"USPTO answers in another shape ({fault.error_count()} faults): it was not read") from None
