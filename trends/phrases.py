"""Phrases: runs of one to three words that enough independent people used, with what sets each apart.

Texts become one long array of word numbers, in which a 0 stands wherever a phrase cannot cross (punctuation, another
text). Runs are counted with numpy, so that the time grows with the words and not with the phrases; a run of n words
is only looked at where both its runs of n - 1 words were used often enough.

A phrase counts once a folded text. Distinctive of a community means a high log-odds ratio against the rest of the
corpus and against the language at large, each with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008,
eq. 16 and 22).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trends.dedupe import distinct
from trends.words import singular, word_list

Ints = NDArray[np.signedinteger[Any]]
"""Columns as long as all texts are of 32 bits, what they are multiplied into of 64."""
Floats = NDArray[np.float64]

LONGEST = 3
"""Words in a phrase, at most."""
FEWEST = 3
"""Folded texts a phrase must stand in."""
TEXT_LIMIT = 400
"""Characters of a text that are read: a title is shorter, and a hostile field is not."""
PRIOR = 500.0
"""Weight of the prior, in texts: how much a small group must say before it is believed."""
_TOKEN = re.compile(r"(?:https?://|www\.)\S+|/?\b[ru]/\w+|@\w+|\w+(?:['-]\w+)*|[^\w\s]")
_BARE = str.maketrans(
    {"’": "'", "‘": "'", "‐": "-", "‑": "-", "_": " ", "#": " ", "“": None, "”": None, '"': None, "*": None}
)
_UNSEEN, _LOWER, _UPPER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Text:
    """One text and whose it is; `group`, `author` and `fold` are small numbers, the same for the same thing."""

    segments: tuple[str, ...]
    """What a phrase may not cross: the title, then each tag. Only the casing of the first says anything."""
    group: int
    author: int
    fold: int


@dataclass(frozen=True)
class Phrases:
    """Phrases as columns, one entry each: `rows[start[i]:start[i + 1]]` are the texts that hold phrase i."""

    words: list[tuple[str, ...]]
    """The commonest surface form."""
    rows: Ints
    start: Ints
    support: Ints
    """Folded texts."""
    authors: Ints
    """Distinct authors of those."""
    group: Ints
    """The group it is most distinctive of."""
    log_odds: Floats
    """z-score of the log-odds ratio of that group against all others."""
    share: Floats
    """Of its folded texts, the part in that group."""
    cohesion: Floats
    """Normalised pointwise mutual information of its two ends, -1..1; 1 for single words."""
    lower: Ints
    """Times seen inside a sentence in lower case, where case means something."""
    upper: Ints
    """Times seen there capitalised."""
    led: Floats
    """Part of its uses that follow a determiner or a preposition: what a noun does."""
    acted: Floats
    """Part of its uses that follow a pronoun, an auxiliary or "to": what a verb does."""
    extended: Floats
    """The largest part of its folded texts in which one and the same word continues it."""

    def __len__(self) -> int:
        return len(self.words)

    def rows_of(self, at: int) -> Ints:
        return self.rows[self.start[at] : self.start[at + 1]]

    def part_in(self, flags: Sequence[bool]) -> Floats:
        """Of each phrase's texts the part that is flagged; `flags` has an entry a text."""
        flagged = np.concatenate(([0], np.cumsum(np.array(flags, dtype=bool)[self.rows])))
        return (flagged[self.start[1:]] - flagged[self.start[:-1]]) / np.maximum(np.diff(self.start), 1)


@dataclass(frozen=True)
class _Tokens:
    """All texts as one array: `word` is 0 where a phrase cannot cross."""

    word: Ints
    surface: Ints
    case: Ints
    text: Ints
    forms: list[str]
    """Surface forms by number."""
    lemmas: list[str]
    """Words by number, without their plural."""


def mine_phrases(texts: Sequence[Text], fewest: int = FEWEST) -> Phrases:
    """Every run of one to LONGEST words in at least `fewest` folded texts that could be a name of something."""
    tokens = _tokenise(texts)
    fold = np.array([text.fold for text in texts] or [0], dtype=np.int32)[tokens.text]
    levels = _levels(tokens, fold, fewest)
    return _describe(levels, tokens, texts)


