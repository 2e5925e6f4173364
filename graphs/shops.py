"""Shops: the marketplaces that the settings connect, each made when it is first used.

`folder` is always there; `redbubble` and `amazon_merch` are packages for a person to upload. The others need an account
(`BELLWETHER_SHOPS`): what the shop has set up, and a token or a login. Refresh tokens that a provider replaces are kept
in the home, readable by its owner alone.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr, TypeAdapter, ValidationError

from graphs.settings import ShopSetting
from graphs.turnstile import Turnstile
from market import logins
from market.blanks import Blank, blank_of, load_default_blanks, with_own
from market.client import Client, Headers, bearer, no_key
from market.errors import MarketDown, NotConfigured
from market.logins import Credentials, Login
from market.marketplaces import Marketplace
from market.marketplaces import amazon as amazon_site
from market.marketplaces import ebay as ebay_site
from market.marketplaces import etsy as etsy_site
from market.marketplaces import package as packages
from market.marketplaces import printful as printful_site
from market.marketplaces import printify as printify_site
from market.marketplaces import shopify as shopify_site
from market.marketplaces import tiktok as tiktok_site
from market.marketplaces.folder import FolderMarketplace
from market.pictures import PublicFiles
from market.reference import BadReference
from store.errors import Busy
from store.host import file_lock

SHOPIFY_PATH = "/admin/api/2026-10"
TRIES, TRY_S = 1_200, 0.05
"""A login waits for that of another process for a minute: longer than one takes."""
T = TypeVar("T")


@dataclass(slots=True)
class Shops:
    """The marketplaces of one tenant. Close it."""

    settings: Mapping[str, ShopSetting]
    home: Path
    turnstile: Turnstile
    _made: dict[str, Marketplace] = field(default_factory=dict)
    _clients: list[Client] = field(default_factory=list)

    def __call__(self, name: str) -> Marketplace:
        """The marketplace of this name. NotConfigured says what it lacks, or which there are."""
        if name not in self._made:
            if name not in MAKERS:
                raise NotConfigured(f"{name!r} is no marketplace: there are {', '.join(sorted(MAKERS))}")
            self._made[name] = MAKERS[name](_Counter(self, name))
        return self._made[name]

    def told(self) -> list[dict[str, str]]:
        """Every marketplace by "name", and under "lacks" what it needs before it can be used; empty: nothing."""
        found = []
        for name in MAKERS:
            try:
                self(name)
            except NotConfigured as missing:
                found.append({"name": name, "lacks": str(missing)})
            else:
                found.append({"name": name, "lacks": ""})
        return found

    async def close(self) -> None:
        """Closes all connections."""
        await asyncio.gather(*(client.close() for client in self._clients))


@dataclass(frozen=True, slots=True)
class _Counter:
    """What a marketplace is made with: its account, and clients in their turn."""

    shops: Shops
    name: str

    @property
    def account(self) -> ShopSetting:
        given = self.shops.settings.get(self.name)
        if given is None:
            raise NotConfigured(f"{self.name} has no account: add it to BELLWETHER_SHOPS (docs/shops.md)")
        return given

    @property
    def folder(self) -> Path:
        return self.shops.home / "listings" / self.name

    @property
    def public(self) -> PublicFiles | None:
        address = self.account.files_url
        return PublicFiles(address) if address else None

    def shop(self, of: type[T]) -> T:
        """What the account says of the shop, checked."""
        try:
            return TypeAdapter(of).validate_python(dict(self.account.shop))
        except ValidationError as wrong:
            first = wrong.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise NotConfigured(f"BELLWETHER_SHOPS: {self.name}.shop.{where}: {first['msg']}") from None

    def blanks(self) -> tuple[Blank, ...]:
        """What a print provider prints each format on: the account's own rows before the shipped ones."""
        own = []
        for at, row in enumerate(self.account.blanks):
            try:
                own.append(blank_of({"known_on": f"{datetime.now(UTC):%Y-%m-%d}", **row, "provider": self.name}))
            except BadReference as wrong:
                raise NotConfigured(f"BELLWETHER_SHOPS: {self.name}.blanks[{at}]: {wrong}") from None
        return with_own(own, load_default_blanks())

    def client(self, base: str, headers: Headers, login: Login | None = None, path: str = "") -> Client:
        address = (self.account.base_url or base) + path
        made = Client(address, self.shops.turnstile.turn(self.name), headers, renew=login.forget if login else None)
        self.shops._clients.append(made)
        return made

    def token(self) -> SecretStr:
        if self.account.token is None:
            raise NotConfigured(f"BELLWETHER_SHOPS: {self.name}.token is missing")
        return self.account.token

    def bearer(self) -> Headers:
        secret = self.token()

        async def token() -> str:
            return secret.get_secret_value()

        return bearer(token)

    def login(self, base: str, make: Callable[..., Login], keeps: bool = False) -> Login:
        """A login that renews its token; where the refresh token changes with it, the new one is kept."""
        told = self.account.login
        if told is None:
            wanted = "client_id, client_secret, refresh_token"
            raise NotConfigured(f"BELLWETHER_SHOPS: {self.name}.login is missing: {wanted}")
        given = Credentials(told.client_id, told.client_secret, told.refresh_token)
        asks = Client(self.account.login_url or base, self.shops.turnstile.turn(self.name), no_key)
        self.shops._clients.append(asks)
        if not keeps:
            return make(asks, given)
        return make(asks, given, _Kept(self.shops.home / "shops" / f"{self.name}.token", _mark(given.refresh_token)))


