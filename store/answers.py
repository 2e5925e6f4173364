"""Answers: who has been answering, and what people say when they reject, the most frequent of late first."""

from __future__ import annotations

from store.decisions import Rows, every

LATE = 2_000
"""Reviews that are looked at."""
LONGEST = 80
"""Longer ones are about one idea, not about many."""
FREQUENT = """
SELECT reason, count(*) AS count, max(id::text) AS last FROM (
  SELECT id, reason FROM review WHERE answer = 'reject' AND undone_at IS NULL AND reason <> ''
    AND length(reason) <= %s ORDER BY id DESC LIMIT %s) AS late
GROUP BY reason HAVING count(*) > 1 ORDER BY count DESC, last DESC LIMIT %s
"""
ANSWERERS = """
SELECT DISTINCT actor FROM (SELECT actor FROM review ORDER BY id DESC LIMIT %s) AS late ORDER BY actor
"""


async def load_answerers(connection: Rows) -> list[str]:
    """The people who have answered of late, by name."""
    return [row["actor"] for row in await every(connection, ANSWERERS, LATE)]


async def load_frequent_reasons(connection: Rows, most: int) -> list[str]:
    """Reasons that were given more than once, the most frequent first."""
    return [row["reason"] for row in await every(connection, FREQUENT, LONGEST, LATE, most)]
