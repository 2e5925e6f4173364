"""What people do with finished designs over the API, on real files."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from graphs.people import People
from store.audit import load_audit
from store.ids import new_id
from tests.integration.ui.api.conftest import headers_of
from tests.stocked import Stocked, stock

Headers = dict[str, str]


@pytest.fixture
async def stocked(api: FastAPI, database: str, tmp_path: Path) -> AsyncIterator[Stocked]:
    """Four designs; the second, third and fourth are the same drawing."""
    async with stock(database, tmp_path / "assets") as found:
        yield found


def at(stocked: Stocked, row_id: str) -> str:
    return f"/designs/{stocked.ids[row_id]}"


async def shown(client: httpx2.AsyncClient, headers: Headers, **params: Any) -> list[str]:
    found = (await client.get("/designs", headers=headers, params=params)).json()["items"]
    return sorted(each["row_id"] for each in found)


async def test_a_category_and_tags_are_a_person_s_and_found_by(
    client: httpx2.AsyncClient, ben: Headers, stocked: Stocked
) -> None:
    where = at(stocked, "1")
    said = await client.put(f"{where}/category", headers=ben, json={"name": " Fishing "})
    assert (said.status_code, said.json()) == (200, {"category": "fishing"}), said.text
    assert await shown(client, ben, category="fishing") == ["1"]
    added = await client.post(f"{where}/tags", headers=ben, json={"names": ["Lake", "lake", "Carp"]})
    assert (added.status_code, sorted(added.json()["names"])) == (200, ["carp", "lake"])
    assert await shown(client, ben, tag=["lake", "carp"]) == ["1"]
    assert (await client.delete(f"{where}/tags/lake", headers=ben)).status_code == 204
    assert (await client.delete(f"{where}/tags/lake", headers=ben)).status_code == 404
    assert await shown(client, ben, tag="lake") == []
    by_rule = (await client.put(f"{where}/category", headers=ben, json={"name": ""})).json()["category"]
    assert by_rule != "fishing"
    for body in ({"names": []}, {"names": ["x" * 41]}, {"names": ["\u200b"]}, {"names": ["x"] * 25}):
        assert (await client.post(f"{where}/tags", headers=ben, json=body)).status_code == 422, body


async def test_what_is_deleted_is_shown_no_more_until_it_is_restored(
    client: httpx2.AsyncClient, ben: Headers, stocked: Stocked
) -> None:
    where = at(stocked, "1")
    for _ in range(2):
        assert (await client.delete(where, headers=ben, params={"reason": "too dark"})).status_code == 204
    assert "1" not in await shown(client, ben)
    assert await shown(client, ben, deleted=True) == ["1"]
    restored = await client.post(f"{where}/restore", headers=ben)
    assert (restored.status_code, restored.json()["status"]) == (200, "done")
    assert "1" in await shown(client, ben)


async def test_a_design_is_drawn_anew_as_the_next_version(
    client: httpx2.AsyncClient, ben: Headers, stocked: Stocked
) -> None:
    where = at(stocked, "1")
    anew = await client.post(f"{where}/redraw", headers=ben, json={"seed": 9})
    assert (anew.status_code, anew.json()["status"]) == (200, "waiting"), anew.text
    assert [each["version"] for each in (await client.get(where, headers=ben)).json()["versions"]] == [2, 1]
    assert (await client.post(f"{where}/redraw", headers=ben, json={"seed": -1})).status_code == 422


async def test_what_looks_alike_is_told_with_how_like_it_is(
    client: httpx2.AsyncClient, ben: Headers, stocked: Stocked
) -> None:
    alike = (await client.get(f"{at(stocked, '2')}/similar", headers=ben)).json()["items"]
    assert (alike[0]["row_id"], alike[0]["same"], alike[0]["likeness"]) == ("3", True, 1.0)
    assert len((await client.get(f"{at(stocked, '2')}/similar", headers=ben, params={"limit": 1})).json()["items"]) == 1
    [group] = (await client.get("/designs/duplicates", headers=ben)).json()["items"]
    assert {"2", "3"} <= {each["row_id"] for each in group}
    assert (await client.get("/designs/ready", headers=ben)).json()["items"] == []


async def test_a_design_is_shown_on_a_product_and_what_there_is_not_is_named(
    client: httpx2.AsyncClient, ben: Headers, stocked: Stocked
) -> None:
    there = (await client.get("/designs/products", headers=ben)).json()
    assert "front" in there["shirt"]["sides"]
    picture = await client.get(f"{at(stocked, '4')}/mockup", headers=ben, params={"product": "mug"})
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png"), picture.text
    assert picture.content.startswith(b"\x89PNG") and ".." not in picture.headers["content-disposition"]
    for wrong in ({"product": "../../x"}, {"side": "inside"}, {"colourway": "plaid"}):
        refused = await client.get(f"{at(stocked, '4')}/mockup", headers=ben, params=wrong)
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json"), wrong


async def test_chosen_designs_are_handed_on_as_one_zip(
    client: httpx2.AsyncClient, ben: Headers, stocked: Stocked
) -> None:
    chosen = [str(stocked.ids[each]) for each in ("1", "4")]
    answer = await client.post("/designs/export", headers=ben, json={"ids": chosen, "name": "../picks"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="picks.zip"'
    with zipfile.ZipFile(BytesIO(answer.content)) as packed:
        folders = {name.partition("/")[0] for name in packed.namelist()}
    assert len(folders) == 3 and not any(".." in name for name in folders)
    unknown = await client.post("/designs/export", headers=ben, json={"ids": [*chosen, str(new_id())]})
    assert unknown.status_code == 404


async def test_a_creator_compares_and_changes_nothing_and_to_others_there_is_nothing(
    client: httpx2.AsyncClient, people: People, ben: Headers, stocked: Stocked
) -> None:
    where = at(stocked, "1")
    cleo = await headers_of(people, "default", "cleo", "creator")
    eve = await headers_of(people, "other", "eve", "admin")
    assert (await client.get(f"{where}/similar", headers=cleo)).status_code == 200
    assert (await client.get(f"{where}/mockup", headers=eve)).status_code == 404
    deeds: list[tuple[str, str, Any]] = [
        ("PUT", "/category", {"name": "x"}), ("POST", "/tags", {"names": ["x"]}), ("DELETE", "/tags/bold", None),
        ("DELETE", "", None), ("POST", "/restore", None), ("POST", "/redraw", {}),
    ]  # fmt: skip
    for method, path, body in deeds:
        for headers, status in ((cleo, 403), (eve, 404)):
            answer = await client.request(method, f"{where}{path}", headers=headers, json=body)
            assert answer.status_code == status, (method, path, answer.text)
    chosen = {"ids": [str(stocked.ids["1"])]}
    assert (await client.post("/designs/export", headers=eve, json=chosen)).status_code == 404
    async with stocked.sessions.connection() as session:
        entries = await load_audit(session, None, 50)
    assert {row["outcome"] for row in entries if row["deed"] == "draw" and row["actor"] == "cleo"} == {"refused"}
    assert len(await shown(client, ben)) == 4
