"""Upload packages: what a person finds in them, and how the person says that a listing is up."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from market.errors import ListingGone, MarketRefused
from market.listing import Listing
from market.marketplaces.package import REDBUBBLE, UploadPackages, amazon_merch
from tests.stalls.stall import KEY, Ground, offer

URL = "https://www.redbubble.com/i/t-shirt/otter/1"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    folder = tmp_path / "stall"
    folder.mkdir()
    return Ground(None, folder, lambda: tmp_path)  # type: ignore[arg-type]


@pytest.fixture
def listing(ground: Ground) -> Listing:
    return offer(ground, "redbubble")


@pytest.fixture
def market(tmp_path: Path) -> UploadPackages:
    return UploadPackages(tmp_path / "packages", REDBUBBLE)


def texts(root: Path) -> list[list[str]]:
    with (root / KEY / "texts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


async def test_a_package_holds_the_print_file_the_texts_in_order_and_the_steps(
    market: UploadPackages, listing: Listing, ground: Ground
) -> None:
    await market.put(listing, None, ground.files)
    assert (market.root / KEY / "print.png").read_bytes() == ground.files[listing.print_sha256].read_bytes()
    assert texts(market.root) == [
        ["Field", "Text"], ["Title", listing.title], ["Tags", "otter, book lover, reading gift"],
        ["Description", listing.description],
    ]  # fmt: skip
    page = (market.root / KEY / "checklist.html").read_text("utf-8")
    assert "say that AI helped" in page and "redbubble.com/portfolio" in page
    assert "&lt;both&gt;" in page and "<both>" not in page and "<script" not in page


async def test_amazons_form_has_a_brand_a_price_and_two_bullets(
    tmp_path: Path, listing: Listing, ground: Ground
) -> None:
    market = UploadPackages(tmp_path / "merch", amazon_merch("Otter House"))
    await market.put(listing, None, ground.files)
    told = dict(row for row in texts(market.root))
    assert (told["List price"], told["Brand"]) == ("24.00 USD", "Otter House")
    assert (told["Feature bullet 1"], told["Feature bullet 2"]) == listing.bullets


async def test_it_is_up_once_a_person_says_where_and_a_draft_again_once_it_is_changed(
    market: UploadPackages, listing: Listing, ground: Ground
) -> None:
    packed = await market.put(listing, None, ground.files)
    assert (packed.state, packed.url[:7]) == ("draft", "file://")
    up = await market.tell_live(KEY, URL)
    assert (up.state, up.url) == ("live", URL)
    assert await market.put(listing, up, ground.files) == up == await market.find(KEY)
    changed = await market.put(replace(listing, title="Another otter"), up, ground.files)
    assert changed.state == "draft"
    assert f"Open the listing at {URL}" in (market.root / KEY / "checklist.html").read_text("utf-8")


async def test_what_is_ended_says_where_to_take_it_down(
    market: UploadPackages, listing: Listing, ground: Ground
) -> None:
    await market.put(listing, None, ground.files)
    up = await market.tell_live(KEY, URL)
    assert (await market.end(up)).state == "ended"
    assert f"Take the listing down at {URL}" in (market.root / KEY / "checklist.html").read_text("utf-8")


@pytest.mark.parametrize("url", ["", "otter", "javascript:alert(1)", "file:///etc/passwd", "https://", "https://["])
async def test_what_is_no_address_is_refused(
    url: str, market: UploadPackages, listing: Listing, ground: Ground
) -> None:
    await market.put(listing, None, ground.files)
    with pytest.raises(MarketRefused, match="no address"):
        await market.tell_live(KEY, url)
    with pytest.raises(ListingGone):
        await market.tell_live("another", URL)


async def test_a_text_that_the_form_does_not_take_or_no_print_file_is_refused(
    market: UploadPackages, listing: Listing, ground: Ground
) -> None:
    with pytest.raises(MarketRefused, match="100 characters of Title, not 101"):
        await market.put(replace(listing, title="W" * 101), None, ground.files)
    with pytest.raises(MarketRefused, match="no print file"):
        await market.put(replace(listing, print_sha256=""), None, ground.files)
    with pytest.raises(MarketRefused, match="the print file is not in the library"):
        await market.put(replace(listing, print_sha256="0" * 64), None, ground.files)
    assert not market.root.exists()


async def test_a_text_is_no_formula_in_the_table(market: UploadPackages, listing: Listing, ground: Ground) -> None:
    await market.put(replace(listing, title="=HYPERLINK(1)"), None, ground.files)
    assert texts(market.root)[1] == ["Title", "'=HYPERLINK(1)"]
