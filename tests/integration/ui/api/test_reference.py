"""The reference: read without a key, without a script and without anything from elsewhere."""

from __future__ import annotations

import re

import httpx2
from fastapi import FastAPI


async def test_the_reference_shows_every_route_and_fetches_nothing(api: FastAPI, client: httpx2.AsyncClient) -> None:
    page = await client.get("http://bellwether/api/docs")
    assert page.status_code == 200
    for path in api.openapi()["paths"]:
        assert f"<code>{path}</code>" in page.text
    assert "<script" not in page.text
    assert not re.findall(r"""(?:src|href)=["'](?!/|#)""", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_every_refusal_that_is_described_has_a_shape(client: httpx2.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    assert described["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "detail"]
    for path, methods in described["paths"].items():
        for method, said in methods.items():
            if "default" not in said["responses"]:
                assert {"401", "403", "422", "429", "503"} <= set(said["responses"]), f"{method} {path}"
