"""Listings over the API: drawn up of real designs, looked at, changed, approved, pushed to the folder, led back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

import httpx2
import orjson
import psycopg
import pytest

from graphs import progress
from graphs.people import People
from graphs.product import Product
from market.errors import MarketBusy, MarketDown, NotConfigured
from market.listing import Listing, Standing
from store.assets import Assets
from store.audit import load_audit
from store.ids import new_id
from store.listings import Wish, put_listings
from tests.batched import begin as begin_batch
from tests.batched import file_all, files_of, rows
from tests.decided import put_decided
from tests.integration.ui.api.conftest import headers_of

Headers = dict[str, str]
Client = httpx2.AsyncClient
FOLDER = [{"marketplace": "folder", "locale": "en"}]
DEEDS = {
    "approve": {"digest": "0" * 64}, "decline": {"reason": "no"}, "withdraw": {}, "retry": {}, "end": {},
    "pass": {"gates": ["trademark"], "reason": "ours"}, "up": {"address": "https://example.org/1"},
}  # fmt: skip


async def drawn(product: Product, text: str = "Gone fishing", idea: Any = None) -> str:
    """A finished design with real files, cleared as the renderer's own."""
    files = files_of(Assets(product.settings.home / "assets"), text)
    told = {
        "files": files, "key": f"{crc32(text.encode()):0>64}", "made_with": {"palette": {"ground": "#101010"}},
        "safety": {"state": "clear", "why": "its own shapes", "judge": "typographic 1"},
    }  # fmt: skip
    async with product.pool.connection() as connection:
        given = rows(text[:40], text=text, product_format="mug")
        await begin_batch(connection, given, name=text, idea=(idea, 1) if idea else None)
        return str((await file_all(connection, {text[:40]: told}))[text[:40]])


async def begun(client: Client, headers: Headers, product: Product, text: str = "Gone fishing") -> dict[str, Any]:
    """A listing that waits, or is blocked."""
    design = await drawn(product, text)
    answer = await client.post("/listings", headers=headers, json={"design_id": design, "ways": FOLDER})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["items"][0]["listing"]
    return found


async def test_a_design_is_drawn_up_and_checked_once_and_nothing_goes_out(
    client: Client, ben: Headers, product: Product, tmp_path: Path
) -> None:
    made = await begun(client, ben, product)
    assert (made["status"], made["marketplace"], made["written_by"]) == ("waiting", "folder", "templates"), made[
        "gates"
    ]
    assert made["body"]["title"] == made["title"] and made["body"]["claims"]
    assert {each["name"] for each in made["gates"]} >= {"bounds", "trademark", "profanity", "pictures", "claims"}
    assert all(each["verdict"]["why"] and each["outcome"] == "clear" for each in made["gates"])
    wanted = {"design_id": made["design_id"], "ways": [*FOLDER, {"marketplace": "etsy", "locale": "de"}]}
    more = await client.post("/listings", headers=ben, json=wanted)
    assert [each["is_new"] for each in more.json()["items"]] == [False, True]
    again = await client.post("/listings", headers=ben, json=wanted)
    assert (again.status_code, [each["is_new"] for each in again.json()["items"]]) == (200, [False, False])
    assert not (tmp_path / "listings").exists()


async def test_a_key_of_idempotency_gives_the_first_answer_again(
    client: Client, ben: Headers, product: Product
) -> None:
    wanted, keyed = {"design_id": await drawn(product), "ways": FOLDER}, {**ben, "Idempotency-Key": "launch-1"}
    first, again = [await client.post("/listings", headers=keyed, json=wanted) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({}, 422),
        ({"idea_id": str(new_id()), "design_id": str(new_id())}, 422),
        ({"idea_id": str(new_id())}, 404),
        ({"design_id": str(new_id())}, 404),
        ({"design_id": str(new_id()), "ways": [{"marketplace": "amazonia"}]}, 422),
        ({"design_id": str(new_id()), "ways": [{"marketplace": "etsy", "locale": "xx"}]}, 422),
        ({"design_id": str(new_id()), "ways": [{"marketplace": "etsy:de"}]}, 422),
        ({"design_id": str(new_id()), "ways": FOLDER * 21}, 422),
        ({"design_id": str(new_id()), "more": 1}, 422),
    ],
)
async def test_what_cannot_be_put_up_is_a_problem(
    client: Client, ben: Headers, wanted: dict[str, Any], status: int
) -> None:
    refused = await client.post("/listings", headers=ben, json=wanted)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json"), refused.text
    assert (await client.get("/listings", headers=ben)).json()["items"] == []


