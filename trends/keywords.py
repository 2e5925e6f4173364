"""Keywords: which phrases are beginning to rise, how strongly, and what may be one.

`announce` reads what `mine` found. Announced are subjects alone, that grow, and that were not at the top of attention
in the last week, where everybody sees them:

    strength      = sqrt(growth * independence) * (1 + distinctness) / 2
    growth        = 1 - exp(-z), z = (new - expected) / sqrt(new + expected + 1), at least 0: things first seen in the
                    last three days against those of the three before, these times what the whole corpus grew by (a
                    source that was added is no trend). The root makes it evidence: two where none was says less than
                    twenty where ten were. A phrase that its source counts brings no things: there it is
                    1 - (1 + g) ** -3, g its growth a day
    independence  = a / (a + 10), a its independent authors; 0 where what is new has one alone: that is an anecdote
    distinctness  = 1 - exp(-o/5), o the z-score of the log-odds of its community against all others: it says whom a
                    thing sells to, not whether it rises, so it halves at most
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from math import exp, isinf, sqrt
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from store.keywords import LIFE, PER_LIST, PHRASE_CHARS, PHRASE_WORDS, Keyword
from trends.evidence import ATTENTION
from trends.growth import Floats, Phase, attention, growth_per_day, phase
from trends.idea import Evidence, Kind, Mention
from trends.matching import words_of
from trends.merge import key_of
from trends.mine import Candidate
from trends.normalize import clean, is_nsfw, redact
from trends.signal import SignalKind

if TYPE_CHECKING:
    from trends.table import Corpus

RECENT = timedelta(days=3)
"""What began in it is new; as many days before are what it is held against."""
WEEK = timedelta(days=7)
NEW_AUTHORS = 2
"""Fewest authors of what is new."""
MANY = 10
"""Authors from which independence is one half."""
TOP = 0.75
"""Quantile of the attention of all phrases above which one is at the top."""
ANNOUNCED = 200
"""Keywords of one discovery, at most."""

_ADDRESS = re.compile(r"://|\bwww\.|\w\s?@|\w\.[a-z]{2,}(?![a-z])", re.IGNORECASE)
"""Signs of a web address or a mailbox; no phrase has a dot inside a word."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What is beginning to rise, strongest first, and how many phrases were left out, by reason."""

    keywords: list[Keyword]
    left_out: Mapping[str, int]
    signals: Mapping[str, tuple[UUID, ...]]
    """By key: the signals that had most attention; where they stand are the keyword's addresses."""


def announce(candidates: Sequence[Candidate], corpus: Corpus, as_of: datetime, most: int = ANNOUNCED) -> Announced:
    """The keywords as of a moment; nothing known later is read."""
    drift, known = drift_of(corpus, as_of), known_phrases(candidates)
    left_out: Counter[str] = Counter()
    found: dict[str, tuple[Keyword, Candidate]] = {}
    for each in candidates:
        reason, strength = _judge(each, drift, known)
        if reason:
            left_out[reason] += 1
        elif each.idea.key not in found or strength > found[each.idea.key][0].strength:
            found[each.idea.key] = _keyword(each, strength), each
    ranked = sorted(found.values(), key=lambda one: (-one[0].strength, one[0].key))[:most]
    signals = {one.key: _loudest(each.evidence) for one, each in ranked}
    return Announced([one for one, _ in ranked], dict(left_out), signals)


def _judge(each: Candidate, drift: float, known: AbstractSet[str]) -> tuple[str, float]:
    """Why a phrase is not announced (empty: it is), and its strength."""
    if each.idea.kind is not Kind.SUBJECT:
        return each.idea.kind.value, 0.0
    if each.idea.key in known:
        return "known already", 0.0
    strength = strength_of(each, drift)
    return ("", strength) if strength > 0 else ("not growing", 0.0)


def strength_of(each: Candidate, drift: float = 1.0) -> float:
    """In [0, 1): 0 without growth or with nothing independent in it; see the module."""
    distinctness = 1 - exp(-max(each.features["distinctiveness"], 0.0) / 5)
    rises: float = sqrt(_growth(each.evidence, drift) * _independence(each.evidence))
    return rises * (1 + distinctness) / 2


def _growth(evidence: Evidence, drift: float) -> float:
    new, before = _arrivals([mention.first_known_at for mention in evidence.mentions], evidence.as_of)
    if not new and not before:
        return _counted_growth(attention(evidence))
    if isinf(drift):
        return 0.0
    expected = before * drift
    return 1 - exp(-max(new - expected, 0.0) / sqrt(new + expected + 1))


