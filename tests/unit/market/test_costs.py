"""Costs: margins by hand, tables of days, and a seller's own rows in place of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from market.costs import (
    CostTable,
    FeeSchedule,
    dated,
    in_force,
    load_default_costs,
    margin_at,
    margin_ratio,
    prefer,
    providers_of,
    read_costs,
)
from market.reference import Reference
from tests.desks import ETSY, SHIRT
from trends.product import FORMATS

KNOWN_AT = datetime(2025, 9, 1, tzinfo=UTC)


def reference(kind: str, **body: object) -> Reference:
    return Reference("1", kind, body, KNOWN_AT)


OWN_MUG = {
    "product_format": "mug", "provider": "kiln", "base_cost_cents": "450", "retail_price_cents": "1600",
    "production_days": "2", "shipping_days": "4",
}  # fmt: skip


def test_a_margin_is_what_is_left_of_the_price_by_hand() -> None:
    # 25.00 - 10.00 - 4.00 - (0.20 + 0.25 + 9.5 % of 25.00 = 2.375 -> 2.38) = 8.17
    assert ETSY.fees_cents(2500) == 283
    assert margin_at(2500, SHIRT, ETSY) == pytest.approx(817 / 2500)


def test_a_price_must_be_positive() -> None:
    with pytest.raises(ValueError, match="got 0"):
        margin_ratio(0, 100, 0, 0)


def test_every_format_that_an_idea_can_get_has_two_providers_and_a_margin_that_can_be_approved() -> None:
    table = load_default_costs()
    for name in FORMATS:
        rows = providers_of(table, name)
        assert len({row.provider for row in rows}) >= 2, name
        assert margin_at(rows[0].retail_price_cents, rows[0], table.fees[0]) > 0.20, name


def test_the_default_tables_say_where_they_come_from_and_lead_with_etsy() -> None:
    table = load_default_costs()
    assert table.fees[0].marketplace == "etsy"
    assert all("approximate" in row.source and ".com" in row.source for row in (*table.products, *table.fees))


def test_the_newest_row_known_on_the_day_is_in_force() -> None:
    rows = tuple(
        replace(SHIRT, base_cost_cents=cost, known_on=date(2025, month, 1)) for month, cost in ((1, 900), (6, 950))
    )
    table = CostTable(rows, ())
    assert in_force(table, date(2025, 5, 31)).products[0].base_cost_cents == 900
    assert in_force(table, date(2025, 6, 1)).products[0].base_cost_cents == 950


def test_a_day_before_every_table_gets_the_oldest_and_is_told() -> None:
    rows = tuple(replace(SHIRT, known_on=date(2025, month, 1)) for month in (6, 1))
    assert in_force(CostTable(rows, ()), date(2017, 10, 5)).products[0].known_on == date(2025, 1, 1)
    assert dated("cost table", date(2025, 1, 1), datetime(2017, 10, 5, tzinfo=UTC)) == (
        "cost table of 2025-01-01, used for an earlier day"
    )
    assert dated("cost table", date(2025, 1, 1), datetime(2025, 10, 5, tzinfo=UTC)) == "cost table of 2025-01-01"


def test_a_sellers_own_rows_replace_ours_for_the_same_format_only() -> None:
    table = read_costs([reference("cost", **OWN_MUG)])
    assert [row.provider for row in providers_of(table, "mug")] == ["kiln"]
    assert len(providers_of(table, "shirt")) == 2
    assert providers_of(table, "mug")[0].known_on == KNOWN_AT.date()


def test_a_sellers_own_fees_replace_ours_for_the_same_marketplace_only() -> None:
    table = read_costs([reference("fee", marketplace="Etsy", transaction_ratio="0.08")])
    by_name = {fee.marketplace: fee for fee in table.fees}
    assert by_name["etsy"].fees_cents(1000) == 80
    assert len(by_name) == len(load_default_costs().fees)


@pytest.mark.parametrize(
    "change",
    [
        {"base_cost_cents": "-1"},
        {"base_cost_cents": "1e99"},
        {"production_days": "soon"},
        {"provider": " "},
        {"known_on": "x"},
    ],
)
def test_a_row_that_cannot_be_read_is_passed_over(change: dict[str, str]) -> None:
    table = read_costs([reference("cost", **(OWN_MUG | change))])
    assert {row.provider for row in providers_of(table, "mug")} == {"printify", "printful"}


def test_a_preferred_marketplace_comes_first_and_an_unknown_one_changes_nothing() -> None:
    table = load_default_costs()
    assert prefer(table, "ebay").fees[0].marketplace == "ebay"
    assert prefer(table, " eBay ").fees[0].marketplace == "ebay"
    assert prefer(table, "attic").fees == table.fees


def test_providers_come_cheapest_first_shipping_included() -> None:
    far = replace(SHIRT, provider="far", base_cost_cents=900, seller_shipping_cents=600)
    assert [row.provider for row in providers_of(CostTable((far, SHIRT), ()), "shirt")] == ["acme", "far"]


def test_fees_are_rounded_half_up() -> None:
    assert FeeSchedule("m", 0, 0.05, 0.0, 0, "USD", date(2025, 1, 1), "test").fees_cents(1010) == 51
