"""Table: what was known at a moment, one row a signal, in columns.

`load_corpus` reads it from the database, `corpus_of` builds the same thing in memory from signals. Only observations
with `known_at <= as_of` are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Any
from uuid import UUID, uuid4

import orjson
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.types.json import set_json_loads

from trends.signal import Signal, SignalKind

Metrics = dict[str, float]
Observation = tuple[datetime, Metrics]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Parallel lists, one entry a signal as last known at `as_of`; the order is that of first sight, then of id."""

    ids: list[UUID] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    kind: list[SignalKind] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    tags: list[tuple[str, ...]] = field(default_factory=list)
    community: list[str | None] = field(default_factory=list)
    category: list[str | None] = field(default_factory=list)
    author_hash: list[str | None] = field(default_factory=list)
    known_at: list[datetime] = field(default_factory=list)
    first_known_at: list[datetime] = field(default_factory=list)
    published_at: list[datetime | None] = field(default_factory=list)
    metrics: list[Metrics] = field(default_factory=list)
    first_metrics: list[Metrics] = field(default_factory=list)
    observed: list[list[Observation]] = field(default_factory=list)
    """Every observation of the signal, oldest first."""

    def __len__(self) -> int:
        return len(self.ids)


def corpus_of(signals: Iterable[Signal], as_of: datetime) -> Corpus:
    """The corpus of these signals as of a moment; of two observations of one thing at one time the first counts."""
    seen: dict[UUID, dict[datetime, Signal]] = {}
    for signal in signals:
        if signal.known_at <= as_of:
            seen.setdefault(signal.id, {}).setdefault(signal.known_at, signal)
    histories = [sorted(history.values(), key=lambda signal: signal.known_at) for history in seen.values()]
    histories.sort(key=lambda history: (history[0].known_at, history[0].id))
    corpus = Corpus()
    for history in histories:
        _append(corpus, history)
    return corpus


def _append(corpus: Corpus, history: list[Signal]) -> None:
    first, last = history[0], history[-1]
    observed: list[Observation] = [(signal.known_at, dict(signal.metrics)) for signal in history]
    corpus.ids.append(first.id)
    corpus.source.append(first.source)
    corpus.kind.append(first.kind)
    corpus.text.append(last.text)
    corpus.tags.append(first.tags)
    corpus.community.append(first.community)
    corpus.category.append(first.category)
    corpus.author_hash.append(first.author_hash)
    corpus.known_at.append(last.known_at)
    corpus.first_known_at.append(first.known_at)
    corpus.published_at.append(first.published_at)
    corpus.metrics.append(observed[-1][1])
    corpus.first_metrics.append(observed[0][1])
    corpus.observed.append(observed)


ITERSIZE = 20_000
"""Rows that come from the server at a time."""
_SIGNALS = """
SELECT id, source, kind, text, tags, community, category, author_hash, published_at
FROM signal WHERE first_known_at <= %s {seen} ORDER BY first_known_at, id
"""
_SEEN = "AND id IN (SELECT signal_id FROM observation WHERE known_at <= %s AND known_at > %s)"
_OBSERVATIONS = (
    "SELECT signal_id, known_at, text, metrics FROM observation WHERE known_at <= %s {seen} ORDER BY known_at"
)


def load_corpus(connection: Connection[Any], as_of: datetime, since: datetime | None = None) -> Corpus:
    """What the database knew at `as_of`: two queries, read in pieces.

    With `since`, what was observed after it and nothing else: the years before do not slow what is asked every hour.
    """
    signals, observations = _SIGNALS.format(seen=""), _OBSERVATIONS.format(seen="")
    signals_of, observations_of = [as_of], [as_of]
    if since is not None:
        signals, observations = _SIGNALS.format(seen=_SEEN), _OBSERVATIONS.format(seen="AND known_at > %s")
        signals_of, observations_of = [as_of, as_of, since], [as_of, since]
    corpus = Corpus()
    places: dict[UUID, int] = {}
    with connection.transaction():
        for row in _stream(connection, signals, signals_of):
            identity, source, kind, text, tags, community, category, author, published_at = row
            places[identity] = len(corpus.ids)
            corpus.ids.append(identity)
            corpus.source.append(intern(source))
            corpus.kind.append(SignalKind(kind))
            corpus.text.append(text)
            corpus.tags.append(tuple(map(intern, tags)))
            corpus.community.append(_shared(community))
            corpus.category.append(_shared(category))
            corpus.author_hash.append(_shared(author))
            corpus.published_at.append(published_at)
            corpus.observed.append([])
        texts = corpus.text.copy()
        moments: dict[datetime, datetime] = {}
        for identity, known_at, text, metrics in _stream(connection, observations, observations_of):
            place = places.get(identity)
            if place is not None:  # None: its signal was stored between the two queries
                corpus.observed[place].append((moments.setdefault(known_at, known_at), metrics))
                corpus.text[place] = texts[place] if text is None else text
    for observed in corpus.observed:
        corpus.first_known_at.append(observed[0][0])
        corpus.first_metrics.append(observed[0][1])
        corpus.known_at.append(observed[-1][0])
        corpus.metrics.append(observed[-1][1])
    return corpus


def _shared(text: str | None) -> str | None:
    """The text itself, held once however many rows name it."""
    return None if text is None else intern(text)


def _stream(connection: Connection[Any], query: str, moments: list[datetime]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(f"corpus_{uuid4().hex}", binary=True, row_factory=tuple_row) as cursor:
        set_json_loads(orjson.loads, cursor)
        cursor.itersize = ITERSIZE
        cursor.execute(query.encode(), moments)
        yield from cursor


def newest_known_at(connection: Connection[Any]) -> datetime | None:
    """The newest time at which anything stored was known; None in an empty database."""
    row = connection.execute("SELECT max(known_at) FROM observation").fetchone()
    return None if row is None else row[0]
