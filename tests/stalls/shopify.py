"""Shopify on loopback: every query and the values of its variables are held against the published schema."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_client_schema,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from market.client import Client
from market.marketplaces.shopify import PATH, Shopify, ShopifyShop, shopify_headers
from tests.specs import reply
from tests.stalls.stall import SECRET, WORDS, Fault, Ground, Kind, Provider, Stall, no_turn, offer

SHOP = ShopifyShop("gid://shopify/Publication/7", vendor="Otter House")
COUNTED = replace(SHOP, location_id="gid://shopify/Location/3")


@lru_cache(maxsize=1)
def schema_of(shared: Path) -> GraphQLSchema:
    """Shopify's own, as published."""
    with gzip.open(shared / "specs" / "shopify_admin_2026-10.introspection.json.gz") as file:
        return build_client_schema(json.load(file)["data"], assume_valid=True)


def faults(schema: GraphQLSchema, query: str, variables: dict[str, Any]) -> list[str]:
    """What is wrong with a request: empty where it fits."""
    document: DocumentNode = parse(query)
    found = [error.message for error in validate(schema, document)]
    (operation,) = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    values = get_variable_values(schema, operation.variable_definitions or (), variables)
    unknown = set(variables) - {each.variable.name.value for each in operation.variable_definitions or ()}
    wrong = values if isinstance(values, list) else []
    return [*found, *(error.message for error in wrong if isinstance(error, GraphQLError)), *sorted(unknown)]


class ShopifyProvider(Provider):
    """One shop and the store that its files are staged in."""

    def __init__(self, server: HTTPServer, schema: GraphQLSchema) -> None:
        super().__init__()
        self.server, self.schema = server, schema
        self.products: dict[str, dict[str, Any]] = {}
        self.inputs: list[dict[str, Any]] = []
        self.staged: dict[str, bytes] = {}
        self.violations: list[str] = []
        self.currency = "USD"
        self.made = 0

    def standing(self) -> list[str]:
        return list(self.products)

    def forget(self) -> None:
        self.products.clear()

    def kind(self, request: Request) -> Kind:
        query = request.get_json()["query"]
        if "stagedUploadsCreate" in query:
            return "neither"
        return "change" if query.lstrip().startswith("mutation") else "look-up"

    def failed(self, fault: Fault) -> Response:
        if fault == "busy":
            cost = {"requestedQueryCost": 500, "throttleStatus": {"currentlyAvailable": 0, "restoreRate": 50}}
            errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
            return reply({"errors": errors, "extensions": {"cost": cost}})
        if fault == "key":
            return reply({"errors": "[API] Invalid API key or access token"}, 401)
        if fault == "refused":
            return reply({"data": {"made": {"product": None, "userErrors": [{"field": None, "message": WORDS}]}}})
        return super().failed(fault)

    def play(self, request: Request) -> Response:
        told = request.get_json()
        query, given = told["query"], told["variables"]
        self.violations += faults(self.schema, query, given)
        if request.headers.get("X-Shopify-Access-Token") != SECRET:
            self.violations.append("no access token")
        found = re.search(r"(?:query|mutation) (\w+)", query)
        assert found is not None
        return reply({"data": getattr(self, f"_{found[1].lower()}")(given)})

    def take(self, request: Request) -> Response:
        """The store of staged files, which answers in XML."""
        self.staged[request.form["key"]] = request.files["file"].read()
        assert "X-Shopify-Access-Token" not in request.headers
        return Response("<PostResponse/>", 201, {"content-type": "application/xml"})

    def _shop(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"shop": {"currencyCode": self.currency}}

    def _find(self, given: dict[str, Any]) -> dict[str, Any]:
        held = self._by_handle(given["handle"])
        return {"found": held and self._shown(held)}

    def _get(self, given: dict[str, Any]) -> dict[str, Any]:
        held = self.products.get(given["id"])
        return {"found": held and self._shown(held)}

    def _stage(self, given: dict[str, Any]) -> dict[str, Any]:
        targets = []
        for each in given["files"]:
            self.made += 1
            key = f"tmp/{self.made}/{each['filename']}"
            url = self.server.url_for("/staged")
            targets.append({"url": url, "resourceUrl": f"{url}/{key}", "parameters": [{"name": "key", "value": key}]})
        return {"made": {"stagedTargets": targets, "userErrors": []}}

    def _set(self, given: dict[str, Any]) -> dict[str, Any]:
        by, told = given["by"], given["input"]
        self.inputs.append(told)
        held = self.products.get(by["id"]) if "id" in by else self._by_handle(by["handle"])
        if "id" in by and held is None:
            error = {"code": "PRODUCT_DOES_NOT_EXIST", "field": ["id"], "message": "Product does not exist"}
            return {"made": {"product": None, "userErrors": [error]}}
        if held is None:
            self.made += 1
            held = {"id": f"gid://shopify/Product/{self.made}", "published": False, "files": []}
            self.products[held["id"]] = held
        for file in told.get("files", ()):
            assert self.staged[file["originalSource"].split("/staged/")[1]].startswith(b"\x89PNG")
        held |= told
        return {"made": {"product": self._shown(held), "userErrors": []}}

    def _publish(self, given: dict[str, Any]) -> dict[str, Any]:
        self.products[given["id"]]["published"] = given["channel"] == SHOP.publication_id
        return {"made": {"userErrors": []}}

    def _status(self, given: dict[str, Any]) -> dict[str, Any]:
        held = self.products[given["id"]]
        held["status"] = given["status"]
        return {"made": {"product": self._shown(held), "userErrors": []}}

    def _by_handle(self, handle: str) -> dict[str, Any] | None:
        return next((each for each in self.products.values() if each["handle"] == handle), None)

    def _shown(self, held: dict[str, Any]) -> dict[str, Any]:
        price = min((each["price"] for each in held["variants"]), key=float)
        live = held["status"] == "ACTIVE" and held["published"]
        return {
            "id": held["id"], "title": held["title"], "descriptionHtml": held["descriptionHtml"],
            "status": held["status"], "publishedOnPublication": held["published"],
            "onlineStoreUrl": f"https://otter.example/products/{held['handle']}" if live else None,
            "priceRangeV2": {"minVariantPrice": {"amount": str(float(price)), "currencyCode": self.currency}},
            "media": {"nodes": [{"status": "READY"} for _ in held["files"]]},
            "metafield": {"value": held["metafields"][0]["value"]},
        }  # fmt: skip


@asynccontextmanager
async def open_shopify(ground: Ground, shop: ShopifyShop = SHOP) -> AsyncIterator[Stall]:
    """A shirt in two sizes."""
    provider = ShopifyProvider(ground.server, schema_of(ground.find_shared()))
    ground.server.expect_request(f"/shop{PATH}", "POST").respond_with_handler(provider.answer)
    ground.server.expect_request("/staged", "POST").respond_with_handler(provider.take)

    def check() -> None:
        assert provider.violations == []

    async with Client(ground.server.url_for("/shop"), no_turn, shopify_headers(SecretStr(SECRET))) as client:
        yield Stall(Shopify(client, shop), offer(ground, "shopify"), ground.files, provider, client, check)


@asynccontextmanager
async def open_shopify_counted(ground: Ground) -> AsyncIterator[Stall]:
    """One variant, its stock counted at a place."""
    async with open_shopify(ground, COUNTED) as stall:
        stall.listing = replace(stall.listing, variants=())
        yield stall


STALLS = {"shopify": open_shopify, "shopify, counted": open_shopify_counted}
