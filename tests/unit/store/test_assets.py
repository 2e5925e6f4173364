from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from store.assets import TIERS, Assets
from store.errors import Damaged


def test_bytes_lie_under_their_hash_two_folders_deep(tmp_path: Path):
    digest = Assets(tmp_path).put(b"a print")
    assert digest == sha256(b"a print").hexdigest()
    assert (tmp_path / digest[:2] / digest[2:4] / digest).read_bytes() == b"a print"


def test_a_file_that_is_adopted_twice_is_one_file_and_nothing_is_left_beside_it(tmp_path: Path):
    assets = Assets(tmp_path / "assets")
    bench = assets.bench()
    for name in ("one", "two"):
        (bench / name).write_bytes(b"the same")
    digests = {assets.adopt(bench / name) for name in ("one", "two")}
    bench.rmdir()
    assert len(digests) == 1
    assert assets.read(digests.pop()) == b"the same"
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


def test_what_a_killed_process_left_half_made_goes_when_it_is_old_and_what_is_being_made_stays(tmp_path: Path):
    assets = Assets(tmp_path)
    old, young = assets.bench(), assets.bench()
    for bench in (old, young):
        (bench / "print.png").write_bytes(b"half")
    os.utime(old, (0, 0))
    assets.bench()
    assert not old.exists()
    assert (young / "print.png").exists()


def test_what_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Assets(tmp_path).read("0" * 64)


def test_a_receipt_is_found_under_its_key_and_half_a_receipt_is_none(tmp_path: Path):
    assets = Assets(tmp_path)
    assert assets.receipt("ab" * 32) is None
    assets.write_receipt("ab" * 32, {"files": []})
    assert assets.receipt("ab" * 32) == {"files": []}
    next(tmp_path.rglob("*.json")).write_text('{"files": [')
    assert assets.receipt("ab" * 32) is None


ROOT = Path(__file__).resolve().parents[3]
PRINT = b"a print file " * 5000


def tiers_of(assets: Assets, digest: str) -> list[str]:
    """Where copies of a file lie."""
    places = {"hot": assets.path(digest)} | {tier: assets.packed(digest, tier) for tier in TIERS[1:]}
    return [tier for tier, path in places.items() if path.exists()]


def test_a_file_that_is_put_away_takes_less_room_and_comes_back_byte_for_byte(tmp_path: Path):
    assets = Assets(tmp_path)
    digest = assets.put(PRINT)
    assert assets.put_away(digest, "archive") == len(PRINT)
    assert tiers_of(assets, digest) == ["archive"]
    assert assets.packed(digest, "archive").stat().st_size < len(PRINT) / 10
    assert assets.has(digest)
    path, brought_back = assets.fetch(digest)
    assert (path.read_bytes(), brought_back) == (PRINT, True)
    assert assets.fetch(digest) == (path, False)


def test_what_came_back_goes_away_again_and_from_the_archive_into_the_cold(tmp_path: Path):
    assets = Assets(tmp_path)
    digest = assets.put(PRINT)
    assets.put_away(digest, "archive")
    assets.fetch(digest)
    assets.put_away(digest, "archive")
    assert tiers_of(assets, digest) == ["archive"]
    assets.put_away(digest, "cold")
    assert tiers_of(assets, digest) == ["cold"]
    assert assets.put_away(digest, "cold") == 0
    assert assets.fetch(digest)[0].read_bytes() == PRINT


def test_a_file_goes_into_the_cold_at_once_and_half_a_copy_there_counts_for_nothing(tmp_path: Path):
    assets = Assets(tmp_path)
    digest = assets.put(PRINT)
    half = assets.packed(digest, "cold")
    half.parent.mkdir(parents=True)
    half.write_bytes(b"\xfd7zXZ\x00 torn")
    assets.put_away(digest, "cold")
    assert tiers_of(assets, digest) == ["cold"]
    assert assets.fetch(digest)[0].read_bytes() == PRINT


def test_a_file_that_is_not_what_was_filed_stays_where_it_is(tmp_path: Path):
    assets = Assets(tmp_path)
    digest = assets.put(PRINT)
    assets.path(digest).write_bytes(b"painted over")
    with pytest.raises(Damaged, match="not what was filed"):
        assets.put_away(digest, "archive")
    assert tiers_of(assets, digest) == ["hot"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [digest]


def test_a_packed_file_that_is_damaged_is_not_brought_back(tmp_path: Path):
    assets = Assets(tmp_path)
    digest = assets.put(PRINT)
    assets.put_away(digest, "archive")
    packed = assets.packed(digest, "archive")
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(Damaged):
        assets.fetch(digest)
    assert tiers_of(assets, digest) == ["archive"]


def test_what_is_kept_nowhere_is_said(tmp_path: Path):
    assets = Assets(tmp_path)
    assert not assets.has("0" * 64)
    for ask in (assets.fetch, lambda digest: assets.put_away(digest, "cold")):
        with pytest.raises(FileNotFoundError, match="no tier"):
            ask("0" * 64)


def test_the_cold_may_be_a_link_to_another_disk(tmp_path: Path):
    assets = Assets(tmp_path / "assets")
    digest = assets.put(PRINT)
    (tmp_path / "slow").mkdir()
    (tmp_path / "assets" / "cold").symlink_to(tmp_path / "slow")
    assets.put_away(digest, "cold")
    assert [path.name for path in (tmp_path / "slow").rglob("*.xz")] == [f"{digest}.xz"]
    assert assets.fetch(digest)[0].read_bytes() == PRINT


MOVES = """
import sys
from pathlib import Path
from store.assets import Assets
assets, digest = Assets(Path(sys.argv[1])), sys.argv[2]
print("at it", flush=True)
while True:
    for tier in ("archive", "cold"):
        assets.put_away(digest, tier)
        assets.fetch(digest)
"""


def test_a_file_outlives_whoever_is_killed_while_moving_it_and_two_that_move_it_at_once(tmp_path: Path):
    assets, content = Assets(tmp_path), random.Random(7).randbytes(400_000)
    digest = assets.put(content)
    for nth in range(6):
        command = [sys.executable, "-c", MOVES, str(tmp_path), digest]
        movers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in "ab"]
        for mover in movers:
            assert mover.stdout is not None
            mover.stdout.readline()
        time.sleep(0.05 + 0.03 * nth)
        for mover in movers:
            mover.kill()
            mover.communicate()
        assert assets.fetch(digest)[0].read_bytes() == content
