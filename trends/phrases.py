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
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trends.words import singular, word_list

Ints = NDArray[np.int64]
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


@dataclass(frozen=True)
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
    fold = np.array([text.fold for text in texts] or [0], dtype=np.int64)[tokens.text]
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


def _is_word(token: str) -> bool:
    return token[0].isalnum() and not token.isnumeric() and "/" not in token and "." not in token


@dataclass(frozen=True, slots=True)
class _Token:
    form: int
    """Number of its surface form; 0 for what no phrase can cross."""
    case: int
    long: bool
    """Whether it is long enough for its casing to tell a sentence from a headline."""


class _Reader:
    """Numbers words as they come; what one raw token stands for is worked out once."""

    def __init__(self) -> None:
        self.forms: dict[str, int] = {"": 0}
        self.lemmas: dict[str, int] = {"": 0}
        self.lemma_of: list[int] = [0]
        self._seen: dict[str, list[_Token]] = {}

    def read(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        for raw in _raw_tokens(text):
            found = self._seen.get(raw)
            if found is None:
                found = self._seen[raw] = [self._token(part) for part in _parts(raw)]
            tokens += found
        return tokens

    def _token(self, part: str) -> _Token:
        if not _is_word(part):
            return _Token(0, _UNSEEN, False)
        form = part.casefold()
        number = self.forms.get(form)
        if number is None:
            number = self.forms[form] = len(self.forms)
            self.lemma_of.append(self.lemmas.setdefault(singular(form), len(self.lemmas)))
        return _Token(number, _UPPER if part[0].isupper() else _LOWER, len(part) > 3 and part[0].isalpha())


def _tokenise(texts: Sequence[Text]) -> _Tokens:
    reader = _Reader()
    surface: list[int] = []
    case: list[int] = []
    owner: list[int] = []
    for row, text in enumerate(texts):
        for at, segment in enumerate(text.segments):
            tokens = reader.read(segment)
            surface += [token.form for token in tokens]
            surface.append(0)
            if at == 0 and _case_tells(tokens):
                case.append(_UNSEEN)
                case += [token.case for token in tokens[1:]]
                case.append(_UNSEEN)
            else:
                case += [_UNSEEN] * (len(tokens) + 1)
            owner += [row] * (len(tokens) + 1)
    shown = np.array(surface, dtype=np.int64)
    word = np.array(reader.lemma_of, dtype=np.int64)[shown]
    forms, lemmas = list(reader.forms), list(reader.lemmas)
    return _Tokens(word, shown, np.array(case, np.int64), np.array(owner, np.int64), forms, lemmas)


def _case_tells(tokens: Sequence[_Token]) -> bool:
    """Whether most long words after the first are in lower case: in a capitalised title case says nothing."""
    long = [token.case for token in tokens[1:] if token.long]
    return len(long) > 1 and 2 * long.count(_LOWER) >= len(long)


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
        key = np.where((last.code >= 0) & (following >= 0), last.code * len(last.support) + following, -1)
        levels.append(_count(key, fold, folds, fewest))
    return levels


def _count(key: Ints, fold: Ints, folds: int, fewest: int) -> _Level:
    """Numbers the keys that stand in at least `fewest` folds; -1 is no key."""
    at = np.flatnonzero(key >= 0)
    names, first, code = np.unique(key[at], return_index=True, return_inverse=True)
    pairs = np.unique(code * folds + fold[at])
    support = np.bincount(pairs // folds, minlength=len(names))
    kept = support >= fewest
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    codes = np.full(len(key), -1, dtype=np.int64)
    codes[at] = number[code]
    return _Level(codes, support[kept], at[first[kept]])


def _describe(levels: Sequence[_Level], tokens: _Tokens, texts: Sequence[Text]) -> Phrases:
    whole = [_could_be_a_name(level, length, tokens) for length, level in enumerate(levels, 1)]
    offsets = np.cumsum([0] + [int(ok.sum()) for ok in whole])
    parts: list[tuple[Ints, Ints, Ints]] = []
    for size, (level, ok) in enumerate(zip(levels, whole, strict=True), 1):
        number = np.where(ok, np.cumsum(ok) - 1 + offsets[size - 1], -1)
        places = np.flatnonzero(level.code >= 0)
        of = number[level.code[places]]
        parts.append((of[of >= 0], places[of >= 0], np.full(int((of >= 0).sum()), size)))
    phrase, at, length = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(phrase, kind="stable")
    phrase, at, length = phrase[order], at[order], length[order]
    total = int(offsets[-1])
    uses = np.bincount(phrase, minlength=total)
    rows = np.unique(phrase * (len(texts) + 1) + tokens.text[at])
    row_phrase, row = rows // (len(texts) + 1), rows % (len(texts) + 1)
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
    _, first = np.unique(phrase * (int(fold.max()) + 1) + fold[row], return_index=True)
    phrase, row = phrase[first], row[first]
    support = np.bincount(phrase, minlength=total)
    people = np.unique(phrase * (int(author.max()) + 1) + author[row]) // (int(author.max()) + 1)
    groups = int(group.max()) + 1
    cells, inside = np.unique(phrase * groups + group[row], return_counts=True)
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
