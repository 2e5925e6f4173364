"""Chains: which models are asked, in which order, given the keys there are.

    tier        first                              then
    versatile   groq llama-3.3-70b-versatile       openai gpt-4.1-mini
    reasoning   groq qwen/qwen3-32b                groq llama-3.3-70b-versatile, openai gpt-4.1
    instant     groq llama-3.1-8b-instant          openai gpt-4.1-nano
    web         perplexity sonar
    writing     groq moonshotai/kimi-k2-instruct   groq llama-3.3-70b-versatile, openai gpt-4.1-mini

A server of one's own is asked before the others, for every tier but web (it cannot search), by the name of the tier's
first model. `models` puts another route first, for a tier or for one agent: `{"instant": "groq/openai/gpt-oss-20b"}`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import SecretStr

from agents.model import ChatModel, Route
from agents.prices import LOCAL
from agents.specialist import Tier

if TYPE_CHECKING:
    from agents.providers import OpenAICompatible

PROVIDERS = ("groq", "openai", "perplexity", LOCAL)

DEFAULTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "versatile": (("groq", "llama-3.3-70b-versatile"), ("openai", "gpt-4.1-mini")),
    "reasoning": (("groq", "qwen/qwen3-32b"), ("groq", "llama-3.3-70b-versatile"), ("openai", "gpt-4.1")),
    "instant": (("groq", "llama-3.1-8b-instant"), ("openai", "gpt-4.1-nano")),
    "web": (("perplexity", "sonar"),),
    "writing": (
        ("groq", "moonshotai/kimi-k2-instruct"),
        ("groq", "llama-3.3-70b-versatile"),
        ("openai", "gpt-4.1-mini"),
    ),
}


class BadModelSetting(ValueError):
    """A setting names a model that cannot be asked; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Chains:
    """The routes by tier and agent, and the servers they lead to."""

    routes: Mapping[str, tuple[Route, ...]]
    servers: tuple[OpenAICompatible, ...]

    async def close(self) -> None:
        """Closes every server's connections."""
        for server in self.servers:
            await server.close()


def chains(
    keys: Mapping[str, SecretStr | None],
    *,
    base_url: str | None = None,
    models: Mapping[str, str] | None = None,
    agents: Collection[str] = (),
    timeout_s: float = 30.0,
) -> Chains:
    """The chains that these keys (by provider: groq, openai, perplexity, local) allow; no route where there is no key.

    Raises BadModelSetting where `models` names what is neither a tier nor one of `agents`, or a model that cannot be
    reached.
    """
    servers = _servers(keys, base_url, timeout_s)
    routes = {tier: _of_tier(tier, servers) for tier in DEFAULTS}
    for name, model in (models or {}).items():
        if name not in DEFAULTS and name not in agents:
            allowed = ", ".join([*get_args(Tier), *agents])
            raise BadModelSetting(f"models: {name!r} is neither a tier nor an agent; allowed are {allowed}")
        first = _named(name, model, servers)
        routes[name] = tuple(dict.fromkeys((first, *routes.get(name, ()))))
    return Chains({name: chain for name, chain in routes.items() if chain}, tuple(servers.values()))


def _servers(
    keys: Mapping[str, SecretStr | None], base_url: str | None, timeout_s: float
) -> dict[str, OpenAICompatible]:
    usable = {name: key for name, key in keys.items() if name != LOCAL and key and key.get_secret_value().strip()}
    if not usable and not base_url:
        return {}
    # Imported when used: the SDK takes longer to load than a run without keys takes to start.
    from agents.providers import OpenAICompatible

    servers = {LOCAL: OpenAICompatible(LOCAL, keys.get(LOCAL), base_url, timeout_s)} if base_url else {}
    for name in PROVIDERS:
        if name in usable:
            servers[name] = OpenAICompatible(name, usable[name], timeout_s=timeout_s)
    return servers


def _of_tier(tier: str, servers: Mapping[str, ChatModel]) -> tuple[Route, ...]:
    routes = [Route(servers[name], model) for name, model in DEFAULTS[tier] if name in servers]
    if LOCAL in servers and tier != "web":
        routes.insert(0, Route(servers[LOCAL], DEFAULTS[tier][0][1]))
    return tuple(routes)


def _named(name: str, told: str, servers: Mapping[str, ChatModel]) -> Route:
    provider, slash, model = told.partition("/")
    if not slash or not model or provider not in PROVIDERS:
        raise BadModelSetting(
            f"models: {told!r} for {name!r} must be PROVIDER/MODEL with a provider of {', '.join(PROVIDERS)}"
        )
    if provider not in servers:
        needed = "MODEL_BASE_URL" if provider == LOCAL else f"{provider.upper()}_API_KEY"
        raise BadModelSetting(f"models: {told!r} for {name!r} cannot be asked: {needed} is not set")
    return Route(servers[provider], model)
