"""The one door to models: patience, cache, ceilings, fallback."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from agents.door import Ceilings, Patience
from agents.model import Answer, Ask, Message, ModelBusy, ModelDown, ModelRefused, NoAnswer, ScriptedModel
from store.calls import MemoryCalls
from store.limits import Cap, MemoryLimits, Rules
from tests.engine import DAY, QUICK, door_to

ASK = Ask("pricing", "instant", (Message("system", "s"), Message("user", "u")), {"type": "object"}, run="r1")
PAID = Answer("yes", "some-model", "scripted", 100, 10, 42)


def read(text: str) -> str:
    if not text.startswith("yes"):
        raise ValueError(f"not a yes: {text}")
    return text


async def no_answer(door, request=ASK) -> str:
    with pytest.raises(NoAnswer) as caught:
        await door.ask(request, read)
    return str(caught.value)


async def test_an_answer_is_kept_and_never_asked_for_again():
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(PAID)
    first, bill = await door_to(model, calls=calls).ask(ASK, read)
    again, same_bill = await door_to(model, calls=calls).ask(ASK, read)
    assert len(model.asked) == 1
    assert (first, bill) == (again, same_bill)
    assert (first.cached, again.cached) == (False, True)
    assert bill.cost_micro_usd == 42


@pytest.mark.parametrize(
    "changed",
    [
        {"messages": (Message("system", "s"), Message("user", "other"))},
        {"schema": {"type": "array"}},
        {"seed": 8},
        {"temperature": 0.5},
        {"max_tokens": 7},
    ],
)
async def test_whatever_an_answer_depends_on_is_in_its_key(changed):
    model, calls = ScriptedModel(lambda _: "yes"), MemoryCalls()
    door = door_to(model, calls=calls)
    await door.ask(ASK, read)
    await door.ask(replace(ASK, **changed), read)
    assert len(model.asked) == 2


async def test_another_tenant_or_another_server_has_another_key():
    model, other = ScriptedModel(lambda _: "yes"), ScriptedModel(lambda _: "yes", name="other")
    mine, theirs = MemoryCalls("mine"), MemoryCalls("theirs")
    theirs.rows = mine.rows
    await door_to(model, calls=mine).ask(ASK, read)
    await door_to(model, calls=theirs).ask(ASK, read)
    await door_to(other, calls=mine).ask(ASK, read)
    assert (len(model.asked), len(other.asked)) == (2, 1)


async def test_two_asks_at_once_share_one_call():
    model = ScriptedModel(lambda _: "yes")
    door = door_to(model)
    answers = await asyncio.gather(*(door.ask(ASK, read) for _ in range(5)))
    assert len(model.asked) == 1
    assert {answer.text for answer, _ in answers} == {"yes"}


async def test_giving_up_waiting_does_not_throw_away_what_is_being_paid_for():
    model, calls = ScriptedModel(), MemoryCalls()
    door, held = door_to(model, calls=calls), asyncio.Event()

    async def slowly(request: Ask) -> Answer:
        model.asked.append(request)
        await held.wait()
        return PAID

    model.ask = slowly  # type: ignore[method-assign]
    waiting = asyncio.create_task(door.ask(ASK, read))
    await asyncio.sleep(0.01)
    waiting.cancel()
    held.set()
    await asyncio.sleep(0.01)
    answer, _ = await door.ask(ASK, read)
    assert (answer.cached, len(model.asked)) == (True, 1)


@pytest.mark.parametrize("fault", [ModelBusy("busy"), ModelBusy("busy", 0.01), ModelDown("down")])
async def test_who_is_busy_or_down_is_asked_again(fault):
    model = ScriptedModel()
    model.will_answer(fault, fault, PAID)
    answer, _ = await door_to(model).ask(ASK, read)
    assert answer.text == "yes"
    assert len(model.asked) == 3


async def test_after_three_attempts_the_next_of_the_chain_is_asked():
    first, second = ScriptedModel(name="first"), ScriptedModel(lambda _: "yes", name="second")
    first.will_answer(*[ModelDown("it failed (500)")] * 9)
    answer, _ = await door_to(first, second).ask(ASK, read)
    assert answer.provider == "second"
    assert len(first.asked) == 3


async def test_who_refuses_is_not_asked_again():
    first, second = ScriptedModel(name="first"), ScriptedModel(lambda _: "yes", name="second")
    first.will_answer(ModelRefused("it refused the request (401)"))
    await door_to(first, second).ask(ASK, read)
    assert len(first.asked) == 1


async def test_an_unreadable_answer_is_asked_for_once_more_and_counts_in_the_bill():
    model = ScriptedModel()
    model.will_answer(replace(PAID, text="no"), PAID)
    answer, bill = await door_to(model).ask(ASK, read)
    assert answer.text == "yes"
    assert bill.cost_micro_usd == 84
    assert "could not be read" in model.prompts[1]


@pytest.mark.parametrize(
    "bad",
    ["no", "", "   ", "yes" + "x" * 64_000, replace(PAID, fault="the answer was cut off at its longest")],
)
async def test_an_answer_unreadable_twice_leads_to_the_next_and_is_never_paid_for_again(bad):
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(bad, bad)
    first = await no_answer(door_to(model, calls=calls))
    again = await no_answer(door_to(model, calls=calls))
    assert len(model.asked) == 2
    assert first == again


async def test_the_words_of_an_unreadable_answer_are_not_repeated():
    model = ScriptedModel()
    model.will_answer("secret words", "secret words")
    assert "secret" not in await no_answer(door_to(model))


async def test_when_nobody_answers_each_fault_is_named_once():
    first, second = ScriptedModel(name="first"), ScriptedModel(name="second")
    first.will_answer(*[ModelBusy("it is busy (429)")] * 3)
    second.will_answer(ModelRefused("it refused the request (404)"))
    told = await no_answer(door_to(first, second))
    assert told == "first/some-model: it is busy (429); second/some-model: it refused the request (404)"


async def test_a_wait_that_is_too_long_is_left_for_the_next():
    slow, second = ScriptedModel(name="slow"), ScriptedModel(lambda _: "yes", name="second")
    slow.will_answer(ModelBusy("busy", retry_after_s=3600))
    door = door_to(slow, second)
    await door.ask(ASK, read)
    await door.ask(replace(ASK, seed=8), read)
    assert len(slow.asked) == 1, "it asked for an hour: nobody asks it in the meantime"


async def test_no_attempt_begins_when_the_time_is_up():
    model = ScriptedModel()
    model.will_answer(*[ModelDown("down")] * 9)
    patience = Patience(first_pause_s=0.05, longest_pause_s=9, total_s=0.02)
    assert "down" in await no_answer(door_to(model, patience=patience))
    assert len(model.asked) == 1


async def test_headers_hold_the_next_request_back():
    model, waits = ScriptedModel(), []
    used_up = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}
    model.will_answer(replace(PAID, headers=used_up), PAID)
    door = door_to(model)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(seconds)

    door.sleep = sleep
    await door.ask(ASK, read)
    await door.ask(replace(ASK, seed=8), read)
    assert sum(waits) == pytest.approx(0.12, abs=0.03)


async def test_many_behind_a_limit_are_all_answered_however_short_the_patience_for_faults():
    model = ScriptedModel(lambda _: "yes")
    patience = Patience(first_pause_s=0.001, longest_pause_s=5, total_s=1.0, line_s=60)
    limits, cap = MemoryLimits(Rules(1.0, 0.0, 1 / 64)), Cap(requests_per_minute=50)
    door = door_to(
        model, ceilings=Ceilings(10**9, 10**9, 10**9, 10**9), patience=patience, limits=limits, caps={"scripted": cap}
    )
    began = time.monotonic()
    answers = await asyncio.gather(*(door.ask(replace(ASK, seed=seed), read) for seed in range(200)))
    assert {answer.text for answer, _ in answers} == {"yes"}
    assert time.monotonic() - began > 2.5 > patience.total_s


async def test_a_day_that_is_used_up_is_left_for_the_next_route_at_once():
    first, second = ScriptedModel(lambda _: "yes", name="first"), ScriptedModel(lambda _: "yes", name="second")
    caps = {"first": Cap(requests_per_day=1), "second/other-model": Cap(requests_per_day=0)}
    door = door_to(first, second, caps=caps)
    answers = [await door.ask(replace(ASK, seed=seed), read) for seed in range(3)]
    assert [answer.provider for answer, _ in answers] == ["first", "second", "second"]


async def test_a_route_without_a_turn_says_why():
    model = ScriptedModel(lambda _: "yes")
    door = door_to(model, caps={"scripted/some-model": Cap(tokens_per_day=1)})
    await door.ask(ASK, read)
    assert "scripted/some-model: its limits ask to wait" in await no_answer(door, replace(ASK, seed=8))


async def test_one_that_was_told_to_wait_holds_all_back_who_share_the_limits():
    model, other, limits = ScriptedModel(), ScriptedModel(lambda _: "yes"), MemoryLimits()
    model.will_answer(ModelBusy("busy", 0.2), PAID)
    asking = asyncio.create_task(door_to(model, limits=limits).ask(ASK, read))
    await asyncio.sleep(0.02)
    began = time.monotonic()
    await door_to(other, limits=limits).ask(ASK, read)
    assert time.monotonic() - began > 0.1
    await asking


async def test_limits_belong_to_a_key():
    mine, theirs, limits = ScriptedModel(lambda _: "yes"), ScriptedModel(lambda _: "yes"), MemoryLimits()
    theirs.account = "another"
    cap = {"scripted": Cap(requests_per_day=1)}
    for model in (mine, theirs):
        assert (await door_to(model, limits=limits, caps=cap).ask(ASK, read))[0].text == "yes"
    assert "limits ask to wait" in await no_answer(door_to(mine, limits=limits, caps=cap))


async def test_tokens_that_an_answer_did_not_use_are_there_for_the_next():
    model = ScriptedModel()
    model.will_answer(*[PAID] * 5)
    door = door_to(model, caps={"scripted": Cap(tokens_per_minute=2200)})
    began = time.monotonic()
    for seed in range(5):
        await door.ask(replace(ASK, seed=seed), read)
    assert time.monotonic() - began < 20, "each holds 1,564 and uses 110"


async def test_every_reading_is_sent_under_its_own_key_and_an_attempt_again_under_the_same():
    model = ScriptedModel()
    model.will_answer(ModelDown("down"), replace(PAID, text="no"), PAID)
    await door_to(model).ask(ASK, read)
    first, again, second = (request.key for request in model.asked)
    assert first == again != second
    assert len(first) == 64


async def test_an_answer_that_came_while_the_database_was_away_is_not_paid_for_again():
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(PAID)
    door, settle = door_to(model, calls=calls), calls.settle

    async def away(*_: object) -> None:
        raise ConnectionError("the server closed the connection")

    calls.settle = away  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await door.ask(ASK, read)
    calls.settle = settle  # type: ignore[method-assign]
    answer, bill = await door.ask(ASK, read)
    assert (answer.text, answer.cached, bill.cost_micro_usd, len(model.asked)) == ("yes", True, 42, 1)
    assert len(calls.rows) == 1
    assert (await calls.spent("run:r1")).spent_micro_usd == 42


async def test_an_answer_that_came_while_the_limits_were_away_is_not_paid_for_again():
    class Away(MemoryLimits):
        async def settle(self, *_):
            raise ConnectionError("the limits are away")

    model, limits = ScriptedModel(), Away()
    model.will_answer(PAID)
    door = door_to(model, limits=limits)
    with pytest.raises(ConnectionError):
        await door.ask(ASK, read)
    door.limits = MemoryLimits()
    answer, bill = await door.ask(ASK, read)
    assert (len(model.asked), answer.text, bill.cost_micro_usd) == (1, "yes", 42)


async def test_what_was_reserved_becomes_what_was_spent():
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(ModelDown("down"), PAID)
    await door_to(model, calls=calls).ask(ASK, read)
    for scope in (f"day:{DAY}", "run:r1"):
        spent = await calls.spent(scope)
        assert (spent.reserved_micro_usd, spent.spent_micro_usd, spent.tokens) == (0, 42, 110)


async def test_a_call_that_may_have_been_billed_counts_as_its_estimate():
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(ModelDown("no answer within 30 s", paid=True), PAID)
    await door_to(model, calls=calls).ask(ASK, read)
    spent = await calls.spent("run:r1")
    assert spent.reserved_micro_usd == 0
    assert spent.spent_micro_usd > 42
    assert spent.tokens > 1500


async def test_a_refusal_costs_nothing():
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(ModelRefused("401"))
    await no_answer(door_to(model, calls=calls))
    spent = await calls.spent("run:r1")
    assert (spent.reserved_micro_usd, spent.spent_micro_usd, spent.tokens) == (0, 0, 0)


@pytest.mark.parametrize(
    ("ceilings", "named"),
    [
        (Ceilings(day_micro_usd=0), "the ceiling of the day is reached"),
        (Ceilings(day_tokens=10), "the ceiling of the day is reached"),
        (Ceilings(run_micro_usd=0), "the ceiling of the run is reached"),
        (Ceilings(run_tokens=10), "the ceiling of the run is reached"),
        (Ceilings(day_tokens=10, run_tokens=10), "the ceiling of the day and run is reached"),
    ],
)
async def test_at_a_ceiling_nobody_is_asked(ceilings, named):
    model = ScriptedModel(lambda _: "yes")
    assert await no_answer(door_to(model, ceilings=ceilings)) == named
    assert model.asked == []


async def test_at_a_ceiling_what_was_paid_for_is_still_there():
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(PAID)
    await door_to(model, calls=calls).ask(ASK, read)
    answer, _ = await door_to(model, calls=calls, ceilings=Ceilings(run_tokens=0)).ask(ASK, read)
    assert answer.cached


async def test_many_asks_at_once_never_pass_a_ceiling():
    model, calls = ScriptedModel(), MemoryCalls()
    model.will_answer(*[replace(PAID, output_tokens=1400)] * 20)
    door = door_to(model, calls=calls, ceilings=Ceilings(run_tokens=5000))
    asks = [door.ask(replace(ASK, seed=seed), read) for seed in range(20)]
    ended = await asyncio.gather(*asks, return_exceptions=True)
    assert len(model.asked) == 3
    assert (await calls.spent("run:r1")).tokens <= 5000
    assert sum(isinstance(one, NoAnswer) for one in ended) == 20 - len(model.asked)


async def test_a_tier_without_models_says_so():
    door = door_to()
    assert await no_answer(door) == "no model is configured for the tier instant"
    assert QUICK.total_s < 10
