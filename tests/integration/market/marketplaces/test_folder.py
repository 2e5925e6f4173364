"""The folder marketplace on a real disk: what a hostile key, a kill and a full disk do to it."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import ListingGone, MarketDown, MarketRefused
from market.listing import Listing, Standing, pack
from market.marketplaces.folder import FolderMarketplace
from market.marketplaces.shelf import folder_name, name_of
from tests.stalls.stall import Ground, offer, repriced

ROOT = Path(__file__).resolve().parents[4]
KILLED = """
import asyncio, json, os, signal, sys
from pathlib import Path
from market.listing import unpack
from market.marketplaces.folder import FolderMarketplace

listing, files, market = unpack(json.loads(sys.argv[1])), json.loads(sys.argv[2]), FolderMarketplace(Path(sys.argv[3]))
files = {name: Path(path) for name, path in files.items()}
standing = asyncio.run(market.find(listing.key))
WRITES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")

def put(count):
    def hook(event, told):
        nonlocal count
        written = event in WRITES or (event == "open" and told[1] and "w" in str(told[1]))
        if written and sys.argv[3] in str(told[0]):
            count -= 1
            if count < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    market._put(listing, standing, files)

child = os.fork()
if child == 0:
    put(int(sys.argv[4]))
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0)
"""


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    folder = tmp_path / "stall"
    folder.mkdir()
    return Ground(None, folder, lambda: tmp_path)  # type: ignore[arg-type]


@pytest.fixture
def listing(ground: Ground) -> Listing:
    return offer(ground, "folder")


@pytest.fixture
def market(tmp_path: Path) -> FolderMarketplace:
    return FolderMarketplace(tmp_path / "listings")


def all_files(market: FolderMarketplace) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(market.root)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(market.root.rglob("*"))
    }


HOSTILE = (
    "../../etc",
    "..",
    ".",
    "",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "con",
    "A",
    "x" * 300,
    "~" + "0" * 40,
    "é",
    "\ud800",
)


@pytest.mark.parametrize("key", HOSTILE)
async def test_a_hostile_key_is_one_folder_inside_the_root(
    key: str, market: FolderMarketplace, listing: Listing, ground: Ground
) -> None:
    made = replace(listing, key=key.replace("\ud800", "?"))
    await market.put(made, None, ground.files)
    assert [path.parent for path in market.root.iterdir()] == [market.root]
    found = await market.find(made.key)
    assert found is not None and found.shown["title"] == listing.title
    assert {path.name for path in market.root.parent.iterdir()} == {
        "listings",
        "stall",
        *(f"{each}.png" for each in ground.files),
    }


@given(st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_two_keys_never_share_a_folder(keys: list[str]) -> None:
    names = {folder_name(key).casefold() for key in keys}
    assert len(names) == 2
    assert not any(set(name) & set("/\\.:") for name in names)


async def test_what_stands_as_it_should_is_not_written_again(
    market: FolderMarketplace, listing: Listing, ground: Ground
) -> None:
    standing = await market.put(listing, None, ground.files)
    before = all_files(market)
    assert await market.put(listing, standing, ground.files) == standing
    assert all_files(market) == before


async def test_pictures_that_are_not_shown_any_more_go(
    market: FolderMarketplace, listing: Listing, ground: Ground
) -> None:
    standing = await market.put(listing, None, ground.files)
    await market.put(replace(listing, pictures=listing.pictures[1:]), standing, ground.files)
    (folder,) = market.root.iterdir()
    assert len(list(folder.glob("*.png"))) == 1


async def test_a_picture_that_was_deleted_by_hand_comes_back(
    market: FolderMarketplace, listing: Listing, ground: Ground
) -> None:
    standing = await market.put(listing, None, ground.files)
    lost = next(market.root.rglob("*.png"))
    content = lost.read_bytes()
    lost.unlink()
    await market.put(listing, standing, ground.files)
    assert lost.read_bytes() == content


@pytest.mark.parametrize("standing", [False, True])
def test_killed_at_any_write_it_is_a_listing_or_none(
    standing: bool, market: FolderMarketplace, listing: Listing, ground: Ground, tmp_path: Path
) -> None:
    changed = repriced(replace(listing, pictures=listing.pictures[:1]), "Another title", 100)
    files = json.dumps({name: str(path) for name, path in ground.files.items()})
    for writes in range(40):
        market = FolderMarketplace(tmp_path / f"after-{writes}")
        if standing:
            market._put(listing, None, ground.files)
        told = [json.dumps(pack(changed)), files, str(market.root), str(writes)]
        killed = subprocess.run([sys.executable, "-c", KILLED, *told], cwd=ROOT, timeout=60).returncode
        held = market._read(changed.key)
        assert held in ([(listing, "live"), (changed, "live")] if standing else [None, (changed, "live")])
        for picture in held[0].pictures if held else ():
            assert (market.root / changed.key / name_of(picture)).read_bytes()
        market._put(changed, market._find(changed.key), ground.files)
        assert market._read(changed.key) == (changed, "live")
        assert [path.name for path in market.root.iterdir()] == [changed.key]
        if not killed:
            assert writes >= 5
            return
    pytest.fail("it was killed every time")


@pytest.mark.parametrize("standing", [False, True])
async def test_a_full_disk_is_said_plainly_and_leaves_what_stood(
    standing: bool, market: FolderMarketplace, listing: Listing, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    if standing:
        await market.put(listing, None, ground.files)
    before, write = all_files(market) if standing else {}, Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.is_relative_to(market.root):
            write(path, content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(MarketDown, match="the disk is full"):
        await market.put(repriced(listing, "Another", 100), await market.find(listing.key), ground.files)
    assert set(all_files(market)) == set(before)
    found = await market.find(listing.key)
    assert (found.shown["title"] if found else None) == (listing.title if standing else None)


async def test_a_root_that_is_a_file_is_down(market: FolderMarketplace, listing: Listing, ground: Ground) -> None:
    market.root.write_text("not a folder")
    with pytest.raises(MarketDown, match="cannot be written"):
        await market.put(listing, None, ground.files)


async def test_a_picture_that_is_missing_or_another_is_refused_before_anything_is_written(
    market: FolderMarketplace, listing: Listing, ground: Ground
) -> None:
    with pytest.raises(MarketRefused, match=r"navy\.png is not in the library"):
        await market.put(listing, None, {})
    ground.files[listing.pictures[0].sha256].write_bytes(b"something else")
    with pytest.raises(MarketRefused, match=r"navy\.png is not what was approved"):
        await market.put(listing, None, ground.files)
    pictures = (replace(listing.pictures[0], media_type="text/html"),)
    with pytest.raises(MarketRefused, match="text/html"):
        await market.put(replace(listing, pictures=pictures), None, ground.files)
    assert not market.root.exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"listing": {"key": 1}, "state": "live"}', "\0"])
async def test_a_listing_that_was_edited_beyond_reading_names_its_file(
    content: str, market: FolderMarketplace, listing: Listing, ground: Ground
) -> None:
    await market.put(listing, None, ground.files)
    next(market.root.rglob("listing.json")).write_text(content)
    with pytest.raises(MarketRefused, match=r"listing\.json was changed"):
        await market.find(listing.key)


async def test_what_is_ended_must_be_a_folder_of_its_own(market: FolderMarketplace, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    for native_id in ("../outside", "", ".", "no-such-key"):
        with pytest.raises(ListingGone):
            await market.end(Standing(native_id, "live"))
