"""Stub: a loopback OpenAI-compatible server with seeded latencies and scripted faults, which counts who was asked.

    with Stub(latency_s=(0.3, 1.5), seed=7) as stub:
        ...                     # stub.url is the base URL: POST <url>/chat/completions
        stub.calls              # one Call a request, in the order they came
        stub.counts             # {"pricing": 1, ...}

It answers for a specialist with what that specialist's own rule says of the facts in the prompt, so an answer is always
of the right shape and grounded. Faults are scripted per agent and consumed in order (`faults={"pricing": ["500"]}`);
"*" names every agent that has no script of its own, and a script that ends in "..." repeats its last fault for ever.

With `allows` it keeps a provider's limits for each model and key, strictly: requests and tokens of the last window,
tokens as they were really used; what is over is refused (429) and says when to come again, and every answer says what
is left.

`Stub` runs in a thread of this process. `spawn` runs it in a process of its own, so that a bench does not share an
interpreter with it: `python -m evals.bench.stub` prints the URL as its first line and ends when its standard input is
closed; GET <url>/calls says what was asked, GET <url>/tally the same without bodies and headers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from agents.coordinator import STEPS
from agents.specialist import Abstain
from trends.fact import Fact, Facts, MissingFact

FAULTS = (
    "ok", "429", "429-retry-after", "500", "time-out", "cut-body", "truncated", "wrong-schema", "empty", "huge", "401",
    "no-json", "hang-up",
)  # fmt: skip
HUGE_BYTES = 200_000
OVER_LIMIT = "over-limit"
"""The fault of a request that was refused because of `allows`."""
TIME_OUT_S = 30.0
"""How long a request waits that is told to time out: longer than any test's own limit."""

