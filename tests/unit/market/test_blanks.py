"""What a print provider prints on."""

from dataclasses import replace

import pytest

from market.blanks import Offered, blank_of, choose, get_blank, load_default_blanks, plain, with_own
from market.errors import MarketRefused, NotConfigured
from market.listing import Disclosures, Listing, Variant
from market.reference import BadReference

TABLE = load_default_blanks()
SHIRT = get_blank("printify", "shirt", TABLE)
SHIRTS = [Offered(at, size, colour) for at, (colour, size) in enumerate(
    ((colour, size) for colour in ("Black", "White") for size in ("S", "M", "2XL")), 100)]  # fmt: skip
POSTERS = [Offered(1, "11″ x 140″"), Offered(2, "11″ x 14″ (Vertical)"), Offered(3, "18in x 24in")]
ROW = {
    "provider": "printify", "product_format": "Phone Case", "blueprint_id": "5", "size": "iPhone 15",
    "known_on": "2026-11-30",
}  # fmt: skip


def listing(*options: dict[str, str], product_format: str = "shirt") -> Listing:
    variants = tuple(Variant(f"v{at}", each, 2400) for at, each in enumerate(options))
    return Listing(
        key="k", marketplace="printify", locale="en", title="Otter", bullets=(), description="An otter.", tags=(),
        product_format=product_format, price_cents=2400, currency="USD", quantity=1, variants=variants, pictures=(),
        disclosures=Disclosures("seller", "Printify"),
    )  # fmt: skip


def test_every_shipped_row_has_its_day_and_source_and_is_the_only_one_of_its_format():
    assert len({(row.provider, row.product_format) for row in TABLE}) == len(TABLE)
    assert all(row.source and row.known_on.year >= 2026 for row in TABLE)


@pytest.mark.parametrize("size", ["XXL", "2xl", " 2 XL "])
def test_a_size_is_found_however_it_is_written(size):
    [(variant, number)] = choose(listing({"Size": size, "color": "white"}), SHIRT, SHIRTS)
    assert (variant.key, number) == ("v0", 105)


def test_a_listing_without_variants_is_printed_on_the_first_that_is_offered():
    [(variant, number)] = choose(listing(), SHIRT, SHIRTS)
    assert (variant.key, variant.price_cents, number) == ("k", 2400, 100)


@pytest.mark.parametrize(("size", "number"), [("11 x 14 in", 2), ("11x14", 2), ("18 x 24 in", 3), ("11 x 140", 1)])
def test_a_catalog_may_say_more_of_a_size_and_never_another(size, number):
    poster = get_blank("printify", "poster", TABLE)
    assert choose(listing({"size": size}, product_format="poster"), poster, POSTERS)[0][1] == number


@pytest.mark.parametrize(
    ("options", "words"),
    [({"size": "9XL"}, "size 9XL"), ({"size": "M", "scent": "moss"}, "scent moss"), ({"colour": "Bl"}, "colour Bl")],
)
def test_what_is_not_offered_is_refused_by_its_words(options, words):
    with pytest.raises(MarketRefused, match=words):
        choose(listing(options), SHIRT, SHIRTS)


def test_nothing_is_printed_where_nothing_is_offered():
    with pytest.raises(MarketRefused, match="any size or colour"):
        choose(listing(), SHIRT, [])


def test_a_product_of_one_colour_has_that_and_no_other():
    mug = get_blank("printify", "mug", TABLE)
    one = [Offered(33719, "11oz")]
    assert choose(listing({"size": "11 oz", "colour": "white"}, product_format="mug"), mug, one)[0][1] == 33719
    with pytest.raises(MarketRefused, match="colour black"):
        choose(listing({"colour": "black"}, product_format="mug"), mug, one)


def test_two_variants_on_one_blank_are_refused():
    with pytest.raises(MarketRefused, match="two variants would be printed on the same shirt"):
        choose(listing({"size": "M"}, {"size": "m"}), SHIRT, SHIRTS)


def test_a_format_without_a_row_is_named():
    with pytest.raises(NotConfigured, match="no blank of printful is known for 'pillow'"):
        get_blank("printful", "pillow", TABLE)


def test_a_sellers_rows_replace_ours_of_the_same_provider_and_format_alone():
    table = with_own([replace(SHIRT, blueprint_id=6)], TABLE)
    assert get_blank("printify", "shirt", table).blueprint_id == 6
    assert get_blank("printful", "shirt", table).blueprint_id == 71
    assert len(table) == len(TABLE)


def test_a_row_is_read_from_a_record_and_a_bad_one_names_its_field():
    blank = blank_of(ROW)
    assert (blank.product_format, blank.position, blank.colour) == ("phone_case", "front", "")
    assert blank.print_provider_id == 0
    with pytest.raises(BadReference, match="blueprint_id must be a number"):
        blank_of({**ROW, "blueprint_id": "five"})
    with pytest.raises(BadReference, match="known_on must be a date"):
        blank_of({**ROW, "known_on": ""})


def test_only_inches_are_left_out_of_words():
    assert (plain("12 x 18 in"), plain("12″ x 18″"), plain("Linen"), plain("11 oz")) == (
        "12x18",
        "12x18",
        "linen",
        "11oz",
    )
