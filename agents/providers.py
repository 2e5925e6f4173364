"""Providers: servers that speak OpenAI's chat completions (Perplexity: its Agent API), asked through the `openai` SDK.

Groq, OpenAI, Perplexity and any server of one's own differ in what they take; a `Dialect` says how. Whatever comes back
is bounded in size, then validated before anything of it is used. The SDK's own retries are off: patience is the door's.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import httpx2
from openai import APIStatusError, APITimeoutError, AsyncOpenAI, OpenAIError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from agents.brief import Citation
from agents.model import Answer, Ask, ModelBusy, ModelDown, ModelRefused
from agents.pace import retry_after_s
from agents.prices import LOCAL, price_of

REPLY_BYTES = 128 * 1024
"""A longer reply is not read on: with its envelope and citations the longest useful one is under half of it."""
CITATIONS = 20
CONNECTIONS = httpx2.Limits(max_connections=200, max_keepalive_connections=200)
"""A connection is kept for the next request: a new one would look its host up first, while its turn passes."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

CHAT = "/chat/completions"

Body = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Said(_Part):
    content: str | None = None


class _Choice(_Part):
    message: _Said
    finish_reason: str | None = None


class _Cost(_Part):
    total_cost: float = Field(ge=0, le=1000)


class _Usage(_Part):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    cost: _Cost | None = None
    """US dollars, where the provider states them (Perplexity)."""


class _Page(_Part):
    url: str = Field(max_length=2000)
    title: str = ""
    date: str | None = None
    snippet: str = ""


class _Completion(_Part):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None
    search_results: list[_Page] = Field(default_factory=list)


class _Spoken(_Part):
    text: str = ""


class _Item(_Part):
    """A message, or the results of a search; other kinds hold neither."""

    content: list[_Spoken] = Field(default_factory=list)
    results: list[_Page] = Field(default_factory=list)


class _Spent(_Part):
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost: _Cost | None = None


class _Response(_Part):
    """Perplexity's Agent API: typed items instead of choices."""

    status: Literal["completed", "incomplete"]
    output: list[_Item] = Field(min_length=1)
    usage: _Spent | None = None


def _chat(content: bytes) -> _Completion:
    return _Completion.model_validate_json(content)


def _agent(content: bytes) -> _Completion:
    told = _Response.model_validate_json(content)
    text = "".join(part.text for item in told.output for part in item.content)
    spent = told.usage or _Spent()
    usage = _Usage(prompt_tokens=spent.input_tokens, completion_tokens=spent.output_tokens, cost=spent.cost)
    choice = _Choice(message=_Said(content=text), finish_reason="length" if told.status == "incomplete" else "stop")
    return _Completion(choices=[choice], usage=usage, search_results=[p for item in told.output for p in item.results])


def _schema_format(request: Ask) -> Body:
    told = {"name": f"{request.agent}_report", "schema": request.schema, "strict": False}
    return {"response_format": {"type": "json_schema", "json_schema": told}}


def _of_groq(request: Ask) -> Body:
    body: Body = {"seed": request.seed, "max_completion_tokens": request.max_tokens}
    if request.schema is not None:
        body["response_format"] = {"type": "json_object"}
    if "qwen3" in request.model:
        body["reasoning_format"] = "hidden"
    return body


def _of_openai(request: Ask) -> Body:
    body: Body = {"seed": request.seed, "max_completion_tokens": request.max_tokens}
    return body | (_schema_format(request) if request.schema is not None else {})


def _of_perplexity(request: Ask) -> Body:
    """The Agent API, which replaced Sonar's chat completions (supported until 27 September 2026)."""
    said = [{"type": "message", "role": message.role, "content": message.content} for message in request.messages]
    body: Body = {"model": f"perplexity/{request.model}", "input": said, "max_output_tokens": request.max_tokens}
    if request.web:
        until = {"search_before_date_filter": f"{request.until:%m/%d/%Y}"} if request.until is not None else {}
        body["tools"] = [{"type": "web_search", **({"filters": until} if until else {})}]
    return body | (_schema_format(request) if request.schema is not None else {})