_AGENT = re.compile(r"You are the `(\w+)` desk")
_FACT = re.compile(r'^\{"id":.*\}$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came: who asked, which fault was played, and how long the answer was held back."""

    agent: str
    model: str
    path: str
    fault: str
    latency_s: float
    body: dict[str, Any] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    at: float = 0.0
    """When it came, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Allows:
    """What may come in any window of so many seconds."""

    requests: int
    tokens: int
    window_s: float = 60.0


class Meter:
    """A strict sliding window. Rows are [at, tokens], those of refused requests are not in it."""

    def __init__(self, allows: Allows) -> None:
        self.allows = allows
        self._rows: deque[list[float]] = deque()

    def admit(self, now: float, tokens: float) -> list[float] | None:
        """The row of a request that is let in, or None; its tokens are corrected once they are known."""
        while self._rows and self._rows[0][0] <= now - self.allows.window_s:
            self._rows.popleft()
        if len(self._rows) >= self.allows.requests or self._tokens() + tokens > self.allows.tokens:
            return None
        self._rows.append([now, tokens])
        return self._rows[-1]

    def headers(self, now: float) -> dict[str, str]:
        """What is left, and when all of it will be there again."""
        reset = f"{max(0.0, self._rows[-1][0] + self.allows.window_s - now) if self._rows else 0:.3f}s"
        left = {"requests": self.allows.requests - len(self._rows), "tokens": self.allows.tokens - self._tokens()}
        told: dict[str, str] = {}
        for kind, limit in (("requests", self.allows.requests), ("tokens", self.allows.tokens)):
            told[f"x-ratelimit-limit-{kind}"] = str(limit)
            told[f"x-ratelimit-remaining-{kind}"] = str(max(0, int(left[kind])))
            told[f"x-ratelimit-reset-{kind}"] = reset
        return told

    def again_s(self, now: float) -> float:
        """When the oldest row leaves the window."""
        return max(0.0, self._rows[0][0] + self.allows.window_s - now) if self._rows else 0.0

    def _tokens(self) -> float:
        return sum(row[1] for row in self._rows)


Answerer = Callable[[str, dict[str, Any]], str]


def answer_by_rule(agent: str, body: dict[str, Any]) -> str:
    """What the agent's own rule says of the facts that stand in the prompt, as JSON."""
    facts = facts_in(body)
    if agent == "coordinator":
        return _coordinate(facts)
    from agents.roster import SPECIALISTS

    specialist = next((one for one in SPECIALISTS if one.name == agent), None)
    if specialist is None:
        return json.dumps({"answer": f"nobody is called {agent}"})
    try:
        return str(specialist.rule(Facts(facts)).model_dump_json())
    except (Abstain, MissingFact):
        return "{}"


def facts_in(body: dict[str, Any]) -> list[Fact]:
    """The facts that a prompt carries."""
    text = "\n".join(str(message.get("content", "")) for message in body.get("messages", []))
    rows = (json.loads(line) for line in _FACT.findall(text))
    then = datetime(2000, 1, 1, tzinfo=UTC)
    return [Fact(row["id"], row["value"], row["unit"], "prompt", then, row["what"]) for row in rows]


def _coordinate(facts: Sequence[Fact]) -> str:
    stance = next((float(fact.value) for fact in facts if fact.id == "coordinator.mean_stance"), 0.0)
    verdict = "approve" if stance >= 0.2 else "reject" if stance <= -0.4 else "review"
    return json.dumps(
        {
            "summary": f"The desks lean towards {verdict}.",
            "stance": max(-1.0, min(1.0, stance)),
            "facts": [fact.id for fact in facts if fact.agent == "coordinator"][:5],
            "verdict": verdict,
            "steps": [f"{title}: weighed as the desks found it." for title, _ in STEPS],
        }
    )


class Stub:
    """The server. Everything it draws at random comes from `seed`, the agent's name and how often it was asked."""

    def __init__(
        self,
        answer: Answerer = answer_by_rule,
        *,
        latency_s: tuple[float, float] = (0.0, 0.0),
        seed: int = 7,
        faults: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        allows: Allows | None = None,
    ) -> None:
        self.answer = answer
        self.latency_s = latency_s
        self.seed = seed
        unknown = {fault for script in (faults or {}).values() for fault in script} - {*FAULTS, "..."}
        if unknown:
            raise ValueError(f"no such faults: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
        self.faults = {agent: list(script) for agent, script in (faults or {}).items()}
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        """Fields added to every answer, such as `search_results`."""
        self.calls: list[Call] = []
        self._meters: defaultdict[str, Meter] | None = defaultdict(lambda: Meter(allows)) if allows else None
        self._asked: Counter[str] = Counter()
        self.url = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def counts(self) -> Counter[str]:
        """How often each agent was asked."""
        return Counter(self._asked)

    def start(self, port: int = 0) -> str:
        """Starts the server in a thread; returns the base URL."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready, port), name="stub", daemon=True)
        self._thread.start()
        if not ready.wait(10) or not self.url:
            raise RuntimeError(f"the stub did not start on port {port}")
        return self.url

    def stop(self) -> None:
        """Stops the server; open connections are dropped."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._thread = self._loop = None

    def __enter__(self) -> Stub:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, ready: threading.Event, port: int) -> None:
        loop = self._loop = asyncio.new_event_loop()
        try:
            server = loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", port))
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            ready.set()
            loop.run_forever()
            server.close()
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            loop.run_until_complete(asyncio.sleep(0.01))
        finally:
            ready.set()
            loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                reply = await self._reply(*request)
                if reply is None:
                    break
                writer.write(reply)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, path: str, headers: dict[str, str], raw: bytes) -> bytes | None:
        if path.endswith("/calls"):
            return _http(200, json.dumps([asdict(call) for call in self.calls]).encode())
        if path.endswith("/tally"):
            rows = [[call.at, call.agent, call.model, call.fault] for call in self.calls]
            return _http(200, json.dumps(rows).encode())
        body, now = json.loads(raw), time.time()
        told = _AGENT.search(str(body["messages"][0].get("content", "")))
        agent, model = told[1] if told else "nobody", str(body.get("model"))
        meter = self._meters[f"{model} {headers.get('authorization')}"] if self._meters is not None else None
        row = meter.admit(now, _tokens_asked(body)) if meter else None
        if meter and row is None:
            self.calls.append(Call(agent, model, path, OVER_LIMIT, 0.0, body, headers, now))
            again = {"retry-after": f"{meter.again_s(now):.3f}"}
            return _http(429, _error("rate limit reached"), meter.headers(now) | again)
        fault = self._next_fault(agent)
        nth = self._asked[agent]
        self._asked[agent] += 1
        latency_s = random.Random(f"{self.seed}/{agent}/{nth}").uniform(*self.latency_s)
        self.calls.append(Call(agent, model, path, fault, latency_s, body, headers, now))
        await asyncio.sleep(TIME_OUT_S if fault == "time-out" else latency_s)
        return None if fault == "hang-up" else self._play(fault, agent, body, meter, row)

    def _next_fault(self, agent: str) -> str:
        script = self.faults.get(agent, self.faults.get("*"))
        if not script:
            return "ok"
        if len(script) == 2 and script[1] == "...":
            return script[0]
        return script.pop(0)

    def _play(
        self, fault: str, agent: str, body: dict[str, Any], meter: Meter | None = None, row: list[float] | None = None
    ) -> bytes:
        if fault in ("429", "429-retry-after"):
            wait = {"retry-after": "0.2", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "200ms"}
            return _http(429, _error("rate limit reached"), wait if fault == "429-retry-after" else {})
        if fault in ("500", "401"):
            return _http(int(fault), _error("it broke" if fault == "500" else "invalid key"))
        if fault == "no-json":
            return _http(200, b"<html>bad gateway</html>", {"content-type": "text/html"})
        texts = {"wrong-schema": '{"unexpected": 1}', "empty": "", "huge": json.dumps({"summary": "x" * HUGE_BYTES})}
        text = texts[fault] if fault in texts else self.answer(agent, body)
        if fault == "truncated":
            text = text[: len(text) // 2]
        said = completion(text, body)
        if row is not None:
            row[1] = said["usage"]["total_tokens"]
        reply = json.dumps(said | self.extra).encode()
        left = meter.headers(time.time()) if meter else {}
        return _http(200, reply[: len(reply) // 2] if fault == "cut-body" else reply, self.headers | left)


def completion(text: str, body: dict[str, Any]) -> dict[str, Any]:
    """A chat completion as OpenAI-compatible servers send it; a token is taken to be four characters."""
    asked = _tokens_asked(body)
    usage = {"prompt_tokens": asked, "completion_tokens": len(text) // 4, "total_tokens": asked + len(text) // 4}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": None}
    return {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.get("model"),
        "choices": [choice],
        "usage": usage,
    }


def _tokens_asked(body: dict[str, Any]) -> int:
    return sum(len(str(message.get("content", ""))) for message in body.get("messages", [])) // 4


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "stub"}}).encode()


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return first.split(" ")[1], headers, raw


def _http(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    told = {"content-type": "application/json", **(headers or {}), "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Stub\r\n{head}\r\n".encode("latin-1") + body


class Spawned:
    """A stub in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def calls(self) -> list[Call]:
        """What was asked so far."""
        with urllib.request.urlopen(f"{self.url}/calls", timeout=10) as reply:  # noqa: S310 (our own loopback URL)
            return [Call(**row) for row in json.load(reply)]

    @property
    def tally(self) -> list[tuple[float, str, str, str]]:
        """When, by which agent, which model was asked, and the fault that was played."""
        with urllib.request.urlopen(f"{self.url}/tally", timeout=10) as reply:  # noqa: S310 (our own loopback URL)
            return [(float(at), agent, model, fault) for at, agent, model, fault in json.load(reply)]

    @property
    def counts(self) -> Counter[str]:
        """How often each agent was asked."""
        return Counter(call.agent for call in self.calls)


@contextmanager
def spawn(
    latency_s: tuple[float, float] = (0.0, 0.0), seed: int = 7, allows: Allows | None = None
) -> Iterator[Spawned]:
    """Runs the stub in a process of its own for as long as the block lasts."""
    command = [sys.executable, "-m", "evals.bench.stub", "--latency", *map(str, latency_s), "--seed", str(seed)]
    if allows:
        command += ["--allows", str(allows.requests), str(allows.tokens), str(allows.window_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the stub has no pipes")
        try:
            yield Spawned(process.stdout.readline().strip())
        finally:
            process.stdin.close()
            process.wait(10)


def main() -> None:
    """Runs a stub until standard input is closed."""
    parser = argparse.ArgumentParser(description="A loopback OpenAI-compatible server for benches.")
    parser.add_argument("--latency", nargs=2, type=float, default=(0.0, 0.0), metavar="S")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--allows", nargs=3, type=float, metavar=("REQUESTS", "TOKENS", "WINDOW_S"))
    told = parser.parse_args()
    low, high = told.latency
    allows = Allows(int(told.allows[0]), int(told.allows[1]), told.allows[2]) if told.allows else None
    with Stub(latency_s=(low, high), seed=told.seed, allows=allows) as stub:
        print(stub.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
