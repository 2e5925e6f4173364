"""What a print provider prints on."""

from dataclasses import replace

import pytest

from market.blanks import blank_of, blanks_for, check_blank, load_default_blanks, with_own
from market.errors import MarketRefused, NotConfigured
from market.listing import Disclosures, Listing, Variant
from market.reference import BadReference

TABLE = load_default_blanks()
ROW = {
    "provider": "printify", "product_format": "Phone Case", "blueprint_id": "5", "variant_id": "7", "size": "iPhone 15",
    "known_on": "2026-11-30",
}  # fmt: skip


def listing(*variants: Variant, product_format: str = "shirt") -> Listing:
    return Listing(
        key="k", marketplace="printify", locale="en", title="Otter", bullets=(), description="An otter.", tags=(),
        product_format=product_format, price_cents=2400, currency="USD", quantity=1, variants=variants, pictures=(),
        disclosures=Disclosures("seller", "Printify"),
    )  # fmt: skip


def test_every_shipped_row_has_its_day_and_source_and_a_number_of_its_own():
    numbers = [(row.provider, row.variant_id) for row in TABLE]
    assert len(set(numbers)) == len(numbers)
    assert all(row.source and row.known_on.year >= 2026 for row in TABLE)


@pytest.mark.parametrize("size", ["XXL", "2xl", " 2 XL "])
def test_a_size_is_found_however_it_is_written(size):
    [(variant, blank)] = blanks_for(listing(Variant("v", {"Size": size, "color": "black"}, 1)), "printify", TABLE)
    assert (variant.key, blank.variant_id) == ("v", 18104)


def test_a_listing_without_variants_is_printed_on_the_first_row_of_its_format():
    [(variant, blank)] = blanks_for(listing(), "printful", TABLE)
    assert (variant.key, variant.price_cents, blank.variant_id) == ("k", 2400, 4016)


@pytest.mark.parametrize(
    ("options", "words"), [({"size": "9XL"}, "size 9XL"), ({"size": "M", "scent": "moss"}, "scent moss")]
)
def test_what_no_row_is_known_for_is_named(options, words):
    with pytest.raises(NotConfigured, match=words):
        blanks_for(listing(Variant("v", options, 1)), "printify", TABLE)


def test_a_format_without_rows_is_named():
    with pytest.raises(NotConfigured, match="no blank of printful is known for 'pillow'"):
        blanks_for(listing(product_format="pillow"), "printful", TABLE)


def test_two_variants_on_one_blank_are_refused():
    twice = (Variant("a", {"size": "M"}, 1), Variant("b", {"size": "m"}, 1))
    with pytest.raises(MarketRefused, match="two variants would be printed on the same shirt"):
        blanks_for(listing(*twice), "printify", TABLE)


def test_a_sellers_rows_replace_ours_of_the_same_provider_and_format_alone():
    own = replace(TABLE[0], variant_id=99)
    table = with_own([own], TABLE)
    shirts = [row for row in table if row.product_format == "shirt"]
    assert [row.variant_id for row in shirts if row.provider == "printify"] == [99]
    assert len([row for row in shirts if row.provider == "printful"]) == 5


def test_a_row_is_read_from_a_record_and_a_bad_one_names_its_field():
    blank = blank_of(ROW)
    assert (blank.product_format, blank.print_provider_id, blank.position, blank.colour) == (
        "phone_case",
        0,
        "front",
        "",
    )
    with pytest.raises(BadReference, match="variant_id must be a number"):
        blank_of({**ROW, "variant_id": "seven"})
    with pytest.raises(BadReference, match="known_on must be a date"):
        blank_of({**ROW, "known_on": ""})


def test_a_number_that_means_something_else_by_now_is_refused():
    check_blank(TABLE[0], ["Black / S"])
    check_blank(replace(TABLE[0], size="11x14", colour=""), ["11″ x 14″ (Vertical)", "Matte"])
    for names in (["White / S"], ["Black / 4"], None):
        with pytest.raises(MarketRefused, match="18100 of printify is not"):
            check_blank(TABLE[0], names)
