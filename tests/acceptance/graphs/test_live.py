"""Live, end to end: from what sources answer over sockets to decisions that wait for a person, job by job."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate import App
from pytest_httpserver import HTTPServer
from rich.console import Console
from werkzeug import Request, Response

from graphs.jobs import Desk, Lane, Line, Watch, open_jobs, run_lane
from graphs.product import Product
from graphs.schedule import APART, LONG, duties
from graphs.settings import Settings
from graphs.status import overview
from graphs.wiring import open_product
from store.postgres import connect
from store.redis import Redis
from store.valkey import EmbeddedRedis
from trends.hot import Hot
from trends.intake import take_payload
from trends.merge import key_of
from trends.signal import Signal, SignalKind
from ui.commands.status import draw

THINGS = ("otter quilt", "willow lantern", "badger kettle", "paper garland", "copper spoon", "mushroom terrarium")
TALK = (
    "made this {} today",
    "my new {} at last",
    "is a {} hard to keep?",
    "who else loves a {}",
    "this {} made my day",
)
GROWS, BURSTS, REPOSTED = "crochet frog", "moss teapot", "velvet pickle lamp by the window"
ROBOTS = "User-agent: *\nAllow: /\n"
FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:ht="https://trends.google.com/trending/rss"><channel>
<title>Daily Search Trends</title><link>https://trends.google.com/trending/rss?geo=US</link>
<item><title>{title}</title><ht:approx_traffic>2000+</ht:approx_traffic><pubDate>{at}</pubDate></item>
</channel></rss>"""
TICK = {duty.name: duty for duty in duties(30.0)}
Session = psycopg.Connection[Any]


@dataclass
class Web:
    """Four servers that stand for the sources, and what they list."""

    reddit: HTTPServer
    youtube: HTTPServer
    google_trends: HTTPServer
    nostalgia: HTTPServer
    posts: list[dict[str, Any]] = field(default_factory=list)
    videos: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for each in (self.reddit, self.google_trends):
            each.expect_request("/robots.txt").respond_with_data(ROBOTS, content_type="text/plain")
        self.nostalgia.expect_request("/robots.txt").respond_with_data("", 404)
        self.reddit.expect_request(re.compile("/r/crafts/.*")).respond_with_handler(self._listing)
        self.reddit.expect_request("/search.json").respond_with_json(listing([]))
        self.youtube.expect_request("/youtube/v3/videos").respond_with_handler(self._chart)
        self.youtube.expect_request("/youtube/v3/search").respond_with_json(
            {"kind": "youtube#searchListResponse", "items": []}
        )
        feed = FEED.format(title=THINGS[0], at=format_datetime(datetime.now(UTC)))
        self.google_trends.expect_request("/trending/rss").respond_with_data(feed, content_type="application/rss+xml")
        self.nostalgia.expect_request(re.compile("/pageviews/.*")).respond_with_handler(views)

    def _listing(self, _: Request) -> Response:
        return Response(json.dumps(listing(self.posts)), content_type="application/json")

    def _chart(self, _: Request) -> Response:
        body = {"kind": "youtube#videoListResponse", "items": self.videos}
        return Response(json.dumps(body), content_type="application/json")

    def say(self, texts: Sequence[str]) -> None:
        """Each by an author of its own, one after another in the last minutes."""
        for text in texts:
            number = len(self.posts)
            at = datetime.now(UTC) - timedelta(seconds=20 + 10 * (number % 30))
            self.posts.append(
                {
                    "id": f"p{number}",
                    "title": text,
                    "subreddit": "crafts",
                    "author": f"writer{number}",
                    "created_utc": at.timestamp(),
                    "score": number % 40,
                    "num_comments": number % 9,
                    "permalink": f"/r/crafts/comments/p{number}/",
                }
            )

    def show(self, title: str) -> None:
        """A video of this title."""
        number = len(self.videos)
        at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        snippet = {"title": title, "channelId": f"channel{number}", "publishedAt": at, "categoryId": "26"}
        statistics = {"viewCount": "1200", "likeCount": "30"}
        self.videos.append({"kind": "youtube#video", "id": f"v{number}", "snippet": snippet, "statistics": statistics})

    @property
    def searched(self) -> list[str]:
        """The phrases that Reddit was searched for."""
        return [request.args["q"].strip('"') for request, _ in self.reddit.log if request.path == "/search.json"]


