"""Providers over real sockets: every fault a provider can play."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from agents.chains import BadModelSetting, Chains, chains
from agents.door import Door, Patience
from agents.model import Ask, Message, ModelBusy, ModelDown, ModelRefused
from agents.panel import Panel
from agents.providers import OpenAICompatible
from agents.specialist import Outcome
from evals.bench.stub import Stub, spawn
from store.calls import MemoryCalls
from tests.engine import AS_OF, PRICE, PRICING, PriceReport, brief, price_report, prompt_of

KEY = SecretStr("sk-very-secret-7f3a")
GOOD = price_report().model_dump_json()
ASK = Ask(
    "pricing",
    "instant",
    (Message("system", "You are the `pricing` desk"), Message("user", "Answer in JSON.")),
    PriceReport.model_json_schema(),
    model="llama-3.1-8b-instant",
)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub(lambda agent, body: GOOD) as server:
        yield server


@pytest.fixture
async def server() -> AsyncIterator[Callable[..., OpenAICompatible]]:
    """Makes servers and closes their connections after the test."""
    made: list[OpenAICompatible] = []

    def make(name: str, url: str | None = None, timeout_s: float = 5.0) -> OpenAICompatible:
        made.append(OpenAICompatible(name, KEY, url, timeout_s))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def panel(stub: Stub) -> AsyncIterator[Callable[..., Panel]]:
    """Makes panels that ask the stub."""
    made: list[Chains] = []

    def make(timeout_s: float = 0.3, calls: MemoryCalls | None = None) -> Panel:
        made.append(chains({"local": KEY}, base_url=stub.url, timeout_s=timeout_s))
        door = Door(made[-1].routes, calls or MemoryCalls(), patience=Patience(0.01, 1.0, 5.0))
        return Panel(door, find_prompt=prompt_of, now=lambda: AS_OF)

    yield make
    for one in made:
        await one.close()


async def test_the_key_of_a_reading_is_sent_so_that_it_is_charged_once(server, stub: Stub):
    await server("openai", stub.url).ask(replace(ASK, key="k" * 64))
    await server("openai", stub.url).ask(ASK)
    assert [call.headers.get("idempotency-key") for call in stub.calls] == ["k" * 64, None]


async def test_an_answer_says_when_its_request_had_left(server, stub: Stub):
    before = time.monotonic()
    answer = await server("openai", stub.url).ask(ASK)
    assert answer.left_at is not None
    assert before <= answer.left_at <= time.monotonic()


async def test_an_account_tells_keys_apart_without_telling_them(server, stub: Stub):
    made = [OpenAICompatible("groq", SecretStr(key), stub.url) for key in ("gsk_one", "gsk_one", "gsk_two")]
    assert made[0].account == made[1].account != made[2].account
    assert "gsk" not in made[0].account and OpenAICompatible("local", None, stub.url).account == ""
    for each in made:
        await each.close()


async def test_an_answer_carries_its_text_tokens_and_headers(server, stub: Stub):
    stub.headers = {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1s"}
    answer = await server("local", stub.url).ask(ASK)
    assert (answer.text, answer.provider, answer.model) == (GOOD, "local", "llama-3.1-8b-instant")
    assert (answer.input_tokens, answer.output_tokens, answer.cost_micro_usd) == (10, len(GOOD) // 4, 0)
    assert answer.headers["x-ratelimit-remaining-requests"] == "3"


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ("429", ModelBusy, "it is busy (429)"),
        ("500", ModelDown, "it failed (500)"),
        ("cut-body", ModelDown, "the reply is not a chat completion"),
        ("no-json", ModelDown, "the reply is not a chat completion"),
        ("hang-up", ModelDown, "no connection, or it broke off"),
        ("time-out", ModelDown, "no answer within 0.3 s"),
        ("401", ModelRefused, "it refused the request (401)"),
    ],
)
async def test_each_fault_has_its_own_error(server, stub: Stub, fault: str, error: type[Exception], told: str):
    stub.faults = {"pricing": [fault]}
    with pytest.raises(error) as caught:
        await server("local", stub.url, timeout_s=0.3).ask(ASK)
    assert str(caught.value) == told


async def test_a_429_says_how_long_to_wait(server, stub: Stub):
    stub.faults = {"pricing": ["429-retry-after"]}
    with pytest.raises(ModelBusy) as caught:
        await server("local", stub.url).ask(ASK)
    assert caught.value.retry_after_s == 0.2


async def test_a_reply_of_200_kb_is_not_read_to_its_end(server, stub: Stub):
    stub.faults = {"pricing": ["huge"]}
    answer = await server("local", stub.url).ask(ASK)
    assert (answer.text, answer.fault) == ("", "the reply is longer than 131072 bytes")


async def test_a_server_that_is_not_there_is_down(server):
    with pytest.raises(ModelDown):
        await server("local", "http://127.0.0.1:9/v1", 1.0).ask(ASK)


PAID_TWICE = {"truncated", "wrong-schema", "empty", "huge"}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("429", "it is busy (429)"),
        ("429-retry-after", "it is busy (429)"),
        ("500", "it failed (500)"),
        ("time-out", "no answer within 0.3 s"),
        ("cut-body", "the reply is not a chat completion"),
        ("hang-up", "no connection, or it broke off"),
        ("truncated", "the answer cannot be read"),
        ("wrong-schema", "the answer cannot be read"),
        ("empty", "the answer is empty"),
        ("huge", "the reply is longer than 131072 bytes"),
    ],
)
async def test_every_fault_is_retried_then_the_rule_judges_and_the_report_says_so(
    panel, stub: Stub, fault: str, told: str
):
    stub.faults = {"pricing": [fault, "..."]}
    found = await panel().ask(PRICING, brief())
    assert (found.outcome, found.judged_by) == (Outcome.OPINION, "rule")
    assert found.reason.startswith(f"local/llama-3.1-8b-instant: {told}")
    assert stub.counts["pricing"] == (2 if fault in PAID_TWICE else 3)


@pytest.mark.parametrize(
    "fault", ["429", "429-retry-after", "500", "time-out", "cut-body", "truncated", "empty", "huge"]
)
async def test_a_fault_that_passes_leaves_a_model_s_opinion(panel, stub: Stub, fault: str):
    stub.faults = {"pricing": [fault]}
    found = await panel().ask(PRICING, brief())
    assert (found.outcome, found.judged_by) == (Outcome.OPINION, "model")
    assert stub.counts["pricing"] == 2


async def test_a_rerun_against_the_stub_asks_nobody_and_finds_the_same(panel, stub: Stub):
    calls = MemoryCalls()
    first = await panel(calls=calls).ask(PRICING, brief())
    again = await panel(calls=calls).ask(PRICING, brief())
    assert (first, stub.counts["pricing"]) == (again, 1)


def test_the_stub_runs_alone_too():
    with spawn(seed=3) as alone:
        assert alone.calls == []
        assert alone.counts == {}


async def test_no_key_is_shown_anywhere(stub: Stub, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    secret = KEY.get_secret_value()
    made = chains({"groq": KEY, "openai": KEY, "perplexity": KEY, "local": KEY}, base_url=stub.url)
    stub.faults = {"pricing": ["401", "500"]}
    told = [repr(made), repr(made.servers)]
    for _ in range(2):
        with pytest.raises((ModelRefused, ModelDown)) as caught:
            await made.servers[0].ask(ASK)
        told += [str(caught.value), repr(caught.value), repr(caught.value.__context__)]
    await made.servers[0].ask(ASK)
    await made.close()
    assert stub.calls[-1].headers["authorization"] == f"Bearer {secret}"
    assert not any(secret in text for text in [*told, caplog.text])
    with_password = OpenAICompatible("local", KEY, f"http://me:{secret}@127.0.0.1:1/v1")
    assert secret not in repr(with_password) + with_password.identity


async def test_the_organisation_in_the_environment_is_not_told_to_every_provider(server, stub: Stub, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await server("local", stub.url).ask(ASK)
    assert "mine" not in json.dumps(stub.calls[-1].headers)


# Chains ---------------------------------------------------------------------------------------------------------------


def named(routes: object) -> list[str]:
    return [str(route) for route in routes]  # type: ignore[attr-defined]


def test_chains_follow_the_keys_there_are():
    assert chains({}).routes == {}
    assert chains({"groq": SecretStr(" "), "openai": None}).routes == {}
    groq = chains({"groq": KEY}).routes
    assert named(groq["reasoning"]) == ["groq/qwen/qwen3-32b", "groq/llama-3.3-70b-versatile"]
    assert "web" not in groq
    every = chains({"groq": KEY, "openai": KEY, "perplexity": KEY}, base_url="http://127.0.0.1:1/v1").routes
    assert named(every["instant"]) == [
        "local/llama-3.1-8b-instant", "groq/llama-3.1-8b-instant", "openai/gpt-4.1-nano",
    ]  # fmt: skip
    assert named(every["web"]) == ["perplexity/sonar"]


def test_without_a_key_no_vendor_s_library_is_loaded():
    code = "import sys; from agents.chains import chains; chains({}); sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_setting_puts_another_model_first_for_a_tier_or_an_agent():
    told = {"instant": "groq/openai/gpt-oss-20b", "pricing": "openai/gpt-4o-mini"}
    made = chains({"groq": KEY, "openai": KEY}, models=told, agents=["pricing"])
    door = Door(made.routes, MemoryCalls())
    assert named(door.routes("viral", "instant"))[:2] == ["groq/openai/gpt-oss-20b", "groq/llama-3.1-8b-instant"]
    assert named(door.routes("pricing", "instant"))[:2] == ["openai/gpt-4o-mini", "groq/openai/gpt-oss-20b"]


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ({"fast": "groq/x"}, "'fast' is neither a tier nor an agent"),
        ({"instant": "llama"}, "must be PROVIDER/MODEL"),
        ({"instant": "acme/llama"}, "must be PROVIDER/MODEL"),
        ({"instant": "openai/gpt-4o-mini"}, "OPENAI_API_KEY is not set"),
        ({"instant": "local/x"}, "MODEL_BASE_URL is not set"),
    ],
)
def test_a_bad_setting_is_refused_and_says_what_is_allowed(models: dict[str, str], told: str):
    with pytest.raises(BadModelSetting, match=told):
        chains({"groq": KEY}, models=models, agents=["pricing"])


def test_what_a_call_costs_is_rounded_up_and_an_unknown_model_is_taken_for_the_dearest():
    from agents.prices import price_of

    assert price_of("groq", "llama-3.1-8b-instant").micro_usd(1000, 100) == 58
    assert price_of("groq", "llama-3.1-8b-instant").micro_usd(1, 0) == 1
    assert price_of("perplexity", "sonar").micro_usd(0, 0) == 5000
    assert price_of("groq", "brand-new") == price_of("groq", "moonshotai/kimi-k2-instruct")
    assert price_of("acme", "brand-new").micro_usd(1000, 1000) >= price_of("openai", "gpt-4.1").micro_usd(1000, 1000)
    assert price_of("local", "anything").micro_usd(10_000, 10_000) == 0
    assert PRICE[0].value == 2499