async def test_an_idea_without_a_design_is_a_conflict_that_says_how_to_get_one(
    client: Client, ben: Headers, connection: psycopg.Connection[Any]
) -> None:
    idea = put_decided(connection, status="approved")
    refused = await client.post("/listings", headers=ben, json={"idea_id": str(idea)})
    assert (refused.status_code, "no finished design" in refused.json()["detail"]) == (409, True)


async def test_listings_are_listed_a_page_at_a_time_by_status_marketplace_and_idea_and_counted(
    client: Client, ben: Headers, product: Product, connection: psycopg.Connection[Any]
) -> None:
    idea = put_decided(connection, "moss frame", status="approved")
    made = [(await begun(client, ben, product, text))["id"] for text in ("Moss", "Fern")]
    await drawn(product, "Oak", idea)
    wanted = {"idea_id": str(idea), "ways": [{"marketplace": "etsy"}]}
    third = (await client.post("/listings", headers=ben, json=wanted)).json()["items"][0]["listing"]
    made.append(third["id"])
    first = (await client.get("/listings", headers=ben, params={"limit": 2})).json()
    rest = (await client.get("/listings", headers=ben, params={"limit": 2, "cursor": first["next"]})).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1] and rest["next"] is None
    for params in ({"marketplace": "etsy"}, {"idea_id": str(idea)}, {"status": third["status"], "limit": 1}):
        found = (await client.get("/listings", headers=ben, params=params)).json()["items"]
        assert [each["id"] for each in found] == [third["id"]], params
    counts = (await client.get("/listings/counts", headers=ben)).json()
    assert sum(counts.values()) == 3 and counts["live"] == 0
    for params in ({"cursor": "x"}, {"cursor": first["next"][:-4]}, {"status": "sold"}):
        assert (await client.get("/listings", headers=ben, params=params)).status_code == 422, params


async def test_what_was_looked_at_is_approved_and_what_was_changed_since_is_a_conflict(
    client: Client, ben: Headers, product: Product
) -> None:
    made = await begun(client, ben, product)
    where = f"/listings/{made['key']}"
    edited = await client.patch(where, headers=ben, json={"title": "Gone Fishing Mug", "price_cents": 2500})
    assert (edited.status_code, edited.json()["price_cents"], edited.json()["status"]) == (200, 2500, "waiting")
    late = await client.patch(where, headers=ben, json={"title": "Late", "digest": made["digest"]})
    stale = await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    for refused in (late, stale):
        assert (refused.status_code, "changed meanwhile" in refused.json()["detail"]) == (409, True), refused.text
    assert (await client.get(where, headers=ben)).json() == edited.json()
    given = {"digest": edited.json()["digest"], "reason": "it sells"}
    first, again = [await client.post(f"{where}/approve", headers=ben, json=given) for _ in range(2)]
    assert (first.status_code, first.json()["status"]) == (200, "queued"), first.text
    [push] = again.json()["pushes"]
    assert (push["actor"], push["reason"], push["digest"]) == ("ben", "it sells", given["digest"])
    stale = await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    assert stale.status_code == 409, "what goes out is not what this caller looked at"
    withdrawn = await client.post(f"{where}/withdraw", headers=ben)
    assert (withdrawn.json()["status"], withdrawn.json()["pushes"][0]["status"]) == ("waiting", "withdrawn")
    await product.launches.close()
    await product.launches.deliver_all()
    assert (await client.get(where, headers=ben)).json()["status"] == "waiting", "a thread that was told approved again"
    assert (await client.post(f"{where}/withdraw", headers=ben)).status_code == 409


async def test_of_many_approvals_each_has_its_own_outcome(client: Client, ben: Headers, product: Product) -> None:
    made = [await begun(client, ben, product, text) for text in ("Moss", "Fern", "Oak")]
    items = [{"listing": each["id"], "digest": each["digest"]} for each in made]
    items[1]["digest"] = "0" * 64
    items.insert(1, {"listing": str(new_id()), "digest": "0" * 64})
    answer = await client.post("/listings/approve", headers=ben, json={"items": items})
    outcomes = answer.json()["outcomes"]
    assert [each["status"] for each in outcomes] == [200, 404, 409, 200], answer.text
    assert [bool(each["detail"]) for each in outcomes] == [False, True, True, False]
    assert outcomes[0]["undo_until"] > datetime.now(UTC).isoformat()
    counts = (await client.get("/listings/counts", headers=ben)).json()
    assert (counts["queued"], counts["waiting"]) == (2, 1)
    for wrong in ({"items": []}, {"items": items * 30}, {"items": [{"listing": "x", "digest": "0" * 64}]}):
        assert (await client.post("/listings/approve", headers=ben, json=wrong)).status_code == 422


