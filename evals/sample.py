"""Sample: the counts that ship with the project, computed from the public files they are facts about.

Run by `make sample`. For each phrase of `phrases.csv` it counts, by calendar day:

- youtube: distinct videos and channels whose title or tags hold the phrase, and the views those videos gained since the
  video's day before (its first day counts none), per category;
- reddit: distinct posts whose title holds the phrase, in the community that has most of them, dated by the newest post
  in the file;
- the costume ranks of the phrases that are costumes, as they were published each year.

Two phrases match word by word after stemming, so "pumpkins" counts for "pumpkin". Only phrases and figures are written:
nobody's sentence, title or name of a channel.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import snowballstemmer

from evals import illustrations
from graphs.settings import Settings

HOME = Path(__file__).resolve().parent.parent / "trends" / "sample"
YOUTUBE = "data/youtube_trending_2017/USvideos_2017.csv.gz"
CATEGORIES = "data/youtube_trending_2017/US_category_id.json"
REDDIT = "data/reddit_top_2013/reddit_top_dev.csv.gz"
COSTUMES = "data/google_trends/halloween_costume_rank_by_year_dev.csv.gz"
COLUMNS = ("phrase", "day", "source", "community", "items", "authors", "views")
LAST_YEAR = 2017
FEWEST_POSTS = 3
"""A phrase with fewer posts is left out: it would say nothing and might point at one person."""

_WORD = re.compile(r"[a-z0-9']+")
_THUMBNAIL = re.compile(r"/vi/([^/]+)/")
_stem = snowballstemmer.stemmer("english")


@dataclass
class Count:
    """Distinct things and authors behind one phrase, day and community, and the views gained."""

    items: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    views: int = 0


Counts = dict[tuple[str, str, str, str], Count]
"""By (phrase, day, source, community)."""


class Phrases:
    """Which of the sample's phrases a text holds, word by word after stemming."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_stems = {tuple(stems(phrase)): phrase for phrase in phrases}
        self._lengths = sorted({len(key) for key in self._by_stems})

    def find(self, text: str) -> set[str]:
        """The phrases this text holds."""
        words = stems(text)
        windows = (tuple(words[i : i + n]) for n in self._lengths for i in range(len(words) - n + 1))
        return {self._by_stems[window] for window in windows if window in self._by_stems}


def stems(text: str) -> list[str]:
    """The text's words, lower case and stemmed."""
    return [_stem_of(word) for word in _WORD.findall(text.lower())]


@cache
def _stem_of(word: str) -> str:
    return str(_stem.stemWord(word))


def load_phrases(home: Path = HOME) -> list[str]:
    """The phrases to count, as `phrases.csv` lists them."""
    with (home / "phrases.csv").open(encoding="utf-8", newline="") as lines:
        return [row["phrase"] for row in csv.DictReader(lines)]


def count_youtube(rows: Iterable[Mapping[str, str]], phrases: Phrases, categories: Mapping[str, str]) -> Counts:
    """Videos, channels and views gained by phrase, day and category, from rows in any order."""
    counts: Counts = defaultdict(Count)
    videos: dict[str, dict[str, tuple[int, Mapping[str, str]]]] = defaultdict(dict)
    for row in rows:
        damaged = _THUMBNAIL.search(row["thumbnail_link"])
        if row["trending_date"] and damaged:
            videos[damaged.group(1)][row["trending_date"]] = (int(row["views"]), row)
    for video, by_day in videos.items():
        before: int | None = None
        for day, (views, row) in sorted(by_day.items()):
            community = categories.get(row["category_id"], "")
            for phrase in phrases.find(row["title"]) | set().union(*map(phrases.find, row["tags"].split("|"))):
                count = counts[phrase, day, "youtube", community]
                count.items.add(video)
                count.authors.add(row["channel_title"])
                count.views += max(0, views - before) if before is not None else 0
            before = views
    return counts


def count_reddit(rows: Iterable[Mapping[str, str]], phrases: Phrases) -> Counts:
    """Posts by phrase and community, all dated by the newest post: a total was not known before it."""
    posts: dict[tuple[str, str], set[str]] = defaultdict(set)
    newest = 0
    for row in rows:
        newest = max(newest, int(float(row["created_utc"])))
        for phrase in phrases.find(row["title"]):
            posts[phrase, row["subreddit"]].add(row["id"])
    day = datetime.fromtimestamp(newest, UTC).date().isoformat()
    leading: dict[str, tuple[int, str]] = {}
    for (phrase, community), ids in posts.items():
        leading[phrase] = max(leading.get(phrase, (0, "")), (len(ids), community))
    return {
        (phrase, day, "reddit", community): Count(items=posts[phrase, community])
        for phrase, (count, community) in leading.items()
        if count >= FEWEST_POSTS
    }


def find_costumes(rows: Iterable[Mapping[str, str]], phrases: Phrases) -> list[tuple[int, int, str]]:
    """(year, rank, costume) of the phrases that are costumes, up to the last year of the counts."""
    wanted = (
        row for row in rows if int(row["year"]) <= LAST_YEAR and phrases.find(row["costume"]) & {row["costume"].lower()}
    )
    return sorted((int(row["year"]), int(row["rank"]), row["costume"].lower()) for row in wanted)


def rows_of(counts: Counts) -> Iterator[tuple[str | int, ...]]:
    """The counts as CSV rows, sorted. An empty cell is a figure that the source does not have."""
    for (phrase, day, source, community), count in sorted(counts.items()):
        authors, views = (len(count.authors), count.views) if source == "youtube" else ("", "")
        yield phrase, date.fromisoformat(day).isoformat(), source, community, len(count.items), authors, views


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a gzipped CSV file."""
    csv.field_size_limit(10_000_000)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def load_categories(path: Path) -> dict[str, str]:
    """Names of YouTube categories by id."""
    return {item["id"]: item["snippet"]["title"] for item in json.loads(path.read_text("utf-8"))["items"]}


def compute(shared: Path, phrases: Iterable[str]) -> tuple[list[tuple[str | int, ...]], list[tuple[int, int, str]]]:
    """The rows of counts.csv and of costume_ranks.csv."""
    wanted = Phrases(phrases)
    youtube = count_youtube(read_table(shared / YOUTUBE), wanted, load_categories(shared / CATEGORIES))
    reddit = count_reddit(read_table(shared / REDDIT), wanted)
    return list(rows_of(youtube | reddit)), find_costumes(read_table(shared / COSTUMES), wanted)


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str | int | float]]) -> None:
    """A CSV file with line feeds, the same bytes for the same rows."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> int:
    """Recompute the files; exit code 2 where the public files are absent."""
    shared = Settings().shared
    if not (shared / YOUTUBE).is_file():
        print(f"the public files are not in {shared}: set BELLWETHER_SHARED to their folder", file=sys.stderr)
        return 2
    counts, ranks = compute(shared, load_phrases())
    write(HOME / "counts.csv", COLUMNS, counts)
    write(HOME / "costume_ranks.csv", ("year", "rank", "costume"), ranks)
    write(HOME / "comparables.csv", illustrations.COLUMNS, illustrations.listings())
    print(f"{len(counts)} counts, {len(ranks)} ranks in {HOME}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
