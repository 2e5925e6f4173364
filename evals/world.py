"""World: a made-up market for suites that need many ideas: posts, and what comparable things sell for, all seeded.

    world = World.made(seed=7, ideas=120)
    world.write(folder)        posts.jsonl, comparables.csv, comments.json: what a user would bring

Each subject is a thing in a material ("copper heron"), so that the word lists know it for a subject. What lies behind
it is drawn: how long and in which shape it is spoken of (rising, steady, spike, fading, young), by how many, in which
sources, how warmly; and its market: how many listings, how dear, how well reviewed, in how few hands. So all three
ceilings occur, and desks have reason to abstain.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

AS_OF = datetime(2017, 10, 5, 23, tzinfo=UTC)
MATERIALS = (
    "ceramic", "wooden", "crochet", "paper", "glass", "copper", "carved", "embroidered", "woven", "knitted", "quilted",
    "folded", "linen", "painted", "watercolor",
)  # fmt: skip
THINGS = (
    "hedgehog", "owl", "lantern", "teapot", "lighthouse", "octopus", "mushroom", "fern", "snail", "otter", "moth",
    "cactus", "kite", "canoe", "harp", "acorn", "beetle", "heron", "sailboat", "windmill", "walrus", "badger", "fox",
    "dahlia", "orchid", "compass", "anchor", "telescope", "accordion", "typewriter",
)  # fmt: skip
OPENINGS = (
    "finished my first", "look at this", "weekend with a", "how do you like my", "another",
    "nobody warned me about the", "I made a", "help me choose a", "grandma kept her", "so proud of this",
)  # fmt: skip
ENDINGS = (
    "today", "for my sister", "before breakfast", "after a long week", "with the neighbours", "in the garden",
    "and I love it", "as a gift for dad", "so cozy and warm", "and it broke", "like the one from my childhood",
    "that made me laugh", "in 3 evenings", "the best I have seen", "and I cried",
)  # fmt: skip
SOURCES = (("reddit",), ("youtube",), ("reddit", "youtube"), ("posts", "reddit"))
CORNERS = 40
"""Communities there are."""
SHAPES: dict[str, Callable[[int, int], float]] = {
    "rising": lambda day, days: 0.3 + 2.5 * day / days,
    "steady": lambda _day, _days: 1.0,
    "spike": lambda day, days: 9.0 if day == days - 3 else 0.2,
    "fading": lambda day, days: 2.5 - 2.3 * day / days,
    "young": lambda day, days: 1.0 if day >= days - 5 else 0.0,
}
LONG_DAYS = 21
LISTINGS = (0, 3, 6, 7, 8, 9, 11, 12, 14, 24, 40, 70)
COLUMNS = (
    "title", "phrase", "product_format", "price", "marketplace", "seller", "rating", "reviews", "return_ratio",
    "known_on",
)  # fmt: skip

Row = dict[str, Any]


@dataclass(slots=True)
class Thing:
    """One subject: its posts, its listings and the comments on it as rows of files, and what a search finds."""

    phrase: str
    shape: str
    posts: list[Row] = field(default_factory=list)
    listings: list[Row] = field(default_factory=list)
    comments: list[Row] = field(default_factory=list)
    """Things of a Reddit listing; there are none unless somebody adds them."""
    pages: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """Subjects, each with what lies behind it."""

    things: list[Thing]

    @classmethod
    def made(cls, seed: int, ideas: int) -> World:
        """That many subjects, each drawn by the seed and its own name alone."""
        phrases = [f"{material} {thing}" for material in MATERIALS for thing in THINGS]
        if ideas > len(phrases):
            raise ValueError(f"there are {len(phrases)} subjects, {ideas} were asked for")
        # By material in turn: of a few subjects no two share a word more often than they must.
        phrases.sort(key=lambda phrase: (THINGS.index(phrase.split()[1]) + MATERIALS.index(phrase.split()[0])) % 30)
        return cls([_thing(phrase, random.Random(f"{seed}/{phrase}")) for phrase in phrases[:ideas]])

    def write(self, folder: Path) -> list[Path]:
        """The files that a user would bring."""
        posts, listings = folder / "posts.jsonl", folder / "comparables.csv"
        with posts.open("w", encoding="utf-8") as lines:
            for thing in self.things:
                lines.writelines(json.dumps(post, ensure_ascii=True) + "\n" for post in thing.posts)
        with listings.open("w", encoding="utf-8", errors="replace", newline="") as table:
            writer = csv.DictWriter(table, COLUMNS)
            writer.writeheader()
            for thing in self.things:
                writer.writerows(thing.listings)
        return [posts, listings, *self._write_comments(folder / "comments.json")]

    def _write_comments(self, path: Path) -> list[Path]:
        children = [comment for thing in self.things for comment in thing.comments]
        path.write_text(json.dumps({"kind": "Listing", "data": {"children": children}}))
        return [path] if children else []


def _thing(phrase: str, draw: random.Random) -> Thing:
    shape = draw.choice((*SHAPES, "rising", "steady", "steady"))
    made = Thing(phrase, shape)
    made.posts.extend(_posts(phrase, shape, draw))
    made.listings.extend(_listings(phrase, draw))
    made.pages.extend(_pages(phrase, draw))
    return made


def _posts(phrase: str, shape: str, draw: random.Random) -> Iterator[Row]:
    sources, corner = draw.choice(SOURCES), draw.randrange(CORNERS)
    days, crowd = draw.choice((10, LONG_DAYS, LONG_DAYS, LONG_DAYS)), draw.choice((4, 9, 30))
    reach, counted = draw.choice((5, 40, 400)), draw.random() > 0.15
    number = 0
    for day in range(days):
        height = SHAPES[shape](day, days)
        for _ in range(int(height) + (draw.random() < height % 1)):
            moment = AS_OF - timedelta(days=days - 1 - day, minutes=draw.randint(0, 600))
            number += 1
            yield _post(
                phrase, number, moment, draw.choice(sources), corner, f"{phrase} {draw.randrange(crowd)}", draw
            ) | (_counts(reach * height, draw) if counted else {})


def _post(
    phrase: str, number: int, moment: datetime, source: str, corner: int, author: str, draw: random.Random
) -> Row:
    return {
        "id": f"{phrase}-{number}",
        "source": source,
        "title": f"{draw.choice(OPENINGS)} {phrase} {draw.choice(ENDINGS)}",
        "published_at": moment.isoformat(),
        "captured_at": moment.isoformat(),
        "community": f"corner{corner if draw.random() < 0.8 else draw.randrange(CORNERS)}",
        "author": author,
        "url": f"https://example.org/{phrase.replace(' ', '-')}/{number}",
        "tags": [],
    }


def _counts(reach: float, draw: random.Random) -> Row:
    views = int(reach * draw.lognormvariate(3.0, 0.8)) + 1
    return {
        "views": views,
        "likes": int(views * draw.uniform(0.01, 0.12)),
        "comments": int(views * draw.uniform(0, 0.02)),
    }


def _listings(phrase: str, draw: random.Random) -> Iterator[Row]:
    dear, sellers, liked = (
        draw.choice((19.0, 24.0, 27.0, 32.0, 38.0)),
        draw.choice((2, 9, 60, 60)),
        draw.choice((2.7, 4.2, 4.4, 4.5, 4.7)),
    )
    known, stated = draw.choice((20, 60, 400, 4000)), draw.random() > 0.25
    for at in range(draw.choice(LISTINGS)):
        yield {
            "title": f"{phrase} design number {at}",
            "phrase": phrase,
            "product_format": "",
            "price": f"{dear * draw.uniform(0.75, 1.35):.2f}",
            "marketplace": "etsy",
            "seller": f"{phrase} shop {draw.randrange(sellers)}",
            "rating": round(min(5.0, max(1.0, draw.gauss(liked, 0.25))), 1) if stated else "",
            "reviews": int(draw.expovariate(1 / known)) if stated else "",
            "return_ratio": round(draw.uniform(0, 0.1), 3) if stated and draw.random() < 0.5 else "",
            "known_on": (AS_OF - timedelta(days=20 + at)).date().isoformat(),
        }


def _pages(phrase: str, draw: random.Random) -> Iterator[Row]:
    for at in range(draw.choice((0, 2, 3))):
        day = AS_OF.date() - timedelta(days=draw.randint(3, 120))
        yield {
            "url": f"https://news{at}.example.org/{phrase.replace(' ', '-')}",
            "title": f"More people look for a {phrase}",
            "date": day.isoformat(),
            "snippet": f"Shops say that the {phrase} is asked for.",
        }
