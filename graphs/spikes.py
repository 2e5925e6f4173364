"""Spikes: watch the stream, look at who is behind each alarm, and tell what is worth judging at once.

counts (Redis, else PostgreSQL) -> busy phrases -> alarms -> the rows behind them -> kinds -> stored, each once
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from store.spikes import SpikeRow, find_known, put_spikes, told_of_late
from store.stream import BUCKETS, Counts, Row, Series, bucket_of, load_rows, start_of
from trends.clues import Clues
from trends.dedupe import fold
from trends.hot import SWALLOWED, Hot, phrases_of
from trends.idea import Kind
from trends.kinds import is_media, kind_of, tells_of_tragedy
from trends.merge import key_of
from trends.phrases import Phrases, Text, mine_phrases
from trends.spikes import RECENT, VOICES, Change, Said, Voices, detect, independent

MOST_BUSY = 4_000
"""Phrases that are compared with their past, the loudest of the last two hours."""
AT_ONCE = 400
MOST_TEXTS = 5_000
"""Newest texts that a phrase's kind is read from."""


@dataclass(frozen=True, slots=True)
class Spike:
    """A subject with a sudden rise: `idea_id` is None where it is no idea yet (mining finds it now)."""

    phrase: str
    key: str
    idea_id: UUID | None
    onset_at: datetime
    ratio: float
    """Voices over those that were to be expected."""
    sources: tuple[str, ...]


@dataclass(slots=True)
class Spikes:
    """The watch over the stream of one tenant; `hot` knows the counts and the database."""

    hot: Hot
    passed_over: Counter[str] = field(default_factory=Counter)
    """Why alarms of the last watch were not returned, counted: the reason of a kind, a doubt, told already."""

    def watch(self, now: datetime) -> list[Spike]:
        """The fresh spikes on subjects, strongest first; each is returned once, whoever watches."""
        self.passed_over = Counter()
        alarms = self.hot.ask(now, lambda counts: _alarms(counts, bucket_of(now)))
        if not alarms:
            return []
        with self.hot.connect() as connection:
            rows = self._confirmed(connection, self._untold(connection, alarms, now), now)
            fresh = put_spikes(connection, rows)
            known = find_known(connection, [row.key for row in fresh])
        self.passed_over.update("told already" for _ in rows[len(fresh) :])
        subjects = [row for row in fresh if row.kind == Kind.SUBJECT]
        for row in fresh:
            if row.kind != Kind.SUBJECT:
                self.passed_over[f"{row.kind}: {row.kind_reason}"] += 1
        spikes = [_spike(row, known) for row in subjects]
        return sorted(spikes, key=lambda spike: (-spike.ratio, spike.key))

    def _untold(self, connection: Connection[Any], alarms: dict[str, Change], now: datetime) -> dict[str, Change]:
        keys = {phrase: key_of(phrase.split()) for phrase in alarms}
        keys_told = told_of_late(connection, list(keys.values()), now)
        told = {phrase: change for phrase, change in alarms.items() if keys[phrase] in keys_told}
        untold = {
            phrase: change
            for phrase, change in alarms.items()
            if phrase not in told and not _is_part(phrase, change, told)
        }
        self.passed_over.update("told already" for _ in range(len(alarms) - len(untold)))
        return untold

    def _confirmed(self, connection: Connection[Any], alarms: dict[str, Change], now: datetime) -> list[SpikeRow]:
        """The alarms that enough independent voices stand behind, typed, one a key."""
        if not alarms:
            return []
        first = bucket_of(now) - BUCKETS + 1
        since = start_of(first + min(change.onset for change in alarms.values()))
        rows = load_rows(connection, since, now)
        holders = _holders(rows, alarms)
        known = find_known(connection, [key_of(phrase.split()) for phrase in alarms])
        typist = Typist(rows[-MOST_TEXTS:])
        found: dict[str, SpikeRow] = {}
        for phrase in _whole(holders):
            change, key = alarms[phrase], key_of(phrase.split())
            onset = start_of(first + change.onset)
            voices = independent([_said(rows[at]) for at in holders[phrase] if rows[at].known_at >= onset], onset)
            if doubt := voices.doubt(change):
                self.passed_over[doubt] += 1
                continue
            surface, kind, reason = typist.kind_of(phrase) if key not in known else (phrase, *known[key][1:])
            found.setdefault(key, _spike_row(surface, key, onset, change, voices, kind, reason, now))
        return list(found.values())