def listing(posts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": None, "children": [{"kind": "t3", "data": each} for each in posts]}}


def views(request: Request) -> Response:
    *_, article, _, since, until = request.path.split("/")
    day, items = datetime.strptime(since, "%Y%m%d"), []
    while day <= datetime.strptime(until, "%Y%m%d"):
        items.append({"project": "en.wikipedia", "article": article, "granularity": "daily", "access": "all-access",
                      "agent": "user", "timestamp": f"{day:%Y%m%d}00", "views": 900})  # fmt: skip
        day += timedelta(days=1)
    return Response(json.dumps({"items": items}), content_type="application/json")


@dataclass
class Town:
    """The product on its servers, its jobs, and a session to look with."""

    product: Product
    app: App
    session: Session

    async def do(self, name: str, **args: Any) -> list[Line]:
        """One tick of the schedule and all that follows from it, one job after another."""
        await self.ask(name, **args)
        return await self.drain()

    async def ask(self, name: str, **args: Any) -> None:
        """A tick alone, at a full second as all are."""
        await asyncio.sleep(1.0 - time.time() % 1)
        moment = datetime.now(UTC).replace(microsecond=0)
        await TICK[name].run(Desk(self.product, self.app, "default", moment), **args)

    async def drain(self) -> list[Line]:
        """Work until nothing is left to do, without waiting for the turn of a pull."""
        lines: list[Line] = []
        self.session.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        await run_lane(self.app, self.product, Watch(TICK, lines.append), Lane((*APART, *LONG), 1), 30.0, wait=False)
        return lines

    def later(self) -> None:
        """The intervals of all sources are over."""
        self.session.execute("UPDATE source SET last_scan_at = last_scan_at - interval '1 day'")

    def rows(self, query: str, *values: Any) -> list[Any]:
        found = self.session.execute(query.encode(), values or None).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]


def remember(session: Session) -> None:
    """Six days of what earlier scans brought: steady talk, and one thing that grows."""
    now = datetime.now(UTC) - timedelta(minutes=3)
    steady = [(TALK[n % 5].format(THINGS[n * 7 % 6]), timedelta(minutes=10 * n)) for n in range(864)]
    grows = [(TALK[n % 5].format(GROWS), timedelta(minutes=95 * n)) for n in range(40)]
    signals = [
        Signal("reddit", SignalKind.ITEM, f"{text}, day {n % 11}", now - age, f"t3_old{n}", community="crafts",
               author_hash=f"author {n}", published_at=now - age, row=n + 1)
        for n, (text, age) in enumerate(sorted([*steady, *grows], key=lambda each: -each[1]))
    ]  # fmt: skip
    take_payload(session, "default", "reddit", "earlier scans", now, iter(signals))


@pytest.fixture
def web() -> Iterator[Web]:
    servers = [HTTPServer(threaded=True) for _ in range(4)]
    for each in servers:
        each.start()
    yield Web(servers[0], servers[1], servers[2], servers[3])
    for each in servers:
        each.stop()


Open = Callable[[str, str | None], Any]


@pytest.fixture
def open_town(web: Web, monkeypatch: pytest.MonkeyPatch) -> Open:
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY", "PERPLEXITY_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    watch = {"reddit": ["crafts"], "youtube": ["US"], "google_trends": ["US"], "nostalgia": ["1985 The Goonies"]}
    sources: dict[str, Any] = {
        name: {"base_url": getattr(web, name).url_for("").rstrip("/"), "watch": watched}
        for name, watched in watch.items()
    }

    @asynccontextmanager
    async def opened(database: str, redis: str | None) -> AsyncIterator[Town]:
        settings = Settings(
            _env_file=None,
            database_url=database,
            redis_url=redis,
            youtube_api_key="of-the-test",
            sources={**sources, "calendar": {"enabled": False}},
        )
        plain = [replace(duty, cron=None) for duty in duties(30.0)]
        with connect(database, "default") as session:
            remember(session)
            async with open_product(settings) as product, open_jobs(database, "default", plain) as app:
                yield Town(product, app, session)

    return opened


@pytest.fixture
async def town(open_town: Open, database: str, redis_address: str) -> AsyncIterator[Town]:
    async with open_town(database, redis_address) as opened:
        yield opened


def judged(lines: Sequence[Line]) -> list[str]:
    return [line.args["idea_id"] for line in lines if line.task == "judge" and line.outcome == "done"]


async def test_what_the_sources_say_becomes_decisions_that_wait_for_a_person(web: Web, town: Town) -> None:
    web.say([*(TALK[n % 5].format(THINGS[n % 6]) for n in range(60)), REPOSTED])
    web.show(REPOSTED)
    lines = await town.do("scan")
    assert {line.outcome for line in lines} == {"done"}
    assert sorted(line.args["source"] for line in lines) == ["google_trends", "nostalgia", "reddit", "youtube"]
    assert town.rows("SELECT count(*) FROM signal WHERE native_id LIKE 't3\\_p%'") == [61]
    assert town.rows("SELECT count(*) FROM signal WHERE text = %s", REPOSTED) == [2]

    lines = await town.do("shortlist")
    chosen = judged(lines)
    assert len(chosen) >= 3
    assert sorted(map(str, town.rows("SELECT idea_id FROM decision"))) == sorted(chosen)
    waiting = {row["phrase"] for row in await town.product.reviews.pending()}
    assert waiting
    assert not {phrase for phrase in waiting if "pickle" in phrase}
    assert not town.rows("SELECT phrase FROM idea WHERE phrase LIKE '%pickle%'")
    assert await town.do("shortlist") == []


