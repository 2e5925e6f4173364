"""Brands over the API: learnt from images, listed, looked at; what is no reference is refused and nothing is kept."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from graphs.people import People
from tests.integration.ui.api.conftest import headers_of
from tests.pictures import bomb

Headers = dict[str, str]


def picture(colour: str = "#c8502d", side: int = 96) -> bytes:
    made = BytesIO()
    image = Image.new("RGB", (side, side), "#f5efe2")
    image.paste(colour, (side // 4, side // 4, side // 2, side))
    image.save(made, "PNG")
    return made.getvalue()


async def added(client: httpx2.AsyncClient, headers: Headers, *images: bytes, name: str = "acme") -> httpx2.Response:
    files = [("images", (f"{at}.png", image, "image/png")) for at, image in enumerate(images)]
    return await client.post("/brands", headers=headers, data={"name": name}, files=files)


async def test_a_brand_is_learnt_listed_and_looked_at(client: httpx2.AsyncClient, ben: Headers) -> None:
    first = await added(client, ben, picture(), picture("#3f7368"))
    assert first.status_code == 201, first.text
    made = first.json()
    assert (made["name"], made["version"], made["images"], made["actor"]) == ("acme", 1, 2, "ben")
    assert made["palette"] and made["terms"] and "references" not in made["parameters"]
    shown = await client.get("/brands/acme", headers=ben)
    assert (shown.status_code, shown.json()) == (200, made)
    listed = (await client.get("/brands", headers=ben)).json()["items"]
    assert [(each["name"], each["images"]) for each in listed] == [("acme", 2), ("house", 0)]
    found = (await client.get("/brands", headers=ben, params={"name": "ACM", "limit": 1})).json()
    assert ([each["name"] for each in found["items"]], found["next"]) == (["acme"], None)


async def test_the_same_images_are_the_same_version_and_others_the_next(
    client: httpx2.AsyncClient, ben: Headers
) -> None:
    await added(client, ben, picture())
    again, other = await added(client, ben, picture()), await added(client, ben, picture("#3f7368"))
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert (other.status_code, other.json()["version"]) == (201, 2)


async def test_brands_are_listed_a_page_at_a_time(client: httpx2.AsyncClient, ben: Headers) -> None:
    await added(client, ben, picture())
    first = (await client.get("/brands", headers=ben, params={"limit": 1})).json()
    rest = (await client.get("/brands", headers=ben, params={"limit": 1, "cursor": first["next"]})).json()
    assert ([each["name"] for each in first["items"] + rest["items"]], rest["next"]) == (["acme", "house"], None)
    assert (await client.get("/brands", headers=ben, params={"cursor": "x"})).status_code == 422


@pytest.mark.parametrize(
    ("name", "images", "says"),
    [
        ("acme", [b"no image"], "not an image"),
        ("acme", [bomb(30_000, 30_000)], "megapixels"),
        ("acme", [bomb(6_000, 6_000)] * 3, "together at most 80"),
        ("acme", [picture(side=8)], "at least 32 px"),
        ("house", [picture()], "house's own"),
        ("a/b", [picture()], "holds a /"),
        (" acme", [picture()], "ends with a space"),
        ("acme\u202e", [picture()], "cannot be seen"),
        ("x" * 81, [picture()], "name"),
        ("", [picture()], "name"),
        ("acme", [], "multipart form"),
    ],
)
async def test_what_cannot_be_a_brand_is_refused_and_nothing_is_kept(
    client: httpx2.AsyncClient, ben: Headers, tmp_path: Path, name: str, images: list[bytes], says: str
) -> None:
    refused = await added(client, ben, *images, name=name)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json"), refused.text
    assert says in refused.json()["detail"]
    assert (await client.get("/brands/acme", headers=ben)).status_code == 404
    assert list((tmp_path / "assets").glob("??/??/*")) == []


async def test_more_than_five_images_and_files_of_other_names_are_refused(
    client: httpx2.AsyncClient, ben: Headers
) -> None:
    assert (await added(client, ben, *[picture()] * 6)).status_code == 400
    other = await client.post("/brands", headers=ben, data={"name": "acme"}, files={"picture": picture()})
    assert other.status_code == 422
    twice = await client.post("/brands", headers=ben, data={"name": "acme", "more": "x"}, files={"images": picture()})
    assert twice.status_code in (400, 422)


async def test_a_creator_looks_and_adds_nothing_and_others_see_nothing(
    client: httpx2.AsyncClient, people: People, ben: Headers
) -> None:
    await added(client, ben, picture())
    cleo, eve = (
        await headers_of(people, "default", "cleo", "creator"),
        await headers_of(people, "other", "eve", "admin"),
    )
    assert (await client.get("/brands/acme", headers=cleo)).status_code == 200
    assert (await added(client, cleo, picture())).status_code == 403
    assert (await client.get("/brands/acme", headers=eve)).status_code == 404
    assert [each["name"] for each in (await client.get("/brands", headers=eve)).json()["items"]] == ["house"]
