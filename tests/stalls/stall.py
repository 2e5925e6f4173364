"""Stalls: what the one suite of all marketplaces stands before.

A stall is a marketplace of ours with the one it speaks to: a provider on loopback that remembers (a `Provider`), or
none where ours keeps its listings itself. Each module beside this one has `STALLS` (with a provider) or `SHELVES`
(without): how a stall is opened, by name. The suite of `tests/integration/market/marketplaces/test_contract.py` finds
the modules by itself; a provider without a published specification says "shape assumed" in its stall's name.

    @asynccontextmanager
    async def open_stall(ground: Ground) -> AsyncIterator[Stall]:
        shop = Shop()                                   # a Provider: `play` answers a request and remembers
        contract = ground.contract("etsy.json", "/etsy", shop)
        async with Client(contract.base, no_turn, bearer(token)) as client:
            yield Stall(Etsy(client, ...), offer(ground, "etsy"), ground.files, shop, client, contract.check)

    STALLS = {"etsy": open_stall}
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol

from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from market.client import Client
from market.listing import Disclosures, Files, Listing, Picture, State, Variant
from market.marketplaces import Marketplace
from tests.specs import Contract, load, reply

Kind = Literal["change", "look-up", "neither"]
Fault = Literal["busy", "key", "refused", "html", "broken", "cut", "slow"]
"""429; 401; 400 with WORDS; a page for JSON; 500: not made. The last two are made, and then cut off or not answered."""
MADE: tuple[Fault, ...] = ("cut", "slow")
WORDS = "The colour of this listing is not one of ours."
SECRET = "a-secret-token-of-these-tests"
"""What a stall gives its client for a key: no message may hold it."""
KEY = "bw-0190d5c6-7a2b-7c3d-8e4f-5a6b7c8d9e0f"
PATIENCE_S = 20.0


class Holder(Protocol):
    """Who has the listings."""

    def standing(self) -> list[str]:
        """Ids of all listings it has and has not deleted, drafts and ended ones among them."""
        ...

    def forget(self) -> None:
        """Delete every listing, as a seller could behind our back."""
        ...


class Provider(ABC):
    """A holder that plays a marketplace: it answers, remembers what was changed, and fails when it is told to."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        """Requests that changed something or tried to: method and path."""
        self._faults: dict[Kind, tuple[Fault, int, int]] = {}
        self._heard = threading.Event()

    @abstractmethod
    def play(self, request: Request) -> Response:
        """The provider's answer, made and remembered."""

    @abstractmethod
    def standing(self) -> list[str]: ...

    @abstractmethod
    def forget(self) -> None: ...

    def kind(self, request: Request) -> Kind:
        """What a request is; tokens are neither."""
        return "look-up" if request.method == "GET" else "change"

    def failed(self, fault: Fault) -> Response:
        """The provider's answer to what it does not make."""
        answers: dict[Fault, Callable[[], Response]] = {
            "busy": lambda: reply({"error": "Too many requests."}, 429, {"retry-after": "30"}),
            "key": lambda: reply({"error": "invalid_token"}, 401),
            "refused": lambda: reply({"error": WORDS}, 400),
            "html": lambda: Response("<!doctype html><title>Sorry</title>", 200, {"content-type": "text/html"}),
            "broken": lambda: reply({"error": "Something went wrong."}, 500),
        }
        return answers[fault]()

    def fail(self, fault: Fault, at: Kind = "change", after: int = 0, times: int = 1) -> None:
        """What becomes of the next requests of a kind, once so many of them went well."""
        self._faults[at] = (fault, after, times)

    def go_on(self) -> None:
        """Whoever waits for an answer need not any more, and nothing fails from now on."""
        self._faults.clear()
        self._heard.set()
        self._heard = threading.Event()

    def answer(self, request: Request) -> Response:
        """`play`, or what was asked to go wrong."""
        kind = self.kind(request)
        if kind == "change":
            self.changes.append(f"{request.method} {request.path}")
        fault = self._due(kind)
        if fault is None:
            return self.play(request)
        if fault not in MADE:
            return self.failed(fault)
        answer = self.play(request)
        if fault == "slow":
            self._heard.wait(PATIENCE_S)
            return answer
        return Cut(answer.get_data(), 200 if answer.status_code == 204 else answer.status_code)

    def _due(self, kind: Kind) -> Fault | None:
        if kind not in self._faults:
            return None
        fault, after, times = self._faults.pop(kind)
        if after:
            self._faults[kind] = (fault, after - 1, times)
            return None
        if times > 1:
            self._faults[kind] = (fault, 0, times - 1)
        return fault


