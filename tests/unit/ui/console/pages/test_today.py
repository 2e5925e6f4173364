"""What Today says in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store.progress import Studio
from store.status import LivePace, Workers
from store.today import Today
from ui.console.pages.today import Health, change_lines, health_texts, live_texts, share_texts, studio_line

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _health(alive: int, alarms: int = 0) -> Health:
    return Health(alarms, Workers(alive, NOW if alive else None), (), 0, 5_000_000)


def test_nobody_is_told_that_there_are_no_alarms_while_nobody_looks_for_them() -> None:
    assert "no alarms" in [text for _colour, text in health_texts(_health(1), NOW)]
    assert [text for _colour, text in health_texts(_health(0), NOW)] == ["no worker yet", "$0.00 / $5.00 today"]
    assert ("red", "2 alarms") in list(health_texts(_health(0, alarms=2), NOW))


def test_what_a_person_answered_is_one_line() -> None:
    answers = [
        {"actor": "mara", "answer": "approve", "count": 5},
        {"actor": "ana", "answer": "reject", "count": 1},
        {"actor": "mara", "answer": "ignore", "count": 1200},
    ]
    today = Today(0, None, 0, {}, answers, (), (), (), None, None)
    assert list(change_lines(today)) == ["mara: 5 approved, 1,200 put away", "ana: 1 rejected"]


def test_the_share_with_a_design_is_said_of_what_was_approved_and_of_nothing_else() -> None:
    assert share_texts((19, 20)) == ("95%", "19 of 20 approved, aim 95%")
    assert share_texts((0, 0)) == ("–", "nothing is approved yet")


def test_the_time_to_live_is_said_beside_its_aim_and_of_nothing_as_a_dash() -> None:
    assert live_texts(LivePace(1, timedelta(hours=3), timedelta(0))) == ("3 h", "95 % of 1 listing, aim 2 h")
    assert live_texts(LivePace(0, None, None)) == ("–", "nothing went live in the last day")
    assert live_texts(None)[0] == "–"


def test_the_studio_says_what_it_is_at_in_a_line() -> None:
    assert studio_line(Studio(2, 5, 1)) == "Studio: 2 designs are being drawn, 5 wait, 1 dead letter"
    assert studio_line(Studio(0, 0, 0)) == "Studio: nothing is being drawn"