def split_words(text: str) -> Iterator[str]:
    """Words and marks of a text: links, user names and quotes are gone, long hyphenated words are split."""
    for token in _raw_tokens(text):
        yield from _parts(token)


def _raw_tokens(text: str) -> list[str]:
    plain = text[:TEXT_LIMIT]
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain)
    return _TOKEN.findall(plain.translate(_BARE))


def _parts(token: str) -> list[str]:
    parts = token.split("-")
    return parts if len(parts) > 1 and all(len(part) > 2 for part in parts) else [token]


def is_word(token: str) -> bool:
    return token[0].isalnum() and not token.isnumeric() and "/" not in token and "." not in token


class _Reader(dict[str, tuple[int, ...]]):
    """The tokens that a raw token stands for, worked out once; token 0 is what no phrase can cross."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, int] = {"": 0}
        self.lemmas: dict[str, int] = {"": 0}
        self.lemma_of = [0]
        """By form."""
        self.form_of = [0]
        """By token, as the two below."""
        self.case_of = [_UNSEEN]
        self.is_long = [False]
        """Whether it is long enough for its casing to tell a sentence from a headline."""

    def __missing__(self, raw: str) -> tuple[int, ...]:
        found = self[raw] = tuple(self._number(part) if is_word(part) else 0 for part in _parts(raw))
        return found

    def _number(self, part: str) -> int:
        form = part.casefold()
        if form not in self.forms:
            self.forms[form] = len(self.forms)
            self.lemma_of.append(self.lemmas.setdefault(singular(form), len(self.lemmas)))
        self.form_of.append(self.forms[form])
        self.case_of.append(_UPPER if part[0].isupper() else _LOWER)
        self.is_long.append(len(part) > 3 and part[0].isalpha())
        return len(self.form_of) - 1


def _tokenise(texts: Sequence[Text]) -> _Tokens:
    reader = _Reader()
    numbers, sizes = array("i"), array("i")
    for text in texts:
        for segment in text.segments:
            before = len(numbers)
            numbers.extend(chain.from_iterable(map(reader.__getitem__, _raw_tokens(segment))))
            numbers.append(0)
            sizes.append(len(numbers) - before)
    token, size = np.frombuffer(numbers, dtype=np.intc), np.frombuffer(sizes, dtype=np.intc)
    surface = np.array(reader.form_of, dtype=np.int32)[token]
    segments = np.array([len(text.segments) for text in texts], dtype=np.int32)
    titles = np.zeros(len(size), dtype=bool)
    titles[np.cumsum(segments) - segments] = True
    return _Tokens(
        word=np.array(reader.lemma_of, dtype=np.int32)[surface],
        surface=surface,
        case=_cases(reader, token, size, titles),
        text=np.repeat(np.repeat(np.arange(len(texts), dtype=np.int32), segments), size),
        forms=list(reader.forms),
        lemmas=list(reader.lemmas),
    )


def _cases(reader: _Reader, token: Ints, size: Ints, titles: NDArray[np.bool_]) -> Ints:
    """The case of each token after the first of a title in which most long words after the first are in lower case:
    in a capitalised title case says nothing."""
    case = np.array(reader.case_of, dtype=np.int8)[token]
    segment = np.repeat(np.arange(len(size), dtype=np.int32), size)
    inside = titles[segment]
    inside[np.cumsum(size) - size] = False
    told = inside & np.array(reader.is_long)[token]
    long = np.bincount(segment[told], minlength=len(size))
    lower = np.bincount(segment[told & (case == _LOWER)], minlength=len(size))
    tells = (long > 1) & (2 * lower >= long)
    case[~(inside & tells[segment])] = _UNSEEN
    return case


@dataclass(frozen=True)
class _Level:
    """Runs of one length: `code[p]` is the run that begins at position p, -1 where none; `support` by run."""

    code: Ints
    support: Ints
    first: Ints
    """A position where each run begins."""


def _levels(tokens: _Tokens, fold: Ints, fewest: int) -> list[_Level]:
    folds = int(fold.max(initial=0)) + 1
    levels = [_count(np.where(tokens.word > 0, tokens.word, -1), fold, folds, fewest)]
    for _ in range(1, LONGEST):
        last = levels[-1]
        following = np.append(last.code[1:], -1)
        joined = last.code * np.int64(len(last.support)) + following
        key = np.where((last.code >= 0) & (following >= 0), joined, -1)
        levels.append(_count(key, fold, folds, fewest))
    return levels


def _count(key: Ints, fold: Ints, folds: int, fewest: int) -> _Level:
    """Numbers the keys that stand in at least `fewest` folds; -1 is no key."""
    at = np.flatnonzero(key >= 0)
    names, first, code = np.unique(key[at], return_index=True, return_inverse=True)
    support = np.bincount(distinct(code * folds + fold[at]) // folds, minlength=len(names))
    kept = support >= fewest
    number = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    codes = np.full(len(key), -1, dtype=np.int32)
    codes[at] = number[code]
    return _Level(codes, support[kept], at[first[kept]])


def _describe(levels: Sequence[_Level], tokens: _Tokens, texts: Sequence[Text]) -> Phrases:
    whole = [_could_be_a_name(level, length, tokens) for length, level in enumerate(levels, 1)]
    phrase, at, length = _uses(levels, whole)
    total = sum(int(ok.sum()) for ok in whole)
    uses = np.bincount(phrase, minlength=total)
    rows = distinct(phrase * np.int64(len(texts) + 1) + tokens.text[at])
    row_phrase, row = (rows // (len(texts) + 1)).astype(np.int32), (rows % (len(texts) + 1)).astype(np.int32)
    head_case = tokens.case[at + length - 1]
    before = np.where(at > 0, tokens.word[at - 1], 0)
    support, authors, group, log_odds, share = _distinct(row_phrase, row, total, texts)
    return Phrases(
        words=_surfaces(at, length, uses, tokens),
        rows=row,
        start=np.searchsorted(row_phrase, np.arange(total + 1)),
        support=support,
        authors=authors,
        group=group,
        log_odds=log_odds,
        share=share,
        cohesion=_cohesion(levels, whole, len(texts)),
        lower=np.bincount(phrase[head_case == _LOWER], minlength=total),
        upper=np.bincount(phrase[head_case == _UPPER], minlength=total),
        led=_part(phrase, _among(tokens.lemmas, word_list("before_a_noun"))[before], uses),
        acted=_part(phrase, _among(tokens.lemmas, word_list("before_a_verb"))[before], uses),
        extended=_extended(levels, whole),
    )


def _uses(levels: Sequence[_Level], whole: Sequence[NDArray[np.bool_]]) -> tuple[Ints, Ints, Ints]:
    """Every use of a phrase that could be a name, by phrase: its number, the place it begins at, its words."""
    parts = []
    before = 0
    for size, (level, ok) in enumerate(zip(levels, whole, strict=True), 1):
        number = np.where(ok, np.cumsum(ok) - 1 + before, -1).astype(np.int32)
        before += int(ok.sum())
        places = np.flatnonzero(level.code >= 0).astype(np.int32)
        of = number[level.code[places]]
        parts.append((of[of >= 0], places[of >= 0], np.full(int((of >= 0).sum()), size, dtype=np.int8)))
    phrase, at, length = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(phrase, kind="stable")
    return phrase[order], at[order], length[order]


def _among(lemmas: Sequence[str], words: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([lemma in words for lemma in lemmas], dtype=bool)


def _part(phrase: Ints, flag: NDArray[np.bool_], uses: Ints) -> Floats:
    return np.bincount(phrase[flag], minlength=len(uses)) / np.maximum(uses, 1)


def _could_be_a_name(level: _Level, length: int, tokens: _Tokens) -> NDArray[np.bool_]:
    """No function word at either end, and no single letter standing alone."""
    edge = _among(tokens.lemmas, word_list("edges")) | np.array([len(lemma) < 2 for lemma in tokens.lemmas])
    ok = ~edge[tokens.word[level.first]] & ~edge[tokens.word[level.first + length - 1]]
    if length == 1:
        ok &= np.array([len(lemma) > 2 for lemma in tokens.lemmas])[tokens.word[level.first]]
    return np.asarray(ok)


def _surfaces(at: Ints, length: Ints, uses: Ints, tokens: _Tokens) -> list[tuple[str, ...]]:
    """The commonest form of each phrase, judged by its first 60 uses."""
    words: list[tuple[str, ...]] = []
    end = 0
    for count in uses.tolist():
        begin, end = end, end + count
        size = int(length[begin]) if count else 0
        places = at[begin : min(end, begin + 60)].tolist()
        forms = Counter(tuple(tokens.surface[place : place + size].tolist()) for place in places)
        best = max(sorted(forms), key=forms.__getitem__) if forms else ()
        words.append(tuple(tokens.forms[form] for form in best))
    return words


def _distinct(phrase: Ints, row: Ints, total: int, texts: Sequence[Text]) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Support, authors, and the group each phrase is most distinctive of, with its z-score and its share."""
    group = np.array([text.group for text in texts] or [0], dtype=np.int64)
    author = np.array([text.author for text in texts] or [0], dtype=np.int64)
    fold = np.array([text.fold for text in texts] or [0], dtype=np.int64)
    _, first = np.unique(phrase * (fold.max() + 1) + fold[row], return_index=True)
    phrase, row = phrase[first], row[first]
    support = np.bincount(phrase, minlength=total)
    people = distinct(phrase * (author.max() + 1) + author[row]) // (author.max() + 1)
    groups = int(group.max()) + 1
    cells, inside = np.unique(phrase * np.int64(groups) + group[row], return_counts=True)
    of, where = cells // groups, cells % groups
    size = np.bincount(group[np.unique(fold, return_index=True)[1]], minlength=groups).astype(float)
    score = _z(inside, support[of], size[where], float(size.sum()))
    order = np.lexsort((score, of))
    last = np.flatnonzero(np.append(np.diff(of[order]) > 0, True)) if len(of) else np.zeros(0, dtype=np.int64)
    best = order[last]
    return (
        support,
        np.bincount(people, minlength=total),
        where[best],
        score[best],
        inside[best] / np.maximum(support, 1),
    )


