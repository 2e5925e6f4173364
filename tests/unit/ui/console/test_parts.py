from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ui.console.parts import age, badge, money, span, usd


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.004, "4 ms"), (2.5, "2.5 s"), (42, "42 s"), (600, "10 min"), (7200, "2 h"), (180_000, "2 d"), (0, "0 ms")],
)
def test_a_length_of_time_is_told_in_its_largest_unit(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


def test_an_age_is_never_negative_and_never_is_a_dash() -> None:
    now = datetime(2025, 10, 1, tzinfo=UTC)
    assert age(now + timedelta(hours=1), now) == "0 ms"
    assert age(None, now) == "–"


def test_a_badge_says_its_outcome_in_colour_and_in_words() -> None:
    assert badge("approve") == ":green-badge[:material/check: approve]"
    assert badge("pending_review") == ":yellow-badge[:material/schedule: waits for you]"
    assert badge("unheard_of:red[x]") == ":gray-badge[unheard of\\:\u2060red\\[x\\]]"


def test_amounts_are_no_formulas_where_markdown_is_read() -> None:
    assert money(2400) == "\\$24\\.00"
    assert money(None) == "–"
    assert [usd(amount) for amount in (0, 1_500, 2_340_000)] == ["$0.00", "$0.0015", "$2.34"]
