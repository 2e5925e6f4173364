"""Model: what is asked of a language model, what comes back, and what can go wrong.

`ChatModel` is one server; `agents/door.py` asks several of them in turn, with patience, a cache and ceilings.

Errors, one type a reaction:

    ModelError
      ModelBusy        429: wait as long as it says, then again
      ModelDown        time-out, 5xx, no connection, a reply that is no reply: again after a pause
      ModelRefused     401, 404, 422, ...: asking again will not help, the next route
      Garbled          an answer came and cannot be used: asked once more, then the next route
      NoAnswer         every route failed, or a ceiling is reached: the rule
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from agents.brief import Citation
from agents.specialist import Tier


class ModelError(Exception):
    """Root of what goes wrong at the door. Messages carry no keys, no headers and no text of an answer."""


class ModelBusy(ModelError):
    """The provider asks to wait."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ModelDown(ModelError):
    """The provider did not answer, or not with an answer. `paid` where it may count the call all the same."""

    def __init__(self, message: str, paid: bool = False) -> None:
        super().__init__(message)
        self.paid = paid


class ModelRefused(ModelError):
    """The provider will not answer this request, however often it is asked."""


class Garbled(ModelError):
    """An answer came that cannot be used."""


class NoAnswer(ModelError):
    """Nobody answered; the message says why of each route. What it cost nevertheless is counted."""

    def __init__(self, message: str, spent: Bill | None = None) -> None:
        super().__init__(message)
        self.spent = spent or Bill()


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked. `model` is filled in by the door, from the route."""

    agent: str
    tier: Tier
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = field(default=None, hash=False)
    """JSON schema of the answer; None: free text."""
    model: str = ""
    temperature: float = 0.0
    seed: int = 7
    max_tokens: int = 1500
    web: bool = False
    """Whether the web is searched for it (a model of tier web only)."""
    until: date | None = None
    """The newest day a page may be from, where the web is searched."""
    run: str | None = None
    """The run whose ceiling it counts in."""
    key: str = ""
    """What tells this reading from every other; filled in by the door. A provider that honours it charges once."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What asking cost, unreadable answers included."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_micro_usd: int = 0

    def plus(self, input_tokens: int, output_tokens: int, cost_micro_usd: int) -> Bill:
        return Bill(
            self.input_tokens + input_tokens, self.output_tokens + output_tokens, self.cost_micro_usd + cost_micro_usd
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, from whom, and what it cost."""

    text: str
    model: str
    provider: str
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int
    citations: tuple[Citation, ...] = ()
    fault: str = ""
    """Why it cannot be used although it came: cut off, too long."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    cached: bool = field(default=False, compare=False)
    left_at: float | None = field(default=None, compare=False)
    """When the request had left, by `time.monotonic`; None where nobody looked."""


class ChatModel(Protocol):
    """One server that answers chats. One request a call: patience is the door's."""

    name: str
    """The provider: groq, openai, perplexity, local, ..."""
    identity: str
    """What tells this server from another of the same name: its address, without credentials."""
    account: str
    """Whose allowance is used: a short hash of the key, empty where there is none."""

    async def ask(self, request: Ask) -> Answer:
        """The answer; raises ModelBusy, ModelDown or ModelRefused."""
        ...


class ScriptedModel:
    """A model that says what it was told to say, in order; then what `otherwise` makes of the request."""

    def __init__(self, otherwise: Callable[[Ask], str] | None = None, name: str = "scripted") -> None:
        self.name = name
        self.identity = name
        self.account = ""
        self.asked: list[Ask] = []
        self._otherwise = otherwise
        self._script: list[str | Answer | ModelError] = []

    def will_answer(self, *script: str | Answer | ModelError) -> None:
        """Adds to the script: a text, a whole answer, or an error to raise."""
        self._script.extend(script)

    @property
    def prompts(self) -> list[str]:
        """The last message of each request."""
        return [request.messages[-1].content for request in self.asked]

    async def ask(self, request: Ask) -> Answer:
        self.asked.append(request)
        if self._script:
            said = self._script.pop(0)
        elif self._otherwise is not None:
            said = self._otherwise(request)
        else:
            raise ModelDown(f"{self.name} has nothing more to say")
        if isinstance(said, ModelError):
            raise said
        if isinstance(said, Answer):
            return said
        read = sum(len(message.content) for message in request.messages) // 4
        return Answer(said, request.model, self.name, read, len(said) // 4, 0)


@dataclass(frozen=True, slots=True)
class Route:
    """A server, and which of its models is meant."""

    server: ChatModel
    model: str

    def __str__(self) -> str:
        return f"{self.server.name}/{self.model}"