async def test_a_burst_is_judged_before_what_waits_in_the_normal_queue(web: Web, town: Town) -> None:
    await town.ask("shortlist")
    waits = town.rows("SELECT args ->> 'idea_id' FROM procrastinate_jobs WHERE task_name = 'judge'")
    web.say([f"{TALK[n % 5].format(BURSTS)} number {n}" for n in range(30)])
    pulled = await town.product.pulls.pull("reddit")
    assert pulled.kept == 30
    lines = await town.do("watch")
    assert lines[0].task == "shortlist"
    [idea] = town.rows("SELECT id::text FROM idea WHERE key = %s", key_of(tuple(BURSTS.split())))
    order = judged(lines)
    assert order[0] == idea
    assert idea not in waits
    assert set(order[1:]) >= set(waits)
    assert await town.do("watch") == []


async def test_the_keywords_that_were_found_are_what_the_next_pull_asks_for(web: Web, town: Town) -> None:
    await town.do("scan")
    assert web.searched == []
    await town.do("discover_keywords")
    town.later()
    await town.do("scan")
    assert GROWS in web.searched


async def live(web: Web, town: Town, between: Callable[[], object]) -> dict[str, list[Any]]:
    """Two scans and what follows from them; `between` comes in the middle of it. What stands in the end."""
    web.say([TALK[n % 5].format(THINGS[n % 6]) for n in range(30)])
    await town.do("scan")
    between()
    web.say([f"{TALK[n % 5].format(BURSTS)} number {n}" for n in range(30)])
    town.later()
    await town.do("scan")
    await town.do("watch")
    between()
    await town.do("discover_keywords")
    await town.do("shortlist")
    return {
        "signals": town.rows("SELECT source, native_id, text FROM signal ORDER BY 1, 2, 3"),
        "observations": town.rows(
            "SELECT s.source, s.native_id, count(*) FROM observation o JOIN signal s ON s.id = o.signal_id "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        ),
        "spikes": town.rows("SELECT key FROM spike ORDER BY 1"),
        "keywords": town.rows("SELECT key FROM keyword ORDER BY 1"),
        "decisions": town.rows(
            "SELECT idea.key, decision.verdict FROM decision JOIN idea ON idea.id = idea_id ORDER BY 1, 2"
        ),
    }


async def test_redis_flushed_and_then_killed_changes_no_row_and_no_decision(
    web: Web, open_town: Open, new_database: Callable[[], str], reachable_folder: Path
) -> None:
    server = EmbeddedRedis(reachable_folder / "live-redis")
    steps: list[Callable[[], object]] = [lambda: Redis(server.start()).call("FLUSHALL"), server.stop]
    try:
        async with open_town(new_database(), server.start()) as town:
            expected = await live(web, town, lambda: None)
        web.posts.clear()
        async with open_town(new_database(), server.start()) as town:
            assert await live(web, town, lambda: steps.pop(0)()) == expected
    finally:
        server.stop()
    assert not steps
    assert expected["decisions"]
    assert key_of(tuple(BURSTS.split())) in expected["spikes"]


async def test_what_sources_do_wrong_is_named_in_status_and_the_scan_goes_on(
    web: Web, town: Town, database: str, redis: Redis
) -> None:
    until = (datetime.now(UTC) + timedelta(minutes=30)).replace(microsecond=0)
    busy = {"Retry-After": format_datetime(until, usegmt=True)}
    web.youtube.clear()
    web.youtube.expect_request("/youtube/v3/videos").respond_with_data("slow down", 429, headers=busy)
    web.google_trends.clear()
    web.google_trends.expect_request("/robots.txt").respond_with_data(ROBOTS, content_type="text/plain")
    page = "<!doctype html><html><title>Sorry</title></html>"
    web.google_trends.expect_request("/trending/rss").respond_with_data(page, content_type="text/html")
    for _ in range(3):
        assert {line.outcome for line in await town.do("scan")} == {"done"}
        town.later()
    assert town.rows(
        "SELECT count(*) FROM observation o JOIN signal s ON s.id = signal_id WHERE source = 'wikimedia'"
    ) == [30]

    seen = overview(
        town.session, redis, Hot(redis, partial(connect, database, "default")), town.product.settings, datetime.now(UTC)
    )
    out = StringIO()
    draw(Console(file=out, width=240), seen)
    lines = {line.split()[0]: line for line in out.getvalue().splitlines() if line.strip()}
    assert f"not before {until:%H:%M} UTC" in lines["youtube"]
    assert "429" in lines["youtube"]
    assert "HTML" in lines["google_trends"]
    assert "an empty list, 3 times in a row" in lines["reddit"]
    assert len([request for request, _ in web.youtube.log]) == 1
