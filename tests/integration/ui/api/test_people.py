"""Members and keys over the API: who may keep them, and what a change does to those who hold keys."""

from __future__ import annotations

import httpx2

from graphs.people import People
from tests.integration.ui.api.conftest import headers_of

Client = httpx2.AsyncClient
Headers = dict[str, str]


async def test_everybody_is_told_who_they_are_and_what_they_may(client: Client, people: People):
    creator = await headers_of(people, "other", "bo", "creator", "free")
    told = (await client.get("/me", headers=creator)).json()
    assert (told["tenant"], told["handle"], told["role"], told["requests_per_minute"]) == ("other", "bo", "creator", 60)
    assert told["may"] == ["look", "search", "note", "sign in"]
