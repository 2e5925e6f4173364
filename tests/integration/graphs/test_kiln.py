from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graphs.kiln import Died, Kiln
from studio.errors import Failed, RendererDown

ROOT = Path(__file__).resolve().parents[3]


async def test_what_another_process_did_comes_back():
    async with Kiln(1) as kiln:
        assert await kiln.burn("tests.kilns:double", 21) == 42
        assert await kiln.burn("tests.kilns:own_id", None) == kiln.pids[0] != os.getpid()


async def test_one_that_hangs_is_killed_in_time_and_the_next_piece_of_work_goes_through():
    async with Kiln(1, timeout_s=0.5) as kiln:
        await kiln.burn("tests.kilns:double", 1, timeout_s=30)
        began = time.monotonic()
        with pytest.raises(Failed, match="not drawn in") as failed:
            await kiln.burn("tests.kilns:hang", 60.0)
        assert failed.value.reason == "timeout"
        assert time.monotonic() - began < 30
        assert await kiln.burn("tests.kilns:double", 2, timeout_s=30) == 4


async def test_one_that_dies_says_so_and_another_takes_its_place():
    async with Kiln(1) as kiln:
        with pytest.raises(Died):
            await kiln.burn("tests.kilns:die", 9)
        assert await kiln.burn("tests.kilns:double", 2) == 4


async def test_errors_of_the_studio_come_through_and_any_other_is_a_failure_of_the_renderer():
    async with Kiln(1) as kiln:
        with pytest.raises(Failed, match="no such face") as failed:
            await kiln.burn("tests.kilns:refuse", "no such face")
        assert failed.value.reason == "text"
        with pytest.raises(RendererDown, match="no device"):
            await kiln.burn("tests.kilns:be_down", "no device")
        with pytest.raises(Failed, match="ZeroDivisionError: by nothing") as broken:
            await kiln.burn("tests.kilns:break_down", "by nothing")
        assert broken.value.reason == "renderer"


async def test_two_processes_work_at_the_same_time():
    async with Kiln(2) as kiln:
        await asyncio.gather(*(kiln.burn("tests.kilns:hang", 0.3) for _ in range(2)))
        spells = await asyncio.gather(*(kiln.burn("tests.kilns:spell", 1.0) for _ in range(2)))
        assert max(began for began, _ in spells) < min(ended for _, ended in spells)


async def test_work_that_nobody_waits_for_any_more_is_ended_with_its_process():
    async with Kiln(1) as kiln:
        first = await kiln.burn("tests.kilns:own_id", None)
        work = asyncio.create_task(kiln.burn("tests.kilns:hang", 60.0))
        await asyncio.sleep(0.2)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert await kiln.burn("tests.kilns:own_id", None) != first


def test_the_processes_end_with_the_one_that_was_killed():
    script = (
        "import asyncio, os, sys\n"
        "from graphs.kiln import Kiln\n"
        "async def main():\n"
        "    async with Kiln(1) as kiln:\n"
        "        print(await kiln.burn('tests.kilns:own_id', None), flush=True)\n"
        "        await kiln.burn('tests.kilns:hang', 60.0)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().rsplit(")")[1][:3]:
            return
        time.sleep(0.05)
    raise AssertionError(f"process {child} outlived its parent")
