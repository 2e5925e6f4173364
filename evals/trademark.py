"""Eval trademark: are marks found however they are written, and are ordinary words left alone?

On a file mark,class,title,infringes[,trick]: its marks are the register, each in the class of its row; the detector
never sees the titles of the file before it is asked, nor which trick they play.

recall              of the titles that infringe, the share in which the row's own mark is found and blocks
recall_<trick>      the same of each trick, where the file names them
recall_half_1, _2   the same of two halves of the tricks, by a digest of the title: the second was held out while the
                    detector was made (figures of a file that nobody saw are the ones to believe)
false_block_rate    of the file's clean titles, the share that any mark of the file blocks
false_block_rate_public
                    the same of public titles: posts of the development data (`reddit_top_2013`) in communities of
                    crafts, food, animals and the like, `titles` of them drawn by seed, less those that name somebody's
                    work or maker by the list of licensed names or by a mark of several words or of no dictionary
                    written out in full. That is decided by lists and by whole words, not by the detector; what is left
                    is assumed clean
false_block_rate_public_raw
                    the same before anything was left out
hints_per_title     ordinary words that are marks too, told to the person and not blocking
titles_s            public titles a second against the file's marks; titles_s_100k with 100,000 made-up marks beside
                    them, whose index took build_s_100k

Baselines of the same run: `exact` (the mark's words stand in the title) and `edit` (as many words within one letter,
two from eight letters on).
"""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from rapidfuzz.distance import OSA

from evals.report import Asked, Figure, Result
from graphs.settings import Settings
from market.gates.likeness import uses
from market.gates.marks import Mark, Register
from market.gates.trademark import SHOP
from trends.clues import is_common
from trends.phrases import split_words
from trends.words import word_list

CASES = Path(__file__).parent / "cases" / "trademark.csv"
COLUMNS = {"mark", "class", "title", "infringes"}
PUBLIC = "reddit_top_2013/*.csv.gz"
COMMUNITIES = frozenset(
    {"aww", "cats", "dogs", "food", "camping", "hiking", "Baking", "Cooking", "DIY", "woodworking", "crafts", "Coffee",
     "gardening", "running", "Fishing", "knitting", "sewing", "yoga", "crochet", "travel", "photography", "tattoos",
     "Art", "Illustration", "halloween", "Fitness"}
)  # fmt: skip
TITLES = 3000
MADE_UP = 100_000
ASKED = {
    "recall": Asked(least=0.98), "false_block_rate": Asked(most=0.03), "false_block_rate_public": Asked(most=0.03),
}  # fmt: skip

Blocks = Callable[[str, frozenset[int]], set[str]]
"""The marks (small letters) that block a title of a product in these classes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file."""

    mark: str
    classes: frozenset[int]
    title: str
    infringes: bool
    trick: str

    @property
    def half(self) -> int:
        return 1 + sha256(self.title.encode()).digest()[0] % 2


def run(data: Path | None = None, seed: int = 7, limit: int = TITLES) -> Result:
    """Measures one file; ValueError where it has another layout."""
    path = data or CASES
    rows = read(path)
    marks = list(dict.fromkeys(Mark(row.mark, frozenset()) for row in rows))
    register = Register(marks)
    titles = public_titles(seed, limit)
    named = namers([mark.text for mark in marks])
    clean = [title for title in titles if not named(title)]
    figures, baseline = measured(rows, found_by(register)), dict[str, Figure]()
    figures |= _public(titles, clean, found_by(register))
    figures |= _speed(register, titles or [row.title for row in rows], seed)
    for name, blocks in (("exact", exact(marks)), ("edit", edit(marks))):
        of = measured(rows, blocks) | _public(titles, clean, blocks)
        baseline |= {f"{key}_{name}": of[key] for key in ("recall", *ASKED) if key in of}
    asked = {name: one for name, one in ASKED.items() if figures.get(name) is not None}
    return Result("trademark", figures, baseline, path.name, seed, _notes(rows, titles, clean), asked, ("recall",))