def _z(inside: Ints, everywhere: Ints, size: Floats, texts: float) -> Floats:
    """z-score of the log-odds ratio inside a group against outside it, prior in proportion to the whole corpus."""
    prior = PRIOR * everywhere / max(texts, 1.0)
    outside = everywhere - inside
    odds_in = np.log((inside + prior) / np.maximum(size + PRIOR - inside - prior, 1.0))
    odds_out = np.log((outside + prior) / np.maximum(texts - size + PRIOR - outside - prior, 1.0))
    return np.asarray((odds_in - odds_out) / np.sqrt(1 / (inside + prior) + 1 / (outside + prior)))


def _cohesion(levels: Sequence[_Level], whole: Sequence[NDArray[np.bool_]], texts: int) -> Floats:
    columns: list[Floats] = []
    single = levels[0]
    for length, (level, ok) in enumerate(zip(levels, whole, strict=True), 1):
        if length == 1:
            columns.append(np.ones(int(ok.sum())))
            continue
        joint = level.support[ok] / max(texts, 1)
        left = single.support[single.code[level.first[ok]]] / max(texts, 1)
        right = single.support[single.code[level.first[ok] + length - 1]] / max(texts, 1)
        columns.append(np.log(joint / (left * right)) / np.maximum(-np.log(joint), 1e-9))
    return np.concatenate(columns)


def _extended(levels: Sequence[_Level], whole: Sequence[NDArray[np.bool_]]) -> Floats:
    columns: list[Floats] = []
    for at, level in enumerate(levels):
        most = np.zeros(len(level.support))
        if at + 1 < len(levels):
            longer, ok = levels[at + 1], whole[at + 1]
            for shift in (0, 1):
                parent = level.code[longer.first[ok] + shift]
                np.maximum.at(most, parent, longer.support[ok] / level.support[parent])
        columns.append(most[whole[at]])
    return np.concatenate(columns)
