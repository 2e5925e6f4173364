"""Chain: the pages of one slot, from first to last: what was asked, what came, what is kept at the end."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from psycopg import Connection

from store import sources
from store.sources import Slot
from trends.fetch import Answer
from trends.live.source import Request


@dataclass(slots=True)
class Chain:
    """A slot's pages, and how its slots are asked the next time."""

    slot: str
    states: dict[str, Slot]
    """By slot: pages may name slots of their own."""
    page: int = 0
    _asked: set[str] = field(default_factory=set)
    _bodies: set[str] = field(default_factory=set)

    def turn_to(self, request: Request) -> None:
        """The next page is what this request asks for."""
        self.page += 1
        self._asked.add(_key(request))

    def was_asked(self, request: Request) -> bool:
        """Whether an earlier page asked for the same."""
        return _key(request) in self._asked

    def is_circle(self, answer: Answer) -> bool:
        """Whether an earlier page held the same text."""
        return hash_of(answer.text) in self._bodies

    def is_new(self, answer: Answer) -> bool:
        """Whether a first page is not the slot's last answer over again; what is asked with the next time is noted."""
        sha256 = hash_of(answer.text)
        self._bodies.add(sha256)
        if self.page > 1:
            return True
        known = self.states[self.slot].sha256
        self.keep(self.slot, etag=answer.etag, last_modified=answer.last_modified, sha256=sha256)
        return sha256 != known

    def keep(self, slot: str, **changes: Any) -> None:
        """Note what a slot is asked with the next time: columns of `Slot`."""
        self.states[slot] = replace(self.states.get(slot, Slot()), **changes)

    def save(self, connection: Connection[Any], name: str, began: datetime) -> None:
        """Store what was noted: the slots were asked in the scan that began then."""
        with connection.transaction():
            for slot, state in self.states.items():
                sources.save_slot(connection, name, slot, replace(state, asked_at=began))


def hash_of(text: str) -> str:
    """SHA-256 (hex) of an answer's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _key(request: Request) -> str:
    """What tells one request from another."""
    return json.dumps([request.path, sorted(request.query.items())])