def read(path: Path) -> list[Row]:
    """The rows; ValueError where columns are missing or a cell is not what its column holds."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        missing = COLUMNS - set(table.fieldnames or ())
        if missing:
            raise ValueError(f"columns are missing: {', '.join(sorted(missing))}")
        return [_row(row) for row in table]


def _row(row: dict[str, str]) -> Row:
    said = row["infringes"].strip().lower()
    if said not in ("0", "1", "true", "false", "yes", "no"):
        raise ValueError(f"infringes is 1 or 0, got {row['infringes']!r}")
    classes = frozenset(int(number) for number in row["class"].replace(";", " ").replace(",", " ").split())
    return Row(row["mark"].strip(), classes, row["title"], said in ("1", "true", "yes"), row.get("trick") or "")


def found_by(register: Register) -> Blocks:
    """The detector, as the gate uses it."""
    return lambda title, classes: {
        use.mark.text.casefold() for use in uses(title, register, classes | {SHOP}) if use.blocks
    }


def exact(marks: Sequence[Mark]) -> Blocks:
    """Baseline: the words of the mark stand in the title, one after the other."""
    wanted = {mark.text.casefold(): f" {' '.join(split_words(mark.text.casefold()))} " for mark in marks}

    def blocks(title: str, _: frozenset[int]) -> set[str]:
        said = f" {' '.join(split_words(title.casefold()))} "
        return {name for name, words in wanted.items() if words in said}

    return blocks


def edit(marks: Sequence[Mark]) -> Blocks:
    """Baseline: as many words of the title are within one letter of the mark, two from eight letters on."""
    wanted = [(mark.text.casefold(), " ".join(split_words(mark.text.casefold()))) for mark in marks]

    def blocks(title: str, _: frozenset[int]) -> set[str]:
        said = list(split_words(title.casefold()))
        found = set()
        for name, words in wanted:
            size, most = words.count(" ") + 1, 1 if len(words) < 8 else 2
            runs = (" ".join(said[at : at + size]) for at in range(len(said) - size + 1))
            if any(OSA.distance(run, words, score_cutoff=most) <= most for run in runs):
                found.add(name)
        return found

    return blocks


def measured(rows: Sequence[Row], blocks: Blocks) -> dict[str, Figure]:
    """Recall, of all and of each trick and half, and the share of clean titles that is blocked."""
    said = [(row, blocks(row.title, row.classes)) for row in rows]
    hits = [(row, row.mark.casefold() in found) for row, found in said if row.infringes]
    figures: dict[str, Figure] = {
        "recall": _share(hit for _, hit in hits),
        "false_block_rate": _share(bool(found) for row, found in said if not row.infringes),
    }
    for trick in sorted({row.trick for row, _ in hits if row.trick}):
        figures[f"recall_{trick}"] = _share(hit for row, hit in hits if row.trick == trick)
    for half in (1, 2):
        figures[f"recall_half_{half}"] = _share(hit for row, hit in hits if row.half == half)
    return figures


def _share(of: Iterable[bool]) -> float | None:
    told = list(of)
    return sum(told) / len(told) if told else None


def _public(titles: Sequence[str], clean: Sequence[str], blocks: Blocks) -> dict[str, Figure]:
    every = frozenset(range(1, 46))
    said = {title: bool(blocks(title, every)) for title in titles}
    if not said:
        return {}
    return {
        "false_block_rate_public": _share(said[title] for title in clean),
        "false_block_rate_public_raw": _share(said[title] for title in titles),
        "titles": len(clean),
    }


def public_titles(seed: int, limit: int) -> list[str]:
    """Titles of the communities above, drawn by seed; none where the development data is not there."""
    found: dict[str, None] = {}
    csv.field_size_limit(10_000_000)
    for path in sorted((Settings().shared / "data").glob(PUBLIC)):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as lines:
            found |= {row["title"]: None for row in csv.DictReader(lines) if row["subreddit"] in COMMUNITIES}
    titles = list(found)
    random.Random(seed).shuffle(titles)
    return titles[:limit]


def namers(marks: Sequence[str]) -> Callable[[str], bool]:
    """Whether a title names somebody's work or maker, by whole words of lists that know nothing of the detector."""
    listed = {name for name in word_list("licensed") if not is_common(name)}
    own = {" ".join(split_words(mark.casefold())) for mark in marks}
    names = {f" {name} " for name in listed | {name for name in own if " " in name or not is_common(name)}}
    most = max(name.count(" ") for name in names)

    def names_one(title: str) -> bool:
        words = [word.removesuffix("'s") for word in split_words(title.casefold())]
        runs = (words[at : at + size] for size in range(1, most) for at in range(len(words) - size + 1))
        return any(f" {' '.join(run)} " in names for run in runs)

    return names_one


def _speed(register: Register, titles: Sequence[str], seed: int) -> dict[str, Figure]:
    rng = random.Random(seed)
    parts = [consonant + vowel for consonant in "bcdfghklmnprstvwz" for vowel in ("a", "e", "i", "o", "u", "ar", "en")]
    made = [Mark("".join(rng.choices(parts, k=rng.choice((2, 3, 3, 4)))), frozenset({25})) for _ in range(MADE_UP)]
    began = perf_counter()
    many = Register([*register.marks, *made])
    built = perf_counter() - began
    every, hints = frozenset({25, SHOP}), 0
    asked = titles[:500]
    for title in asked[:50]:
        uses(title, many, every)
    began = perf_counter()
    for title in asked:
        hints += sum(not use.blocks for use in uses(title, register, every))
    small = perf_counter() - began
    began = perf_counter()
    for title in asked:
        uses(title, many, every)
    large = perf_counter() - began
    return {
        "hints_per_title": hints / len(asked), "titles_s": len(asked) / small, "titles_s_100k": len(asked) / large,
        "build_s_100k": built,
    }  # fmt: skip


def _notes(rows: Sequence[Row], titles: Sequence[str], clean: Sequence[str]) -> tuple[str, ...]:
    tricks = sum(row.infringes for row in rows)
    marks = len({row.mark for row in rows})
    notes = [f"{tricks} titles that infringe and {len(rows) - tricks} clean ones, {marks} marks"]
    if titles:
        left = len(titles) - len(clean)
        notes.append(f"{len(titles)} public titles, less {left} of which a list says that they name somebody")
    else:
        notes.append("no public titles in the development data: false blocks were measured on the file alone")
    return tuple(notes)
