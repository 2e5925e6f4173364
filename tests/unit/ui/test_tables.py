"""The terminal: what a person acts on stays whole, however narrow the window."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ui.tables import draw_list

ROW = {
    "id": "01a1fc2b-58a0-70ec-92fd-7ca924c69436",
    "phrase": "latte art",
    "audience": "home baristas",
    "product_format": "phone_case",
    "verdict": "review",
    "status": "pending_review",
    "score": 0.7,
    "margin_ratio": 0.26,
    "price_cents": 1799,
}


@pytest.mark.parametrize(
    ("width", "shown"), [(60, ()), (100, (ROW["id"],)), (180, (ROW["id"], "home baristas", "review"))]
)
def test_a_list_keeps_each_idea_on_one_line(width: int, shown: tuple[str, ...]) -> None:
    written = io.StringIO()
    draw_list(Console(file=written, width=width), [ROW])
    (line,) = [line for line in written.getvalue().splitlines() if "latte" in line]
    for text in ("latte art", "phone_case", "pending review", "0.70", "$17.99", *shown):
        assert text in line
