from __future__ import annotations

from typing import Any

import pytest

from graphs.pushing import DRAFT
from store.listings import STATUSES
from ui.console.states import STATES, is_right_to_left, link_of, next_of, state_badge


def row(status: str, error: str = "", marketplace: str = "etsy", **native: str) -> dict[str, Any]:
    return {"status": status, "error": error, "marketplace": marketplace, "native": native or None}


def test_every_status_has_a_word_a_colour_and_something_to_do_next() -> None:
    assert set(STATES) == set(STATUSES)
    assert all(next_of(row(status)) for status in STATUSES)


def test_a_refusal_is_told_in_the_marketplaces_own_words() -> None:
    said = next_of(row("refused", "title: too many capitals"))
    assert "Etsy says: “title: too many capitals”" in said
    assert "approve it anew" in said


def test_what_nobody_knows_yet_says_that_a_look_up_settles_it() -> None:
    assert "a look-up settles it by itself" in next_of(row("unconfirmed", "the answer never came"))
    assert "as a draft" in next_of(row("unconfirmed", f"{DRAFT} on etsy"))


def test_a_package_says_that_a_person_uploads_it() -> None:
    assert "upload it by hand" in next_of(row("unconfirmed", f"{DRAFT} on redbubble", "redbubble"))


def test_what_was_given_up_says_retry_or_decline() -> None:
    assert next_of(row("dead", "nobody answered")) == "It was given up: nobody answered. Retry it, or decline it."


def test_what_blocks_is_named_and_nobody_is_told_to_let_the_marketplaces_own_bounds_pass() -> None:
    marks, bounds = {"name": "trademark", "why": "“Nike” is a mark"}, {"name": "bounds", "why": "141 characters"}
    assert next_of(row("blocked"), [marks]) == (
        "Trademarks: “Nike” is a mark. Change it, or let it pass with a reason."
    )
    assert next_of(row("blocked"), [bounds, marks]).endswith("(2 gates block it.) Change it.")


@pytest.mark.parametrize(
    ("text", "so"), [("חולצה", True), ("33 قميص", True), ("Shirt חולצה", False), ("12 !", False), ("", False)]
)
def test_the_first_letter_with_a_direction_says_which_way_a_text_runs(text: str, so: bool) -> None:
    assert is_right_to_left(text) is so


def test_only_an_address_of_the_web_is_a_link() -> None:
    assert link_of(row("live", url="https://shop.example/1")) == "https://shop.example/1"
    assert link_of(row("live", url="javascript:alert(1)")) == ""
    assert link_of(row("live", url="file:///home/a/preview.html")) == ""
    assert "shop.example" in next_of(row("live", url="https://shop.example/1"))
    assert "/home/a b/preview.html" in next_of(row("live", url="file:///home/a%20b/preview.html"))


def test_a_status_that_nobody_knows_is_drawn_as_it_is_and_acts_not() -> None:
    assert ":red[x]" not in state_badge(":red[x]")
