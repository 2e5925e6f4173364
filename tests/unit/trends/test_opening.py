"""Opening files that nobody vouches for: encodings, gzip, and every way in which a file can be no file of ours."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import trends.survey
from trends.opening import MAX_LINE, open_payload
from trends.payload import Document, NothingObserved, Rejected, Table
from trends.survey import Unreadable, survey

TABLE = "text,date\ncafé owl,2020-01-01\n"


def payload(folder: Path, content: bytes) -> Table | Document:
    path = folder / "file"
    path.write_bytes(content)
    return open_payload(survey(path))


def texts(found: Table | Document) -> list[str]:
    assert isinstance(found, Table)
    return [row.reason if isinstance(row, Rejected) else row[1]["text"] for row in found.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_an_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    assert texts(payload(tmp_path, TABLE.encode(encoding))) == ["café owl"]


def test_a_few_bad_bytes_do_not_make_a_utf8_file_another_encoding(tmp_path: Path) -> None:
    rows = "".join(f"thé {n},2020-01-01\n" for n in range(60))
    assert texts(payload(tmp_path, b"text,date\nbad \xff,2020-01-01\n" + rows.encode()))[:2] == ["bad �", "thé 0"]


@pytest.mark.parametrize("layers", [1, 2])
def test_gzip_is_unpacked_even_twice_and_without_a_name(tmp_path: Path, layers: int) -> None:
    content = TABLE.encode()
    for _ in range(layers):
        content = gzip.compress(content)
    assert texts(payload(tmp_path, content)) == ["café owl"]


def test_a_truncated_gzip_is_refused_with_where_it_ends(tmp_path: Path) -> None:
    content = gzip.compress("".join(f"row {n},2020-01-01\n" for n in range(50_000)).encode())
    with pytest.raises(Unreadable, match=r"ends early, after [\d,]+ bytes"):
        payload(tmp_path, content[: len(content) // 2])
    with pytest.raises(Unreadable, match="ends early"):
        payload(tmp_path, content[:12])


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(TABLE.encode() * 100))
    content[-5] ^= 0xFF
    with pytest.raises(Unreadable, match="damaged gzip"):
        payload(tmp_path, bytes(content))


def test_a_gzip_bomb_is_not_unpacked_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trends.survey, "BOMB_BYTES", 1 << 20)
    with pytest.raises(Unreadable, match="times its size"):
        payload(tmp_path, gzip.compress(b"a" * (8 << 20)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "picture"),
        (b"PK\x03\x04" + bytes(50), "zip"),
        (bytes(range(32)) * 20, "binary"),
        (b"<html><body>no</body></html>", "XML or HTML"),
        (b'{"a": [1, 2', "broken JSON at line 1"),
        (b"[" * 100_000, "too deep"),
        (b'{"a":' * 100_000, "too deep"),
        (b'["one", "two"]', "list without records"),
        (
            b"Dear reader of mine, hello\n\nthis is a letter of some length.\nIt has no columns at all.\n",
            "columns",
        ),
    ],
)
def test_what_is_no_table_or_json_is_refused_with_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as found:
        payload(tmp_path, content)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", b"[]", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NothingObserved) as found:
        payload(tmp_path, content)
    assert found.value.empty


def test_a_field_of_ten_megabytes_is_rejected_and_the_rows_after_it_are_read(tmp_path: Path) -> None:
    huge = "x" * (10 << 20)
    found = texts(payload(tmp_path, f"text,date\n{huge},2020-01-01\nan owl,2020-01-02\n".encode()))
    assert found == [f"line 2 is longer than {MAX_LINE:,} characters", "an owl"]
    lines = "".join(json.dumps({"text": text, "date": "2020-01-01"}) + "\n" for text in ("first", huge, "last"))
    assert texts(payload(tmp_path, lines.encode()))[::2] == ["first", "last"]


def test_an_unclosed_quote_costs_rows_not_the_file(tmp_path: Path) -> None:
    filler = "".join(f"row {n},2020-01-01\n" for n in range(120_000))
    found = texts(payload(tmp_path, f'text,date\n"never closed,2020-01-01\n{filler}'.encode()))
    assert "unclosed quote" in found[0]
    assert found[-1] == "row 119999"


def test_a_row_of_another_width_is_rejected(tmp_path: Path) -> None:
    found = texts(payload(tmp_path, b"text,date\none,2020-01-01\ntwo\nthree,2020-01-01,4\nfour,2020-01-02\n"))
    assert found == ["one", "line 3 has 1 cells, the header 2", "line 4 has 3 cells, the header 2", "four"]


def test_nul_bytes_in_a_table_do_not_stop_it(tmp_path: Path) -> None:
    assert texts(payload(tmp_path, b"text,date\nan\x00 owl,2020-01-01\n")) == ["an\x00 owl"]


def test_a_list_of_categories_or_words_is_reference(tmp_path: Path) -> None:
    with pytest.raises(NothingObserved, match="categories"):
        payload(tmp_path, b"Home > Kitchen\nHome > Kitchen > Mugs\nHome > Garden\n")
    with pytest.raises(NothingObserved, match="words"):
        payload(tmp_path, b"owl\nmoth\nbadger\nhedgehog\n")


@pytest.mark.parametrize("size", [1 << 17, 10 << 20])
def test_a_first_line_of_any_length_leaves_the_lines_after_it(tmp_path: Path, size: int) -> None:
    lines = [{"text": "a " * (size // 2), "date": "2020-01-01"}, {"text": "owl", "date": "2020-01-01"}]
    found = texts(payload(tmp_path, "\n".join(map(json.dumps, lines)).encode()))
    assert len(found) == 2
    assert found[1] == "owl"
