"""Stream: how many voices used a phrase, by source and ten minutes, over the last 48 hours.

    add(sightings)   a thing counts once, when it is seen and was not in the 48 hours before; a voice counts once a
                    phrase, source and ten minutes, however much it says

`RedisCounts` keeps it (bounded: MOST phrases a bucket, the rarest forgotten first; keys end after 48 hours),
`MemoryCounts` is its twin: the same answers from the rows of PostgreSQL, where no bucket had to forget anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from store.redis import Redis

BUCKET_S = 600
BUCKETS = 288
"""Of ten minutes each: 48 hours."""
KEPT_S = BUCKET_S * BUCKETS
MOST = 2_000
"""Phrases of all sources that a bucket holds; at twice as many it is trimmed to this."""
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

    def heaviest(self, last: int, weights: Sequence[int], most: int, source: str | None) -> list[tuple[str, int]]:
        """Phrases by the sum of counts times the bucket's weight (the newest bucket's last), heaviest first."""

    def busy(self, last: int, buckets: int, least: int) -> list[str]:
        """Phrases with at least so many voices in the newest buckets, in order."""

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

    def heaviest(self, last: int, weights: Sequence[int], most: int, source: str | None) -> list[tuple[str, int]]:
        tally: Counter[str] = Counter()
        for bucket, weight in zip(range(last - len(weights) + 1, last + 1), weights, strict=True):
            for (of, phrase), count in self._counts.get(bucket, {}).items():
                if source in (None, of):
                    tally[phrase] += count * weight
        return sorted(tally.items(), key=lambda one: (-one[1], one[0]))[:most]

    def busy(self, last: int, buckets: int, least: int) -> list[str]:
        tally: Counter[str] = Counter()
        for bucket in range(last - buckets + 1, last + 1):
            for (_, phrase), count in self._counts.get(bucket, {}).items():
                tally[phrase] += count
        return sorted(phrase for phrase, count in tally.items() if count >= least)

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


TRIM = """
local all, size = redis.call('HGETALL', KEYS[1]), redis.call('HLEN', KEYS[1])
local rows, most = {}, tonumber(ARGV[1])
for at = 1, #all, 2 do rows[#rows + 1] = {tonumber(all[at + 1]), all[at]} end
table.sort(rows, function(a, b) if a[1] ~= b[1] then return a[1] > b[1] end return a[2] < b[2] end)
for at = most + 1, size do redis.call('HDEL', KEYS[1], rows[at][2]) end
return size - most
"""

TALLY = """
local tally, source, most, least = {}, ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for place, key in ipairs(KEYS) do
  local all, weight = redis.call('HGETALL', key), tonumber(ARGV[place + 3])
  for at = 1, #all, 2 do
    local cut = string.find(all[at], '\\31', 1, true)
    if source == '' or string.sub(all[at], 1, cut - 1) == source then
      local phrase = string.sub(all[at], cut + 1)
      tally[phrase] = (tally[phrase] or 0) + tonumber(all[at + 1]) * weight
    end
  end
end
local rows = {}
for phrase, sum in pairs(tally) do if sum >= least then rows[#rows + 1] = {sum, phrase} end end
table.sort(rows, function(a, b) if a[1] ~= b[1] then return a[1] > b[1] end return a[2] < b[2] end)
local told = {}
for at = 1, math.min(most, #rows) do
  told[#told + 1] = rows[at][2]
  told[#told + 1] = string.format('%.0f', rows[at][1])
end
return told
"""
"""Whole numbers under 2**53 add up exactly, in whatever order."""


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
                counts[_key("count", one.second // BUCKET_S), f"{one.source}{APART}{phrase}"] += 1
        totals = Counter((_key("total", one.second // BUCKET_S), one.source) for one in new)
        commands: list[tuple[Any, ...]] = [
            ("HINCRBY", key, field, by) for tally in (counts, totals) for (key, field), by in tally.items()
        ]
        buckets = sorted({one.second // BUCKET_S for one in new})
        commands += [("EXPIRE", _key("said", bucket), SAID_S) for bucket in buckets]
        commands += [("EXPIRE", _key(what, bucket), KEPT_S) for bucket in buckets for what in ("count", "total")]
        commands += [("EXPIRE", _key("since"), KEPT_S)]
        commands += [("HLEN", _key("count", bucket)) for bucket in buckets]
        sizes = self.redis.pipeline(commands)[-len(buckets) :] if buckets else []
        for bucket, size in zip(buckets, sizes, strict=True):
            if size > 2 * self.most:
                self.redis.script(TRIM, [_key("count", bucket)], [self.most])

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

    def heaviest(self, last: int, weights: Sequence[int], most: int, source: str | None) -> list[tuple[str, int]]:
        return self._tally(last, weights, most, 1, source)

    def busy(self, last: int, buckets: int, least: int) -> list[str]:
        return sorted(phrase for phrase, _ in self._tally(last, [1] * buckets, self.most, least, None))

    def _tally(
        self, last: int, weights: Sequence[int], most: int, least: int, source: str | None
    ) -> list[tuple[str, int]]:
        keys = [_key("count", bucket) for bucket in range(last - len(weights) + 1, last + 1)]
        told = self.redis.script(TALLY, keys, [source or "", most, least, *weights])
        return [(_text(phrase), int(count)) for phrase, count in _parts(told, 2)]

    def series(self, last: int, phrases: Sequence[str]) -> Series:
        every = range(last - BUCKETS + 1, last + 1)
        totals = [_counter(found) for found in self.redis.pipeline([("HGETALL", _key("total", at)) for at in every])]
        sources = _sources(totals)
        counts = np.zeros((len(phrases), len(sources), BUCKETS), dtype=np.int64)
        fields = [f"{source}{APART}{phrase}" for phrase in phrases for source in sources]
        if fields:
            found = self.redis.pipeline([("HMGET", _key("count", at), *fields) for at in every])
            for at, row in enumerate(found):
                counts[:, :, at] = np.array([int(each or 0) for each in row]).reshape(len(phrases), len(sources))
        return Series(sources, counts, _totals(sources, totals))

    def is_whole(self, last: int) -> bool:
        """Whether everything that came in the last 48 hours was counted."""
        since = self.redis.call("GET", _key("since"))
        return since is not None and int(since) <= last - BUCKETS + 1

    def begin(self, last: int) -> bool:
        """Empty, so as to be filled anew; False where another process is at it."""
        if not self.redis.call("SET", _key("filling"), 1, "NX", "EX", 60):
            return False
        old = [_key(what, at) for at in range(last - BUCKETS + 1, last + 1) for what in ("count", "total", "said")]
        self.redis.pipeline([("DEL", _key("since"), _key("seen"), *old)])
        return True

    def whole_from(self, first: int) -> None:
        """Everything from this bucket on is counted."""
        self.redis.pipeline([("SET", _key("since"), first, "EX", KEPT_S), ("DEL", _key("filling"))])

    def doubt(self) -> None:
        """Something was not counted: whoever asks fills it anew."""
        self.redis.call("DEL", _key("since"))


def _key(what: str, bucket: int | None = None) -> str:
    return f"bw:shared:hot:{what}" if bucket is None else f"bw:shared:hot:{what}:{bucket}"


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
