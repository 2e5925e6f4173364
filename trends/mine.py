"""Mine: from signals to typed ideas with their evidence.

    texts -> near repeats folded -> phrases -> typed -> merged -> audience, occasion, product -> candidates

Independence: a phrase needs three authors or two sources after near repeats were folded. Where a source names no
author (the Reddit dump), each distinct folded text counts as one author: the dump holds no reposts by the same hand
that folding would not catch, and nothing better is known. A phrase that a source already counted (a TERM) brings the
authors it states, else the items, else counts as one author of that source.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log1p
from typing import TYPE_CHECKING

import numpy as np

from store.ids import new_id
from trends.audience import audience_of
from trends.clues import Clues, Typed
from trends.dedupe import fold
from trends.evidence import Witness
from trends.idea import Evidence, Idea, Kind, Score
from trends.kinds import is_media, kind_of, tells_of_tragedy
from trends.merge import key_of, merge_labels
from trends.occasion import Calendar
from trends.phrases import Ints, Phrases, Text, mine_phrases, split_words
from trends.product import format_of
from trends.signal import SignalKind, author_hash
from trends.words import singular

if TYPE_CHECKING:
    from trends.table import Corpus

AUTHORS = 3
SOURCES = 2
LOOKED_AT = 4
"""Phrases that are typed for each one that may be returned; the rest promise too little."""
TAGS = 40
"""Tags of a text that are read."""
SINGLE = 0.85
"""What a phrase of one word counts in a shortlist: "winter camping" names a niche, "camping" a crowd."""
LATE = 0.75
"""What an idea counts whose order would arrive after its occasion: it is refused in the end, others go first."""
PER_AUDIENCE = 3
"""Ideas of one audience among the first twenty of a shortlist."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An idea with the rows it stands on and the features it is ranked by."""

    idea: Idea
    members: tuple[int, ...]
    """Rows of the corpus, in its order: that of first sight."""
    evidence: Evidence
    features: Mapping[str, float]


@dataclass(slots=True)
class _Found:
    """A phrase on its way to a candidate."""

    words: tuple[str, ...]
    rows: list[int]
    authors: int
    sources: tuple[str, ...]
    clues: Clues
    typed: Typed
    weight: float


def mine(corpus: Corpus, as_of: datetime, calendar: Calendar | None = None, limit: int = 4000) -> list[Candidate]:
    """The typed ideas of a corpus, most promising first, at most `limit`; only rows known at `as_of` are read."""
    calendar = calendar or Calendar()
    known = [row for row in range(len(corpus)) if corpus.known_at[row] <= as_of]
    if not known:
        return []
    found = _independent(_phrases(corpus, known, limit))
    ranked = sorted(found, key=lambda one: (-one.weight, one.words))
    merged = _merge(ranked, limit)
    witness = Witness(corpus, as_of)
    return [_candidate(one, witness, calendar) for one in merged]


