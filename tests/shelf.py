"""A shelf of ideas of every kind, as the agents judged them: what the tests of an idea's page look at."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from evals.bench.stage import AS_OF, PUT_OBSERVATION, PUT_SIGNAL, store_idea
from graphs.settings import Settings
from graphs.wiring import open_product
from store.ideas import IdeaRow, put_ideas
from store.ids import new_id
from store.postgres import connect

HOSTILE = "<script>alert(1)</script> **bold** [x](javascript:alert(2)) ![i](http://127.0.0.1:9/i.png) :red[r] $x^2$"
LONG = "מזל טוב 🎉 " + "pumpernickel" * 24
STORY_DAYS = 40
WEB, NO_WEB = "https://example.org/a)[x](y", "javascript:alert(3)"
LINKED = """
UPDATE signal SET url = CASE WHEN author_hash = 'author0' THEN %s ELSE %s END
WHERE id IN (SELECT signal_id FROM idea_signal WHERE idea_id = %s)
"""
LINK = """
INSERT INTO idea_signal (tenant_id, idea_id, signal_id) VALUES (current_setting('bellwether.tenant'), %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Ideas by what they are like: `story` has forty days of two sources, `thin` ten days and no prices, `hostile`
    markup in every text, `long` three hundred signs in two directions, `bare` nothing but its phrase.
    """

    settings: Settings
    story: UUID
    thin: UUID
    hostile: UUID
    long: UUID
    bare: UUID

    def session(self) -> Connection[Any]:
        """A session of its tenant. Use as `with`."""
        assert self.settings.database_url is not None
        return connect(self.settings.database_url.get_secret_value(), self.settings.tenant)


async def stock(settings: Settings) -> Shelf:
    """The ideas stored, and all but the bare one judged by the agents' rules."""
    assert settings.database_url is not None
    with connect(settings.database_url.get_secret_value(), settings.tenant) as session:
        ideas = {
            "story": store_idea(session, "garden gnome", comparables=8),
            "thin": store_idea(session, "latte art"),
            "hostile": store_idea(session, HOSTILE, comparables=6),
            "long": store_idea(session, LONG),
        }
        tell_story(session, ideas["story"])
        session.execute("UPDATE idea SET audience = %s WHERE id = %s", (HOSTILE, ideas["hostile"]))
        session.execute(LINKED, (WEB, NO_WEB, ideas["hostile"]))
        bare = _bare(session)
    async with open_product(settings) as product:
        for idea in ideas.values():
            await product.analyze(idea)
    return Shelf(settings, bare=bare, **ideas)


def tell_story(session: Connection[Any], idea: UUID, days: int = STORY_DAYS) -> None:
    """Posts of forty days up to the moment of the stage: what YouTube shows, Reddit speaks of two days later."""
    draw = random.Random(11)
    bursts = [draw.choice((0, 0, 1, 1, 6)) for _ in range(days)]
    for day, burst in enumerate(bursts):
        for at in range(burst):
            _post(session, idea, "youtube", day, at, draw, views=draw.randint(900, 1100) * (1 + day))
            if day + 2 < days:
                _post(session, idea, "reddit", day + 2, at, draw, score=draw.randint(8, 12))


def _post(
    session: Connection[Any], idea: UUID, source: str, day: int, at: int, draw: random.Random, **metrics: int
) -> None:
    signal, moment = new_id(), AS_OF - timedelta(days=STORY_DAYS - 1 - day, hours=at, minutes=draw.randint(0, 50))
    text, author = f"Gnome {day}/{at} of {source}", f"{source} {draw.randint(0, 99)}"
    native = f"{source}-{day}-{at}"
    session.execute(PUT_SIGNAL, (signal, source, "item", native, text, author, "garden", moment, moment))
    session.execute(PUT_OBSERVATION, (signal, moment, Jsonb(metrics)))
    session.execute(LINK, (idea, signal))


def _bare(session: Connection[Any]) -> UUID:
    row = IdeaRow(
        id=new_id(), key="x", phrase="x", audience="anybody", occasion=None, kind="unknown",
        kind_reason="nothing is known", product_format="mug", signals=(),
    )  # fmt: skip
    return put_ideas(session, [row], AS_OF, "stage", {})["x"]
