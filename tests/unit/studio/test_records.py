"""Records: what a spreadsheet writes is read cell by cell, and a torn line costs itself alone."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import BadBatch
from studio.records import DELIMITERS, Record, Torn, decoded, records_of

CELLS = st.text(alphabet='ab ,;\t|"\n\r=é', max_size=8)


def known(name: str) -> bool:
    return name in ("id", "text")


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6), st.sampled_from(DELIMITERS))
def test_what_a_csv_writer_writes_is_read_as_it_was_whatever_the_delimiter(rows, delimiter):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["id", "text"], *rows])
    read = records_of(written.getvalue(), known)
    assert [list(one.cells) for one in read if isinstance(one, Record)] == [["id", "text"], *rows]
    assert [one.line for one in read] == list(range(1, len(rows) + 2))


@given(st.text(alphabet='ab,"\n\r ', max_size=120))
def test_every_character_is_read_once_and_reading_ends(text):
    read = records_of(f"id,text\n{text}", known)
    assert [one.line for one in read] == list(range(1, len(read) + 1))
    assert all(one.why for one in read if isinstance(one, Torn))


def test_a_torn_line_costs_itself_alone():
    read = records_of('id,text\n1,"open\n2,good\n3,"a "b" c"\n4,"fine"', known)
    assert [one.cells if isinstance(one, Record) else one.line for one in read] == [
        ("id", "text"), 2, ("2", "good"), 4, ("4", "fine"),
    ]  # fmt: skip


def test_a_quote_is_not_looked_for_without_end():
    (_, torn) = records_of('id,text\n1,"' + "x" * 30_000 + '"', known)
    assert torn == Torn(2, "a quote is opened and never closed within 20,000 characters")


def test_the_delimiter_is_the_one_that_finds_the_headings():
    assert records_of("id;text\n1;a,b", known)[1] == Record(2, ("1", "a,b"))
    assert records_of("sep=|\nid|text;x\n", known)[0] == Record(2, ("id", "text;x"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_the_same_in_every_encoding(encoding):
    assert decoded("id,text\n1,Café – déjà vu\n".encode(encoding), "a.csv") == "id,text\n1,Café – déjà vu\n"


@given(st.binary(max_size=60))
def test_bytes_are_text_or_a_bad_batch_that_names_the_file(content):
    try:
        assert isinstance(decoded(content, "a.csv"), str)
    except BadBatch as fault:
        assert str(fault).startswith("a.csv ")
