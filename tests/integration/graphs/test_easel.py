"""Easel: one row drawn by its id, in real processes, on a real database, beside workers of the queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from psycopg_pool import AsyncConnectionPool

from graphs import easel as easels
from graphs.batches import Batches
from graphs.easel import Easel
from graphs.kiln import Kiln
from graphs.produce import Plan
from graphs.saver import open_saver
from graphs.workshop import Workshop
from store import designs
from store.decisions import every
from store.designs import Lost
from store.gallery import UnknownDesign
from store.ids import new_id
from store.postgres import pool
from studio.drawing import Row

PLAN = Plan(width=64, height=80, timeout_s=60.0)


@dataclass
class Studio:
    batches: Batches
    shop: Workshop
    easel: Easel
    sessions: AsyncConnectionPool[Any]

    async def begin(self, *texts: str) -> list[UUID]:
        """The designs of a batch that waits."""
        rows = [Row(str(at), text) for at, text in enumerate(texts, 1)]
        begun = await self.batches.begin(rows, "spring", plan=PLAN)
        return [row["id"] for row in await self.batches.rows(begun.id)]

    async def standing(self, design: UUID) -> tuple[str, str | None]:
        async with self.sessions.connection() as session:
            [row] = await every(session, "SELECT status, reason FROM design WHERE id = %s", design)
        return row["status"], row["reason"]

    async def until_drawing(self, design: UUID) -> None:
        async with asyncio.timeout(20):
            while (await self.standing(design))[0] != "drawing":  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.02)

    async def actors(self, design: UUID) -> list[tuple[str, str]]:
        query = "SELECT to_status, actor FROM event WHERE subject = 'design' AND subject_id = %s ORDER BY id"
        async with self.sessions.connection() as session:
            return [(row["to_status"], row["actor"]) for row in await every(session, query, str(design))]

    def drawn(self) -> list[str]:
        log = self.shop.folder / "drawn.txt"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
async def studio(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setattr(easels, "BEAT_S", 0.2)
    async with (
        pool(database, "default", 6) as sessions,
        open_saver(database, "default") as saver,
        Kiln(1) as kiln,
    ):
        shop = Workshop(
            sessions, saver, "default", "me", tmp_path, places=1, fire="tests.kilns:fire",
            version="tests.kilns:version_of",
        )  # fmt: skip
        yield Studio(Batches(sessions, "me", tmp_path), shop, Easel(shop, kiln), sessions)


async def test_a_row_is_taken_drawn_and_filed_for_whoever_asks_and_its_batch_is_over(studio: Studio) -> None:
    [moss] = await studio.begin("moss")
    await studio.easel.draw(moss, "ben")
    assert await studio.standing(moss) == ("done", None)
    assert await studio.actors(moss) == [("drawing", "ben"), ("done", "ben")]
    async with studio.sessions.connection() as session:
        [batch] = await every(session, "SELECT status FROM batch")
        [taken] = await every(session, "SELECT takes FROM design")
    assert (batch["status"], taken["takes"]) == ("finished", 1)


async def test_what_misses_for_good_is_a_dead_letter(studio: Studio) -> None:
    [noise] = await studio.begin("noise")
    await studio.easel.draw(noise, "ben")
    assert await studio.standing(noise) == ("dead", "artefacts")


async def test_what_is_over_or_unknown_is_not_taken_and_nothing_is_drawn(studio: Studio) -> None:
    [moss] = await studio.begin("moss")
    await studio.easel.draw(moss, "ben")
    with pytest.raises(Lost, match="it is done; retry its row"):
        await studio.easel.draw(moss, "ben")
    with pytest.raises(UnknownDesign):
        await studio.easel.draw(new_id(), "ben")
    assert len(studio.drawn()) == 1


async def test_what_a_worker_draws_is_not_taken_and_what_is_taken_no_worker_draws(studio: Studio) -> None:
    [moss] = await studio.begin("moss")
    async with studio.sessions.connection() as session:
        worker = new_id()
        await designs.take(session, worker, "me", 1)
    with pytest.raises(Lost, match="a worker draws it just now"):
        await studio.easel.draw(moss, "ben")
    assert await studio.standing(moss) == ("drawing", None)
    async with studio.sessions.connection() as session:
        await designs.put_back(session, worker, moss, "me", "", 0.0)
    drawing = asyncio.create_task(studio.easel.draw(moss, "ben"))
    await studio.until_drawing(moss)
    async with studio.sessions.connection() as session:
        assert await designs.take(session, new_id(), "me", 1) == []
    await drawing
    assert len(studio.drawn()) == 1


async def test_a_row_of_a_paused_batch_is_a_person_s_to_draw_and_a_cancelled_one_nobody_s(studio: Studio) -> None:
    [moss, fern] = await studio.begin("moss", "fern")
    batch = (await studio.easel.place(moss))["batch_id"]
    await studio.batches.pause(batch)
    await studio.easel.draw(moss, "ben")
    assert (await studio.standing(moss))[0] == "done"
    await studio.batches.cancel(batch)
    with pytest.raises(Lost, match="it is cancelled"):
        await studio.easel.draw(fern, "ben")


async def test_a_node_that_fails_gives_the_row_back_at_once(studio: Studio) -> None:
    [down] = await studio.begin("down once")
    with pytest.raises(Exception, match="no device"):
        await studio.easel.draw(down, "ben")
    assert await studio.standing(down) == ("waiting", None)
    await studio.easel.draw(down, "ben")
    assert await studio.standing(down) == ("done", None)


async def test_what_is_cancelled_while_it_is_drawn_is_stopped(studio: Studio) -> None:
    [hang] = await studio.begin("hang")
    drawing = asyncio.create_task(studio.easel.draw(hang, "ben"))
    await studio.until_drawing(hang)
    await asyncio.sleep(1)
    await studio.batches.cancel((await studio.easel.place(hang))["batch_id"])
    with pytest.raises(Lost, match="was cancelled"):
        await asyncio.wait_for(drawing, 10)
    assert (await studio.standing(hang))[0] == "cancelled"


async def test_a_thread_that_rests_holds_nothing_and_going_on_with_it_says_who_was_faster(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.taking.LEASE_S", 0.3)
    [moss] = await studio.begin("moss")
    graph = studio.easel.graph.copy(update={"checkpointer": InMemorySaver()})
    config: Any = {"configurable": {"thread_id": str(new_id())}}
    await graph.ainvoke({"design_id": str(moss)}, config, interrupt_before=["file"])
    await asyncio.sleep(0.5)
    assert await studio.shop.work() == 1
    with pytest.raises(Lost, match="it is done"):
        await graph.ainvoke(None, config)
    [before] = [each async for each in graph.aget_state_history(config) if each.next == ("draw",)]
    with pytest.raises(Lost, match="it is done"):
        await graph.ainvoke(None, before.config)
    assert (len(studio.drawn()), (await studio.actors(moss))[-1]) == (1, ("done", "me"))


async def test_two_threads_do_not_draw_one_row(studio: Studio) -> None:
    [moss] = await studio.begin("moss")
    graph = studio.easel.graph.copy(update={"checkpointer": InMemorySaver()})
    runs = [graph.ainvoke({"design_id": str(moss)}, {"configurable": {"thread_id": str(new_id())}}) for _ in range(3)]
    ended = await asyncio.gather(*runs, return_exceptions=True)
    assert sum(isinstance(each, Lost) for each in ended) == 2
    assert ((await studio.standing(moss))[0], len(studio.drawn())) == ("done", 1)


async def test_files_that_somebody_wrote_into_a_state_are_not_filed(studio: Studio) -> None:
    [moss] = await studio.begin("moss")
    graph = studio.easel.graph.copy(update={"checkpointer": InMemorySaver()})
    config: Any = {"configurable": {"thread_id": str(new_id())}}
    state = await graph.ainvoke({"design_id": str(moss)}, config, interrupt_before=["file"])
    theirs = [{"kind": "print", "sha256": "f" * 64, "media_type": "image/png", "bytes": 3}]
    await graph.aupdate_state(config, {"fired": {**state["fired"], "files": theirs}}, as_node="judge")
    with pytest.raises(Lost, match="not the files that were drawn"):
        await graph.ainvoke(None, config)
    async with studio.sessions.connection() as session:
        assert await every(session, "SELECT sha256 FROM asset WHERE sha256 = %s", "f" * 64) == []


@pytest.mark.parametrize("given", ["", "x", "'; DROP TABLE design; --"])
async def test_what_is_no_id_is_no_design(studio: Studio, given: str) -> None:
    graph = studio.easel.graph.copy(update={"checkpointer": InMemorySaver()})
    with pytest.raises(UnknownDesign):
        await graph.ainvoke({"design_id": given}, {"configurable": {"thread_id": str(new_id())}})