def _of_any(request: Ask) -> Body:
    body: Body = {"seed": request.seed, "max_tokens": request.max_tokens}
    if request.schema is not None:
        body["response_format"] = {"type": "json_object"}
    return body


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where a provider is, what it takes, how it answers."""

    base_url: str
    body: Callable[[Ask], Body]
    """Beyond model, messages and temperature; the whole of it where the path is another one."""
    path: str = CHAT
    read: Callable[[bytes], _Completion] = _chat


DIALECTS: Mapping[str, Dialect] = {
    "groq": Dialect("https://api.groq.com/openai/v1", _of_groq),
    "openai": Dialect("https://api.openai.com/v1", _of_openai),
    "perplexity": Dialect("https://api.perplexity.ai", _of_perplexity, "/v1/agent", _agent),
    LOCAL: Dialect("http://127.0.0.1:8000/v1", _of_any),
}


class OpenAICompatible:
    """One server that speaks OpenAI's chat completions."""

    def __init__(
        self, name: str, key: SecretStr | None = None, base_url: str | None = None, timeout_s: float = 30.0
    ) -> None:
        """`name` is a key of DIALECTS; `base_url` replaces its address. KeyError where the name is not known."""
        self.name = name
        self._dialect = DIALECTS[name]
        url = base_url or self._dialect.base_url
        self.identity = _without_credentials(url)
        self.account = hashlib.sha256(key.get_secret_value().encode()).hexdigest()[:12] if key else ""
        self.timeout_s = timeout_s
        # Loopback traffic never goes through a proxy that the environment names for the outside.
        outside = urlsplit(url).hostname not in LOOPBACK
        http = httpx2.AsyncClient(
            timeout=timeout_s,
            trust_env=outside,
            event_hooks={"request": [_watch], "response": [_bound]},
            limits=CONNECTIONS,
        )
        self._client = AsyncOpenAI(
            api_key=key.get_secret_value() if key else "none",
            base_url=url,
            max_retries=0,
            http_client=http,
            default_headers={"Accept-Encoding": "identity"},
        )
        # The SDK takes these from the environment; they are OpenAI's business, not every provider's.
        self._client.organization = self._client.project = None
        # Else the first requests wait for a thread, seconds where all are busy, that finds out the system's name.
        self._client._platform = "Unknown"

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.name!r}, {self.identity!r})"

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.close()

    async def ask(self, request: Ask) -> Answer:
        """One request. Nothing of what the provider said on failure is repeated: it could carry a key."""
        try:
            # The client's own time-out is for each read: a server that drips would never reach it.
            async with asyncio.timeout(self.timeout_s):
                reply = await self._client.post(
                    self._dialect.path,
                    cast_to=httpx2.Response,
                    body=self.body(request),
                    options={"headers": {"Idempotency-Key": request.key}} if request.key else {},
                )
        except (APITimeoutError, TimeoutError):
            raise ModelDown(f"no answer within {self.timeout_s:g} s", paid=True) from None
        except TooLong:
            return self._unusable(request, f"the reply is longer than {REPLY_BYTES} bytes")
        except APIStatusError as fault:
            raise _refusal(fault.status_code, fault.response.headers) from None
        except (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL):
            raise ModelDown("no connection, or it broke off") from None
        return self._read(request, reply)

    def body(self, request: Ask) -> Body:
        """The request as this provider takes it."""
        if self._dialect.path != CHAT:
            return self._dialect.body(request)
        said = [{"role": message.role, "content": message.content} for message in request.messages]
        fixed = {"model": request.model, "messages": said, "temperature": request.temperature}
        return fixed | self._dialect.body(request)

    def _read(self, request: Ask, reply: httpx2.Response) -> Answer:
        try:
            told = self._dialect.read(reply.content)
        except ValidationError:
            raise ModelDown("the reply is not a chat completion", paid=True) from None
        usage = told.usage or _Usage()
        choice = told.choices[0]
        price = price_of(self.name, request.model)
        cost = price.micro_usd(usage.prompt_tokens, usage.completion_tokens)
        if usage.cost is not None:
            cost = round(usage.cost.total_cost * 1_000_000)
        pages = told.search_results[:CITATIONS]
        return Answer(
            choice.message.content or "",
            request.model,
            self.name,
            usage.prompt_tokens,
            usage.completion_tokens,
            cost,
            tuple(Citation(page.url, page.title[:300], page.date, page.snippet[:1000]) for page in pages),
            "the answer was cut off at its longest" if choice.finish_reason == "length" else "",
            reply.headers,
            left_at=reply.request.extensions.get("left_at"),
        )

    def _unusable(self, request: Ask, fault: str) -> Answer:
        """An answer that was paid for and not read: it counts as all that it was allowed to be."""
        asked = sum(len(message.content) for message in request.messages) // 3
        cost = price_of(self.name, request.model).micro_usd(asked, request.max_tokens)
        return Answer("", request.model, self.name, asked, request.max_tokens, cost, fault=fault)


def _refusal(status: int, headers: Mapping[str, str]) -> ModelBusy | ModelDown | ModelRefused:
    if status in (429, 498):
        return ModelBusy(f"it is busy ({status})", retry_after_s(headers))
    if status == 503 and (wait_s := retry_after_s(headers)) is not None:
        return ModelBusy(f"it is busy ({status})", wait_s)
    if status >= 500 or status in (408, 409):
        return ModelDown(f"it failed ({status})")
    return ModelRefused(f"it refused the request ({status})")


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


async def _watch(request: httpx2.Request) -> None:
    """Let the request note when its last byte left: a busy process sends later than it meant to."""

    async def note(event: str, _: object) -> None:
        if event.endswith("send_request_body.complete"):
            request.extensions["left_at"] = time.monotonic()

    request.extensions["trace"] = note


class TooLong(Exception):
    """A reply that is longer than anybody needs, or packed so that its length cannot be told."""


async def _bound(reply: httpx2.Response) -> None:
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise TooLong
    reply.stream = _Bounded(reply.stream)


class _Bounded(httpx2.AsyncByteStream):
    """A reply's bytes, up to REPLY_BYTES of them."""

    def __init__(self, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream) -> None:
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous client reads asynchronous streams")
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = REPLY_BYTES
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise TooLong
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
