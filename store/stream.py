"""Stream: how many voices used a phrase, by source and ten minutes, over the last 48 hours.

    add(sightings)   a thing counts once, when it is seen and was not in the 48 hours before; a voice counts once a
                    phrase, source and ten minutes, however much it says

`RedisCounts` keeps it (bounded: MOST phrases a source and bucket, the rarest forgotten first; keys end after 48 hours),
`MemoryCounts` is its twin: the same answers from the rows of PostgreSQL, where no bucket had to forget anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from store.redis import Redis

BUCKET_S = 600
BUCKETS = 288
"""Of ten minutes each: 48 hours."""
KEPT_S = BUCKET_S * BUCKETS
BLOCK = 36
"""Buckets in which heat halves: six hours."""
BLOCKS = 8
"""The one that runs and seven whole ones: at most 48 hours."""
HEATS = tuple(round(2**20 * 2 ** (at / BLOCK)) for at in range(BLOCK))
"""The weight of a voice by its bucket's place in its block; a block back it counts half. Whole numbers and powers of
two, so that every order of adding gives the same sum."""
MOST = 500
"""Phrases of a source that a bucket holds; at twice as many it is trimmed to this."""
MOST_HEATED = 2_000
"""The same for the heat of a block."""
MOST_SEEN = 400_000
"""Things that are remembered; the longest unseen are forgotten first."""
SAID_S = 3_600
"""So long it is known who said what in a bucket: a scan's rows come within minutes."""
AT_ONCE = 250
"""Sightings a pipeline."""
APART = "\x1f"

Ints = NDArray[np.int64]


class Sighting(NamedTuple):
    """A thing as it was seen at a second (of the epoch), by whom it was said, and the phrases in it."""

    id: bytes
    second: int
    source: str
    voice: str
    phrases: frozenset[str]


class Row(NamedTuple):
    """A thing as it was seen for the first time in 48 hours."""

    id: UUID
    source: str
    text: str
    tags: list[str]
    community: str | None
    category: str | None
    author_hash: str | None
    published_at: datetime | None
    known_at: datetime


class Series(NamedTuple):
    """Voices by ten minutes, oldest first."""

    sources: tuple[str, ...]
    counts: Ints
    """Shape (phrases, sources, buckets)."""
    totals: Ints
    """Things by source, shape (sources, buckets)."""


class Counts(Protocol):
    """What can be asked of the last 48 hours; `last` is the newest bucket."""

    def add(self, sightings: Sequence[Sighting]) -> None: ...

    def hottest(self, last: int, most: int, source: str | None) -> list[tuple[str, float]]:
        """Phrases by heat, hottest first: a voice in the newest bucket is 1, one of six hours before .5."""

    def busy(self, last: int, buckets: int, least: int, most: int) -> list[str]:
        """At most so many phrases with at least so many voices in the newest buckets, loudest first."""

    def series(self, last: int, phrases: Sequence[str]) -> Series: ...


def bucket_of(moment: datetime) -> int:
    return int(moment.timestamp()) // BUCKET_S


def start_of(bucket: int) -> datetime:
    return datetime.fromtimestamp(bucket * BUCKET_S, UTC)


SIGHTINGS = """
SELECT s.id, s.source, coalesce(o.text, s.text), s.tags, s.community, s.category, s.author_hash,
  s.published_at, o.known_at
FROM observation o JOIN signal s ON s.id = o.signal_id
WHERE o.known_at >= %(since)s AND o.known_at <= %(until)s AND NOT EXISTS (
  SELECT FROM observation p WHERE p.signal_id = o.signal_id
    AND p.known_at < o.known_at AND p.known_at > o.known_at - %(kept)s)
ORDER BY o.known_at, s.id
"""


def load_rows(connection: Connection[Any], since: datetime, until: datetime) -> list[Row]:
    """What was seen in that time and not in the 48 hours before each, oldest first."""
    given = {"since": since, "until": until, "kept": timedelta(seconds=KEPT_S)}
    return [Row(*each) for each in connection.execute(SIGHTINGS, given)]


LAST_SEEN = """
SELECT signal_id, max(known_at) FROM observation WHERE known_at >= %(since)s AND known_at <= %(until)s GROUP BY 1
"""


