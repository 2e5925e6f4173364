from __future__ import annotations

from typing import Any

import pytest

from graphs.inbox import BadAnswer
from market.listing import pack
from tests.listed import listing_of
from ui.console.amend import edits_of

BODY = pack(listing_of())


def typed(**changes: str) -> dict[str, str]:
    as_is = {
        "title": BODY["title"], "price": "19.99", "bullets": "\n".join(BODY["bullets"]),
        "description": BODY["description"], "tags": "\n".join(BODY["tags"]),
    }  # fmt: skip
    return {**as_is, **changes}


def test_what_stands_as_it_was_is_no_change() -> None:
    assert edits_of(BODY, typed()) == {}


@pytest.mark.parametrize(
    ("changes", "edits"),
    [
        ({"price": "$24.50"}, {"price_cents": 2450}),
        ({"price": "24,50"}, {"price_cents": 2450}),
        ({"tags": "one\n\n  two \n"}, {"tags": ["one", "two"]}),
        ({"bullets": ""}, {"bullets": []}),
        ({"title": "  Moss  "}, {"title": "Moss"}),
    ],
)
def test_only_what_differs_is_sent(changes: dict[str, str], edits: dict[str, Any]) -> None:
    assert edits_of(BODY, typed(**changes)) == edits


@pytest.mark.parametrize("price", ["", "free", "0", "-3", "1.999", "1e99"])
def test_what_is_no_price_is_named(price: str) -> None:
    with pytest.raises(BadAnswer, match="is no price in USD"):
        edits_of(BODY, typed(price=price))


def test_a_title_is_needed() -> None:
    with pytest.raises(BadAnswer, match="the title is empty"):
        edits_of(BODY, typed(title=" "))
