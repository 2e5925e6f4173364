"""What a seller brings: the files end as rows that the market can read, our own tables among them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from market.comparables import comparables_from
from market.costs import TABLES, load_default_costs, providers_of, read_costs
from market.reference import Reference
from trends.opening import open_payload
from trends.payload import ReferenceRow
from trends.sources import recognise
from trends.survey import survey

COMPARABLES = """title,price,marketplace,shop,rating,reviews,date
Pumpkin Carving T-Shirt,24.99,Etsy,Moss & Fern,4.8,"1,204",2025-09-01
Pumpkin Carving Mug,$17.50,Etsy,Moss & Fern,4.2,88,2025-09-02
Pumpkin Carving Tote,free,Etsy,Moss & Fern,4.2,88,2025-09-02
"""


def references(path: Path) -> list[Reference]:
    """The reference rows of a file, as the intake keeps them."""
    family, payload = recognise(open_payload(survey(path)))
    rows = [row for row in family.read(payload) if isinstance(row, ReferenceRow)]
    known = datetime(2025, 9, 30, tzinfo=UTC)
    return [Reference(str(number), row.kind, row.body, row.known_at or known) for number, row in enumerate(rows)]


def test_a_csv_of_comparables_becomes_comparables(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(COMPARABLES)
    shirt, mug = comparables_from(references(tmp_path / "mine.csv"))
    assert (shirt.price_cents, shirt.product_format, shirt.reviews, shirt.rating) == (2499, "shirt", 1204, 4.8)
    assert (mug.price_cents, mug.product_format) == (1750, "mug")
    assert shirt.seller == mug.seller
    assert shirt.seller not in (None, "Moss & Fern")


def test_our_own_cost_table_can_be_copied_changed_and_brought_back(tmp_path: Path) -> None:
    changed = (TABLES / "costs.csv").read_text().replace("shirt,printify,1079,", "shirt,printify,999,")
    (tmp_path / "costs.csv").write_text(changed)
    table = read_costs(references(tmp_path / "costs.csv"))
    assert len(table.products) == len(load_default_costs().products)
    assert providers_of(table, "shirt")[0].base_cost_cents == 999


def test_our_own_fee_table_can_be_brought_back(tmp_path: Path) -> None:
    (tmp_path / "fees.csv").write_text((TABLES / "fees.csv").read_text())
    brought = {fee.marketplace: fee for fee in read_costs(references(tmp_path / "fees.csv")).fees}
    assert brought == {fee.marketplace: fee for fee in load_default_costs().fees}
