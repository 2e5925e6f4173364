"""Hot: the phrases that most voices use now, over the last 48 hours, all sources or one.

Counted as signals are stored (`Hot.listen`, in Redis), decayed when asked: a voice of six hours ago counts half. Redis
down, flushed or with a gap: PostgreSQL gives the same answer from its rows, slower, and Redis is filled anew from it.
A phrase is a run of one to three words of a text or a tag that could be a name of something: no stop word at its ends,
no format, no filler, no single word that all of English is full of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from psycopg import Connection

from store.redis import Redis, RedisDown
from store.stream import (
    BUCKETS,
    Counts,
    MemoryCounts,
    RedisCounts,
    Row,
    Sighting,
    bucket_of,
    load_last_seen,
    load_rows,
    start_of,
)
from trends.kinds import INSIDE
from trends.merge import key_of
from trends.phrases import LONGEST, is_word, split_words
from trends.signal import Signal, content_hash
from trends.subjects import COMMON_WORD
from trends.words import frequencies, singular, word_list

SWALLOWED = 0.6
"""Part of a phrase's heat that a longer one around it must have for the longer one alone to be told."""
LOOKED_AT = 8
"""Phrases looked at for each one told."""
MOST_IN_A_TEXT = 60
TAGS = 40

Answer = TypeVar("Answer")
Connect = Callable[[], AbstractContextManager[Connection[Any]]]


@dataclass(frozen=True, slots=True)
class Topic:
    """A phrase and how many voices it has now: `heat` counts one of this minute 1, one of six hours ago 0.5."""

    phrase: str
    key: str
    heat: float


@dataclass(slots=True)
class Hot:
    """Hot topics; `connect` opens a session on the database that the signals are in."""

    redis: Redis
    connect: Connect = field(repr=False)
    """Holds the address of the database, login and all."""
    _gap: bool = field(default=False)
    """Whether signals went by while Redis was away."""

    def listen(self, signals: Sequence[Signal]) -> None:
        """Count signals that were stored just now. Never fails: what Redis misses, PostgreSQL has."""
        try:
            self._mend()
            RedisCounts(self.redis).add([sighting_of(signal) for signal in signals])
        except RedisDown:
            self._gap = True

    def top(self, now: datetime, n: int = 20, source: str | None = None) -> list[Topic]:
        """The hottest phrases of all sources or of one, hottest first; of a phrase inside a longer one the longer."""
        last = bucket_of(now)
        return folded(self.ask(now, lambda counts: counts.hottest(last, LOOKED_AT * n, source)), n)

    def counted(self, now: datetime, n: int = 20) -> list[Topic] | None:
        """The same as far as Redis has it whole; None where only the rows could say, which takes its time."""
        kept, last = RedisCounts(self.redis), bucket_of(now)
        try:
            return folded(kept.hottest(last, LOOKED_AT * n, None), n) if kept.is_whole(last) else None
        except RedisDown:
            return None

    def ask(self, now: datetime, question: Callable[[Counts], Answer]) -> Answer:
        """What the counts in Redis say where they are whole, else what the rows say."""
        kept = RedisCounts(self.redis)
        try:
            self._mend()
            if kept.is_whole(bucket_of(now)):
                return question(kept)
        except RedisDown:
            self._gap = True
        return question(self._counted_anew(now, kept))

    def _counted_anew(self, now: datetime, kept: RedisCounts) -> MemoryCounts:
        """The counts of the rows; Redis, where it answers, is filled with them."""
        last = bucket_of(now)
        since = start_of(last - BUCKETS + 1)
        is_filling = self._begins(kept)  # before the rows are read: what comes in from here on counts itself
        with self.connect() as connection:
            sightings = [sighting_of(row) for row in load_rows(connection, since, now)]
            seen = load_last_seen(connection, since, now)
        try:
            if is_filling:
                kept.add(sightings)
                kept.remember((each.bytes, int(at.timestamp())) for each, at in seen)
                kept.whole_from(last - BUCKETS + 1)
        except RedisDown:
            self._gap = True
        return MemoryCounts(sightings)

    def _begins(self, kept: RedisCounts) -> bool:
        """Whether this process is the one that fills Redis."""
        try:
            return kept.begin()
        except RedisDown:
            self._gap = True
            return False

    def _mend(self) -> None:
        if self._gap:
            RedisCounts(self.redis).doubt()
            self._gap = False


def sighting_of(thing: Signal | Row) -> Sighting:
    """A thing as the stream counts it. Where no author is named, each distinct text is one voice."""
    identity = thing.id.bytes
    voice = thing.author_hash or content_hash(thing.text)[:32]
    return Sighting(identity, int(thing.known_at.timestamp()), thing.source, voice, phrases_of(thing.text, thing.tags))


def phrases_of(text: str, tags: Sequence[str] = ()) -> frozenset[str]:
    """The phrases of a text and its tags that could be a name of something, in lower case, the last word singular."""
    found: dict[str, None] = {}
    for part in (text, *tags[:TAGS]):
        for run in _runs(part):
            if len(found) == MOST_IN_A_TEXT:
                return frozenset(found)
            if _may_name(run):
                found[" ".join((*run[:-1], singular(run[-1])))] = None
    return frozenset(found)


def folded(hottest: Sequence[tuple[str, float]], n: int) -> list[Topic]:
    """One topic a key, and none for what stands mostly inside a longer phrase."""
    told: dict[str, Topic] = {}
    for phrase, heat in hottest:
        key = key_of(phrase.split())
        if key not in told and not _is_swallowed(phrase, heat, hottest):
            told[key] = Topic(phrase, key, round(heat, 2))
        if len(told) == n:
            break
    return list(told.values())


def _is_swallowed(phrase: str, heat: float, among: Sequence[tuple[str, float]]) -> bool:
    inside = f" {phrase} "
    return any(len(other) > len(phrase) and inside in f" {other} " and hot >= SWALLOWED * heat for other, hot in among)


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every run of one to LONGEST words that no mark stands in, longer ones of a place first."""
    words: list[str] = []
    for token in (*split_words(text), "."):
        if is_word(token):
            words.append(token.casefold())
            continue
        for start in range(len(words)):
            for size in range(min(LONGEST, len(words) - start), 0, -1):
                yield tuple(words[start : start + size])
        words.clear()


def _may_name(run: tuple[str, ...]) -> bool:
    if _is_edge(run[0]) or _is_edge(run[-1]) or not word_list("generic_modifiers").isdisjoint(run):
        return False
    if any(_is_edge(word) and word not in INSIDE for word in run[1:-1]):
        return False
    if " ".join(run) in word_list("generic_phrases") or {run[-1], singular(run[-1])} & word_list("generic_heads"):
        return False
    return len(run) > 1 or _is_telling(run[0])


def _is_telling(word: str) -> bool:
    """Whether a word alone says something: not too common, no size of a picture; a decade does ("90s")."""
    lettered = word[0].isalpha() or word.rstrip("'s").isdigit()
    return len(word) > 2 and lettered and frequencies().get(word, 0.0) <= COMMON_WORD


def _is_edge(word: str) -> bool:
    return len(word) < 2 or word in word_list("edges")