@dataclass(frozen=True, slots=True)
class _Kept:
    """The newest refresh token, in a file of its owner's alone, under the mark of the setting that it came after."""

    path: Path
    origin: str

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[str]:
        """The token that was kept last, until this ends nobody else's to use; a setting that was changed since wins."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as held:
            for _ in range(TRIES):
                if self._is_ours(held):
                    break
                await asyncio.sleep(TRY_S)
            else:
                raise MarketDown(f"another process has been logging in at this shop for {TRIES * TRY_S:g} s")
            yield self._newest()

    def _is_ours(self, held: ExitStack) -> bool:
        try:
            held.enter_context(file_lock(self.path.with_suffix(".lock"), 0.0))
        except Busy:
            return False
        return True

    def _newest(self) -> str:
        try:
            origin, token, *_ = self.path.read_text("utf-8").split("\n")
        except (OSError, ValueError):
            return ""
        return token if origin == self.origin else ""

    async def keep(self, token: str) -> None:
        """Keep it before it is used."""
        await asyncio.to_thread(self._write, token)

    def _write(self, token: str) -> None:
        beside = self.path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{self.origin}\n{token}\n")
        os.replace(beside, self.path)  # noqa: PTH105 - says that it replaces


def _mark(token: SecretStr) -> str:
    return sha256(token.get_secret_value().encode()).hexdigest()[:16]


def _etsy(counter: _Counter) -> Marketplace:
    login = counter.login(etsy_site.BASE, logins.etsy_login, keeps=True)
    given = counter.account.login
    if given is None:
        raise NotConfigured("BELLWETHER_SHOPS: etsy.login is missing")
    headers = etsy_site.etsy_headers(given.client_id, given.client_secret, login.token)
    return etsy_site.Etsy(counter.client(etsy_site.BASE, headers, login), counter.shop(etsy_site.EtsyShop))


def _shopify(counter: _Counter) -> Marketplace:
    if not counter.account.base_url:
        raise NotConfigured("BELLWETHER_SHOPS: shopify.base_url is missing: https://NAME.myshopify.com")
    headers = shopify_site.shopify_headers(counter.token())
    client = counter.client("", headers, path=SHOPIFY_PATH)
    return shopify_site.Shopify(client, counter.shop(shopify_site.ShopifyShop))


def _ebay(counter: _Counter) -> Marketplace:
    shop = counter.shop(ebay_site.EbayShop)
    login = counter.login(logins.EBAY_BASE, logins.ebay_login)
    client, media = (counter.client(base, login.headers, login) for base in (ebay_site.BASE, ebay_site.MEDIA_BASE))
    return ebay_site.Ebay(client, media, shop)


def _amazon(counter: _Counter) -> Marketplace:
    seller = counter.shop(amazon_site.AmazonSeller)
    login = counter.login(logins.AMAZON_BASE, logins.amazon_login)
    client = counter.client(amazon_site.BASES[seller.store.region], amazon_site.lwa(login.headers), login)
    return amazon_site.Amazon(client, seller, counter.public)


def _printify(counter: _Counter) -> Marketplace:
    client = counter.client(printify_site.BASE, counter.bearer())
    return printify_site.Printify(client, counter.shop(printify_site.PrintifyShop), counter.blanks(), counter.public)


def _printful(counter: _Counter) -> Marketplace:
    client = counter.client(printful_site.BASE, counter.bearer())
    return printful_site.Printful(client, counter.shop(printful_site.PrintfulStore), counter.public, counter.blanks())


def _tiktok(counter: _Counter) -> Marketplace:
    shop, given = counter.shop(tiktok_site.TikTokShop), counter.account.login
    login = counter.login(logins.TIKTOK_BASE, logins.tiktok_login, keeps=True)
    if given is None:
        raise NotConfigured("BELLWETHER_SHOPS: tiktok_shop.login is missing")
    app = tiktok_site.TikTokApp(given.client_id, given.client_secret)
    return tiktok_site.TikTok(counter.client(tiktok_site.BASE, tiktok_site.tts(login.headers), login), app, shop)


def _folder(counter: _Counter) -> Marketplace:
    return FolderMarketplace(counter.folder)


def _redbubble(counter: _Counter) -> Marketplace:
    return packages.UploadPackages(counter.folder, packages.REDBUBBLE)


def _merch(counter: _Counter) -> Marketplace:
    given = counter.shops.settings.get(counter.name)
    brand = str(given.shop.get("brand", "")) if given else ""
    return packages.UploadPackages(counter.folder, packages.amazon_merch(brand))


MAKERS: Mapping[str, Callable[[_Counter], Marketplace]] = {
    "folder": _folder, "etsy": _etsy, "shopify": _shopify, "ebay": _ebay, "amazon": _amazon, "printify": _printify,
    "printful": _printful, "tiktok_shop": _tiktok, "redbubble": _redbubble, "amazon_merch": _merch,
}  # fmt: skip
