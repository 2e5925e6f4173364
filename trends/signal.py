"""Signal: one observation of one thing, by one source.

A `Signal` is what a source module yields and what the intake stores: the thing itself (a post, a video, a phrase that
is searched for) together with what was measured of it at `known_at`. The same thing seen again yields another `Signal`
with the same `id`: the store keeps one row a thing and one row an observation.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from uuid import UUID, uuid5

SIGNALS = UUID("6f0e2c1a-3b57-5c0f-9a53-0b8a3e0d7c11")
"""Namespace of signal ids."""

NO_METRICS: Mapping[str, float] = MappingProxyType({})

METRICS = (
    "views", "likes", "dislikes", "comments", "shares", "score", "rank", "level", "items", "authors",
    "price_cents", "rating", "reviews",
)  # fmt: skip
"""Names a source may measure. `level` is a source's own index (0-100), `items` and `authors` are counts behind a
TERM."""


class SignalKind(StrEnum):
    """What was observed."""

    ITEM = "item"
    """A post, a video, a product on a list: text written by somebody."""
    TERM = "term"
    """A phrase with a level or a count over time: a search series, a ranking, counts someone already made."""


@dataclass(frozen=True)
class Signal:
    """One observation from one source.

    `known_at` is when this was known, never when it was published. `author_hash` and `community` are None
    where the source names none. `metrics` holds only names in METRICS, only what was really measured.
    """

    source: str
    kind: SignalKind
    text: str
    known_at: datetime
    native_id: str | None = None
    community: str | None = None
    category: str | None = None
    author_hash: str | None = None
    tags: tuple[str, ...] = ()
    url: str | None = None
    locale: str | None = None
    published_at: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: NO_METRICS)
    row: int = 0
    """Where in its file the observation stands: 1 is the first record."""

    @cached_property
    def id(self) -> UUID:
        """UUIDv5 of (source, native id), or of the normalised text where the source gives no id."""
        name = self.native_id if self.native_id is not None else "text:" + content_hash(self.text, self.community)
        return uuid5(SIGNALS, f"{self.source}\n{name}")


def content_hash(*parts: str | None) -> str:
    """SHA-256 (hex) of the parts, after NFKC, case folding and collapsing of white space."""
    folded = (
        "" if part is None else " ".join(unicodedata.normalize("NFKC", part).casefold().split()) for part in parts
    )
    return hashlib.sha256("\x1f".join(folded).encode("utf-8", "surrogatepass")).hexdigest()


def author_hash(source: str, author: str) -> str:
    """A stable pseudonym: 32 hex digits that never lead back to a name without the name."""
    return hashlib.blake2b(f"{source}\n{author}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
