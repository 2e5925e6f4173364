"""One idea worded: each row that a fact names is shown with its place and its figures in their units."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from store.ids import new_id
from ui import cards

AS_OF = datetime(2026, 1, 5, tzinfo=UTC)
PUT_FILE = """
INSERT INTO intake_file (id, sha256, name, outcome, rows_read, stored, repeated, quarantined)
VALUES (%s, %s, 'own.csv', 'reference', 1, 1, 0, 0)
"""
PUT = """
INSERT INTO reference (tenant_id, id, kind, body, known_at, file_id, row_no)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, %s, 7)
"""
COST = {
    "product_format": "mug", "provider": "kiln", "base_cost_cents": "450", "retail_price_cents": "1800",
    "production_days": "3", "shipping_days": "4", "known_on": "2026-01-01",
}  # fmt: skip


def shown(connection: psycopg.Connection[Any], reference: str) -> tuple[str, str, str]:
    """Place, text and figures of the row that a fact names so."""
    row = cards.source_rows(connection, [reference], AS_OF)[reference]
    return row.place, row.text, row.figures


@pytest.fixture
def bring(connection: psycopg.Connection[Any]) -> Any:
    """Bring a row of a kind, as of a file of one's own; its id."""

    def put(kind: str, body: dict[str, str], known_at: datetime = AS_OF) -> str:
        made, file = new_id(), new_id()
        connection.execute(PUT_FILE, (file, str(file)))
        connection.execute(PUT, (made, kind, Jsonb(body), known_at, file))
        return str(made)

    return put


def test_a_comparable_is_shown_with_file_row_and_figures_in_their_units(connection: Any, bring: Any) -> None:
    made = bring("comparable", {"title": "A gnome", "price_cents": "2970", "return_ratio": "0.04", "seller": "5"})
    place, text, figures = shown(connection, f"comparable:{made}")
    assert (place, text) == ("own.csv, row 7", "A gnome")
    assert "price $29.70" in figures
    assert "return 4%" in figures
    assert "seller 5" in figures


def test_a_shipped_cost_and_fee_show_what_they_state(connection: Any) -> None:
    place, text, figures = shown(connection, "cost:printify/mug")
    assert place.startswith("cost table of ")
    assert text.startswith("printify, mug (")
    assert "base cost $" in figures
    place, text, figures = shown(connection, "fee:etsy")
    assert place.startswith("fee table of ")
    assert "transaction 6.5%" in figures


def test_a_tenants_own_cost_stands_in_place_of_ours_from_the_day_it_is_known(connection: Any, bring: Any) -> None:
    bring("cost", COST)
    place, _, figures = shown(connection, "cost:kiln/mug")
    assert place == "cost table of 1 Jan 2026"
    assert "base cost $4.50" in figures
    assert shown(connection, "cost:printify/mug") == ("cost", "cost printify/mug", "")


def test_what_is_no_stored_row_is_named(connection: Any) -> None:
    assert shown(connection, "citation:https://example.org") == ("citation", "https://example.org", "")
    assert shown(connection, "finding:trend") == ("finding", "finding trend", "")
    assert shown(connection, "observation:no-uuid@yesterday") == (
        "observation", "observation no-uuid@yesterday", ""
    )  # fmt: skip
