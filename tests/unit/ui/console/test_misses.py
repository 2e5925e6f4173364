from __future__ import annotations

from studio.errors import REASONS as TYPED
from ui.console.misses import REASONS, meaning, miss_line
from ui.console.scores import meters_of

LINES = {"style": 0.85, "palette_de": 15.0, "edge": 0.8, "overall": 0.85}


def test_every_reason_of_a_dead_letter_says_what_to_do() -> None:
    assert set(REASONS) == set(TYPED)
    assert all(title and hint for title, hint in map(meaning, TYPED))


def test_a_miss_is_told_with_its_figure_and_its_line() -> None:
    assert miss_line({"kind": "edge", "found": 0.5, "wanted": 0.8, "why": "-"}) == "edges 0.50, at least 0.80 is wanted"
    assert miss_line({"kind": "blank", "found": 0, "wanted": 1, "why": "-"}) == "nearly nothing is drawn"
    assert miss_line({"kind": "something new", "why": "a sentence"}) == "a sentence"


def test_of_a_palette_less_is_better_and_the_line_itself_is_reached() -> None:
    likeness = {"style": 0.85, "palette_de": 20.0, "edge": 0.79, "overall": 0.9}
    meters = {meter.name: meter for meter in meters_of({"likeness": likeness, "lines": LINES})}
    assert {name: meter.good for name, meter in meters.items()} == {
        "style": True, "palette": False, "edge": False, "overall": True
    }  # fmt: skip
    assert meters["palette"].at < meters["palette"].line


def test_without_references_there_are_no_scores() -> None:
    assert list(meters_of({"likeness": None, "lines": LINES})) == []
    assert list(meters_of(None)) == []
