"""Designs that nobody uses are put away in time, stay found, and come back whole; nothing is ever lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graphs.ageing import Ageing, link_cold
from graphs.library import Library
from graphs.workshop import Rows
from store.assets import TIERS
from store.gallery import Wanted
from store.postgres import connect, owner, pool
from studio.errors import Failed
from tests.decided import put_decided
from tests.stocked import Stocked, stock

DAY = timedelta(days=1)


@pytest.fixture
async def stocked(database: str, tmp_path: Path) -> AsyncIterator[Stocked]:
    async with stock(database, tmp_path / "assets") as made:
        yield made


@pytest.fixture
def ageing(stocked: Stocked) -> Ageing:
    return Ageing(stocked.sessions, "worker", stocked.library.folder)


def now_in(days: int) -> datetime:
    return datetime.now(UTC) + days * DAY


async def tiers(stocked: Stocked) -> dict[str, str]:
    """The tier of each design by its row, and whether every file lies where its tier says is checked beside."""
    assets = stocked.library.assets
    for file in await stocked.rows("SELECT sha256, tier FROM asset"):
        place = assets.path(file["sha256"]) if file["tier"] == "hot" else assets.packed(file["sha256"], file["tier"])
        assert place.exists(), file
    return {row["row_id"]: row["tier"] for row in await stocked.rows("SELECT row_id, tier FROM design")}


async def test_a_design_ages_by_the_days_since_it_was_finished_or_used(stocked: Stocked, ageing: Ageing) -> None:
    assert await ageing.turn(now_in(89)) == {}
    await stocked.rows("UPDATE design SET used_at = now() + interval '30 days' WHERE row_id = '1' RETURNING id")
    told = await ageing.turn(now_in(91))
    assert (told["archive"], told["files"]) == (3, 6)
    assert await tiers(stocked) == {"1": "hot", "2": "archive", "3": "archive", "4": "archive"}
    assert await ageing.turn(now_in(91)) == {}
    assert (await ageing.turn(now_in(366)))["cold"] == 3
    assert await tiers(stocked) == {"1": "archive", "2": "cold", "3": "cold", "4": "cold"}


async def test_what_is_put_away_is_found_and_looked_at_and_comes_back_when_it_is_opened(
    stocked: Stocked, ageing: Ageing, tmp_path: Path
) -> None:
    library, trout = stocked.library, stocked.ids["1"]
    before = (await library.open_file(trout, "press")).path.read_bytes()
    await ageing.turn(now_in(800))
    assert trout in {row["id"] for row in (await library.search(Wanted(tier="cold"))).designs}
    assert (await library.open_file(trout, "thumb")).was == "hot"
    assert (await library.show(trout))["tier"] == "cold"
    opened = await library.open_file(trout, "press")
    assert (opened.was, opened.path.read_bytes()) == ("cold", before)
    assert (await library.show(trout))["tier"] == "hot"
    assert ("brought back", "press opened; it was in the cold") in await stocked.events("1")
    await library.export(list(stocked.ids.values()), "zip", tmp_path / "out")
    assert set((await tiers(stocked)).values()) == {"hot"}


async def test_a_mock_up_of_what_was_put_away_is_made_anew(stocked: Stocked, ageing: Ageing) -> None:
    first = await stocked.library.mock_up(stocked.ids["1"])
    await ageing.turn(now_in(120))
    assert not first.path.exists()
    assert (await stocked.library.mock_up(stocked.ids["1"])).path.exists()


async def test_a_file_stays_at_hand_for_the_sake_of_one_design_that_is_used(stocked: Stocked, ageing: Ageing) -> None:
    query = "UPDATE design SET render_key = (SELECT render_key FROM design WHERE row_id = '2') WHERE row_id = '3'"
    twin = await stocked.rows(f"{query} RETURNING id")
    await stocked.rows("UPDATE design SET used_at = now() + interval '90 days' WHERE row_id = '2' RETURNING id")
    await ageing.turn(now_in(100))
    found = await stocked.library.show(twin[0]["id"])
    assert (found["tier"], found["files"]["print"]["tier"]) == ("archive", "hot")


async def test_what_is_on_sale_does_not_age(stocked: Stocked, ageing: Ageing, database: str) -> None:
    with connect(database, "default") as session:
        idea = put_decided(session, status="live")
    await stocked.rows("UPDATE batch SET idea_id = %s, idea_revision = 1 RETURNING id", idea)
    assert await ageing.turn(now_in(1000)) == {}


async def test_a_turn_that_was_killed_between_design_and_file_is_gone_on_with(stocked: Stocked, ageing: Ageing) -> None:
    assert (await ageing.turn(now_in(100), budget_s=-1.0)) == {"archive": 4}
    assert set((await tiers(stocked)).values()) == {"archive"}
    assert (await ageing.turn(now_in(100)))["files"] == 8
    assert (await ageing.turn(now_in(100))) == {}


async def test_a_file_that_was_put_away_by_a_process_that_died_before_it_said_so_is_not_lost(
    stocked: Stocked, ageing: Ageing
) -> None:
    assets, digest = stocked.library.assets, (await stocked.library.show(stocked.ids["1"]))["files"]["print"]["sha256"]
    before = assets.read(digest)
    assets.put_away(digest, "archive")
    opened = await stocked.library.open_file(stocked.ids["1"], "print")
    assert opened.path.read_bytes() == before
    await ageing.turn(now_in(100))
    assert (await stocked.library.open_file(stocked.ids["1"], "print")).was == "archive"


async def test_a_damaged_file_stays_where_it_is_and_the_others_go(
    stocked: Stocked, ageing: Ageing, caplog: pytest.LogCaptureFixture
) -> None:
    digest = (await stocked.library.show(stocked.ids["1"]))["files"]["print"]["sha256"]
    stocked.library.assets.path(digest).write_bytes(b"painted over")
    assert (await ageing.turn(now_in(100)))["files"] == 7
    assert "not what was filed" in caplog.text
    assert stocked.library.assets.path(digest).exists()


async def test_a_packed_file_that_is_damaged_is_said_when_it_is_opened(stocked: Stocked, ageing: Ageing) -> None:
    digest = (await stocked.library.show(stocked.ids["1"]))["files"]["print"]["sha256"]
    await ageing.turn(now_in(100))
    stocked.library.assets.packed(digest, "archive").write_bytes(b"torn")
    with pytest.raises(Failed, match="draw the design again"):
        await stocked.library.open_file(stocked.ids["1"], "print")


async def test_a_drawing_that_was_put_away_counts_as_drawn(stocked: Stocked, ageing: Ageing) -> None:
    await ageing.turn(now_in(400))
    found = await Rows(stocked.sessions, "me", stocked.library.assets).found(f"{1:064d}")
    assert found is not None
    for each in found["files"]:
        for tier in TIERS[1:]:
            stocked.library.assets.packed(each["sha256"], tier).unlink(missing_ok=True)
    assert await Rows(stocked.sessions, "me", stocked.library.assets).found(f"{1:064d}") is None


async def test_cold_files_lie_in_the_folder_that_was_set(stocked: Stocked, tmp_path: Path) -> None:
    cold = Ageing(stocked.sessions, "worker", stocked.library.folder, cold=tmp_path / "slow" / "disk")
    await cold.turn(now_in(400))
    assert len(list((tmp_path / "slow" / "disk").rglob("*.xz"))) == 8
    assert (await stocked.library.open_file(stocked.ids["1"], "print")).was == "cold"


async def test_another_cold_folder_is_refused_where_files_lie_in_one_already(
    stocked: Stocked, ageing: Ageing, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await ageing.turn(now_in(400))
    with pytest.raises(FileExistsError, match="move them there"):
        link_cold(stocked.library.folder, tmp_path / "other")
    await Ageing(stocked.sessions, "worker", stocked.library.folder, cold=tmp_path / "other").turn(now_in(400))
    assert "move them there" in caplog.text
    assert set((await tiers(stocked)).values()) == {"cold"}


async def test_a_tenant_s_designs_age_by_themselves(stocked: Stocked, database: str) -> None:
    with owner(database) as admin:
        admin.execute("INSERT INTO tenant (id) VALUES ('other')")
    async with pool(database, "other", 2) as sessions:
        assert await Ageing(sessions, "worker", stocked.library.folder).turn(now_in(400)) == {}
        assert (await Library(sessions, "eve", stocked.library.folder).search()).designs == []
    assert TIERS[0] in set((await tiers(stocked)).values())
