"""The arithmetic of an allowance, with a clock of its own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.limits import stated_in
from store.window import BURST, GIVE_WAY_S, MARK_S, Cap, Rules, State, Stated, empty, learn, settle, shut, take

RULES = Rules()
NOON = 1_795_262_400.0


def go(state: State, now: float, cap: Cap = Cap(), tokens: int = 1, rank: int = 1, who: str = "me") -> float:  # noqa: B008
    return take(state, now, RULES, cap, tokens, rank, who)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.floats(0, 4), st.floats(0, RULES.margin_s), st.integers(1, 900)), min_size=60, max_size=200
    ),
    limit=st.integers(1, 40),
)
def test_a_server_that_counts_strictly_never_sees_more_than_it_allows(steps, limit):
    state, now, seen, cap = empty(), NOON, [], Cap(requests_per_minute=limit, tokens_per_minute=5000)
    for pause_s, transit_s, tokens in steps:
        now += pause_s
        if go(state, now, cap, tokens) == 0:
            seen.append((now + transit_s, tokens))
    for at, _ in seen:
        window = [tokens for other, tokens in seen if at - RULES.window_s < other <= at]
        assert len(window) <= limit
        assert sum(window) <= 5000


def test_the_wait_that_is_told_is_enough_and_not_much_more():
    state, now, cap = empty(), NOON, Cap(requests_per_minute=60)
    taken = []
    while now < NOON + 600:
        wait_s = go(state, now, cap)
        if wait_s == 0:
            taken.append(now)
        now += wait_s
    assert len(taken) / 600 > 0.95
    assert len(taken) <= 60 * (600 / RULES.counts_s) + 60


def test_full_use_is_an_even_flow_after_the_first_burst():
    state, now, cap, taken = empty(), NOON, Cap(requests_per_minute=600), []
    while now < NOON + 120:
        wait_s = go(state, now, cap)
        if wait_s == 0:
            taken.append(now)
        now += max(wait_s, 0.001)
    first = sum(at < NOON + 0.1 for at in taken)
    assert first == 60, "a tenth of the limit"
    assert max(sum(at - 1 < other <= at for other in taken) for at in taken if at > NOON + 2) <= 60 + 11


def test_two_ideas_worth_goes_out_at_once_even_under_a_small_limit():
    state = empty()
    assert [go(state, NOON, Cap(requests_per_minute=30)) for _ in range(BURST[0])] == [0] * BURST[0]
    assert go(state, NOON, Cap(requests_per_minute=30)) > 0


def test_a_used_up_day_begins_anew_at_midnight_utc():
    state, cap = empty(), Cap(requests_per_day=1)
    assert go(state, NOON, cap) == 0
    assert go(state, NOON, cap) == 43_200
    assert go(state, NOON + 43_200, cap) == 0


def test_tokens_are_given_back_to_the_moment_they_were_held_at():
    state, cap = empty(), Cap(tokens_per_minute=1000)
    assert go(state, NOON, cap, 400) == 0
    assert go(state, NOON + 30, cap, 400) == 0
    settle(state, NOON + 31, RULES, 400, 100, age_s=31)
    assert [row[2] for row in state["used"]] == [100, 400]
    settle(state, NOON + 32, RULES, 400, 600, age_s=2)
    assert [row[2] for row in state["used"]] == [100, 600], "what was used over the estimate counts, too"
    settle(state, NOON + 300, RULES, 400, 0, age_s=1)
    assert [row[2] for row in state["used"]] == [100, 600], "of a moment that is not there nothing is given back"


def test_a_request_that_left_late_counts_from_when_it_left():
    state, cap = empty(), Cap(requests_per_minute=2)
    assert [go(state, NOON, cap, 10), go(state, NOON, cap, 10)] == [0, 0]
    settle(state, NOON + 5, RULES, 10, 30, age_s=5, late_s=4)
    assert [row[1:] for row in state["used"]] == [[1, 10], [1, 30]]
    assert state["used"][1][0] - state["used"][0][0] == 4
    over = NOON + RULES.counts_s + 1
    assert go(state, over, cap) == 0
    assert go(state, over, cap) > 2


def test_the_stricter_of_cap_and_header_holds_and_a_header_is_forgotten_in_time():
    state = empty()
    learn(state, NOON, RULES, (Stated(2, 2, 1), None))
    assert [go(state, NOON, Cap(requests_per_minute=5)) == 0 for _ in range(3)] == [True, True, False]
    assert go(state, NOON + 700, Cap(requests_per_minute=5)) == 0
    assert [go(state, NOON + 700, Cap(requests_per_minute=5)) == 0 for _ in range(5)] == [True] * 4 + [False]


def test_our_own_requests_are_not_taken_for_those_of_others():
    state = empty()
    for _ in range(3):
        assert go(state, NOON) == 0
    learn(state, NOON, RULES, (Stated(10, 8, 30), None))
    assert sum(row[1] for row in state["used"]) == 3, "the answer was on its way while two more left"
    learn(state, NOON, RULES, (Stated(10, 5, 30), None))
    assert sum(row[1] for row in state["used"]) == 5
    assert sum(row[1] for row in json.loads(json.dumps(state))["used"]) == 5
    assert [go(state, NOON) == 0 for _ in range(6)] == [True] * 5 + [False]
    assert go(state, NOON + 31) == 0, "those of others are there again at the stated reset"


def test_who_waits_goes_first_until_they_stop_asking():
    state = empty()
    shut(state, NOON, 1.0)
    assert go(state, NOON, rank=0, who="hot") == 1.0
    assert go(state, NOON + 2, rank=1) == GIVE_WAY_S
    assert go(state, NOON + 2, rank=0, who="other hot") == 0
    assert go(state, NOON + MARK_S + 0.1, rank=2) == pytest.approx(0.15, abs=0.2)
    assert go(state, NOON + 2 * MARK_S + 1, rank=2) == 0


@pytest.mark.parametrize(
    ("headers", "stated"),
    [
        ({"limit": "30", "remaining": "29", "reset": "2s"}, Stated(30, 29, 2)),
        ({"remaining": "0", "reset": "1m"}, Stated(None, 0, 60)),
        ({"limit": "0", "remaining": "0", "reset": "1m"}, Stated(None, 0, 60)),
        ({"limit": "30", "remaining": "29"}, None),
        ({"limit": "9" * 40, "remaining": "1", "reset": "1s"}, Stated(None, 1, 1)),
        ({"limit": "30", "remaining": "-1", "reset": "1s"}, None),
        ({"limit": "30", "remaining": "²", "reset": "1s"}, None),
    ],
)
def test_headers_are_read_strictly(headers, stated):
    told = {f"x-ratelimit-{what}-requests": text for what, text in headers.items()}
    assert stated_in(told) == (stated, None)
