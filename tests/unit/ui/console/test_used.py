from __future__ import annotations

from market.bounds import bounds_of
from tests.listed import listing_of
from ui.console.used import meter, used_of


def test_each_bound_says_how_much_of_it_is_used() -> None:
    draft = listing_of(title="A" * 96, tags=tuple(f"tag {at}" for at in range(11)), marketplace="etsy")
    said = {each.field: each.told for each in used_of(draft, bounds_of("etsy"))}
    assert said["title"] == "96 of 140 characters"
    assert said["tags"] == "11 of 13 tags"
    assert said["tag"] == "the longest tag 6 of 20 characters"
    assert "bullets" not in said


def test_what_is_over_or_nearly_used_up_is_drawn_otherwise() -> None:
    lengths = {"inside": 100, "near": 130, "over": 141}
    for tone, length in lengths.items():
        [title, *_] = used_of(listing_of(title="A" * length), bounds_of("etsy"))
        assert (title.tone, title.percent <= 100) == (tone, True)


def test_a_marketplace_without_bullets_counts_them_into_its_description() -> None:
    draft = listing_of(bullets=("Soft",), description="A shirt.")
    assert {each.field: each.have for each in used_of(draft, bounds_of("etsy"))}["description"] == len(
        "• Soft\n\nA shirt."
    )
    assert {each.field: each.have for each in used_of(draft, bounds_of("folder"))}["description"] == len("A shirt.")


def test_a_meter_holds_only_the_fields_it_is_asked_for() -> None:
    of = used_of(listing_of(), bounds_of("etsy"))
    assert meter(of, "title").count('class="used') == 1
    assert meter(of, "nothing") == ""