async def test_only_an_admin_lets_a_gate_pass_and_nobody_what_the_marketplace_refuses(
    client: Client, ben: Headers, admin: Headers, product: Product
) -> None:
    made = await begun(client, ben, product, "Star Wars forever")
    where = f"/listings/{made['id']}"
    blocked = [each["name"] for each in made["gates"] if each["outcome"] != "clear"]
    assert (made["status"], "trademark" in blocked) == ("blocked", True)
    [mark] = [each for each in made["gates"] if each["name"] == "trademark"]
    assert mark["verdict"]["evidence"][0]["where"] and mark["verdict"]["against"]
    refused = await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    assert (refused.status_code, "blocked" in refused.json()["detail"]) == (409, True)
    waived = {"gates": blocked, "reason": "we hold the licence"}
    assert (await client.post(f"{where}/pass", headers=ben, json=waived)).status_code == 403
    for wrong, status in (({**waived, "reason": " "}, 422), ({**waived, "gates": []}, 422),
                          ({**waived, "gates": ["bounds"]}, 422), ({**waived, "gates": ["claims"]}, 409)):  # fmt: skip
        assert (await client.post(f"{where}/pass", headers=admin, json=wrong)).status_code == status, wrong
    passed = await client.post(f"{where}/pass", headers=admin, json=waived)
    assert (passed.status_code, passed.json()["status"]) == (200, "waiting"), passed.text
    told = {each["name"]: (each["passed_by"], each["passed_why"]) for each in passed.json()["gates"]}
    assert told["trademark"] == ("ana", "we hold the licence")
    async with product.pool.connection() as session:
        audited = [row for row in await load_audit(session, None, 50) if row["deed"] == "let pass"]
    assert (audited[0]["actor"], audited[0]["outcome"]) == ("ana", "done")
    assert ("ben", "refused") in [(row["actor"], row["outcome"]) for row in audited]


async def test_a_live_listing_leads_back_to_idea_decision_facts_design_and_approver_in_one_call(
    client: Client, ben: Headers, product: Product, connection: psycopg.Connection[Any]
) -> None:
    idea = put_decided(connection, "gone fishing", status="approved")
    await drawn(product, idea=idea)
    wanted = {"idea_id": str(idea), "ways": FOLDER}
    made = (await client.post("/listings", headers=ben, json=wanted)).json()["items"][0]["listing"]
    where = f"/listings/{made['key']}"
    dry = (await client.get(f"{where}/changes", headers=ben)).json()["changes"]
    assert {each["name"] for each in dry} >= {"title", "price_cents"} and all(each["before"] is None for each in dry)
    product.launches.undo_s = 0.0
    approved = await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    assert approved.status_code == 200, approved.text
    await product.pusher.work(stay=True)
    origin = (await client.get(f"{where}/origin", headers=ben)).json()
    assert (origin["listing"]["status"], origin["listing"]["native"]["state"]) == ("live", "live")
    assert (origin["idea"]["phrase"], origin["decision"]["verdict"]) == ("gone fishing", "review")
    assert (origin["design"]["text"], origin["approved_by"]) == ("Gone fishing", "ben")
    assert origin["gates"] and origin["pushes"][0]["status"] == "live" and origin["facts"] == []
    assert (await client.get(f"{where}/changes", headers=ben)).json()["changes"] == []
    ended = await client.post(f"{where}/end", headers=ben, json={"reason": "sold out"})
    assert (ended.status_code, ended.json()["status"]) == (200, "queued"), ended.text
    refused = await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    assert refused.status_code == 409, "what is being ended is not approved by it"
    await product.pusher.work(stay=True)
    assert (await client.get(where, headers=ben)).json()["status"] == "ended"


async def test_a_listing_is_followed_until_it_is_live(
    client: Client, ben: Headers, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress.follow_listing, "__defaults__", (0.05,))
    made, product.launches.undo_s = await begun(client, ben, product), 0.0
    where = f"/listings/{made['id']}"
    following = asyncio.create_task(followed(client, ben, where))
    await asyncio.sleep(0.4)
    await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    await product.pusher.work(stay=True)
    events = await following
    stands = [told["status"] for kind, told in events if kind == "listing"]
    assert (stands[0], stands[-1]) == ("waiting", "live") and events[-1] == ("end", {"status": "live"})
    assert [kind for kind, _ in await followed(client, ben, where)] == ["listing", "end"]


