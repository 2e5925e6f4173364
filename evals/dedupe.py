"""Eval dedupe: are near repeats found, and are real titles that only look alike left apart.

20,000 distinct titles of a Reddit top CSV; 1,000 of them (of five words or more) get a family of seven edits. All is
folded at once, as the product folds it. Found: the share of edits that land in the group of their title. Precision:
of all pairs of texts in one group, the share that are of one family; two different real titles in one group count
against it even where a person would call them one. Beside it, on the same texts: a hash of the normalised text, and
datasketch (MinHash of 128, LSH at .5, exact Jaccard of at least .6 over the same words: about the precision asked).
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.report import Asked, Result
from trends.dedupe import fold, lead, word_sets
from trends.sources import signals_in

DISTINCT = 20_000
FAMILIES = 1_000
FEWEST_WORDS = 5
"""Titles of fewer words get no family: two of four words changed is another title."""
SKETCH_LSH, SKETCH_JACCARD = 0.5, 0.6
EMOJI = ("😂", "❤️", "🎃", "🔥🔥", "✨", "👻", "🙌🏽", "☕")
FLOORS = {
    "precision": 0.98, "recall": 0.96, "exact": 0.99, "case_punctuation": 0.99, "emoji": 0.99, "url": 0.99,
    "one_word": 0.97, "reorder": 0.99, "two_word": 0.75,
}  # fmt: skip
"""What is asked of each figure."""

Labels = NDArray[np.int64]
Edit = Callable[[str, random.Random, Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Cases:
    """Texts with the truth: `family[i]` is the title that text `i` is or was edited from, `edit[i]` how."""

    texts: list[str]
    family: Labels
    edit: list[str]


def run(data: Path, seed: int = 7, distinct: int = DISTINCT, families: int = FAMILIES) -> Result:
    """Folds titles and edits of a Reddit top CSV; ValueError where it holds too few titles."""
    cases = cases_of(titles_in(data), seed, distinct, families)
    figures = measure(cases, fold(cases.texts))
    baseline = {f"hash_{key}": value for key, value in measure(cases, hash_fold(cases.texts)).items()}
    notes = [
        f"{len(cases.texts):,} texts: {distinct:,} distinct titles, {families:,} of them (of {FEWEST_WORDS} words or "
        "more) with seven edits each; precision counts pairs of texts in one group",
    ]
    try:
        found = measure(cases, sketch_fold(cases.texts))
        baseline |= {f"datasketch_{key}": value for key, value in found.items()}
    except ModuleNotFoundError:
        notes.append("no datasketch baseline: the package is not installed (pip install datasketch)")
    asked = {key: Asked(least=floor) for key, floor in FLOORS.items()}
    return Result("dedupe", figures, baseline, data.name, seed, tuple(notes), asked)


def titles_in(data: Path) -> list[str]:
    """The titles of a file or folder, in its order."""
    return [signal.text for signal in signals_in([data]) if signal.text]


def cases_of(titles: Sequence[str], seed: int, distinct: int, families: int) -> Cases:
    """Draws distinct titles (no two equal when normalised) and edits some of them in each of the seven ways."""
    rng = random.Random(seed)
    known = {normal(title): title for title in reversed(titles)}
    known.pop("", None)
    if len(known) < distinct:
        raise ValueError(f"{distinct} distinct titles asked, the file has {len(known)}")
    texts = rng.sample(sorted(known.values()), distinct)
    long_enough = [number for number, text in enumerate(texts) if len(normal(text).split()) >= FEWEST_WORDS]
    if len(long_enough) < families:
        raise ValueError(f"{families} titles of {FEWEST_WORDS} words asked, the file has {len(long_enough)}")
    words = [word for text in texts for word in text.split()]
    family, edit = list(range(distinct)), [""] * distinct
    for number in rng.sample(long_enough, families):
        for name, change in EDITS.items():
            texts.append(change(texts[number], rng, words))
            family.append(number)
            edit.append(name)
    return Cases(texts, np.array(family), edit)


def measure(cases: Cases, labels: Labels) -> dict[str, float]:
    """Precision over pairs, the share found of each edit, and their mean (`recall`)."""
    same = _pairs(labels)
    true = _pairs(labels * len(labels) + cases.family)
    found = labels == labels[cases.family]
    by_edit = {name: float(np.mean(found[np.array([edit == name for edit in cases.edit])])) for name in EDITS}
    return {"precision": true / same if same else 1.0, "recall": float(np.mean(list(by_edit.values()))), **by_edit}


def hash_fold(texts: Sequence[str]) -> Labels:
    """The baseline everybody has: equal after case folding and without punctuation."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(normal(text), number) for number, text in enumerate(texts)])


