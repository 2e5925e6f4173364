"""Queues and dead letters over the API."""

from __future__ import annotations

from typing import Any

import httpx2
import psycopg
import pytest

from store.postgres import connect

DEAD = """
INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, args, error, digest, at)
SELECT current_setting('bellwether.tenant'), n, 'scan', 'pull', 0, '{"source": "reddit"}', 'SourceDown: no answer', 'd',
  now() - (n || ' minutes')::interval FROM generate_series(%s::int, %s::int) n
"""


async def test_dead_letters_are_listed_oldest_first_and_queued_anew(
    client: httpx2.AsyncClient, ben: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    connection.execute(DEAD, (1, 3))
    first = (await client.get("/jobs/dead", headers=ben, params={"limit": 2})).json()
    second = (await client.get("/jobs/dead", headers=ben, params={"limit": 2, "cursor": first["next"]})).json()
    assert [each["job_id"] for page in (first, second) for each in page["items"]] == [3, 2, 1]
    queues = (await client.get("/jobs", headers=ben)).json()["items"]
    assert [(each["queue"], each["failed"], each["todo"]) for each in queues] == [("scan", 3, 0)]
    raised = await client.post("/jobs/dead/2/retry", headers=ben)
    assert (raised.status_code, raised.json()["job_id"]) == (200, 2)
    assert (await client.post("/jobs/dead/2/retry", headers=ben)).status_code == 404
    assert len((await client.post("/jobs/dead/retry", headers=ben)).json()["items"]) == 2
    queues = (await client.get("/jobs", headers=ben)).json()["items"]
    assert [(each["failed"], each["todo"]) for each in queues] == [(0, 3)]


async def test_of_another_tenant_nothing_is_seen_or_raised(
    client: httpx2.AsyncClient, ben: dict[str, str], api: object, database: str
) -> None:
    with connect(database, "other") as theirs:
        theirs.execute(DEAD, (7, 7))
        assert (await client.get("/jobs/dead", headers=ben)).json()["items"] == []
        assert (await client.get("/jobs", headers=ben)).json()["items"] == []
        assert (await client.post("/jobs/dead/7/retry", headers=ben)).status_code == 404
        assert (await client.post("/jobs/dead/retry", headers=ben)).json()["items"] == []
        assert theirs.execute("SELECT retried_at FROM dead_letter").fetchall() == [(None,)]


@pytest.mark.parametrize("job_id", ["0", "-1", "x", str(2**63)])
async def test_what_is_no_number_of_a_job_is_refused(
    client: httpx2.AsyncClient, ben: dict[str, str], job_id: str
) -> None:
    assert (await client.post(f"/jobs/dead/{job_id}/retry", headers=ben)).status_code == 422


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WyIyMDI2LTAxLTAxIiwxXQ"])
async def test_a_cursor_that_no_page_gave_is_refused(
    client: httpx2.AsyncClient, ben: dict[str, str], cursor: str
) -> None:
    assert (await client.get("/jobs/dead", headers=ben, params={"cursor": cursor})).status_code == 422