def _counted_growth(series: Sequence[float]) -> float:
    if phase(series) not in (Phase.EMERGING, Phase.RISING):
        return 0.0
    return float(1 - (1 + max(growth_per_day(series) or 0.0, 0.0)) ** -RECENT.days)


def _independence(evidence: Evidence) -> float:
    since = evidence.as_of - RECENT
    fresh = [mention for mention in evidence.mentions if mention.first_known_at > since]
    new = len({mention.author_hash or mention.signal_id for mention in fresh})
    counts_alone = not fresh  # of a phrase that a source counts, nothing is ever seen for the first time again
    return evidence.authors / (evidence.authors + MANY) if counts_alone or new >= NEW_AUTHORS else 0.0


def drift_of(corpus: Corpus, as_of: datetime) -> float:
    """What the whole corpus grew by: things first seen in the last three days for each of the three before; at least 1.

    Infinite where there were none before: then nothing can be told from what is new.
    """
    pairs = zip(corpus.kind, corpus.first_known_at, strict=True)
    new, before = _arrivals([moment for kind, moment in pairs if kind is SignalKind.ITEM], as_of)
    if not before:
        return float("inf") if new else 1.0
    return max(new / before, 1.0)


def _arrivals(moments: Sequence[datetime], as_of: datetime) -> tuple[int, int]:
    last = as_of - RECENT
    earlier = last - RECENT
    return sum(last < one <= as_of for one in moments), sum(earlier < one <= last for one in moments)


def known_phrases(candidates: Sequence[Candidate]) -> set[str]:
    """Keys of the phrases that were at the top on one of the last seven days: no news to anybody.

    At the top: the attention that it gained in seven days lies above the third quartile of all phrases.
    """
    if not candidates:
        return set()
    weeks = np.array([_weeks(each.evidence) for each in candidates])
    known = (weeks > np.quantile(weeks, TOP, axis=0)).any(axis=1)
    return {each.idea.key for each, one in zip(candidates, known.tolist(), strict=True) if one}


def week_of(evidence: Evidence) -> float:
    """Attention gained in the last seven days."""
    return float(_weeks(evidence)[0])


def _weeks(evidence: Evidence) -> Floats:
    """Attention gained in the seven days to today, to yesterday, ... to six days ago."""
    days = 2 * WEEK.days - 1
    daily = np.zeros(days)
    today = evidence.as_of.date()
    for day, gained in zip(evidence.days[-days:], evidence.attention_by_day[-days:], strict=True):
        if (ago := (today - day).days) < days:
            daily[ago] = gained
    return np.convolve(daily, np.ones(WEEK.days), "valid")


def _keyword(each: Candidate, strength: float) -> Keyword:
    as_of = each.evidence.as_of
    return Keyword(
        phrase=each.idea.phrase,
        key=each.idea.key,
        category=each.idea.audience,
        strength=strength,
        uses=len(each.evidence.mentions),
        products=(each.idea.product_format,),
        urls=(),
        found_by="mined",
        first_seen_at=as_of,
        last_seen_at=as_of,
        expires_at=as_of + LIFE,
    )


def _loudest(evidence: Evidence) -> tuple[UUID, ...]:
    return tuple(mention.signal_id for mention in nlargest(PER_LIST, evidence.mentions, key=_attention))


def _attention(mention: Mention) -> tuple[float, str]:
    seen = next((mention.metrics[name] for name in ATTENTION if name in mention.metrics), 0.0)
    return seen, str(mention.signal_id)


# What a phrase from outside must be to be a keyword -------------------------------------------------------------------


def refusal_of(phrase: str) -> str:
    """Why a phrase from outside may not be a keyword; empty where it may."""
    plain = clean(phrase)
    if len(plain) > PHRASE_CHARS or len(words_of(plain)) > PHRASE_WORDS:
        return "too long"
    if _ADDRESS.search(plain) or redact(plain) != plain:
        return "an address or contact details"
    if is_nsfw(plain):
        return "nsfw"
    return "" if key_of(words_of(plain)) else "no words"


def own_keyword(phrase: str, now: datetime, category: str = "", expires_at: datetime | None = None) -> Keyword:
    """A keyword of a person's. ValueError, in one line, where the phrase can be none."""
    if reason := refusal_of(phrase):
        raise ValueError(
            f"{clean(phrase)[:PHRASE_CHARS]!r} cannot be a keyword ({reason}): "
            f"1 to {PHRASE_WORDS} words, at most {PHRASE_CHARS} characters, no address"
        )
    words = words_of(clean(phrase))
    key = key_of(words)
    return Keyword(" ".join(words), key, clean(category), 1.0, 0, (), (), "person", now, now, expires_at)
