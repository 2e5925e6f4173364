"""The products of tenants: opened once for all who ask, closed when idle, never under whoever works with one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from graphs.product import Product
from graphs.settings import Settings, ShopSetting
from graphs.tenants import Tenants, UnknownTenant
from market.errors import NotConfigured
from store.errors import NotReachable
from store.migrate import add_tenant

OTHERS = ("ash", "birch", "cedar")


@pytest.fixture
async def tenants(database: str, redis_address: str, tmp_path: Path) -> AsyncIterator[Tenants]:
    """Room for two at a time, of four that there are."""
    for name in OTHERS:
        add_tenant(database, name)
    settings = Settings(home=tmp_path, database_url=SecretStr(database), redis_url=SecretStr(redis_address))
    async with Tenants(settings, most=2) as opened:
        yield opened


async def opened(tenants: Tenants, name: str) -> Product:
    async with tenants.product(name) as product:
        return product


async def test_all_who_ask_at_once_get_the_one_product_of_their_tenant(tenants: Tenants) -> None:
    found = await asyncio.gather(*(opened(tenants, name) for name in ("ash", "default", "ash", "ash")))
    assert found[0] is found[2] is found[3] is not found[1]
    assert [product.settings.tenant for product in found[:2]] == ["ash", "default"]


async def test_nobody_opens_a_tenant_that_there_is_not(tenants: Tenants) -> None:
    for name in ("nobody", "", "default'; --", "shared\0"):
        assert not await tenants.is_known(name)
        with pytest.raises(UnknownTenant):
            await opened(tenants, name)


async def test_of_more_than_fit_the_longest_idle_is_closed_and_opened_anew(tenants: Tenants) -> None:
    first = await opened(tenants, "ash")
    for name in ("birch", "cedar"):
        await opened(tenants, name)
    async with asyncio.timeout(30):
        while not first.pool.closed:  # noqa: ASYNC110 - it is closed beside
            await asyncio.sleep(0.02)
    assert await opened(tenants, "ash") is not first


async def test_none_is_closed_while_somebody_works_with_it(tenants: Tenants) -> None:
    async with AsyncExitStack() as working:
        products = [await working.enter_async_context(tenants.product(name)) for name in ("default", *OTHERS)]
        for product in products:
            async with product.pool.connection() as connection:
                await connection.execute("SELECT 1")


async def test_many_who_ask_for_more_than_fit_all_get_theirs_open(tenants: Tenants) -> None:
    async def work(name: str) -> None:
        async with tenants.product(name) as product, product.pool.connection() as connection:
            await connection.execute("SELECT 1")
            assert product.settings.tenant == name

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(name) for _ in range(5) for name in (*OTHERS, "default")))


async def test_who_comes_new_does_not_wait_for_another_to_be_closed(
    tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = await opened(tenants, "ash")
    held = asyncio.Event()
    monkeypatch.setattr(closing.reviews.telling, "_under_way", {(): asyncio.ensure_future(held.wait())})
    async with asyncio.timeout(30):
        for name in ("birch", "cedar"):
            assert (await opened(tenants, name)).settings.tenant == name
    held.set()


async def test_what_could_not_be_opened_is_tried_again(tmp_path: Path) -> None:
    away = SecretStr("postgresql://nobody:nothing@127.0.0.1:1/none")
    async with Tenants(Settings(home=tmp_path, database_url=away, redis_url=SecretStr("redis://127.0.0.1:1"))) as none:
        for _ in range(2):
            failures = await asyncio.gather(*(opened(none, "default") for _ in range(3)), return_exceptions=True)
            assert [type(failure) for failure in failures] == [NotReachable] * 3


async def test_accounts_at_shops_are_of_whose_the_installation_is(tenants: Tenants) -> None:
    account = {"printify": ShopSetting(shop={"shop_id": "1"}, token=SecretStr("very-secret"))}
    changed = {"shops": account, "launch_to": ("printify:en", "folder:de")}
    ours = Tenants(tenants.settings.model_copy(update=changed))
    assert ours.settings_of("default").shops == account
    theirs = ours.settings_of("ash")
    assert (theirs.tenant, theirs.shops, theirs.launch_to) == ("ash", {}, ("folder:de",))
    async with ours.product("ash") as product:
        with pytest.raises(NotConfigured, match="printify has no account"):
            product.shops("printify")
    await ours.__aexit__()
