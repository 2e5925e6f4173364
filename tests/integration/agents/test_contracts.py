"""Model providers over real sockets: each request fits its provider's specification, recorded answers are read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from agents.model import Answer, Ask, Message, ModelDown, ModelRefused
from agents.providers import OpenAICompatible
from tests.engine import PriceReport
from tests.specs import Contract, load, recorded, reply

KEY = SecretStr("sk-very-secret-7f3a")
ASK = Ask(
    "pricing",
    "instant",
    (Message("system", "You are the `pricing` desk"), Message("user", "Answer in JSON.")),
    PriceReport.model_json_schema(),
)
SPECS = {
    "groq": ("groq.json", "/openai/v1", ("llama-3.1-8b-instant", "qwen/qwen3-32b")),
    "openai": ("openai.json", "", ("gpt-4.1-nano",)),
    "perplexity": ("perplexity.json", "", ("sonar",)),
}
"""Specification, what of the base address stands in its paths, models."""
RECORDED = {
    "groq": ("groq/test_chat_legacy.json",),
    "openai": ("openai/test_chat.json",),
}
AGENT = {
    "id": "resp_1", "object": "response", "created_at": 1795273200, "status": "completed", "model": "perplexity/sonar",
    "output": [
        {"type": "search_results", "queries": ["moss frame"], "results": [
            {"id": 1, "url": "https://a.example/1", "title": "Moss", "snippet": "Green.", "date": "2017-09-01"}]},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "Frames of "}, {"type": "output_text", "text": "moss."}]},
    ],
    "usage": {"input_tokens": 40, "output_tokens": 7, "total_tokens": 47, "cost": {
        "currency": "USD", "input_cost": 0.00004, "output_cost": 0.000007, "total_cost": 0.005047}},
}  # fmt: skip
"""Nobody recorded the Agent API: this fits the specification's own schema."""
Asking = Callable[..., Awaitable[Answer]]


@pytest.fixture(params=SPECS)
def provider(request: pytest.FixtureRequest, shared: Path, httpserver: HTTPServer) -> tuple[str, Contract]:
    """A provider on loopback; in the end every request to it must have fitted."""
    return request.param, contract_of(request.param, shared, httpserver)


def contract_of(name: str, shared: Path, server: HTTPServer) -> Contract:
    return Contract(server, load(shared, SPECS[name][0]), "/provider", "Authorization")


@pytest.fixture
async def ask() -> AsyncIterator[Asking]:
    """Asks a provider on loopback as the real one is asked, but for the host."""
    made: list[OpenAICompatible] = []

    async def once(name: str, contract: Contract, request: Ask) -> Answer:
        made.append(OpenAICompatible(name, KEY, contract.base + SPECS[name][1]))
        return await made[-1].ask(request)

    yield once
    for server in made:
        await server.close()


def answers(shared: Path, name: str) -> dict[str, Any]:
    return dict(recorded(shared, name)["exchanges"][0]["response"])


def asks(name: str) -> list[Ask]:
    """Every kind of request that the engine makes."""
    found = []
    for model in SPECS[name][2]:
        asked = replace(ASK, model=model, key="idea-7/pricing")
        found += [asked, replace(asked, schema=None), replace(asked, web=True, until=date(2017, 10, 5), schema=None)]
    return found


async def test_every_request_fits_its_provider_s_specification(
    provider: tuple[str, Contract], ask: Asking, shared: Path
) -> None:
    name, contract = provider
    contract.on("/", AGENT if name == "perplexity" else answers(shared, RECORDED[name][0])["body"])
    for request in asks(name):
        await ask(name, contract, request)
    contract.check()
    assert len(contract.requests) == len(asks(name))


PATHS = {"groq": "/openai/v1/chat/completions", "openai": "/chat/completions", "perplexity": "/v1/agent"}


@pytest.mark.parametrize("bad", [{"messages": "hello", "input": 5}, {"model": 7}, {"max_output_tokens": 0, "n": 0}])
def test_a_known_bad_body_is_rejected(provider: tuple[str, Contract], bad: dict[str, Any]) -> None:
    name, contract = provider
    path = PATHS[name]
    body = OpenAICompatible(name, KEY).body(asks(name)[0])
    key = {"Authorization": "Bearer x"}

    def faults(asked: dict[str, Any]) -> list[str]:
        return contract.faults("POST", path, key, data=json.dumps(asked).encode(), content_type="application/json")

    assert faults(body) == []
    assert faults(body | bad)


def test_a_request_without_a_key_or_to_another_path_is_rejected(provider: tuple[str, Contract]) -> None:
    name, contract = provider
    body = json.dumps(OpenAICompatible(name, KEY).body(asks(name)[0])).encode()
    told = {"data": body, "content_type": "application/json"}
    path = PATHS[name]
    assert contract.faults("POST", path, {}, **told)
    assert contract.faults("POST", "/v1/complete", {"Authorization": "Bearer x"}, **told)


@pytest.mark.parametrize(("name", "told"), [(name, told) for name, files in RECORDED.items() for told in files])
async def test_recorded_answers_are_read(
    shared: Path, httpserver: HTTPServer, ask: Asking, name: str, told: str
) -> None:
    response, contract = answers(shared, told), contract_of(name, shared, httpserver)
    contract.on("/", lambda _: reply(response["body"], headers=_without_length(response["headers"])))
    answer = await ask(name, contract, asks(name)[0])
    contract.check()
    body = response["body"]
    assert answer.text == body["choices"][0]["message"]["content"]
    assert answer.input_tokens == body["usage"]["prompt_tokens"] > 0


async def test_an_answer_of_the_agent_api_is_read_with_its_pages_and_its_price(
    shared: Path, httpserver: HTTPServer, ask: Asking
) -> None:
    contract = contract_of("perplexity", shared, httpserver)
    contract.on("/", AGENT)
    assert contract.answer_faults("/v1/agent", AGENT, "post") == []
    answer = await ask("perplexity", contract, asks("perplexity")[2])
    contract.check()
    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("Frames of moss.", 40, 7)
    assert (answer.cost_micro_usd, answer.fault) == (5047, "")
    assert [(page.url, page.published_on) for page in answer.citations] == [("https://a.example/1", "2017-09-01")]


@pytest.mark.parametrize(
    "told", [{"status": "failed"}, {"output": []}, {"output": "x"}, {"usage": {"input_tokens": -1}}]
)
async def test_an_answer_of_the_agent_api_that_failed_is_no_answer(
    shared: Path, httpserver: HTTPServer, ask: Asking, told: dict[str, Any]
) -> None:
    contract = contract_of("perplexity", shared, httpserver)
    contract.on("/", AGENT | told)
    with pytest.raises(ModelDown):
        await ask("perplexity", contract, asks("perplexity")[2])


def _without_length(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "content-length"}


async def test_a_recorded_refusal_is_a_refusal(shared: Path, httpserver: HTTPServer, ask: Asking) -> None:
    response, contract = answers(shared, "perplexity/auth_error.json"), contract_of("perplexity", shared, httpserver)
    contract.on("/", lambda _: reply(response["body"], response["status"]))
    with pytest.raises(ModelRefused, match=r"it refused the request \(401\)"):
        await ask("perplexity", contract, asks("perplexity")[0])
    contract.check()
