"""Sources: a loopback server that YouTube and Reddit are asked at, whose listings grow with time, seeded.

Each answer carries its own number as the views or the score of everything in it, so that an answer stored twice shows,
and is remembered once it is written whole: `served` is what a client was really given.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from evals.bench.stage import ENDINGS, OPENINGS, SUBJECTS

YOUTUBE_PAGE, REDDIT_PAGE = 50, 100
KEPT = 2
"""Pages of a listing: what is older has left it."""


@dataclass
class Stream:
    """What there is to see by now: `per_minute` new things, every second one on YouTube, the others on Reddit."""

    per_minute: float
    seed: int
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    served: set[str] = field(default_factory=set)
    answers: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def end(self) -> None:
        """Nothing new from now on."""
        self.ended = time.monotonic()

    def newest(self, reddit: bool, page: int, size: int) -> list[int]:
        """The numbers on a page of a listing, newest first."""
        count = int(((self.ended or time.monotonic()) - self.began) / 60 * self.per_minute)
        listed = range(count - 1 - (count - 1 - int(reddit)) % 2, -1, -2)
        return list(listed[page * size : (page + 1) * size]) if page < KEPT else []

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[list[str], dict[str, Any]] | None:
        """The ids in an answer, and the answer; None for an address that is none."""
        with self._turn:
            self.answers += 1
            number = self.answers
        if path == "/youtube/v3/videos":
            page = int(query.get("pageToken", ["0"])[0])
            return self._videos(self.newest(False, page, YOUTUBE_PAGE), page, number)
        if path.startswith("/r/"):
            page = int(query.get("after", ["t3_0"])[0].removeprefix("t3_"))
            return self._posts(self.newest(True, page, REDDIT_PAGE), page, number)
        return None

    def _videos(self, numbers: Sequence[int], page: int, answer: int) -> tuple[list[str], dict[str, Any]]:
        items = [
            {
                "kind": "youtube#video",
                "id": f"video{at:07}",
                "snippet": {
                    "title": self._text(at),
                    "channelId": f"channel{self._author(at)}",
                    "publishedAt": self._moment(at).isoformat(),
                    "categoryId": "26",
                },
                "statistics": {"viewCount": str(answer), "likeCount": str(at % 40)},
            }
            for at in numbers
        ]
        more = {"nextPageToken": str(page + 1)} if len(items) == YOUTUBE_PAGE else {}
        return [item["id"] for item in items], {"kind": "youtube#videoListResponse", "items": items, **more}  # type: ignore[misc]

    def _posts(self, numbers: Sequence[int], page: int, answer: int) -> tuple[list[str], dict[str, Any]]:
        children = [
            {
                "kind": "t3",
                "data": {
                    "id": f"post{at:07}",
                    "title": self._text(at),
                    "subreddit": "crafts",
                    "author": f"author{self._author(at)}",
                    "created_utc": self._moment(at).timestamp(),
                    "score": answer,
                    "num_comments": at % 20,
                    "permalink": f"/r/crafts/comments/post{at:07}/",
                },
            }
            for at in numbers
        ]
        after = f"t3_{page + 1}" if len(children) == REDDIT_PAGE else None
        ids = [f"t3_post{at:07}" for at in numbers]
        return ids, {"kind": "Listing", "data": {"children": children, "after": after}}

    def _text(self, at: int) -> str:
        draw = random.Random(f"{self.seed}/{at}")
        return f"{draw.choice(OPENINGS)} {SUBJECTS[at // 10 % len(SUBJECTS)]} {draw.choice(ENDINGS)} number {at}"

    def _author(self, at: int) -> int:
        return random.Random(f"{self.seed}/author/{at}").randint(0, 400)

    def _moment(self, at: int) -> datetime:
        age_s = time.monotonic() - self.began - at / self.per_minute * 60
        return datetime.fromtimestamp(time.time() - age_s, UTC)


@contextmanager
def serving(stream: Stream) -> Iterator[str]:
    """The address of a server of this stream, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            found = stream.answer(parts.path, parse_qs(parts.query))
            body = json.dumps(found[1]).encode() if found else b"{}"
            self.send_response(200 if found else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
            if found:
                stream.served.update(found[0])

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # whoever asked was killed

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
