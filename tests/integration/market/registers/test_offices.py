"""Offices over real sockets: EUIPO against its published specification; of USPTO's TSDR the shape is assumed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from market.errors import KeyRefused, MarketBusy, MarketDown, NotConfigured
from market.gates.marks import Mark
from market.registers.euipo import Euipo, queries, telling
from market.registers.uspto import Uspto, case_of
from tests.specs import Contract, load, reply

HEADER = "X-Ibm-Client-Id"  # as werkzeug writes the name of X-IBM-Client-Id

FOUND = {
    "applicationNumber": "018692868", "markFeature": "WORD", "niceClasses": [25, 35], "status": "REGISTERED",
    "wordMarkSpecification": {"verbalElement": "Velmora"}, "applicants": [{"office": "EM", "name": "Velmora BV"}],
}  # fmt: skip


def page(*marks: Mapping[str, object], number: int = 0, pages: int = 1) -> dict[str, object]:
    return {"trademarks": list(marks), "size": 100, "totalElements": len(marks), "totalPages": pages, "page": number}


async def at_once(_: str) -> None:
    """Everybody's turn."""


async def token() -> str:
    return "t0ken"


@pytest.fixture
def office(httpserver: HTTPServer, shared: Path) -> Contract:
    return Contract(httpserver, load(shared, "euipo_trademark_search_1.0.0.json"), "/euipo", HEADER)


# EUIPO --------------------------------------------------------------------------------------------------------------


async def test_euipos_requests_fit_and_its_answers_become_marks(office: Contract):
    office.on("/trademarks$", page(FOUND, pages=2), page(dict(FOUND, status="EXPIRED", applicationNumber="018692869"),
                                                         number=1, pages=2))  # fmt: skip
    async with Euipo("me", token, at_once, office.base) as euipo:
        marks = await euipo.search(["V3lmora shirt"], (25, 35))
    office.check()
    assert [(mark.text, mark.owner, mark.number) for mark in marks] == [("Velmora", "Velmora BV", "018692868")]
    assert [request.args["page"] for request in office.requests] == ["0", "1"]
    assert '"*velmora*"' in office.requests[0].args["query"]
    assert "niceClasses=in=(25,35)" in office.requests[0].args["query"]
    assert office.requests[0].headers["Authorization"] == "Bearer t0ken"


def test_our_example_of_an_answer_fits_euipos_own_schema(office: Contract):
    assert office.answer_faults("/trademarks", page(FOUND)) == []
    assert office.answer_faults("/trademarks", page(dict(FOUND, status="ALIVE")))


def test_a_request_that_euipo_would_refuse_is_refused(office: Contract):
    key = {HEADER: "me"}
    assert office.faults("GET", "/trademarks", key, query={"query": "a==b", "page": "0", "size": "100"}) == []
    assert office.faults("GET", "/trademarks", key, query={"size": "1000"})
    assert office.faults("GET", "/trademarks", key, query={"q": "velmora"})
    assert office.faults("GET", "/trademarks", {}, query={})
    assert office.faults("GET", "/trademarks", key, query={"query": "x" * 5001})


async def test_a_slow_euipo_is_down(httpserver: HTTPServer):
    def slow(_: Request) -> Response:
        time.sleep(0.6)
        return reply(page())

    httpserver.expect_request("/trademarks").respond_with_handler(slow)
    async with Euipo("me", token, at_once, httpserver.url_for(""), timeout_s=0.2) as euipo:
        with pytest.raises(MarketDown, match="did not answer"):
            await euipo.search(["velmora"], (25,))


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ('{"trademarks": [{"applicationNumber": 5}]}', 200, MarketDown),
        ("<html>maintenance</html>", 200, MarketDown),
        ("[]", 200, MarketDown),
        ('{"title": "no"}', 401, KeyRefused),
        ("{}", 429, MarketBusy),
        ("{}", 500, MarketDown),
    ],
)
async def test_an_answer_that_cannot_be_read_is_an_error(httpserver: HTTPServer, body, status, error):
    httpserver.expect_request("/trademarks").respond_with_data(body, status, content_type="application/json")
    async with Euipo("me", token, at_once, httpserver.url_for("")) as euipo:
        with pytest.raises(error):
            await euipo.search(["velmora"], (25,))


async def test_more_marks_than_are_read_are_an_error_and_no_clearance(httpserver: HTTPServer):
    httpserver.expect_request("/trademarks").respond_with_json(page(FOUND, pages=5000))
    async with Euipo("me", token, at_once, httpserver.url_for("")) as euipo:
        with pytest.raises(MarketDown, match="not all were read"):
            await euipo.search(["velmora"], (25,))


def test_questions_keep_the_length_that_is_allowed_and_quote_what_texts_hold():
    texts = [f"zorv{number}lex quib{number}tor" for number in range(300)]
    asked = list(queries(texts, (25, 35)))
    assert len(asked) > 1
    assert max(map(len, asked)) <= 5000
    assert all('"' not in word and "*" not in word.strip("*") for word in telling(['say "x*y" velmora'])), "quoted"
    assert "*velmora*" in telling(["a velmora mug"])
    assert "*mug*" not in telling(["a velmora mug"])


def test_without_a_client_id_it_is_not_configured():
    with pytest.raises(NotConfigured):
        Euipo("", token, at_once)


# USPTO --------------------------------------------------------------------------------------------------------------


def case(status: int) -> str:
    return json.dumps({"trademarks": [{"status": {"serialNumber": 76044902, "status": status, "markElement": "X"}}]})


@pytest.mark.parametrize(("code", "alive"), [(702, True), (800, True), (602, False), (710, False), (900, False)])
async def test_tsdr_says_whether_a_mark_lives_shape_assumed(httpserver: HTTPServer, code, alive):
    httpserver.expect_request(
        "/ts/cd/casestatus/sn76044902/info.json", headers={"USPTO-API-KEY": "k"}
    ).respond_with_data(case(code), content_type="application/json")
    async with Uspto("k", at_once, httpserver.url_for("")) as office:
        assert await office.is_alive(Mark("X", number="76044902")) is alive


async def test_a_case_that_tsdr_does_not_know_counts_as_alive_shape_assumed(httpserver: HTTPServer):
    async with Uspto("k", at_once, httpserver.url_for("")) as office:
        httpserver.expect_request("/ts/cd/casestatus/rn1/info.json").respond_with_data("", 404)
        assert await office.is_alive(Mark("X", number="1"))


@pytest.mark.parametrize("body", ['{"trademarks": []}', "[]", "null", '{"trademarks": [{"status": {}}]}'])
async def test_an_answer_of_another_shape_is_an_error_shape_assumed(httpserver: HTTPServer, body):
    httpserver.expect_request("/ts/cd/casestatus/rn1/info.json").respond_with_data(body)
    async with Uspto("k", at_once, httpserver.url_for("")) as office:
        with pytest.raises(MarketDown, match="another shape"):
            await office.is_alive(Mark("X", number="1"))


def test_a_case_is_named_by_the_kind_of_its_number():
    assert (case_of("76/044,902"), case_of("2178784")) == ("sn76044902", "rn2178784")


def test_without_a_key_it_is_not_configured():
    with pytest.raises(NotConfigured):
        Uspto("", at_once)


def test_the_day_is_the_version_of_a_register():
    day = datetime(2026, 11, 30, tzinfo=UTC)
    assert Uspto("k", at_once).source(day).version == "2026-11-30"
