"""Files of word marks: CSV and the USPTO's XML, known by their content."""

from __future__ import annotations

from pathlib import Path

import pytest

from market.registers.files import BadMarks, classes_in, load_file, read_marks, status_of


def test_a_csv_of_marks_is_read_with_or_without_what_is_optional(tmp_path: Path):
    path = tmp_path / "marks.csv"
    path.write_text("﻿Mark,Class,Owner,Status\nVelmora,025 | 035,Velmora Ltd,REGISTERED\nOld,25,,ABANDONED\n", "utf-8")
    first, second = read_marks(path)
    assert (first.text, first.classes, first.owner) == ("Velmora", {25, 35}, "Velmora Ltd")
    assert second.is_dead
    listed = load_file(path, tmp_path / "cache")
    assert (listed.source.name, listed.source.size, len(listed.register)) == ("marks.csv", 1, 1)


def test_a_changed_file_is_another_version(tmp_path: Path):
    path = tmp_path / "marks.csv"
    path.write_text("mark,class\nVelmora,25\n", "utf-8")
    before = load_file(path).source
    path.write_text("mark,class\nVelmora,25\nQuistar,25\n", "utf-8")
    after = load_file(path).source
    assert before.version != after.version
    assert (before.size, after.size) == (1, 2)


@pytest.mark.parametrize(
    "text", ["", "name,goods\nVelmora,25\n", "mark,class\n", "<a><b></a>", "mark,class,status\nOld,25,DEAD\n"]
)
def test_a_file_without_marks_is_refused(tmp_path: Path, text):
    path = tmp_path / "marks.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(BadMarks, match=r"marks\.csv"):
        load_file(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(BadMarks, match="cannot be read"):
        load_file(tmp_path / "none.csv")


def test_records_of_the_uspto_are_read_in_both_of_its_formats(shared: Path):
    found = {mark.text: mark for path in (shared / "data/trademark").glob("*.xml") for mark in read_marks(path)}
    assert (found["JAVA"].classes, found["JAVA"].number, found["JAVA"].status) == ({9}, "2178784", "live")
    assert (found["PYTHON"].classes, found["PYTHON"].number) == ({9, 42}, "2824281")
    assert found["JAVA"].register == "USPTO"
    assert found["JAVA"].owner == ""


def test_an_entity_of_an_xml_file_is_not_expanded(tmp_path: Path):
    from defusedxml import EntitiesForbidden

    path = tmp_path / "bomb.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "ccc">]><a>&b;</a>', "utf-8")
    with pytest.raises(EntitiesForbidden):
        list(read_marks(path))


@pytest.mark.parametrize(("cell", "classes"), [("25", {25}), ("009|042", {9, 42}), ("IC 025", {25}), ("200; x", set())])
def test_classes_are_read_out_of_a_cell(cell, classes):
    assert classes_in(cell) == classes


@pytest.mark.parametrize(
    ("code", "status"), [("800", "live"), ("702", "live"), ("602", "dead"), ("710", "dead"), ("", "")]
)
def test_a_status_code_says_whether_a_mark_lives(code, status):
    assert status_of(code) == status