async def followed(client: Client, headers: Headers, where: str) -> list[tuple[str, Any]]:
    async with client.stream("GET", f"{where}/events", headers=headers, timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join([piece async for piece in stream.aiter_text()])
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [(block["event"], orjson.loads(block["data"])) for block in blocks]


async def test_a_listing_is_declined_with_a_reason_and_what_is_dead_is_tried_again(
    client: Client, ben: Headers, product: Product, connection: psycopg.Connection[Any]
) -> None:
    made = await begun(client, ben, product)
    where = f"/listings/{made['id']}"
    for deed in ("retry", "end", "withdraw"):
        assert (await client.post(f"{where}/{deed}", headers=ben)).status_code == 409, deed
    for wrong in ({}, {"reason": ""}, {"reason": "\t"}):
        assert (await client.post(f"{where}/decline", headers=ben, json=wrong)).status_code == 422
    await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    connection.execute("UPDATE outbox SET status = 'dead', ended_at = now(); UPDATE listing SET status = 'dead'")
    tried = await client.post(f"{where}/retry", headers=ben, json={"reason": "mended"})
    assert (tried.status_code, tried.json()["status"]) == (200, "queued"), tried.text
    connection.execute("UPDATE outbox SET status = 'refused', ended_at = now(); UPDATE listing SET status = 'refused'")
    for _ in range(2):
        declined = await client.post(f"{where}/decline", headers=ben, json={"reason": "not ours"})
        assert (declined.status_code, declined.json()["status"]) == (200, "declined"), declined.text
    assert declined.json()["events"][-1]["reason"] == "not ours"


async def test_a_package_is_up_when_a_person_says_so(
    client: Client, ben: Headers, product: Product, tmp_path: Path
) -> None:
    wanted = {"design_id": await drawn(product), "ways": [{"marketplace": "redbubble"}]}
    made = (await client.post("/listings", headers=ben, json=wanted)).json()["items"][0]["listing"]
    where, product.launches.undo_s = f"/listings/{made['id']}", 0.0
    early = await client.post(f"{where}/up", headers=ben, json={"address": "https://a.org/1"})
    assert (early.status_code, "once it is approved" in early.json()["detail"]) == (409, True)
    assert str(tmp_path) not in early.text, "where the files lie is the server's own"
    await client.post(f"{where}/approve", headers=ben, json={"digest": made["digest"]})
    await product.pusher.work(most_s=0.5)
    refused = await client.post(f"{where}/up", headers=ben, json={"address": "file:///etc/passwd"})
    assert (refused.status_code, "https://" in refused.json()["detail"]) == (409, True)
    up = await client.post(f"{where}/up", headers=ben, json={"address": "https://www.redbubble.com/i/1"})
    assert (up.status_code, up.json()["status"]) == (200, "live"), up.text
    assert (up.json()["native"]["id"], up.json()["native"]["url"]) == (made["key"], "https://www.redbubble.com/i/1")
    folder = (await begun(client, ben, product, "Fern"))["id"]
    refused = await client.post(f"/listings/{folder}/up", headers=ben, json={"address": "https://a.org/1"})
    assert (refused.status_code, "no package" in refused.json()["detail"]) == (409, True)


class Ill:
    """A marketplace that has only bad news."""

    name = "folder"

    def __init__(self, news: Exception) -> None:
        self.news = news

    async def find(self, key: str) -> Standing | None:
        raise self.news

    async def put(self, listing: Listing, standing: Standing | None, files: Any) -> Standing:
        raise self.news

    async def end(self, standing: Standing) -> Standing:
        raise self.news


async def test_what_a_marketplace_has_to_say_becomes_a_problem_of_its_kind(
    client: Client, ben: Headers, product: Product
) -> None:
    where = f"/listings/{(await begun(client, ben, product))['id']}/changes"
    soon = datetime.now(UTC) + timedelta(seconds=42)
    for news, status in (
        (MarketBusy("etsy: too many", soon), 503), (MarketDown("etsy does not answer"), 502),
        (NotConfigured("etsy has no account"), 409),
    ):  # fmt: skip
        product.shops._made["folder"] = Ill(news)
        refused = await client.get(where, headers=ben)
        assert (refused.status_code, refused.json()["detail"]) == (status, str(news)), refused.text
        if status == 503:
            assert 38 <= int(refused.headers["retry-after"]) <= 42


async def test_marketplaces_say_whether_they_are_ready_what_they_lack_and_what_they_take(
    client: Client, ben: Headers
) -> None:
    told = (await client.get("/marketplaces", headers=ben)).json()
    found = {each["name"]: each for each in told["items"]}
    assert (found["folder"]["ready"], found["etsy"]["ready"]) == (True, False)
    assert "BELLWETHER_SHOPS" in found["etsy"]["lacks"] and found["folder"]["lacks"] == ""
    assert (found["etsy"]["takes"]["title_most"], found["etsy"]["takes"]["tags"]) == (140, 13)
    assert all(each["takes"]["source"] for each in told["items"]) and "ja" in told["locales"]


async def test_a_listing_s_thread_is_a_run_that_shows_what_it_asks(
    client: Client, ben: Headers, product: Product, connection: psycopg.Connection[Any]
) -> None:
    design = await drawn(product)
    async with product.pool.connection() as session:
        [(row, _)] = await put_listings(session, "default", [Wish(UUID(design), "folder", "en")], "ben")
    start = {"graph": "launch", "input": {"listing_id": str(row["id"])}}
    begun = await client.post("/runs", headers=ben, json=start)
    assert (begun.status_code, begun.json()["subject"]) == (202, f"listing:{row['id']}"), begun.text
    where = f"/runs/{begun.json()['id']}"
    assert (await followed(client, ben, where))[-1] == ("end", {"status": "waiting", "error": ""})
    shown = (await client.get(where, headers=ben)).json()
    made = (await client.get(f"/listings/{row['id']}", headers=ben)).json()
    assert (shown["graph"], shown["status"], shown["title"]) == ("launch", "waiting", made["title"])
    assert [span["node"] for span in shown["spans"]] == ["draft", "check", "ask"]
    [request] = shown["requests"]
    assert (request["action_request"]["args"]["draft"], request["config"]["allow_accept"]) == (made["digest"], True)
    answered = await client.post(f"{where}/answer", headers=ben, json={"type": "accept"})
    assert (answered.status_code, "answered where it is shown" in answered.json()["detail"]) == (409, True)
    for path, body in (("/runs", start), (f"{where}/resume", None)):
        assert (await client.post(path, headers=ben, json=body)).status_code == 409, path
    await client.post(f"/listings/{row['id']}/approve", headers=ben, json={"digest": made["digest"]})
    await product.launches.close()
    await asyncio.sleep(1)
    listed = (await client.get("/runs", headers=ben, params={"graph": "launch"})).json()["items"]
    assert [(each["id"], each["status"]) for each in listed] == [(begun.json()["id"], "finished")]


async def test_a_creator_looks_and_changes_nothing(
    client: Client, people: People, ben: Headers, product: Product
) -> None:
    made = await begun(client, ben, product)
    where, cleo = f"/listings/{made['id']}", await headers_of(people, "default", "cleo", "creator")
    for path in ("/listings", "/listings/counts", "/marketplaces", where, f"{where}/origin", f"{where}/changes"):
        assert (await client.get(path, headers=cleo)).status_code == 200, path
    assert (await client.post("/listings", headers=cleo, json={"design_id": made["design_id"]})).status_code == 403
    assert (await client.patch(where, headers=cleo, json={"title": "Mine"})).status_code == 403
    items = {"items": [{"listing": made["id"], "digest": made["digest"]}]}
    assert (await client.post("/listings/approve", headers=cleo, json=items)).status_code == 403
    for deed, body in DEEDS.items():
        assert (await client.post(f"{where}/{deed}", headers=cleo, json=body)).status_code == 403, deed
    assert (await client.get(where, headers=ben)).json() == made


async def test_a_listing_of_another_tenant_is_none(
    client: Client, people: People, ben: Headers, product: Product
) -> None:
    made, eve = await begun(client, ben, product), await headers_of(people, "other", "eve", "admin")
    for name in (made["id"], made["key"]):
        for path in ("", "/origin", "/changes", "/events"):
            assert (await client.get(f"/listings/{name}{path}", headers=eve)).status_code == 404, path
        for deed, body in DEEDS.items():
            refused = await client.post(f"/listings/{name}/{deed}", headers=eve, json=body)
            assert refused.status_code == 404, (deed, refused.text)
        assert (await client.patch(f"/listings/{name}", headers=eve, json={"title": "Mine"})).status_code == 404
    wanted = {"design_id": made["design_id"], "ways": FOLDER}
    assert (await client.post("/listings", headers=eve, json=wanted)).status_code == 404
    assert (await client.get("/listings", headers=eve)).json()["items"] == []
    assert (await client.get(f"/listings/{made['id']}", headers=ben)).json() == made
