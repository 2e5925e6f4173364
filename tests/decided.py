"""Decided ideas as rows alone: what lists, doors and benches stand on where nobody needs to have judged them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from store.ids import new_id

PUT = """
INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, status, as_of, verdict,
  score, price_cents, margin_ratio, order_by, decided_at)
VALUES (current_setting('bellwether.tenant'), %(id)s, %(key)s, %(phrase)s, %(audience)s, 'subject', 'made up',
  %(product_format)s, %(status)s, now(), %(verdict)s, %(score)s, 1999, %(margin_ratio)s, %(order_by)s,
  now() - %(age_s)s * interval '1 second')
"""
DECIDE = """
INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, advice, ceiling, reasons, steps)
VALUES (current_setting('bellwether.tenant'), %s, 1, now(), %s, 'review', 'approve', %s, %s)
"""


def put_decided(connection: Connection[Any], phrase: str = "fair isle", **changes: Any) -> UUID:
    """An idea that waits for an answer and that no run knows; `changes` are columns of its row."""
    idea_id = new_id()
    plain: Mapping[str, Any] = {
        "id": idea_id,
        "key": str(idea_id),
        "phrase": phrase,
        "audience": "home crafters",
        "product_format": "mug",
        "status": "pending_review",
        "verdict": "review",
        "score": 0.5,
        "margin_ratio": 0.2,
        "order_by": None,
        "age_s": 0,
    }
    given = {**plain, **changes}
    connection.execute(PUT, given)
    connection.execute(DECIDE, (idea_id, given["verdict"], Jsonb(["it sells"]), Jsonb(["looked", "counted"])))
    return idea_id
