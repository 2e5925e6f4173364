"""The library on a real database and real files: who finds what, what a person changes, what is handed on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from graphs.library import Library, products
from store.batches import NotSo
from store.designs import take
from store.gallery import NotKept, UnknownDesign, Wanted
from store.ids import new_id
from store.postgres import connect, owner, pool
from studio.errors import BadBatch, Failed, NotConfigured
from tests.batched import file_all, files_of
from tests.decided import put_decided
from tests.stocked import Stocked, stock


@pytest.fixture
async def stocked(database: str, tmp_path: Path) -> AsyncIterator[Stocked]:
    async with stock(database, tmp_path / "assets") as made:
        yield made


async def test_a_page_knows_where_the_next_begins_and_the_last_that_it_is_the_last(stocked: Stocked) -> None:
    first = await stocked.library.search(most=3)
    assert (len(first.designs), first.after is None) == (3, False)
    last = await stocked.library.search(most=3, after=first.after)
    assert (len(last.designs), last.after) == (1, None)
    assert (await stocked.library.search(most=4)).after is None
    assert {row["id"] for row in first.designs + last.designs} == set(stocked.ids.values())


async def test_a_design_shows_who_else_is_the_same_drawing_but_not_another_wording(stocked: Stocked) -> None:
    found = await stocked.library.show(str(stocked.ids["2"]))
    assert [each["id"] for each in found["duplicates"]] == [stocked.ids["3"]]
    assert found["duplicates"][0]["bits"] == 1
    assert found["licences"] == {"licence": None, "faces": {}}
    assert [[card["id"] for card in group] for group in await stocked.library.duplicates()] == [
        [stocked.ids["2"], stocked.ids["3"]]
    ]


async def test_what_looks_alike_comes_after_the_same_drawing_the_nearest_first(stocked: Stocked) -> None:
    found = await stocked.library.similar(stocked.ids["2"])
    assert [each["id"] for each in found] == [stocked.ids[row] for row in ("3", "4", "1")]
    assert [(each["same"], each["likeness"]) for each in found] == [(True, 1.0), (False, 0.1807), (False, 0.0)]
    assert len(await stocked.library.similar(stocked.ids["2"], most=1)) == 1


async def test_a_person_s_category_is_kept_until_they_take_it_back(stocked: Stocked) -> None:
    library, trout = stocked.library, stocked.ids["1"]
    assert await library.set_category(trout, " Lake  LIFE ") == "lake life"
    await library.set_category(trout, "lake life")
    assert [row["id"] for row in (await library.search(Wanted(category="lake life"))).designs] == [trout]
    fresh = await library.redraw(trout)
    async with stocked.sessions.connection() as connection:
        await file_all(connection, {"1": {"category": "animals", "files": files_of(library.assets, "new")}})
    assert (await library.show(fresh["id"]))["category"] == "lake life"
    assert await library.set_category(trout, "") == "quotes"
    assert await stocked.events("1") == [("categorised", "quotes -> lake life"), ("categorised", "lake life -> quotes")]
    with pytest.raises(BadBatch, match="no tag"):
        await library.set_category(trout, "\u200b")


async def test_tags_of_a_person_are_found_by_and_can_go_again(stocked: Stocked) -> None:
    library, trout = stocked.library, stocked.ids["1"]
    assert await library.add_tags(trout, ["Lake", "lake", "bold"]) == ["bold", "lake"]
    assert await library.add_tags(trout, ["lake"]) == []
    assert [row["id"] for row in (await library.search(Wanted(tags=("lake",)))).designs] == [trout]
    assert [row["id"] for row in (await library.search(Wanted(text="lak"))).designs] == [trout]
    assert await library.remove_tag(trout, "LAKE")
    assert not await library.remove_tag(trout, "lake")
    assert (await library.search(Wanted(text="lak"))).designs == []
    assert await stocked.events("1") == [("tagged", "bold, lake"), ("untagged", "lake")]


async def test_a_deleted_design_is_gone_from_every_list_and_comes_back_whole(stocked: Stocked) -> None:
    library, trout = stocked.library, stocked.ids["1"]
    assert await library.delete(trout, "a typo")
    assert not await library.delete(trout)
    assert trout not in {row["id"] for row in (await library.search()).designs}
    assert [row["id"] for row in (await library.search(Wanted(deleted=True))).designs] == [trout]
    assert (await library.show(trout))["deleted_at"] is not None
    assert await library.restore(trout)
    assert not await library.restore(trout)
    assert trout in {row["id"] for row in (await library.search()).designs}
    assert await stocked.events("1") == [("deleted", "a typo"), ("restored", "")]


async def test_a_design_is_redrawn_by_another_seed_as_its_next_version_and_the_old_one_can_stand_again(
    stocked: Stocked,
) -> None:
    library, old = stocked.library, stocked.ids["1"]
    fresh = await library.redraw(old)
    assert (fresh["version"], fresh["status"], fresh["row_id"]) == (2, "waiting", "1")
    assert [row["row"]["seed"] for row in await stocked.rows("SELECT row FROM design WHERE id = %s", fresh["id"])] == [
        8
    ]
    assert old not in {row["id"] for row in (await library.search()).designs}
    async with stocked.sessions.connection() as connection:
        await take(connection, new_id(), "me", 1)
    for ask in (library.redraw, library.restore):
        with pytest.raises(NotSo, match="being drawn"):
            await ask(old)
    await stocked.rows("UPDATE design SET status = 'waiting', taken_by = NULL WHERE id = %s RETURNING id", fresh["id"])
    assert await library.restore(old, "the first was better")
    assert old in {row["id"] for row in (await library.search()).designs}
    assert (await library.redraw(old, seed=5))["version"] == 3


async def test_a_file_is_opened_by_its_kind_under_a_name_for_people(stocked: Stocked) -> None:
    opened = await stocked.library.open_file(stocked.ids["1"], "print")
    assert (opened.name, opened.media_type, opened.was) == ("Gone-fishing-print.png", "image/png", "hot")
    assert opened.path.read_bytes()[:4] == b"\x89PNG"
    assert "/" not in (await stocked.library.open_file(stocked.ids["4"], "vectors")).name
    with pytest.raises(NotKept, match="there are press, print, thumb, vectors"):
        await stocked.library.open_file(stocked.ids["1"], "psd")


async def test_a_file_that_is_gone_is_said(stocked: Stocked) -> None:
    opened = await stocked.library.open_file(stocked.ids["1"], "print")
    opened.path.unlink()
    with pytest.raises(Failed, match="draw the design again"):
        await stocked.library.open_file(stocked.ids["1"], "print")


async def test_a_mock_up_is_made_once_on_the_colour_that_is_most_like_the_ground(stocked: Stocked) -> None:
    library, trout = stocked.library, stocked.ids["1"]
    made = await library.mock_up(trout)
    assert made.name == "Gone-fishing-shirt-black-front.png"
    with Image.open(made.path) as picture:
        assert picture.size == (1200, 1200)
    assert made.remark == ""
    first = made.path.stat().st_mtime_ns
    assert (await library.mock_up(trout, "shirt", "front", "black")).path.stat().st_mtime_ns == first
    assert (await library.mock_up(trout, "mug", "back", "red")).path != made.path
    for wrong in (("hat",), ("mug", "top"), ("mug", "front", "pink")):
        with pytest.raises(NotConfigured, match="there are"):
            await library.mock_up(trout, *wrong)
    assert products()["poster"]["sides"] == ["front"]


async def test_a_damaged_print_file_is_told_where_it_is_to_be_shown_on_a_product(stocked: Stocked) -> None:
    opened = await stocked.library.open_file(stocked.ids["1"], "print")
    content = opened.path.read_bytes()
    opened.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(Failed, match=r"damaged .*: draw the design again"):
        await stocked.library.mock_up(stocked.ids["1"])


@pytest.mark.parametrize("form", ["folder", "zip", "shopify", "atlas"])
async def test_chosen_designs_are_handed_on_under_names_that_no_two_share(
    stocked: Stocked, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    written = await stocked.library.export(list(stocked.ids.values()), form, out)
    assert all(path.stat().st_size for path in written)
    assert {path.resolve().is_relative_to(out.resolve()) for path in written} == {True}
    if form == "zip":
        with zipfile.ZipFile(written[0]) as packed:
            manifest = json.loads(packed.read("manifest.json"))
    else:
        manifest = json.loads((out / "manifest.json").read_text())
    names = [each["name"] for each in manifest["designs"]]
    assert len(set(names)) == 4
    assert any(name.startswith("Gone-fishing-") for name in names)


async def test_what_cannot_be_handed_on_is_said(stocked: Stocked, tmp_path: Path) -> None:
    library = stocked.library
    for chosen, form in (([], "zip"), ([stocked.ids["1"]] * 501, "zip"), ([stocked.ids["1"]], "psd")):
        with pytest.raises(BadBatch):
            await library.export(chosen, form, tmp_path)
    with pytest.raises(UnknownDesign):
        await library.export([stocked.ids["1"], new_id()], "folder", tmp_path)


async def test_a_design_of_an_idea_that_waits_to_be_listed_is_ready_to_launch(stocked: Stocked, database: str) -> None:
    assert await stocked.library.ready_to_launch() == []
    with connect(database, "default") as session:
        idea = put_decided(session, status="designed")
    await stocked.rows("UPDATE batch SET idea_id = %s, idea_revision = 1 RETURNING id", idea)
    assert {each["id"] for each in await stocked.library.ready_to_launch()} == set(stocked.ids.values())
    assert [row["id"] for row in (await stocked.library.search(Wanted(idea=idea), most=2)).designs]
    await stocked.rows("UPDATE idea SET status = 'listed' RETURNING id")
    assert await stocked.library.ready_to_launch() == []


async def test_another_tenant_finds_changes_and_opens_nothing(stocked: Stocked, database: str, tmp_path: Path) -> None:
    with owner(database) as admin:
        admin.execute("INSERT INTO tenant (id) VALUES ('other')")
    async with pool(database, "other", 2) as sessions:
        theirs = Library(sessions, "eve", stocked.library.folder)
        assert (await theirs.search()).designs == []
        assert await theirs.duplicates() == []
        trout = stocked.ids["1"]
        for ask in (
            theirs.show(trout), theirs.similar(trout), theirs.delete(trout), theirs.restore(trout),
            theirs.redraw(trout), theirs.set_category(trout, "x"), theirs.add_tags(trout, ["x"]),
            theirs.remove_tag(trout, "bold"), theirs.open_file(trout, "print"), theirs.mock_up(trout),
            theirs.export([trout], "zip", tmp_path),
        ):  # fmt: skip
            with pytest.raises(UnknownDesign):
                await ask


async def test_an_empty_library_answers_everything(database: str, tmp_path: Path) -> None:
    async with pool(database, "default", 2) as sessions:
        library = Library(sessions, "ana", tmp_path)
        assert (await library.search()).designs == await library.duplicates() == await library.ready_to_launch() == []
        with pytest.raises(UnknownDesign, match="designs list"):
            await library.show("0193")
