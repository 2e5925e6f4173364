"""OpenAI's images over real sockets: requests fit the published specification, every fault a server can play."""

from __future__ import annotations

import base64
import json
import logging
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from studio.brand import Profile
from studio.drawing import Brief, Drawing, Row, Size
from studio.errors import Failed, NotConfigured, RendererDown
from studio.renderers.openai import OpenAIImages
from tests.specs import Contract, load, recorded, reply

KEY = SecretStr("sk-very-secret-7f3a")
BRIEF = Brief(Row("r1", "a bear"), Profile("house", "", "1", (), ()), "a bear by a lake", "blur", 3, Size(450, 540))
PATH = "/v1/images/generations"
Make = Callable[..., OpenAIImages]


@pytest.fixture
def make(httpserver: HTTPServer) -> Iterator[Make]:
    """Makes renderers that ask loopback, and closes their connections after the test."""
    made: list[OpenAIImages] = []

    def one(base_url: str | None = None, **told: Any) -> OpenAIImages:
        made.append(OpenAIImages(KEY, base_url=base_url or httpserver.url_for("/v1"), **told))
        return made[-1]

    yield one
    for renderer in made:
        renderer.close()


@pytest.fixture
def contract(shared: Path, httpserver: HTTPServer) -> Contract:
    return Contract(httpserver, load(shared, "openai.json"), "/openai", "Authorization")


