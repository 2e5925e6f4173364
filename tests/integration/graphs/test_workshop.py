"""Workshop: rows of batches through the graph, in real processes, on a real database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from psycopg_pool import AsyncConnectionPool

from graphs import workshop as workshops
from graphs.batches import Batches
from graphs.produce import Plan
from graphs.saver import open_saver
from graphs.workshop import Workshop
from store.assets import Assets
from store.batches import put_brand
from store.decisions import every
from store.postgres import pool
from studio.drawing import Row

PLAN = Plan(width=64, height=80, timeout_s=60.0)


@dataclass
class Studio:
    """A workshop that draws plainly, and what it drew."""

    batches: Batches
    shop: Workshop
    sessions: AsyncConnectionPool[Any]

    async def draw(self, *texts: str, plan: Plan = PLAN, stay: bool = True, **changes: Any) -> UUID:
        begun = await self.batches.begin(rows(texts), "spring", plan=plan, **changes)
        await self.shop.work(begun.id, stay=stay)
        return begun.id

    async def standing(self, batch: UUID) -> dict[str, tuple[str, str | None]]:
        found = await self.batches.show(str(batch))
        return {each["row_id"]: (each["status"], each["reason"]) for each in found["designs"]}

    def together(self) -> list[list[str]]:
        """The rows of each call that drew several, or might have."""
        log = self.shop.folder / "together.txt"
        return [line.split() for line in log.read_text().splitlines()] if log.exists() else []

    def drawn(self) -> Counter[str]:
        log = self.shop.folder / "drawn.txt"
        return Counter(log.read_text().splitlines()) if log.exists() else Counter()


def rows(texts: Sequence[str]) -> list[Row]:
    return [Row(str(at), text) for at, text in enumerate(texts, 1)]


@pytest.fixture
async def studio(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setattr(workshops, "PAUSES_S", (0.1, 0.2, 0.3))
    monkeypatch.setattr(workshops, "BEAT_S", 0.2)
    async with pool(database, "default", 6) as sessions, open_saver(database, "default") as saver:
        yield Studio(
            Batches(sessions, "me", tmp_path),
            Workshop(
                sessions, saver, "default", "me", tmp_path, places=2, fire="tests.kilns:fire",
                fire_all="tests.kilns:fire_all", version="tests.kilns:version_of", at_once="tests.kilns:at_once_of",
                hold_s=0.5,
            ),
            sessions,
        )  # fmt: skip


async def test_a_batch_is_drawn_filed_and_over(studio):
    batch = await studio.draw("moss", "fern", "oak")
    found = await studio.batches.show(str(batch))
    assert (found["status"], found["done"], found["dead"]) == ("finished", 3, 0)
    drawn = await studio.batches.files(found["designs"][0]["id"])
    assert Assets(studio.batches.folder).path(drawn["files"][0]["sha256"]).exists()


async def test_a_finished_batch_begun_again_draws_nothing_and_neither_does_another_with_the_same_briefs(studio):
    await studio.draw("moss", "fern")
    before = studio.drawn()
    await studio.draw("moss", "fern")
    other = await studio.draw("moss", "fern", plan=replace(PLAN, timeout_s=61.0))
    assert studio.drawn() == before
    assert await studio.standing(other) == {"1": ("done", None), "2": ("done", None)}


async def test_one_that_hangs_is_a_dead_letter_and_the_batch_goes_on(studio):
    batch = await studio.draw("hang", "moss", plan=replace(PLAN, timeout_s=5.0))
    assert await studio.standing(batch) == {"1": ("dead", "timeout"), "2": ("done", None)}


async def test_noise_a_full_disk_and_what_may_not_be_shown_are_dead_letters_with_their_reasons(studio):
    batch = await studio.draw("noise", "full", "unsafe", "moss")
    reasons = {"1": ("dead", "artefacts"), "2": ("dead", "disk"), "3": ("dead", "unsafe"), "4": ("done", None)}
    assert await studio.standing(batch) == reasons


async def test_what_misses_the_style_is_refined_until_it_passes_each_attempt_kept_with_its_scores(studio):
    batch = await studio.draw("miss twice", "miss")
    assert await studio.standing(batch) == {"1": ("done", None), "2": ("dead", "style")}
    async with studio.sessions.connection() as connection:
        kept = await every(
            connection,
            "SELECT d.row_id, a.nth, a.passed, (a.checked #>> '{likeness,overall}')::float8 AS overall "
            "FROM attempt a JOIN design d ON d.id = a.design_id ORDER BY d.row_id, a.nth",
        )
    assert [(each["nth"], each["passed"], each["overall"]) for each in kept if each["row_id"] == "1"] == [
        (0, False, 0.5),
        (1, False, 0.5),
        (2, True, 0.9),
    ]
    assert [each["nth"] for each in kept if each["row_id"] == "2"] == [0, 1, 2, 3]


async def test_a_process_that_dies_once_costs_a_retry_and_one_that_always_does_a_dead_letter(studio):
    batch = await studio.draw("die once", "die", "moss")
    found = await studio.batches.show(str(batch))
    told = {each["row_id"]: (each["status"], each["reason"], each["retries"]) for each in found["designs"]}
    assert told == {"1": ("done", None, 1), "2": ("dead", "renderer", 3), "3": ("done", None, 0)}


async def test_a_renderer_that_is_down_leaves_the_queue_standing_and_says_so(studio):
    begun = await studio.batches.begin(rows(["down"]), "spring", plan=PLAN)
    for _ in range(4):
        await studio.shop.work(begun.id)
        await asyncio.sleep(0.35)
    found = await studio.batches.show("spring")
    assert (found["status"], found["waiting"], found["dead"]) == ("running", 1, 0)
    assert "no device" in found["waits_for"]


async def test_a_renderer_that_comes_back_is_taken_up_again(studio):
    batch = await studio.draw("down once")
    assert await studio.standing(batch) == {"1": ("done", None)}
    assert (await studio.batches.show("spring"))["waits_for"] == ""


async def test_where_the_batch_allows_it_another_renderer_takes_over(studio):
    batch = await studio.draw("down", plan=replace(PLAN, fallback="sdxl"))
    assert await studio.standing(batch) == {"1": ("done", None)}
    assert set(studio.drawn()) == {"1 typographic 0", "1 sdxl 0"}


async def test_a_renderer_without_a_key_is_a_dead_letter_that_names_it_or_falls_back(studio):
    batch = await studio.draw("moss", plan=replace(PLAN, renderer="openai"))
    [row] = (await studio.batches.show(str(batch)))["designs"]
    assert (row["reason"], row["error"]) == ("renderer", "openai has no key")
    batch = await studio.draw("moss", plan=replace(PLAN, renderer="openai", fallback="typographic"))
    assert await studio.standing(batch) == {"1": ("done", None)}


async def test_pause_stops_at_the_rows_under_way_and_resume_goes_on(studio):
    studio.shop.fire = "tests.kilns:slow_fire"
    begun = await studio.batches.begin(rows([f"fern {n}" for n in range(12)]), "spring", plan=PLAN)
    work = asyncio.create_task(studio.shop.work(begun.id, stay=True))
    await until(studio, lambda found: found["done"] >= 1)
    await studio.batches.pause("spring", "lunch")
    await until(studio, lambda found: found["drawing"] == 0)
    paused = await studio.batches.show("spring")
    assert 0 < paused["done"] < 12
    await asyncio.sleep(0.4)
    assert (await studio.batches.show("spring"))["done"] == paused["done"]
    await studio.batches.resume("spring")
    await asyncio.wait_for(work, 30)
    assert (await studio.batches.show("spring"))["done"] == 12


async def test_cancel_ends_what_is_being_drawn_and_gives_up_the_rest(studio):
    begun = await studio.batches.begin(rows(["hang", "hang", "moss"]), "spring", plan=PLAN)
    work = asyncio.create_task(studio.shop.work(begun.id, stay=True))
    await until(studio, lambda found: found["drawing"] == 2)
    await studio.batches.cancel("spring", "wrong file")
    await asyncio.wait_for(work, 10)
    found = await studio.batches.show("spring")
    assert (found["status"], found["cancelled"], found["drawing"]) == ("cancelled", 3, 0)


async def test_dead_letters_are_retried_one_or_all_while_the_others_stay(studio):
    batch = await studio.draw("die", "full", "moss")
    assert await studio.batches.retry("spring", ["2"]) == 1
    assert await studio.batches.retry("spring") == 1
    before = studio.drawn()["3 typographic 0"]
    await studio.shop.work(batch, stay=True)
    assert studio.drawn()["3 typographic 0"] == before == 1
    assert studio.drawn()["2 typographic 0"] == 2


async def test_two_workshops_share_a_batch_and_no_row_is_drawn_by_both(studio, database, tmp_path):
    begun = await studio.batches.begin(rows([f"fern {n}" for n in range(10)]), "spring", plan=PLAN)
    other = replace(studio.shop)
    await asyncio.gather(studio.shop.work(begun.id, stay=True), other.work(begun.id, stay=True))
    assert (await studio.batches.show("spring"))["done"] == 10
    assert set(studio.drawn().values()) == {1}


async def test_rows_of_a_workshop_that_is_stopped_are_free_for_others_at_once(studio):
    begun = await studio.batches.begin(rows(["hang", "hang"]), "spring", plan=PLAN)
    work = asyncio.create_task(studio.shop.work(begun.id, stay=True))
    await until(studio, lambda found: found["drawing"] == 2)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    found = await studio.batches.show("spring")
    assert (found["waiting"], found["drawing"], found["retried"]) == (2, 0, 0)


PICTURES = replace(PLAN, renderer="sdxl")


async def test_rows_of_a_renderer_that_draws_several_together_go_in_one_call_each_with_its_own_files(studio):
    studio.shop.places = 1
    batch = await studio.draw(*(f"fern {n}" for n in range(9)), plan=PICTURES)
    found = await studio.batches.show(str(batch))
    assert (found["done"], found["retried"]) == (9, 0)
    assert len({each["render_key"] for each in found["designs"]}) == 9
    assert set(studio.drawn().values()) == {1}
    assert max(len(call) for call in studio.together()) == 4
    assert len(studio.together()) <= 5


async def test_one_bad_row_of_those_drawn_together_fails_alone(studio):
    studio.shop.places = 1
    texts = ("moss", "full", "die", "fern", "noise", "spoil", "oak")
    batch = await studio.draw(*texts, plan=PICTURES)
    standing = await studio.standing(batch)
    dead = {texts[int(row) - 1]: reason for row, (status, reason) in standing.items() if status == "dead"}
    assert dead == {"full": "disk", "die": "renderer", "noise": "artefacts"}
    assert studio.drawn()["1 sdxl 0"] == studio.drawn()["4 sdxl 0"] == 1


async def test_one_that_hangs_among_those_drawn_together_is_a_dead_letter_alone(studio):
    studio.shop.places = 1
    batch = await studio.draw("moss", "hang", "fern", plan=replace(PICTURES, timeout_s=5.0))
    assert await studio.standing(batch) == {"1": ("done", None), "2": ("dead", "timeout"), "3": ("done", None)}


async def test_rows_drawn_together_that_are_stopped_in_between_are_neither_lost_nor_doubled(studio):
    studio.shop.places = 1
    begun = await studio.batches.begin(rows([f"fern {n}" for n in range(8)]), "spring", plan=PICTURES)
    work = asyncio.create_task(studio.shop.work(begun.id, stay=True))
    await until(studio, lambda found: found["done"] >= 1)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert (await studio.batches.show("spring"))["drawing"] == 0
    await studio.shop.work(begun.id, stay=True)
    found = await studio.batches.show("spring")
    assert (found["done"], found["total"]) == (8, 8)
    assert len({each["render_key"] for each in found["designs"]}) == 8
    assert sum(studio.drawn().values()) <= 9  # one may have been under way


async def test_a_brand_of_an_older_descriptor_is_measured_again_and_its_batch_is_drawn(studio):
    out = BytesIO()
    Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1), 20).save(out, "PNG")
    today = await studio.batches.add_brand("old", [("a.png", out.getvalue())])
    older = {**today["profile"], "version": "1", "looks": [{"palette": [], "parts": {}}]}
    async with studio.sessions.connection() as connection:
        await put_brand(connection, "old", older, today["images"], "me")
    batch = await studio.draw("moss", brand="old")
    assert (await studio.standing(batch))["1"][0] == "done"
    again = await studio.batches.brand("old")
    assert (again["version"], again["profile"]) == (3, today["profile"])


async def test_an_approved_idea_becomes_a_batch_of_one_and_is_designed(studio, connection):
    from tests.decided import put_decided

    idea = put_decided(connection, "fair isle", status="approved")
    [begun] = await studio.batches.begin_approved()
    assert begun.is_new and await studio.batches.begin_approved() == []
    row = connection.execute("SELECT plan FROM batch").fetchone()
    assert row[0]["width"] == 4500
    connection.execute('UPDATE batch SET plan = plan || \'{"width": 64, "height": 80}\'')
    await studio.shop.work()
    assert connection.execute("SELECT status FROM idea WHERE id = %s", [idea]).fetchone() == ("designed",)


async def until(studio: Studio, true: Any) -> None:
    for _ in range(200):
        if true(await studio.batches.show("spring")):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(await studio.batches.show("spring"))
