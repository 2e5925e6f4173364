"""What goes wrong under a batch that is really drawn: the renderer hangs or gives noise, the disk is full."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from graphs.batches import Batches
from graphs.produce import Plan
from graphs.saver import open_saver
from graphs.workshop import Workshop
from store.postgres import pool
from studio.drawing import Row

PLAN = Plan(width=450, height=540, timeout_s=60.0)


@pytest.fixture
async def sessions(database: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with pool(database, "default", 6) as opened:
        yield opened


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of our own of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    told = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)], capture_output=True, text=True)
    if told.returncode:
        pytest.skip(f"no disk of our own can be made here: {told.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def drawn(
    sessions: AsyncConnectionPool[Any], database: str, folder: Path, fire: str, texts: list[str], plan: Plan = PLAN
) -> tuple[Batches, str]:
    """A batch of these texts, worked off by two processes; its id."""
    batches = Batches(sessions, "me", folder)
    async with open_saver(database, "default") as saver:
        shop = Workshop(sessions, saver, "default", "me", folder, places=2, fire=fire)
        begun = await batches.begin([Row(str(at), text) for at, text in enumerate(texts, 1)], "spring", plan=plan)
        await shop.work(begun.id, stay=True)
    return batches, str(begun.id)


async def standing(batches: Batches, batch: str) -> list[tuple[str, str | None]]:
    found = await batches.show(batch)
    return [(each["status"], each["reason"]) for each in sorted(found["designs"], key=lambda each: each["row_id"])]


async def test_a_renderer_that_hangs_and_one_that_gives_noise_cost_their_own_rows_alone(sessions, database, tmp_path):
    texts, plan = ["It hangs", "It is noise", "Moss for ever"], Plan(width=450, height=540, timeout_s=10.0)
    batches, batch = await drawn(sessions, database, tmp_path, "tests.kilns:fire_moodily", texts, plan)
    assert await standing(batches, batch) == [("dead", "timeout"), ("dead", "artefacts"), ("done", None)]
    assert not list((tmp_path / "under way").glob("*/*.png"))


async def test_a_disk_that_is_full_makes_dead_letters_and_what_was_dead_is_drawn_when_there_is_room(
    sessions, database, small_disk
):
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 24_000))
    texts = ["Moss for ever", "Ferns first", "Oak and ash"]
    batches, batch = await drawn(sessions, database, small_disk, "graphs.firing:fire", texts)
    assert await standing(batches, batch) == [("dead", "disk")] * 3
    assert [path for path in small_disk.rglob("*") if path.is_file()] == [filler]
    filler.unlink()
    assert await batches.retry(batch) == 3
    await drawn(sessions, database, small_disk, "graphs.firing:fire", texts)
    assert await standing(batches, batch) == [("done", None)] * 3