def png(width: int, height: int, ink: str = "#d04020") -> str:
    """A disc on nothing, as base64."""
    sheet = Image.new("RGBA", (width, height))
    ImageDraw.Draw(sheet).ellipse((width // 4, height // 4, width // 2, height // 2), fill=ink)
    packed = BytesIO()
    sheet.save(packed, "PNG")
    return base64.b64encode(packed.getvalue()).decode()


def answer(packed: str, **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 1000, "total_tokens": 1010,
             "input_tokens_details": {"image_tokens": 0, "text_tokens": 10}}  # fmt: skip
    return {"created": 1795273200, "data": [{"b64_json": packed}], "usage": usage, **more}


def fault(status: int, code: str | None = None, headers: dict[str, str] | None = None) -> Response:
    said = {"error": {"message": f"no: {KEY.get_secret_value()}", "type": "x", "param": None, "code": code}}
    return reply(said, status, headers)


def serve(httpserver: HTTPServer, *answers: Response | dict[str, Any]) -> list[Request]:
    """Answers one after the other, the last one for good; the requests that came."""
    left, came = list(answers), list[Request]()

    def handle(request: Request) -> Response:
        came.append(request)
        given = left.pop(0) if len(left) > 1 else left[0]
        return given if isinstance(given, Response) else reply(given)

    httpserver.expect_request(PATH, method="POST").respond_with_handler(handle)
    return came


def test_every_request_fits_the_specification_and_asks_for_a_transparent_background(contract: Contract, make: Make):
    contract.on("/images/generations", answer(png(1120, 1344)), answer(png(1024, 1024)))
    drawn = make(contract.base).draw([BRIEF]) + make(contract.base, model="gpt-image-1").draw([BRIEF])
    assert all(isinstance(each, Drawing) for each in drawn)
    contract.check()
    bodies = [json.loads(request.get_data()) for request in contract.requests]
    assert [body["size"] for body in bodies] == ["1120x1344", "1024x1024"]
    assert {(body["background"], body["output_format"], body["n"]) for body in bodies} == {("transparent", "png", 1)}
    assert bodies[0]["prompt"] == "a bear by a lake\n\nLeave out: blur."


def test_what_the_specification_does_not_know_is_rejected(contract: Contract):
    body = json.dumps({"prompt": "a", "background": "see-through"}).encode()
    told = {"data": body, "content_type": "application/json"}
    assert contract.faults("POST", "/images/generations", {"Authorization": "Bearer x"}, **told)
    assert contract.faults("POST", "/images/generations", {}, data=b'{"prompt": "a"}', content_type="application/json")


def test_our_own_answers_have_the_shape_that_the_specification_gives_them(contract: Contract):
    assert contract.answer_faults("/images/generations", answer(png(1024, 1024), size="1024x1024"), "post") == []


def test_a_recorded_answer_is_read_and_its_cost_counted(shared: Path, httpserver: HTTPServer, make: Make):
    said = recorded(shared, "openai/image_gpt-image-1.json")["exchanges"][0]["response"]["body"]
    said["data"][0]["b64_json"] = png(1024, 1024)  # the recording is cut
    serve(httpserver, said)
    (drawing,) = make(model="gpt-image-1", quality="high").draw([BRIEF])
    assert isinstance(drawing, Drawing)
    made = drawing.made_with
    assert (made["cost_micro_usd"], made["cost_counted"], made["seeded"]) == (10 * 5 + 4160 * 40, True, False)
    assert made["price_source"].startswith("https://")


def test_the_whole_picture_stands_in_the_print_and_what_is_around_it_is_clear(httpserver: HTTPServer, make: Make):
    serve(httpserver, answer(png(1024, 1024)))
    (drawing,) = make(model="gpt-image-1").draw([BRIEF])
    assert isinstance(drawing, Drawing)
    assert (drawing.image.mode, drawing.image.size) == ("RGBA", (450, 540))
    assert drawing.image.getchannel("A").getbbox() == pytest.approx((112, 157, 226, 271), abs=2)


def test_the_ink_at_a_clear_edge_keeps_its_colour(httpserver: HTTPServer, make: Make):
    serve(httpserver, answer(png(1120, 1344, "#ffffff")))
    (drawing,) = make().draw([BRIEF])
    assert isinstance(drawing, Drawing)
    seen = np.asarray(drawing.image)
    assert seen[seen[..., 3] > 16][:, :3].min() >= 230


def test_a_cost_that_nobody_counted_is_assumed_and_says_so(httpserver: HTTPServer, make: Make):
    serve(httpserver, {"created": 1, "data": [{"b64_json": png(1120, 1344)}]})
    (drawing,) = make().draw([BRIEF])
    assert isinstance(drawing, Drawing)
    assert drawing.made_with["cost_counted"] is False
    assert drawing.made_with["cost_micro_usd"] >= 6240 * 30


def test_a_model_that_is_not_in_the_table_costs_what_the_dearest_costs(httpserver: HTTPServer, make: Make):
    serve(httpserver, answer(png(1024, 1024)))
    (drawing,) = make(model="somebody-s-image-9").draw([BRIEF])
    assert isinstance(drawing, Drawing)
    assert drawing.made_with["cost_micro_usd"] == 10 * 5 + 1000 * 40


def test_the_same_attempt_at_a_brief_is_sent_under_one_key(httpserver: HTTPServer, make: Make):
    came = serve(httpserver, answer(png(1120, 1344)))
    again = replace(BRIEF, knobs=replace(BRIEF.knobs, attempt=1))
    for brief in (BRIEF, BRIEF, again):
        make().draw([brief])
    first, second, third = (request.headers["idempotency-key"] for request in came)
    assert first == second != third


@pytest.mark.parametrize("code", ["moderation_blocked", "content_policy_violation"])
def test_content_that_is_refused_is_unsafe_and_the_next_row_goes_on(httpserver: HTTPServer, make: Make, code: str):
    serve(httpserver, fault(400, code), answer(png(1120, 1344)))
    refused, drawn = make().draw([BRIEF, BRIEF])
    assert isinstance(refused, Failed)
    assert refused.reason == "unsafe"
    assert isinstance(drawn, Drawing)


def test_a_request_that_is_refused_for_another_reason_is_a_failure_of_the_row(httpserver: HTTPServer, make: Make):
    serve(httpserver, fault(400, "invalid_value"))
    (refused,) = make().draw([BRIEF])
    assert isinstance(refused, Failed)
    assert refused.reason == "renderer"


def test_it_is_not_asked_again_before_the_time_that_it_named(httpserver: HTTPServer, make: Make):
    came = serve(httpserver, fault(429, "rate_limit_exceeded", {"retry-after": "30"}))
    renderer = make()
    for said in ("asks to wait 30 s", "30 s are left"):
        with pytest.raises(RendererDown, match=said):
            renderer.draw([BRIEF])
    assert len(came) == 1


def test_after_the_time_that_it_named_it_is_asked_again(httpserver: HTTPServer, make: Make):
    serve(httpserver, fault(429, None, {"retry-after": "0.05"}), answer(png(1120, 1344)))
    renderer = make()
    with pytest.raises(RendererDown):
        renderer.draw([BRIEF])
    time.sleep(0.1)
    assert isinstance(renderer.draw([BRIEF])[0], Drawing)


def test_a_quota_that_is_used_up_is_told(httpserver: HTTPServer, make: Make):
    serve(httpserver, fault(429, "insufficient_quota"))
    with pytest.raises(RendererDown, match="quota is used up"):
        make().draw([BRIEF])


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_server_that_fails_is_down(httpserver: HTTPServer, make: Make, status: int):
    serve(httpserver, fault(status))
    with pytest.raises(RendererDown, match=rf"failed \({status}\)"):
        make().draw([BRIEF])


@pytest.mark.parametrize(("status", "said"), [(401, "key was refused"), (403, "key was refused"), (404, "no model")])
def test_a_key_or_a_model_that_it_does_not_know_is_not_configured(
    httpserver: HTTPServer, make: Make, status: int, said: str
):
    serve(httpserver, fault(status))
    with pytest.raises(NotConfigured, match=said):
        make().draw([BRIEF])


def test_a_server_that_says_nothing_is_down_when_its_time_is_over(httpserver: HTTPServer, make: Make):
    def slow(_: Request) -> Response:
        time.sleep(0.6)
        return reply({})

    httpserver.expect_request(PATH).respond_with_handler(slow)
    with pytest.raises(RendererDown, match=r"no picture within 0\.2 s"):
        make(timeout_s=0.2).draw([BRIEF])


def test_a_server_that_drips_is_down_when_its_time_is_over(httpserver: HTTPServer, make: Make):
    def drip() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.05)
            yield b" "

    httpserver.expect_request(PATH).respond_with_handler(lambda _: Response(drip(), 200))
    started = time.monotonic()
    with pytest.raises(RendererDown, match=r"no picture within 0\.3 s"):
        make(timeout_s=0.3).draw([BRIEF])
    assert time.monotonic() - started < 5


def test_a_server_that_is_not_there_is_down(make: Make):
    with pytest.raises(RendererDown, match="no connection"):
        make("http://127.0.0.1:9/v1").draw([BRIEF])


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"created": 1, "data": []}',
        b'{"created": 1, "data": [{"url": "https://a.example/1.png"}]}',
        b'{"created": 1, "data": [{"b64_json": ""}]}',
    ],
)
def test_a_reply_without_a_picture_is_a_renderer_that_is_down(httpserver: HTTPServer, make: Make, said: bytes):
    serve(httpserver, Response(said, 200, {"content-type": "application/json"}))
    with pytest.raises(RendererDown, match="holds no picture"):
        make().draw([BRIEF])