def sketch_fold(texts: Sequence[str]) -> Labels:
    """datasketch on the same words: MinHash of 128, LSH, exact Jaccard; joined as the product joins."""
    from datasketch import MinHash, MinHashLSH

    sets = word_sets(texts)
    words = [frozenset(sets.words[one:two].tolist()) for one, two in pairwise(sets.starts.tolist())]
    tokens = [[str(word).encode() for word in bag] for bag in words]
    index = MinHashLSH(threshold=SKETCH_LSH, num_perm=128)
    left, right, similarity = [], [], []
    for number, sketch in enumerate(MinHash.generator(tokens, num_perm=128)):
        for other in index.query(sketch):
            jaccard = len(words[number] & words[other]) / len(words[number] | words[other])
            if jaccard >= SKETCH_JACCARD:
                left.append(other)
                right.append(number)
                similarity.append(jaccard)
        index.insert(number, sketch)
    ints = np.array([left, right], dtype=np.int64)
    return lead(len(texts), ints[0], ints[1], np.array(similarity, dtype=np.float32))


def normal(text: str) -> str:
    """Lower case, words only."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _pairs(labels: Labels) -> int:
    """How many pairs share a label."""
    sizes = np.unique(labels, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


def _exact(text: str, _rng: random.Random, _words: Sequence[str]) -> str:
    return text


def _case_punctuation(text: str, rng: random.Random, _words: Sequence[str]) -> str:
    cased = rng.choice((str.upper, str.lower, str.title, str.swapcase))(text)
    bare = " ".join(word.strip(string.punctuation) or word for word in cased.split())
    return bare + rng.choice(("!", "!!!", "...", "?", " :)", "."))


def _emoji(text: str, rng: random.Random, _words: Sequence[str]) -> str:
    return rng.choice((f"{text} {rng.choice(EMOJI)}", f"{rng.choice(EMOJI)} {text}", f"{text}{rng.choice(EMOJI)}"))


def _url(text: str, rng: random.Random, _words: Sequence[str]) -> str:
    name = "".join(rng.choices(string.ascii_letters + string.digits, k=7))
    return f"{text} {rng.choice(('https://i.imgur.com/', 'http://youtu.be/', 'www.example.com/'))}{name}"


def _replace(text: str, rng: random.Random, words: Sequence[str], count: int) -> str:
    changed = text.split()
    for place in rng.sample(range(len(changed)), min(count, len(changed))):
        changed[place] = rng.choice([word for word in rng.choices(words, k=8) if word != changed[place]] or ["other"])
    return " ".join(changed)


def _one_word(text: str, rng: random.Random, words: Sequence[str]) -> str:
    return _replace(text, rng, words, 1)


def _two_word(text: str, rng: random.Random, words: Sequence[str]) -> str:
    return _replace(text, rng, words, 2)


def _reorder(text: str, rng: random.Random, _words: Sequence[str]) -> str:
    changed = text.split()
    rng.shuffle(changed)
    return " ".join(changed)


EDITS: dict[str, Edit] = {
    "exact": _exact,
    "case_punctuation": _case_punctuation,
    "emoji": _emoji,
    "url": _url,
    "one_word": _one_word,
    "reorder": _reorder,
    "two_word": _two_word,
}
