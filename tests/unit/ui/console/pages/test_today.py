"""What Today says in words."""

from __future__ import annotations

from datetime import UTC, datetime

from store.status import Workers
from store.today import Today
from ui.console.pages.today import Health, change_lines, health_texts

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
