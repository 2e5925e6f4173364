"""The preview of a listing, as a browser shows it from the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from evals import chromium as debian
from market.listing import Disclosures, Listing
from market.marketplaces.folder import FolderMarketplace
from market.marketplaces.preview import render
from tests.stalls.stall import Ground, offer

HOSTILE = '<script>document.title="owned"</script><img src=x onerror=alert(1)>"\'&{{ 7 * 7 }}'


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    folder = tmp_path / "stall"
    folder.mkdir()
    return Ground(None, folder, lambda: tmp_path)  # type: ignore[arg-type]


@pytest.fixture
def listing(ground: Ground) -> Listing:
    return offer(ground, "folder")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not debian.CHROMIUM.exists():
        pytest.skip(f"no browser at {debian.CHROMIUM}; Debian: apt-get install chromium")
    with debian.chromium() as opened:
        yield opened


def page_of(listing: Listing) -> str:
    return render(listing, {picture.sha256: "picture.png" for picture in listing.pictures}, "live")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_page_of_hostile_texts_shows_them_and_nothing_else(
    width: int, scheme: Literal["light", "dark"], chromium: Browser, listing: Listing, ground: Ground, tmp_path: Path
) -> None:
    hostile = replace(
        listing, title=HOSTILE, bullets=(HOSTILE,), description=HOSTILE + "W" * 400, tags=(HOSTILE,),
        marketplace=HOSTILE,
        disclosures=Disclosures("seller", HOSTILE),
        pictures=tuple(replace(picture, alt=HOSTILE, name=HOSTILE) for picture in listing.pictures),
        variants=tuple(replace(each, options={HOSTILE: HOSTILE}) for each in listing.variants),
    )  # fmt: skip
    url = FolderMarketplace(tmp_path / "listings")._put(hostile, None, ground.files).url
    page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    assert page.title() == HOSTILE
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.evaluate("() => [...document.images].map(image => image.naturalWidth)") == [64, 64]
    assert page.evaluate("() => document.querySelectorAll('script').length") == 0
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert all(each.startswith("file://") for each in asked)
    assert said == []
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(20, 19, 15)") == (scheme == "dark")
    page.close()


@pytest.mark.parametrize(
    ("locale", "currency", "told"),
    [
        ("en", "USD", ('lang="en" dir="ltr"', "$24.00", ">Size<", "with the help of AI")),
        ("de-AT", "EUR", ('lang="de-AT" dir="ltr"', "24,00\u00a0€", ">Größe<", "mit Hilfe von KI")),
        ("ja", "JPY", ('lang="ja" dir="ltr"', "￥2,400", ">サイズ<", "AIを使って")),
        ("he", "ILS", ('lang="he" dir="rtl"', "₪24.00", ">Size<", "with the help of AI")),
        ('"><script>', "USD", ('lang="und" dir="ltr"', "$24.00", ">Size<")),
    ],
)
def test_a_page_speaks_the_language_and_the_currency_of_its_listing(
    locale: str, currency: str, told: tuple[str, ...], listing: Listing
) -> None:
    page = page_of(replace(listing, locale=locale, currency=currency))
    assert [each for each in told if each not in page] == []


def test_a_listing_of_one_price_says_no_from_and_lists_no_prices(listing: Listing) -> None:
    assert ">from<" in page_of(listing) and "<table>" in page_of(listing)
    alike = tuple(replace(each, price_cents=2400) for each in listing.variants)
    for same in (replace(listing, variants=alike), replace(listing, variants=())):
        assert ">from<" not in page_of(same) and "<table>" not in page_of(same)


def test_the_same_listing_gives_the_same_bytes(listing: Listing) -> None:
    assert page_of(listing) == page_of(replace(listing))