def shortlist(candidates: Sequence[Candidate], scores: Sequence[Score], top: int = 20) -> list[int]:
    """Numbers of the candidates that enter a shortlist, best first.

    Only subjects enter. They stand in the order of score times confidence (how sure it is that this is a thing to
    print), and of each audience at most PER_AUDIENCE in twenty are taken, of each word at most one in ten.
    """
    order = sorted(
        (at for at, one in enumerate(candidates) if one.idea.kind is Kind.SUBJECT),
        key=lambda at: (-_rank(candidates[at], scores[at]), candidates[at].idea.key),
    )
    most = max(PER_AUDIENCE, -(-PER_AUDIENCE * top // 20))
    chosen: list[int] = []
    audiences: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for at in order:
        idea = candidates[at].idea
        stems = idea.key.split()
        if audiences[idea.audience] >= most or any(words[stem] > len(chosen) // 10 for stem in stems):
            continue
        chosen.append(at)
        audiences[idea.audience] += 1
        words.update(stems)
        if len(chosen) == top:
            break
    return chosen


def _rank(candidate: Candidate, score: Score) -> float:
    niche = 1.0 if " " in candidate.idea.phrase else SINGLE
    occasion = candidate.idea.occasion
    late = occasion is not None and candidate.evidence.as_of.date() > occasion.order_by
    return score.total * candidate.features["confidence"] * niche * (LATE if late else 1.0)


def _phrases(corpus: Corpus, known: Sequence[int], limit: int) -> list[_Found]:
    """Phrases mined from items, and those that a source had already counted."""
    items = [row for row in known if corpus.kind[row] is SignalKind.ITEM]
    folds = fold([corpus.text[row] for row in items])
    names: dict[str, int] = {}
    people: dict[str, int] = {}
    texts = []
    for row, label in zip(items, folds.tolist(), strict=True):
        group = corpus.community[row] or corpus.category[row] or ""
        author = corpus.author_hash[row] or f"fold {label}"
        texts.append(
            Text(
                (corpus.text[row], *corpus.tags[row][:TAGS]),
                names.setdefault(group, len(names)),
                people.setdefault(author, len(people)),
                label,
            )
        )
    mined = mine_phrases(texts) if texts else None
    rows = np.array(items, dtype=np.int64)
    found = [] if mined is None else _typed(mined, rows, list(names), corpus, limit)
    return _with_terms(found, corpus, [row for row in known if corpus.kind[row] is SignalKind.TERM])


def _typed(mined: Phrases, rows: Ints, groups: Sequence[str], corpus: Corpus, limit: int) -> list[_Found]:
    """The phrases that are independent and promising enough to be looked at, with their kinds."""
    grim = mined.part_in([_is_grim(corpus, row) for row in rows.tolist()])
    media = mined.part_in([is_media(corpus.community[row], corpus.category[row]) for row in rows.tolist()])
    names = sorted(set(corpus.source))
    within = {name: mined.part_in([corpus.source[row] == name for row in rows.tolist()]) > 0 for name in names}
    authors = {author for author in corpus.author_hash if author is not None}
    promise = np.log1p(mined.authors) * (0.3 + mined.share) * (1 + np.clip(mined.log_odds, 0, 12) / 4)
    found = []
    for at in np.argsort(-promise, kind="stable")[: LOOKED_AT * limit].tolist():
        sources = tuple(name for name in names if within[name][at])
        if mined.authors[at] < AUTHORS and len(sources) < SOURCES:
            continue
        clues = Clues(
            words=mined.words[at],
            lower=int(mined.lower[at]),
            upper=int(mined.upper[at]),
            led=float(mined.led[at]),
            acted=float(mined.acted[at]),
            cohesion=float(mined.cohesion[at]),
            extended=float(mined.extended[at]),
            share=float(mined.share[at]),
            log_odds=float(mined.log_odds[at]),
            community=groups[int(mined.group[at])] or None,
            news=float(grim[at]),
            media=float(media[at]),
            channel=_is_channel(mined.words[at], authors),
        )
        typed = kind_of(clues)
        weight = float(promise[at]) * (0.5 + typed.confidence)
        inside = rows[mined.rows_of(at)].tolist()
        found.append(_Found(clues.words, inside, int(mined.authors[at]), sources, clues, typed, weight))
    return found


def _is_grim(corpus: Corpus, row: int) -> bool:
    return corpus.category[row] == "News & Politics" or tells_of_tragedy(corpus.text[row])


def _is_channel(words: Sequence[str], authors: set[str]) -> bool:
    """Whether a video channel bears this name: authors are known by their hash alone, so the name is hashed as well."""
    titled = [word.capitalize() for word in words]
    forms = {
        " ".join(titled),
        "".join(titled),
        " ".join(words),
        "".join(words),
        "".join(words).upper(),
        "The " + " ".join(titled),
    }
    return any(author_hash("youtube", form) in authors for form in forms)


def _with_terms(found: list[_Found], corpus: Corpus, terms: Sequence[int]) -> list[_Found]:
    """Adds phrases that a source counted to those mined, by their key."""
    by_key = {_plain_key(one.words): one for one in sorted(found, key=lambda one: one.weight)} if terms else {}
    grouped: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in terms:
        words = tuple(word.casefold() for word in split_words(corpus.text[row]) if word[0].isalnum())
        if 0 < len(words) <= 4:
            grouped[_plain_key(words)].append(row)
    for key, rows in grouped.items():
        words = tuple(word.casefold() for word in split_words(corpus.text[rows[0]]) if word[0].isalnum())
        stated = sum(_stated_authors(corpus, row) for row in rows)
        sources = {corpus.source[row] for row in rows}
        if key in by_key:
            one = by_key[key]
            one.rows += rows
            one.authors += stated
            one.sources = tuple(sorted({*one.sources, *sources}))
            continue
        found.append(_counted(words, rows, stated, tuple(sorted(sources)), corpus))
    return found


def _counted(words: tuple[str, ...], rows: list[int], authors: int, sources: tuple[str, ...], corpus: Corpus) -> _Found:
    """A phrase that no text holds often enough, as its source counted it."""
    groups: Counter[str] = Counter()
    for row in rows:
        groups[corpus.community[row] or corpus.category[row] or ""] += _stated_authors(corpus, row)
    (group, most), total = groups.most_common(1)[0], sum(groups.values())
    share = most / total if group else 0.0
    # A count per community stands in for the log-odds: what it says of one against its own others.
    clues = Clues(words, community=group or None, share=share, counted=True, log_odds=share * log1p(most))
    typed = kind_of(clues)
    weight = log1p(authors) * (0.3 + share) * (1 + clues.log_odds / 4) * (0.5 + typed.confidence)
    return _Found(words, rows, authors, sources, clues, typed, weight)


def _plain_key(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(singular(word) for word in words))


def _stated_authors(corpus: Corpus, row: int) -> int:
    """The most that any one observation states: days may count the same people again."""
    return max(int(seen.get("authors", seen.get("items", 1))) for _, seen in corpus.observed[row]) or 1


def _independent(found: Iterable[_Found]) -> list[_Found]:
    return [one for one in found if one.authors >= AUTHORS or len(one.sources) >= SOURCES]


def _merge(found: Sequence[_Found], limit: int) -> list[_Found]:
    """Merges what means one thing, subjects first into the limit, then the rest in their order."""
    chosen = [one for one in found if one.typed.kind is Kind.SUBJECT][:limit]
    others = [one for one in found if one.typed.kind is not Kind.SUBJECT]
    chosen = sorted(chosen + others[: limit - len(chosen)], key=lambda one: (-one.weight, one.words))
    rows = [frozenset(one.rows) for one in chosen]
    labels = merge_labels([one.words for one in chosen], rows, lambda a, b: _may_merge(chosen[a], chosen[b]))
    for at, label in enumerate(labels):
        if label != at:
            home = chosen[label]
            home.rows += chosen[at].rows
            home.authors = max(home.authors, chosen[at].authors)
            home.sources = tuple(sorted({*home.sources, *chosen[at].sources}))
    return [one for at, one in enumerate(chosen) if labels[at] == at]


def _may_merge(home: _Found, guest: _Found) -> bool:
    return home.typed.kind is guest.typed.kind or {home.typed.kind, guest.typed.kind} == {Kind.SUBJECT, Kind.UNKNOWN}


def _candidate(one: _Found, witness: Witness, calendar: Calendar) -> Candidate:
    rows = sorted(set(one.rows))
    occasion = calendar.find(one.words, witness.as_of)
    audience = audience_of(one.words, one.clues.community, one.clues.share)
    idea = Idea(
        id=new_id(),
        phrase=" ".join(one.words),
        key=key_of(one.words),
        audience=audience,
        occasion=occasion,
        kind=one.typed.kind,
        kind_reason=one.typed.reason,
        product_format=format_of(one.words, audience, occasion),
    )
    evidence = witness.evidence(rows, one.authors, one.sources)
    return Candidate(idea, tuple(rows), evidence, _features(one, evidence))


def _features(one: _Found, evidence: Evidence) -> dict[str, float]:
    """Every feature is in its natural unit; `community_fit` and `confidence` are in [0, 1]."""
    certainty = 1 - exp(-max(one.clues.log_odds, 0.0) / 5)
    return {
        "support": float(len(evidence.mentions)),
        "authors": float(one.authors),
        "sources": float(len(one.sources)),
        "growth": growth_of(evidence),
        "distinctiveness": one.clues.log_odds,
        "share": one.clues.share,
        "cohesion": one.clues.cohesion,
        "community_fit": one.clues.share * certainty,
        "confidence": one.typed.confidence,
        "news_share": one.clues.news,
    }


def growth_of(evidence: Evidence, days: int = 3) -> float:
    """Log ratio of the things first seen in the last `days` days to those of as many days before, 0 where neither
    had any."""
    last = evidence.as_of - timedelta(days=days)
    before = last - timedelta(days=days)
    new = sum(mention.first_known_at > last for mention in evidence.mentions)
    old = sum(before < mention.first_known_at <= last for mention in evidence.mentions)
    return log1p(new) - log1p(old)
