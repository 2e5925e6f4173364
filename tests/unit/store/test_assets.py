from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from store.assets import Assets


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
