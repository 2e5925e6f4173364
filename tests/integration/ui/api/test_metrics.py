"""What a monitor reads: Prometheus' own parser takes it, labels are bounded, and ten thousand ideas cost little."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import httpx2
import psycopg
from prometheus_client.parser import text_string_to_metric_families

IDEAS = """
INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, status, as_of, verdict,
  score, decided_at)
SELECT 'default', gen_random_uuid(), 'key ' || n, 'phrase ' || n, 'knitters', 'subject', 'rule', 'mug',
  CASE WHEN n % 4 = 0 THEN 'approved' ELSE 'pending_review' END, now(), 'review', 0.5, now()
FROM generate_series(1, 10000) n
"""
DECISIONS = """
INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, ceiling, reasons, steps)
SELECT 'default', id, 1, now(), 'review', 'approve', '[]', '[]' FROM idea
"""


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_scrape_of_ten_thousand_ideas_is_whole_and_quick(
    client: httpx2.AsyncClient, admin: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    connection.execute(IDEAS)
    connection.execute(DECISIONS)
    connection.execute("ANALYZE idea")
    seconds = []
    for _ in range(7):
        began = time.perf_counter()
        answer = await client.get("/metrics", headers=admin)
        seconds.append(time.perf_counter() - began)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    told = samples(answer.text)
    assert told["bellwether_ideas", (("status", "pending_review"),)] == 7_500
    assert told["bellwether_decisions_last_day", (("verdict", "review"),)] == 10_000
    assert told["bellwether_decisions_last_day", (("verdict", "reject"),)] == 0
    assert told["bellwether_spend_ceiling_dollars", ()] == 5
    assert told["bellwether_workers", ()] == 0
    scrapes = (("method", "GET"), ("route", "/metrics"), ("status", "200"))
    assert told["bellwether_http_requests_total", scrapes] == 6
    assert median(seconds) < 0.25, seconds  # 0.05 on a machine that has nothing else to do


async def test_every_name_has_its_help_and_routes_are_templates(
    client: httpx2.AsyncClient, admin: dict[str, str]
) -> None:
    for path in ("/signals/0197a0a0-0000-7000-8000-000000000000", "/no/such/secret-route", "/keywords/owl"):
        await client.get(path, headers=admin)
    await client.request("BREW", "/health", headers=admin)
    text = (await client.get("/metrics", headers=admin)).text
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    assert all(family.name.startswith("bellwether_") for family in families)
    routes = {sample.labels.get("route", "") for family in families for sample in family.samples}
    assert "/signals/{signal_id}" in routes
    assert "secret-route" not in text and "0197a0a0" not in text and "BREW" not in text
    assert any(sample.labels.get("method") == "other" for family in families for sample in family.samples)
