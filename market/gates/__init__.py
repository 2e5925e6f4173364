"""Gates: what stands between a listing and the person who may publish it. One gate a module, one verdict each.

A verdict says what was checked, against what, and when. "could not run" blocks like "blocked": what nobody checked is
not clear. The key of a verdict is made of the listing, what is known of its design, and every list it is held against:
the same question has the same key, so that an answer is found again instead of being asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal, Protocol

from market.listing import Listing

Outcome = Literal["clear", "blocked", "could not run"]
Seen = Literal["clear", "unsafe", "not checked"]


@dataclass(frozen=True, slots=True)
class Artwork:
    """What is known of the design on the product."""

    text: str
    """The words that are lettered on it; empty where it has none."""
    renderer: str
    """Who drew it: "typographic", "sdxl", "openai"."""
    safety: Seen = "not checked"
    """What a judge of pictures said of it."""
    safety_why: str = ""
    judge: str = ""
    """Name and version of who judged; empty where nobody did."""
    printed_by: str = ""
    """Who prints it, if not the seller: "printify"."""


@dataclass(frozen=True, slots=True)
class Source:
    """A list or register that something was held against."""

    name: str
    version: str
    """A day, a version or a digest: another one is another list."""
    size: int | None = None
    """Rows; None where it does not say."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was found."""

    where: str
    """"title", "tags", "bullets", "description", "artwork", "picture", "claim", "disclosure"."""
    written: str
    """What stands there."""
    found: str
    """What it is: the mark, the word, the rule."""
    how: str = ""
    blocks: bool = True
    """False: told, and left to the person."""
    score: float | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """Of a mark: its class, owner, register and number, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate says of one listing."""

    gate: str
    outcome: Outcome
    why: str
    """One plain line."""
    checked: tuple[str, ...]
    """Which texts and pictures."""
    against: tuple[Source, ...]
    when: datetime
    key: str
    """Digest of the question: see the module."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether nobody but a person with the role may let it pass."""
        return self.outcome != "clear"


class Gate(Protocol):
    """Judges a listing. Never raises for what a register does wrong: that is "could not run"."""

    @property
    def name(self) -> str: ...

    def key(self, listing: Listing, artwork: Artwork, now: datetime, /) -> str:
        """The key that the verdict will have."""
        ...

    async def judge(self, listing: Listing, artwork: Artwork, now: datetime) -> Verdict: ...


def key_of(gate: str, version: str, listing: Listing, artwork: Artwork, against: Sequence[Source]) -> str:
    """SHA-256 of everything that a verdict depends on."""
    told = [gate, version, listing.digest, asdict(artwork), [asdict(source) for source in against]]
    return sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def texts_of(listing: Listing, artwork: Artwork) -> list[tuple[str, str]]:
    """(where, text) of all that a buyer reads, the design's own words first."""
    found = [("artwork", artwork.text), ("title", listing.title), ("description", listing.description)]
    found += [("tags", tag) for tag in listing.tags] + [("bullets", each) for each in listing.bullets]
    found += [("picture", picture.alt) for picture in listing.pictures]
    for variant in listing.variants:
        found += [("variants", value) for value in variant.options.values()]
    return [(where, text) for where, text in dict.fromkeys(found) if text.strip()]


def told(texts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Which kinds of text, and how many of each."""
    kinds = dict.fromkeys(where for where, _ in texts)
    counts = {kind: sum(where == kind for where, _ in texts) for kind in kinds}
    return tuple(kind if count == 1 else f"{kind} ({count})" for kind, count in counts.items())


def pack(verdict: Verdict) -> dict[str, Any]:
    """As JSON can hold it."""
    packed: dict[str, Any] = json.loads(json.dumps(asdict(verdict), default=lambda moment: moment.isoformat()))
    return packed


def unpack(packed: Mapping[str, Any]) -> Verdict:
    """The verdict that was packed."""
    given = dict(packed)
    given["when"] = datetime.fromisoformat(given["when"]).astimezone(UTC)
    given["checked"] = tuple(given["checked"])
    given["against"] = tuple(Source(**each) for each in given["against"])
    given["evidence"] = tuple(Evidence(**each) for each in given["evidence"])
    return Verdict(**given)
