"""What may be sent to harm where pictures and rows are brought: each a clear 4xx, in the audit log, nothing stored."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from graphs.people import Deed
from tests.acceptance.ui.test_api_hostile import HTML, SQL, entries, is_problem, nothing_stored
from tests.pictures import bomb
from tests.serving import HOME, OTHER, Served
from trends.normalize import clean

ROWS = {"name": "spring", "size": "64x80", "rows": [{"id": "1", "text": "Moss"}]}


@pytest.fixture
def client(served: Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, headers=served.worlds[HOME].headers(), timeout=60) as opened:
        assert opened.get("/brands").status_code == 200  # the house's own is written when it is first asked for
        yield opened


@contextmanager
def nothing_kept(served: Served, refused: int = 1) -> Iterator[None]:
    """No row, no file, and so many entries of a deed that was refused."""
    before = files(served)
    with nothing_stored(served, refused):
        yield
    assert files(served) == before
    assert entries(served)[-1][1] == Deed.DRAW


def files(served: Served) -> set[str]:
    return {str(path) for path in (served.settings.home / "assets").rglob("*") if path.is_file()}


def picture(form: str = "PNG", **more: Any) -> bytes:
    content = BytesIO()
    Image.effect_noise((64, 64), 40).convert("RGB").save(content, form, **more)
    return content.getvalue()


def swollen() -> bytes:
    """A small picture whose comment is 60 MB once it is unpacked."""
    told = PngInfo()
    told.add_text("comment", "x" * 60_000_000, zip=True)
    return picture(pnginfo=told)


def animated() -> bytes:
    content, frames = BytesIO(), [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
    return content.getvalue()


PICTURES = {
    "a bomb of 900 megapixels": lambda: bomb(30_000, 30_000),
    "a bomb of a row": lambda: bomb(2**31 - 1, 1),
    "a bomb that says 39 megapixels": lambda: bomb(6_500, 6_000),
    "a swollen comment": swollen,
    "cut short": lambda: picture()[:200],
    "animated": animated,
    "an SVG that loads": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n(/etc/passwd) run\n",
    "one pixel": lambda: _pixel(),
    "a script": lambda: b"<script>alert(1)</script>",
    "nothing": lambda: b"",
}


def _pixel() -> bytes:
    content = BytesIO()
    Image.new("RGB", (1, 1)).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("what", PICTURES)
def test_a_picture_that_harms_is_refused_at_once(served: Served, client: httpx2.Client, what: str) -> None:
    content, began = PICTURES[what](), time.monotonic()
    with nothing_kept(served):
        answer = client.post("/brands", data={"name": "harm"}, files={"images": ("a.png", content, "image/png")})
        assert is_problem(answer, 422), what
    assert time.monotonic() - began < 15


def part(name: bytes, content: bytes, filename: bytes | None = None) -> bytes:
    told = b'Content-Disposition: form-data; name="%s"' % name
    told += b'; filename="%s"' % filename if filename is not None else b""
    return b"--b\r\n%s\r\n\r\n%s\r\n" % (told, content)


MOSS = b"text\nMoss\n"
FORMS = {
    "a name that is no UTF-8": part(b"name", b"\xff\xfe") + part(b"file", MOSS, b"a.csv") + b"--b--\r\n",
    "half a character": part(b"name", b"\xed\xa0\x80") + part(b"file", MOSS, b"a.csv") + b"--b--\r\n",
    "a field's name that is no UTF-8": part(b"\xff", b"x") + part(b"file", MOSS, b"a.csv") + b"--b--\r\n",
    "a NUL": part(b"name", b"a\x00b") + part(b"file", MOSS, b"a.csv") + b"--b--\r\n",
    "an escape": part(b"name", b"a\x1b[31m") + part(b"file", MOSS, b"a.csv") + b"--b--\r\n",
    "a thousand fields": b"".join(part(b"f%d" % at, b"x") for at in range(1_000)) + b"--b--\r\n",
    "a thousand files": b"".join(part(b"file", MOSS, b"a.csv") for _ in range(1_000)) + b"--b--\r\n",
    "a field of a megabyte": part(b"name", b"x" * (1 << 20)) + part(b"file", MOSS, b"a.csv") + b"--b--\r\n",
    "a field that is none": part(b"actor", b"ana") + part(b"file", MOSS, b"a.csv") + b"--b--\r\n",
    "the file as a field": part(b"file", MOSS) + b"--b--\r\n",
    "no end": part(b"file", MOSS, b"a.csv"),
    "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
    "no form at all": MOSS,
    "nothing": b"",
    "rows that are no UTF-8 nor anything": part(b"file", b"\x00\x01\x02\xff" * 99, b"a.csv") + b"--b--\r\n",
    "a workbook": part(b"file", b"PK\x03\x04" + b"x" * 99, b"a.csv") + b"--b--\r\n",
    "a million lines": part(b"file", b"text\n" + b"x\n" * 1_000_000, b"a.csv") + b"--b--\r\n",
    "501 rows": part(b"file", b"text\n" + b"Moss\n" * 501, b"a.csv") + b"--b--\r\n",
    "5 MB": part(b"file", b"text\n" + b"x" * 5_000_000, b"a.csv") + b"--b--\r\n",
}  # fmt: skip


@pytest.mark.parametrize("what", FORMS)
def test_a_form_that_harms_is_refused(served: Served, client: httpx2.Client, what: str) -> None:
    for kind in ("multipart/form-data; boundary=b", "multipart/form-data; boundary=b; charset=utf-7"):
        with nothing_kept(served):
            answer = client.post("/batches/files", content=FORMS[what], headers={"Content-Type": kind})
            assert is_problem(answer, 400, 422), what


def test_a_form_of_another_kind_or_too_large_is_refused(served: Served, client: httpx2.Client) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/csv", "multipart/form-data", "multipart/mixed; boundary=b"):
        with nothing_kept(served):
            answer = client.post("/batches/files", content=FORMS["nothing"] or b"a=b", headers={"Content-Type": kind})
            assert is_problem(answer, 400, 422), kind
    with nothing_stored(served):
        large = {"images": ("a.png", b"x" * (18 << 20))}
        assert is_problem(client.post("/brands", data={"name": "harm"}, files=large), 413)


@pytest.mark.parametrize(
    "filename", ["../../../etc/passwd", "C:\\x\\..\\y.csv", "%2e%2e%2fz.csv", "a\u202egnp.csv", "." * 300]
)
def test_a_file_s_name_leads_nowhere(served: Served, client: httpx2.Client, filename: str) -> None:
    rows = f"id,text\n1,Named {len(filename)} {filename[:2]!r}\n"
    answer = client.post("/batches/files", data={"size": "64x80"}, files={"file": (filename, rows)})
    assert answer.status_code == 201, answer.text
    name = answer.json()["name"]
    assert name and not set(name) & set("/\\\u202e") and not name.startswith("..")


@pytest.mark.parametrize("text", [*SQL, *HTML])
def test_what_is_written_on_a_design_comes_back_as_the_same_text(
    served: Served, client: httpx2.Client, text: str
) -> None:
    row = {"id": text, "text": f"Moss {text}", "hook": text, "prompt": text}
    made = client.post("/batches", json={**ROWS, "name": text, "rows": [row]})
    assert made.status_code == 201, made.text
    where = f"/batches/{made.json()['id']}"
    shown = client.get(f"{where}/rows").json()["items"][0]
    assert (client.get(where).json()["name"], shown["row_id"]) == (text, clean(text))
    assert shown["text"] == clean(f"Moss {text}")
    cancelled = client.post(f"{where}/cancel", json={"reason": text})
    assert cancelled.json()["status"] == "cancelled"
    for query in ({"text": text}, {"tag": text}, {"category": text}, {"brand": text}):
        answer = client.get("/designs", params=query)
        assert answer.status_code == 200, (query, answer.text)


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "-2+3", "\t=1+1"])
def test_a_formula_is_a_text_like_another(served: Served, client: httpx2.Client, cell: str) -> None:
    rows = f'id,text\n1,"{cell}"\n'.encode()
    made = client.post("/batches/files", data={"size": "64x80", "name": "cells"}, files={"file": ("a.csv", rows)})
    assert made.status_code == 201, made.text
    assert client.get(f"/batches/{made.json()['id']}/rows").json()["items"][0]["text"] == cell.strip()


def test_names_that_no_table_or_address_holds_are_refused(served: Served, client: httpx2.Client) -> None:
    for change in ({"name": "x" * 201}, {"brand": "x" * 81}, {"name": "a\x00b"}, {"name": "\ud800"}, {"actor": "ana"},
                   {"rows": [{"text": "Moss", "seed": 2**40}]}, {"seed": 10**40}, {"size": "9" * 400 + "x80"},
                   {"rows": [{"id": "x" * 81, "text": "Moss"}]}, {"rows": {"text": "Moss"}}):  # fmt: skip
        with nothing_kept(served):
            body = json.dumps({**ROWS, **change}).encode()
            answer = client.post("/batches", content=body, headers={"Content-Type": "application/json"})
            assert is_problem(answer, 422), (change, answer.text)


def test_a_key_that_comes_twice_begins_one_batch_and_with_other_rows_none(
    served: Served, client: httpx2.Client
) -> None:
    headers = {"Idempotency-Key": "studio-1"}
    rows = {**ROWS, "rows": [{"text": "Only once"}]}
    first, again = [client.post("/batches", json=rows, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    with nothing_stored(served):
        other = client.post("/batches", json={**ROWS, "rows": [{"text": "Otherwise"}]}, headers=headers)
        assert is_problem(other, 422)


def test_files_are_read_by_nobody_but_whose_rows_name_them(served: Served, client: httpx2.Client) -> None:
    mine, theirs = served.worlds[HOME].designs["1"], served.worlds[OTHER].designs["1"]
    with served.session(OTHER) as session:
        digests = [each for (each,) in session.execute("SELECT sha256 FROM asset").fetchall()]
    assert client.get(f"/designs/{mine}/files/print").status_code == 200
    assert all((served.settings.home / "assets" / each[:2] / each[2:4] / each).is_file() for each in digests)
    for path in (f"/designs/{theirs}/files/print", f"/designs/{theirs}/mockup",
                 *(f"/designs/{mine}/files/{each}" for each in digests)):  # fmt: skip
        assert is_problem(client.get(path), 404), path