class Typist:
    """What kind a phrase is, by the newest texts."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._mined: Phrases | None = None
        self._groups: list[str] = []
        self._grim = [row.category == "News & Politics" or tells_of_tragedy(row.text) for row in rows]
        self._media = [is_media(row.community, row.category) for row in rows]

    def kind_of(self, phrase: str) -> tuple[str, str, str]:
        """The phrase as people write it, its kind and why; unknown where the newest texts say nothing of it."""
        mined = self._mined = self._mined or self._mine()
        key = key_of(phrase.split())
        at = next((at for at, words in enumerate(mined.words) if key_of(words) == key), None)
        if at is None:
            return phrase, Kind.UNKNOWN.value, "too few texts to type it by"
        typed = kind_of(self._clues(mined, at))
        return " ".join(mined.words[at]), typed.kind.value, typed.reason

    def _mine(self) -> Phrases:
        texts = [row.text for row in self.rows]
        groups: dict[str, int] = {}
        people: dict[str, int] = {}
        given = []
        for row, label in zip(self.rows, fold(texts).tolist(), strict=True):
            group = groups.setdefault(row.community or row.category or "", len(groups))
            author = people.setdefault(row.author_hash or f"fold {label}", len(people))
            given.append(Text((row.text, *row.tags), group, author, label))
        self._groups = list(groups)
        return mine_phrases(given)

    def _clues(self, mined: Phrases, at: int) -> Clues:
        return Clues(
            words=mined.words[at],
            lower=int(mined.lower[at]),
            upper=int(mined.upper[at]),
            led=float(mined.led[at]),
            acted=float(mined.acted[at]),
            cohesion=float(mined.cohesion[at]),
            extended=float(mined.extended[at]),
            share=float(mined.share[at]),
            log_odds=float(mined.log_odds[at]),
            community=self._groups[int(mined.group[at])] or None,
            news=float(mined.part_in(self._grim)[at]),
            media=float(mined.part_in(self._media)[at]),
        )


def _alarms(counts: Counts, last: int) -> dict[str, Change]:
    """The phrases above what their past explains."""
    busy = counts.busy(last, RECENT, VOICES, MOST_BUSY)
    alarms: dict[str, Change] = {}
    for start in range(0, len(busy), AT_ONCE):
        some = busy[start : start + AT_ONCE]
        series: Series = counts.series(last, some)
        alarms |= {some[change.phrase]: change for change in detect(series)}
    return alarms


def _holders(rows: Sequence[Row], phrases: dict[str, Change]) -> dict[str, list[int]]:
    """The rows that each phrase stands in."""
    holders: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        for phrase in phrases_of(row.text, row.tags) & phrases.keys():
            holders[phrase].append(at)
    return holders


def _whole(holders: dict[str, list[int]]) -> list[str]:
    """Phrases in the order of their length, without those that stand mostly inside a longer one."""
    kept: list[str] = []
    for phrase in sorted(holders, key=lambda phrase: (-len(phrase.split()), phrase)):
        mine = set(holders[phrase])
        inside = f" {phrase} "
        if not any(
            inside in f" {longer} " and len(mine.intersection(holders[longer])) >= SWALLOWED * len(mine)
            for longer in kept
        ):
            kept.append(phrase)
    return kept


def _is_part(phrase: str, change: Change, told: dict[str, Change]) -> bool:
    """Whether a phrase rises with a longer one around it that was told: it is no news of its own."""
    inside = f" {phrase} "
    return any(
        phrase != longer and inside in f" {longer} " and whole.voices >= SWALLOWED * change.voices
        for longer, whole in told.items()
    )


def _said(row: Row) -> Said:
    return Said(row.source, row.text, row.author_hash, row.published_at)


def _spike_row(
    phrase: str, key: str, onset: datetime, change: Change, voices: Voices, kind: str, reason: str, now: datetime
) -> SpikeRow:
    ratio = round(voices.voices / max(change.expected, 1e-9), 1)
    return SpikeRow(key, onset, phrase, kind, reason, ratio, voices.voices, voices.authors, list(voices.sources), now)


def _spike(row: SpikeRow, known: dict[str, tuple[UUID, str, str]]) -> Spike:
    idea = known[row.key][0] if row.key in known else None
    return Spike(row.phrase, row.key, idea, row.onset_at, row.ratio, tuple(row.sources))