def load_last_seen(connection: Connection[Any], since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    """Everything that was seen in that time, first or again: id, and when it was last seen."""
    return connection.execute(LAST_SEEN, {"since": since, "until": until}).fetchall()


class MemoryCounts:
    """The counts of rows that are at hand."""

    def __init__(self, sightings: Iterable[Sighting] = ()) -> None:
        self._seen: dict[bytes, int] = {}
        self._said: set[tuple[int, str, str, str]] = set()
        self._counts: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._totals: dict[int, Counter[str]] = defaultdict(Counter)
        self.add(list(sightings))

    def add(self, sightings: Sequence[Sighting]) -> None:
        for one in sightings:
            before, self._seen[one.id] = self._seen.get(one.id), one.second
            if before is not None and one.second - before < KEPT_S:
                continue
            bucket = one.second // BUCKET_S
            self._totals[bucket][one.source] += 1
            for phrase in one.phrases:
                said = (bucket, one.source, phrase, one.voice)
                if said not in self._said:
                    self._said.add(said)
                    self._counts[bucket][one.source, phrase] += 1

    def hottest(self, last: int, most: int, source: str | None) -> list[tuple[str, float]]:
        tally: dict[str, float] = defaultdict(float)
        newest = last // BLOCK
        for bucket in range((newest - BLOCKS + 1) * BLOCK, last + 1):
            weight = HEATS[bucket % BLOCK] / 2 ** (newest - bucket // BLOCK)
            for (of, phrase), count in self._counts.get(bucket, {}).items():
                if source in (None, of):
                    tally[phrase] += count * weight
        return _heats(sorted(tally.items(), key=lambda one: (-one[1], one[0]))[:most], last)

    def busy(self, last: int, buckets: int, least: int, most: int) -> list[str]:
        tally: Counter[str] = Counter()
        for bucket in range(last - buckets + 1, last + 1):
            for (_, phrase), count in self._counts.get(bucket, {}).items():
                tally[phrase] += count
        loud = [(-count, phrase) for phrase, count in tally.items() if count >= least]
        return [phrase for _, phrase in sorted(loud)[:most]]

    def series(self, last: int, phrases: Sequence[str]) -> Series:
        first = last - BUCKETS + 1
        totals: list[Mapping[str, int]] = [self._totals.get(bucket, {}) for bucket in range(first, last + 1)]
        sources = _sources(totals)
        counts = np.zeros((len(phrases), len(sources), BUCKETS), dtype=np.int64)
        for at in range(BUCKETS):
            found = self._counts.get(first + at)
            if found:
                counts[:, :, at] = [[found[source, phrase] for source in sources] for phrase in phrases]
        return Series(sources, counts, _totals(sources, totals))


class RedisCounts:
    """The counts in Redis, shared by all workers. Raises RedisDown."""

    def __init__(self, redis: Redis, most: int = MOST) -> None:
        self.redis, self.most = redis, most

    def add(self, sightings: Sequence[Sighting]) -> None:
        for part in _parts(sightings, AT_ONCE):
            self._add(part)

    def _add(self, sightings: Sequence[Sighting]) -> None:
        """Three round trips: which things are new, what of theirs was not yet said, the counts."""
        new = self._unseen(sightings)
        uses = [(one, phrase) for one in new for phrase in sorted(one.phrases)]
        said = [("SADD", _key("said", one.second // BUCKET_S), _digest(one, phrase)) for one, phrase in uses]
        first = self.redis.pipeline(said) if said else []
        counts: Counter[tuple[str, str]] = Counter()
        for (one, phrase), is_first in zip(uses, first, strict=True):
            if is_first:
                bucket = one.second // BUCKET_S
                counts[_key("count", bucket, one.source), phrase] += 1
                for name in (None, one.source):
                    counts[_key("heat", bucket // BLOCK, name), phrase] += HEATS[bucket % BLOCK]
        totals = Counter((_key("total", one.second // BUCKET_S), one.source) for one in new)
        commands: list[tuple[Any, ...]] = [("ZINCRBY", key, by, phrase) for (key, phrase), by in counts.items()]
        commands += [("HINCRBY", key, source, by) for (key, source), by in totals.items()]
        sets = sorted({key for key, _ in counts})
        commands += [("EXPIRE", key, SAID_S) for key in sorted({word[1] for word in said})]
        commands += [("EXPIRE", key, KEPT_S) for key in (*sets, *sorted({key for key, _ in totals}), _key("since"))]
        commands += [("ZCARD", key) for key in sets]
        if new:
            self._trim(sets, self.redis.pipeline(commands)[len(commands) - len(sets) :])

    def _trim(self, sets: Sequence[str], sizes: Sequence[int]) -> None:
        """The rarest of what grew too large are forgotten."""
        bounds = [MOST_HEATED if key.startswith(_key("heat")) else self.most for key in sets]
        large = [(key, most) for key, size, most in zip(sets, sizes, bounds, strict=True) if size > 2 * most]
        if large:
            self.redis.pipeline([("ZREMRANGEBYRANK", key, 0, -most - 1) for key, most in large])

    def remember(self, seen: Iterable[tuple[bytes, int]]) -> None:
        """Things by the second they were last seen: when they are seen again they are not new."""
        for part in _parts(seen, AT_ONCE):
            self.redis.pipeline([("ZADD", _key("seen"), "GT", second, each) for each, second in part])

    def _unseen(self, sightings: Sequence[Sighting]) -> list[Sighting]:
        """Those that were not seen in the 48 hours before; all are remembered as seen."""
        seen = _key("seen")
        oldest = min(one.second for one in sightings) - KEPT_S
        commands: list[tuple[Any, ...]] = [
            ("ZREMRANGEBYSCORE", seen, "-inf", oldest),
            ("ZREMRANGEBYRANK", seen, 0, -MOST_SEEN - 1),
            *(("ZADD", seen, "GT", one.second, one.id) for one in sightings),
            ("EXPIRE", seen, KEPT_S),
        ]
        added = self.redis.pipeline(commands)[2:-1]
        return [one for one, is_new in zip(sightings, added, strict=True) if is_new]

    def hottest(self, last: int, most: int, source: str | None) -> list[tuple[str, float]]:
        blocks = range(last // BLOCK - BLOCKS + 1, last // BLOCK + 1)
        # Negative: then equals come in the order of their letters, as they do elsewhere.
        weights = [-(0.5 ** (last // BLOCK - block)) for block in blocks]
        found = self._union([_key("heat", block, source) for block in blocks], weights, ("ZRANGE", 0, most - 1))
        return _heats([(phrase, -weight) for phrase, weight in found], last)

    def busy(self, last: int, buckets: int, least: int, most: int) -> list[str]:
        every = range(last - buckets + 1, last + 1)
        totals = [_counter(found) for found in self.redis.pipeline([("HGETALL", _key("total", at)) for at in every])]
        keys = [_key("count", at, source) for at, each in zip(every, totals, strict=True) for source in each]
        found = self._union(keys, [-1.0] * len(keys), ("ZRANGE", 0, most - 1)) if keys else []
        return [phrase for phrase, voices in found if -voices >= least]

    def _union(
        self, keys: Sequence[str], weights: Sequence[float], ask: tuple[str, Any, Any]
    ) -> list[tuple[str, float]]:
        """What a weighted sum of sorted sets holds."""
        into = _key(f"sum:{uuid4().hex}")
        commands: list[tuple[Any, ...]] = [
            ("ZUNIONSTORE", into, len(keys), *keys, "WEIGHTS", *weights),
            (ask[0], into, *ask[1:], "WITHSCORES"),
            ("DEL", into),
        ]
        return [(phrase, float(weight)) for phrase, weight in _parts(self.redis.pipeline(commands)[1], 2)]

    def series(self, last: int, phrases: Sequence[str]) -> Series:
        every = range(last - BUCKETS + 1, last + 1)
        totals = [_counter(found) for found in self.redis.pipeline([("HGETALL", _key("total", at)) for at in every])]
        sources = _sources(totals)
        counts = np.zeros((len(phrases), len(sources), BUCKETS), dtype=np.int64)
        asked = [(at, sources.index(source), source) for at, each in enumerate(totals) for source in each]
        if phrases and asked:
            commands = [("ZMSCORE", _key("count", every[at], source), *phrases) for at, _, source in asked]
            for (at, column, _), found in zip(asked, self.redis.pipeline(commands), strict=True):
                counts[:, column, at] = [int(float(each)) if each else 0 for each in found]
        return Series(sources, counts, _totals(sources, totals))

    def is_whole(self, last: int) -> bool:
        """Whether everything that came in the last 48 hours was counted."""
        since = self.redis.call("GET", _key("since"))
        return since is not None and int(since) <= last - BUCKETS + 1

    def begin(self) -> bool:
        """Empty, so as to be filled anew; False where another process is at it."""
        if not self.redis.call("SET", _key("filling"), 1, "NX", "EX", 60):
            return False
        for keys in _parts(self._kept(), AT_ONCE):
            self.redis.pipeline([("DEL", *keys)])
        return True

    def _kept(self) -> list[str]:
        """Every key but the one that says who fills."""
        found, cursor = [], "0"
        while True:
            cursor, keys = self.redis.call("SCAN", cursor, "MATCH", _key("*"), "COUNT", 1_000)
            found += [key for key in keys if key != _key("filling")]
            if str(cursor) == "0":
                return found

    def whole_from(self, first: int) -> None:
        """Everything from this bucket on is counted."""
        self.redis.pipeline([("SET", _key("since"), first, "EX", KEPT_S), ("DEL", _key("filling"))])

    def doubt(self) -> None:
        """Something was not counted: whoever asks fills it anew."""
        self.redis.call("DEL", _key("since"))


def _key(what: str, number: int | None = None, source: str | None = None) -> str:
    parts = [f"bw:shared:hot:{what}", *([str(number)] if number is not None else []), *([source] if source else [])]
    return ":".join(parts)


def _heats(found: Sequence[tuple[str, float]], last: int) -> list[tuple[str, float]]:
    return [(phrase, weight / HEATS[last % BLOCK]) for phrase, weight in found]


def _digest(one: Sighting, phrase: str) -> bytes:
    return blake2b(f"{one.source}{APART}{phrase}{APART}{one.voice}".encode(), digest_size=8).digest()


def _parts(rows: Iterable[Any], size: int) -> Iterator[Any]:
    each = iter(rows)
    while part := tuple(islice(each, size)):
        yield part


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _counter(found: Any) -> dict[str, int]:
    pairs = found.items() if isinstance(found, Mapping) else _parts(found, 2)
    return {_text(name): int(count) for name, count in pairs}


def _sources(totals: Sequence[Mapping[str, int]]) -> tuple[str, ...]:
    return tuple(sorted({source for each in totals for source in each}))


def _totals(sources: Sequence[str], totals: Sequence[Mapping[str, int]]) -> Ints:
    return np.array([[each.get(source, 0) for each in totals] for source in sources], dtype=np.int64).reshape(
        len(sources), len(totals)
    )
