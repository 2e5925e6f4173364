"""EUIPO: EU trade marks by the Trademark Search API 1.0.0 (dev.euipo.europa.eu; specification read 2026-11-20).

Its RSQL finds marks whose words begin, end or stand as asked, not marks that sound alike: so each text is asked for by
its rare words, joined and apart, as the readings of `market.gates.unfold` have them, and the gate compares what comes
back. Needs X-IBM-Client-Id and a bearer token of the client-credentials flow. Answers are checked before they count.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from market.client import TIMEOUT_S, Ask, Client, Turn
from market.errors import MarketDown, NotConfigured
from market.gates import Source
from market.gates.distinct import is_ordinary
from market.gates.marks import Mark
from market.gates.unfold import readings

NAME = "EUIPO"
BASE = "https://api.euipo.europa.eu/trademark-search"
MOST_QUERY = 4800
"""Characters of one query; the specification allows 5,000."""
PAGE = 100
MOST_PAGES = 20
LEAST = 3
"""Letters of a word that is worth asking for."""
DEAD = ("WITHDRAWN", "REFUSED", "CANCELLED", "SURRENDERED", "EXPIRED", "REMOVED_FROM_REGISTER")
_FIELD = "wordMarkSpecification.verbalElement"

Status = Literal[
    "RECEIVED", "UNDER_EXAMINATION", "APPLICATION_PUBLISHED", "REGISTRATION_PENDING", "REGISTERED", "WITHDRAWN",
    "REFUSED", "OPPOSITION_PENDING", "APPEALED", "CANCELLATION_PENDING", "CANCELLED", "SURRENDERED", "EXPIRED",
    "APPEALABLE", "START_OF_OPPOSITION_PERIOD", "ACCEPTANCE_PENDING", "ACCEPTED", "REMOVED_FROM_REGISTER",
]  # fmt: skip


class _Words(BaseModel):
    verbalElement: str


class _Person(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str = ""


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")
    applicationNumber: str = Field(pattern=r"^(\d{9}|W\d{8}[A-Z]?)$")
    niceClasses: list[int]
    status: Status
    wordMarkSpecification: _Words | None = None
    applicants: list[_Person] = []

    @property
    def words(self) -> str:
        return self.wordMarkSpecification.verbalElement if self.wordMarkSpecification else ""


class _Page(BaseModel):
    model_config = ConfigDict(extra="ignore")
    trademarks: list[_Item]
    totalPages: int = Field(ge=0)
    page: int = Field(ge=0)


class Euipo:
    """The register, asked over the network. Close it, or use it as `async with`."""

    def __init__(
        self, client_id: str, token: Callable[[], Awaitable[str]], turn: Turn, base: str = BASE,
        timeout_s: float = TIMEOUT_S,
    ) -> None:  # fmt: skip
        """`token`: gives a bearer token that is good now. NotConfigured where there is no client id."""
        if not client_id:
            raise NotConfigured("EUIPO needs a client id and secret")

        async def headers() -> Mapping[str, str]:
            return {"X-IBM-Client-Id": client_id, "Authorization": f"Bearer {await token()}"}

        self._client = Client(base, turn, headers, timeout_s)

    async def __aenter__(self) -> Euipo:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.close()

    def source(self, now: datetime) -> Source:
        """The register as of this day: it changes daily."""
        return Source(NAME, now.date().isoformat())

    async def search(self, texts: Sequence[str], classes: Sequence[int]) -> list[Mark]:
        """Living marks of these classes that hold, begin with or end in a telling word of the texts."""
        found: dict[str, Mark] = {}
        for query in queries(texts, classes):
            page, pages = 0, 1
            while page < min(pages, MOST_PAGES):
                told = {"query": query, "page": str(page), "size": str(PAGE)}
                answer = _read(await self._client.ask(Ask("GET", "/trademarks", told)))
                pages, page = answer.totalPages, page + 1
                found |= {
                    each.applicationNumber: _mark(each) for each in answer.trademarks if each.wordMarkSpecification
                }
            if pages > MOST_PAGES:
                raise MarketDown(f"EUIPO has more than {MOST_PAGES * PAGE} marks for one question: not all were read")
        return [mark for mark in found.values() if not mark.is_dead]


def queries(texts: Sequence[str], classes: Sequence[int]) -> Iterator[str]:
    """RSQL questions, each short enough, that together ask for every telling word in living marks of the classes."""
    tail = f";niceClasses=in=({','.join(map(str, classes))});status=out=({','.join(DEAD)})"
    part: list[str] = []
    for word in telling(texts):
        asked = f"{_FIELD}=={_quoted(word)}"
        if part and len(",".join([*part, asked])) + len(tail) + 2 > MOST_QUERY:
            yield f"({','.join(part)}){tail}"
            part = []
        part.append(asked)
    if part:
        yield f"({','.join(part)}){tail}"


def telling(texts: Sequence[str]) -> list[str]:
    """What to ask for: words that are not everybody's, by all readings, and two or three that stand together."""
    found: dict[str, None] = {}
    for text in texts:
        for words in readings(text):
            run = [word.text for word in words]
            found |= dict.fromkeys(f"*{word}*" for word in run if len(word) > LEAST and not is_ordinary(word))
            for size in (2, 3):
                for at in range(len(run) - size + 1):
                    part = run[at : at + size]
                    if len("".join(part)) >= LEAST:
                        found |= dict.fromkeys((" ".join(part), "".join(part)))
            letters = "".join(word for word in run if len(word) == 1)
            if len(letters) >= LEAST:
                found[f"*{letters}*"] = None
    return list(found)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _read(answer: Any) -> _Page:
    try:
        return _Page.model_validate(answer)
    except ValidationError as fault:
        raise MarketDown(f"EUIPO answers in another shape ({fault.error_count()} faults): it was not read") from None


def _mark(item: _Item) -> Mark:
    owner = next((person.name for person in item.applicants if person.name), "")
    return Mark(item.words, frozenset(item.niceClasses), owner, NAME, item.applicationNumber, item.status)