def cut(packed: str) -> str:
    return base64.b64encode(base64.b64decode(packed)[:-200]).decode()


def forged(side: int) -> str:
    """A PNG whose header says that it is larger than any memory."""
    content = base64.b64decode(png(64, 64))
    header = b"IHDR" + struct.pack(">II", side, side) + content[24:29]
    return base64.b64encode(content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]).decode()


@pytest.mark.parametrize(
    "packed",
    ["no base64!", base64.b64encode(b"GIF89a").decode(), cut(png(1120, 1344)), png(64, 64), forged(30_000)],
    ids=["not base64", "not a PNG", "cut off", "another size", "a bomb"],
)
def test_what_is_no_picture_of_the_size_asked_for_is_not_used(httpserver: HTTPServer, make: Make, packed: str):
    serve(httpserver, answer(packed))
    with pytest.raises(RendererDown, match="renderer openai"):
        make().draw([BRIEF])


def test_an_empty_picture_has_artefacts(httpserver: HTTPServer, make: Make):
    serve(httpserver, answer(png(1120, 1344, "#00000000")))
    (empty,) = make().draw([BRIEF])
    assert isinstance(empty, Failed)
    assert empty.reason == "artefacts"


def test_a_reply_that_never_ends_is_not_read_on(httpserver: HTTPServer, make: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("studio.renderers.openai.REPLY_BYTES", 1000)
    serve(httpserver, answer(png(1120, 1344)))
    with pytest.raises(RendererDown, match="longer than 1000 bytes"):
        make().draw([BRIEF])


def test_the_key_is_in_no_error_no_log_and_no_repr(
    httpserver: HTTPServer, make: Make, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    serve(httpserver, fault(401), fault(500), fault(400, "invalid_value"))
    renderer = make()
    told = [repr(renderer)]
    for expected in (NotConfigured, RendererDown):
        with pytest.raises(expected) as raised:
            renderer.draw([BRIEF])
        told.append(repr(raised.value))
    told += [repr(renderer.draw([BRIEF])), caplog.text]
    assert KEY.get_secret_value() not in "".join(told)


def test_without_a_key_it_is_not_configured():
    with pytest.raises(NotConfigured, match="no key"):
        OpenAIImages(SecretStr(" "))