class Cut(Response):
    """An answer that says it is longer than it is: whoever reads it sees the connection break."""

    def get_wsgi_headers(self, environ: Any) -> Any:
        headers = super().get_wsgi_headers(environ)
        headers["content-length"] = str(len(self.get_data()) + 64)
        return headers


@dataclass
class Stall:
    """A marketplace, a listing that it takes, and who holds what it puts up."""

    market: Marketplace
    listing: Listing
    files: Files
    behind: Holder
    client: Client | None = None
    """Of a stall with a provider."""
    check: Callable[[], None] = lambda: None
    """Asserts that all requests fitted the provider's specification; asked at the end of each test."""
    put_state: State = "live"
    """What `put` leads to; "draft" where a person does the rest."""
    keeps_ended: bool = True
    """Whether what was ended is found, as ended; else it is not found."""


@dataclass
class Ground:
    """What a stall stands on."""

    server: HTTPServer
    folder: Path
    """Of its own, empty."""
    find_shared: Callable[[], Path]
    """The folder of specifications; skips the test where there is none."""
    files: dict[str, Path] = field(default_factory=dict)

    def contract(self, specification: str, prefix: str, provider: Provider, header: str = "Authorization") -> Contract:
        """The provider behind its published specification: what does not fit is answered too, and fails the test."""
        contract = Contract(self.server, load(self.find_shared(), specification), prefix, header)
        contract.on("", provider.answer)
        return contract

    def picture(self, colour: str) -> str:
        """A small PNG in `files`; its sha256."""
        held = BytesIO()
        Image.new("RGB", (64, 80), colour).save(held, "PNG")
        digest = sha256(held.getvalue()).hexdigest()
        self.files[digest] = self.folder.with_name(f"{digest}.png")
        self.files[digest].write_bytes(held.getvalue())
        return digest


async def no_turn(kind: str) -> None:
    """Nobody waits for a turn."""


class Opener(Protocol):
    """How a stall is opened."""

    def __call__(self, ground: Ground) -> AbstractAsyncContextManager[Stall]: ...


def with_providers() -> dict[str, Opener]:
    """Every stall with a provider, by its name."""
    return {name: opened for module in _modules() for name, opened in getattr(module, "STALLS", {}).items()}


def without() -> dict[str, Opener]:
    """Every stall that keeps its listings itself, by its name."""
    return {name: opened for module in _modules() for name, opened in getattr(module, "SHELVES", {}).items()}


def _modules() -> list[ModuleType]:
    stems = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "stall")
    return [import_module(f"tests.stalls.{stem}") for stem in stems]


def offer(ground: Ground, marketplace: str, key: str = KEY) -> Listing:
    """A shirt in two sizes with two pictures and a print file; `replace` what a provider wants otherwise."""
    pictures = tuple(
        Picture(ground.picture(colour), "image/png", f"{colour}.png", f"A {colour} shirt with an otter that reads")
        for colour in ("navy", "maroon")
    )
    return Listing(
        key=key,
        marketplace=marketplace,
        locale="en",
        title="Otter reading a book shirt, 100% cotton & soft",
        bullets=("Printed to order", "Unisex cut"),
        description="An otter reads in its pond.\n\nFor people who do <both>.",
        tags=("otter", "book lover", "reading gift"),
        product_format="shirt",
        price_cents=2400,
        currency="USD",
        quantity=50,
        variants=(
            Variant(f"{key}-M", {"size": "M", "colour": "Black"}, 2400),
            Variant(f"{key}-XL", {"size": "XL", "colour": "Black"}, 2700),
        ),
        pictures=pictures,
        disclosures=Disclosures("seller with AI", "Printify"),
        print_sha256=ground.picture("black"),
    )


def repriced(listing: Listing, title: str, more_cents: int) -> Listing:
    """The same listing under another title, every price higher by so much."""
    variants = tuple(replace(each, price_cents=each.price_cents + more_cents) for each in listing.variants)
    return replace(listing, title=title, price_cents=listing.price_cents + more_cents, variants=variants)
