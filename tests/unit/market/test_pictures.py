"""How the files of a listing reach a marketplace."""

import pytest

from market.errors import MarketRefused, NotConfigured
from market.pictures import PublicFiles, content_of, url_of


@pytest.mark.parametrize("address", ["http://files.example.com/{sha256}", "https://files.example.com/all", ""])
def test_an_address_of_files_is_https_and_holds_the_name_of_the_file(address):
    with pytest.raises(NotConfigured, match="an address of files is"):
        PublicFiles(address)


def test_a_file_has_its_own_address_and_none_where_none_is_set():
    assert (
        url_of("ab", PublicFiles("https://files.example.com/{sha256}.png"), "Amazon")
        == "https://files.example.com/ab.png"
    )
    with pytest.raises(MarketRefused, match="Amazon fetches pictures from a public address and none is set"):
        url_of("ab", None, "Amazon")


async def test_a_file_is_read_and_one_that_is_not_there_is_named(tmp_path):
    (tmp_path / "front.png").write_bytes(b"png")
    assert await content_of("ab", "front.png", {"ab": tmp_path / "front.png"}) == b"png"
    for files in ({}, {"ab": tmp_path / "gone.png"}):
        with pytest.raises(MarketRefused, match=r"the file of front\.png is not there"):
            await content_of("ab", "front.png", files)
