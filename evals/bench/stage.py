"""Stage: what the benches of the graphs stand on: a database of their own, and ideas that are made up, seeded."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from graphs.settings import Settings
from store.ideas import IdeaRow, ScoreRow, put_ideas, put_scores
from store.ids import new_id
from store.redis import EmbeddedRedis
from store.server import EmbeddedServer
from trends.signal import Signal, SignalKind

AS_OF = datetime(2017, 10, 5, 23, tzinfo=UTC)
DAYS = 10
FORMATS = ("shirt", "mug", "poster", "tote")
SUBJECTS = (
    "latte art", "pumpkin carving", "winter camping", "fair isle", "sourdough", "cactus", "fox", "mushroom",
    "lighthouse", "octopus", "sunflower", "bicycle", "hedgehog", "telescope", "waterfall", "teapot",
)  # fmt: skip
OPENINGS = ("finished my first", "look at this", "we love a", "weekend with a", "how do you like my", "another")
ENDINGS = ("today", "for my sister", "before breakfast", "after a long week", "with the neighbours", "in the garden")
COMMUNITIES = ("crafts", "kitchen", "outdoors", "garden")
TERMS = [{"name": "freshness", "value": 0.5, "weight": 1.0, "reason": "made up"}]


@contextmanager
def scratch_home() -> Iterator[Path]:
    """A folder for an embedded server of this bench alone, which ends with it."""
    home = Path(tempfile.mkdtemp(prefix="bellwether-bench-"))
    home.chmod(0o755)  # the server's unprivileged account must be able to enter
    try:
        yield home
    finally:
        EmbeddedServer(home / "home").stop()
        EmbeddedRedis(home / "home").stop()
        shutil.rmtree(home, ignore_errors=True)


def settings_of(home: Path, **changed: Any) -> Settings:
    """Settings without the environment's keys, on the bench's own server."""
    plain: dict[str, Any] = {"groq_api_key": None, "openai_api_key": None, "perplexity_api_key": None}
    return Settings(_env_file=None, home=home / "home", database_url=None, redis_url=None, **plain, **changed)


def store_idea(
    connection: Connection[Any], phrase: str = "pumpkin carving", seed: int = 7, comparables: int = 0
) -> UUID:
    """An idea with ten days of posts by up to six authors behind it, its figures drawn from the seed and the phrase."""
    draw = random.Random(f"{seed}/{phrase}")
    product_format = draw.choice(FORMATS)
    posts = [_post(phrase, day, author, draw) for day in range(DAYS) for author in range(1 + day // 2)]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(PUT_SIGNAL, [_signal_row(post) for post in posts])
        cursor.executemany(PUT_OBSERVATION, [(post.id, post.known_at, Jsonb(dict(post.metrics))) for post in posts])
    idea = IdeaRow(
        id=new_id(),
        key=phrase,
        phrase=phrase,
        audience="home crafters",
        occasion=None,
        kind="subject",
        kind_reason="made up",
        product_format=product_format,
        signals=tuple(post.id for post in posts),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            PUT_COMPARABLE, [_comparable_row(phrase, product_format, at, draw) for at in range(comparables)]
        )
    idea_id = put_ideas(connection, [idea], AS_OF, "stage", {})[phrase]
    put_scores(connection, [ScoreRow(idea_id, 0.5, TERMS)], AS_OF, 1)
    return idea_id


def copy_decided(connection: Connection[Any], ideas: Sequence[UUID], count: int, seed: int = 7) -> list[UUID]:
    """So many more ideas that wait for an answer: judged ones again with all that their decisions rest on, each under a
    name of its own and with a score of its own. No thread waits for them."""
    draw = random.Random(seed)
    copies = [new_id() for _ in range(count)]
    given = (
        [ideas[at % len(ideas)] for at in range(count)], copies, [at // len(ideas) + 2 for at in range(count)],
        [round(draw.random(), 6) for _ in range(count)],
    )  # fmt: skip
    with connection.transaction():
        connection.execute(COPIES, given)
        for table, changed in COPIED.items():
            columns = [row[0] for row in connection.execute(WRITABLE, (table,))]
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(f'(r).{name}' for name in columns)} "  # noqa: S608 - ours
                f"FROM (SELECT jsonb_populate_record(t, jsonb_build_object({changed})) AS r "
                f"FROM {table} t JOIN copy c ON c.source = t.{'id' if table == 'idea' else 'idea_id'}) AS made".encode()
            )
    return copies


def write_posts(path: Path, seed: int = 7, subjects: Sequence[str] = SUBJECTS, as_of: datetime = AS_OF) -> Path:
    """A JSON Lines file of made-up posts about things people print, by many authors of four communities."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as lines:
        for day in range(DAYS):
            for at, subject in enumerate(subjects):
                for author in range(3 + draw.randint(0, 2 + day // 3)):
                    lines.write(json.dumps(_line(subject, at, day, author, draw, as_of)) + "\n")
    return path


def _line(subject: str, at: int, day: int, author: int, draw: random.Random, as_of: datetime) -> dict[str, object]:
    moment = as_of - timedelta(days=DAYS - 1 - day, minutes=draw.randint(0, 600))
    return {
        "id": f"{at}-{day}-{author}" + (f"-{as_of:%Y%m%d}" if as_of != AS_OF else ""),
        "text": f"{draw.choice(OPENINGS)} {subject} {draw.choice(ENDINGS)}",
        "published_at": moment.isoformat(),
        "captured_at": moment.isoformat(),
        "community": COMMUNITIES[at % len(COMMUNITIES)],
        "author": f"author {draw.randint(0, 400)}",
        "score": draw.randint(1, 40) * (day + 1),
        "comments": draw.randint(0, 20),
    }


WRITABLE = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
COPIES = """
CREATE TEMP TABLE copy ON COMMIT DROP AS
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::float8[]) AS c (source, copy, nth, score)
"""
COPIED = {
    "idea": "'id', c.copy, 'key', t.key || ' ' || c.nth, 'phrase', t.phrase || ' ' || c.nth, 'score', c.score",
    "score": "'idea_id', c.copy, 'total', c.score",
    "idea_signal": "'idea_id', c.copy",
    "decision": "'idea_id', c.copy",
    "finding": "'idea_id', c.copy",
    "fact": "'idea_id', c.copy",
}
"""What is copied of an idea, and what a copy has of its own."""
PUT_SIGNAL = """
INSERT INTO signal (id, source, kind, native_id, text, author_hash, community, published_at, first_known_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
PUT_COMPARABLE = """
INSERT INTO reference (tenant_id, id, kind, body, known_at)
VALUES (current_setting('bellwether.tenant'), %s, 'comparable', %s, %s)
"""
PUT_OBSERVATION = "INSERT INTO observation (signal_id, known_at, metrics) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


def _post(phrase: str, day: int, author: int, draw: random.Random) -> Signal:
    moment = AS_OF - timedelta(days=DAYS - 1 - day, hours=author)
    return Signal(
        source="reddit",
        kind=SignalKind.ITEM,
        text=f"My {phrase} number {day * 10 + author} turned out well",
        known_at=moment,
        native_id=f"{phrase}-{day}-{author}",
        community="crafts",
        author_hash=f"author{author}",
        published_at=moment,
        metrics={"score": float(draw.randint(5, 10) * (day + 1)), "comments": float(draw.randint(1, 9))},
    )


def _comparable_row(phrase: str, product_format: str, at: int, draw: random.Random) -> tuple[object, ...]:
    body = {
        "title": f"{phrase} {product_format} number {at}",
        "phrase": phrase,
        "product_format": product_format,
        "price": f"{draw.randint(1400, 3200) / 100:.2f}",
        "marketplace": "etsy",
        "seller": f"seller {draw.randint(0, 8)}",
        "rating": round(draw.uniform(3.6, 5.0), 1),
        "reviews": draw.randint(0, 300),
    }
    return new_id(), Jsonb(body), AS_OF - timedelta(days=20)


def _signal_row(post: Signal) -> tuple[object, ...]:
    return (
        post.id,
        post.source,
        post.kind.value,
        post.native_id,
        post.text,
        post.author_hash,
        post.community,
        post.published_at,
        post.known_at,
    )
