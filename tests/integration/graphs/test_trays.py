"""Trays: what is drawn together in one process, and what each row has of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graphs.firing import Order, fire, fire_all
from graphs.kiln import Kiln, taken
from graphs.trays import Trays
from studio.brief import brief_of
from studio.drawing import Row, Size
from studio.errors import Failed
from studio.house import HOUSE


@pytest.fixture
async def trays() -> AsyncIterator[Trays]:
    async with Kiln(1, timeout_s=30.0) as kiln:
        yield Trays(kiln, "tests.kilns:fire", "tests.kilns:fire_all")


def order(folder: Path, text: str, renderer: str = "sdxl", side: int = 64) -> Order:
    key = f"{text.replace(' ', '')}{side}".ljust(64, "0")
    return Order(brief_of(Row(text, text), HOUSE, Size(side, side)), renderer, key, str(folder))


def calls(folder: Path) -> list[str]:
    return (folder / "together.txt").read_text().splitlines()


async def test_briefs_of_another_size_are_not_drawn_together(trays, tmp_path):
    orders = [order(tmp_path, "moss"), order(tmp_path, "fern"), order(tmp_path, "oak", side=80)]
    fired = await asyncio.gather(*(trays.fire(each, 4, 30.0) for each in orders))
    assert [each["key"] for each in fired] == [each.key for each in orders]
    assert calls(tmp_path) == ["fern moss", "oak"]


async def test_no_more_go_together_than_the_renderer_takes(trays, tmp_path):
    orders = [order(tmp_path, f"fern{n}") for n in range(5)]
    await asyncio.gather(*(trays.fire(each, 2, 30.0) for each in orders))
    assert sorted(len(call.split()) for call in calls(tmp_path)) == [1, 2, 2]


async def test_one_that_is_cancelled_takes_no_other_with_it(trays, tmp_path):
    work = [asyncio.create_task(trays.fire(order(tmp_path, each), 4, 30.0)) for each in ("moss", "fern", "oak")]
    await asyncio.sleep(0.05)
    work[0].cancel()
    gone, *others = await asyncio.gather(*work, return_exceptions=True)
    assert isinstance(gone, asyncio.CancelledError)
    assert [each["passed"] for each in others] == [True, True]
    assert calls(tmp_path) == ["fern oak"]


async def test_when_nobody_waits_for_a_tray_any_more_its_process_is_ended(trays, tmp_path):
    before = await trays.kiln.burn("tests.kilns:own_id", None)
    work = [asyncio.create_task(trays.fire(order(tmp_path, each), 4, 30.0)) for each in ("moss", "hang")]
    await asyncio.sleep(2.0)
    assert calls(tmp_path) == ["hang moss"]
    for each in work:
        each.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    assert await trays.kiln.burn("tests.kilns:own_id", None) != before


async def test_one_alone_that_hangs_is_not_begun_again(trays, tmp_path):
    with pytest.raises(Failed, match="not drawn in 8 s"):
        await trays.fire(order(tmp_path, "hang"), 4, 8.0)
    assert (tmp_path / "drawn.txt").read_text().splitlines() == ["hang sdxl 0"]


def test_drawn_together_or_alone_the_files_are_the_same_and_a_row_that_fails_has_its_own_reason(tmp_path):
    texts = ("Moss first", "\U00013080\U00013081", "Fern second")
    alone, together = tmp_path / "alone", tmp_path / "together"
    answers = fire_all([order(together, text, "typographic", 300) for text in texts])
    assert [answer[0] for answer in answers] == ["done", "Failed", "done"]
    for text, answer in zip((texts[0], texts[2]), (answers[0], answers[2]), strict=True):
        fired = fire(order(alone, text, "typographic", 300))
        assert fired["files"] == taken(*answer)["files"]
    assert all(not answer[1]["drawn"] for answer in fire_all([order(together, texts[0], "typographic", 300)]))
