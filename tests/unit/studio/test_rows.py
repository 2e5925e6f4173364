"""A batch as sellers have it: what can be read is read, and what cannot is told row by row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.drawing import Row
from studio.errors import BadBatch
from studio.rows import MOST_BYTES, Rows, csv_of, neutral, read_rows, row_of

LOST = "characters that were lost on the way (NUL or �): save the file as UTF-8 again"
HEAD = "id,text,product,seed\n"


def read(text: str, encoding: str = "utf-8") -> Rows:
    return read_rows(text.encode(encoding), "designs.csv")


def why(text: str) -> list[str]:
    return [str(one) for one in read(text).refused]


def bad(content: bytes | str) -> str:
    with pytest.raises(BadBatch) as caught:
        read_rows(content.encode() if isinstance(content, str) else content, "designs.csv")
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_encoding_and_delimiter_of_a_spreadsheet_gives_the_same_rows(encoding, delimiter):
    text = "SKU,Slogan,Niche\r\n1,Café crème – déjà vu,anglers\r\n2,Fishing dad,dads\r\n".replace(",", delimiter)
    rows = read(text, encoding)
    assert [row.text for row in rows.good] == ["Café crème – déjà vu", "Fishing dad"]
    assert (rows.good[0].id, rows.good[0].audience, rows.refused) == ("1", "anglers", ())


def test_every_column_fills_its_field_whatever_its_order_case_and_name():
    text = (
        "Priority,Random_Seed,Image Prompt,Product Type,Target Audience,Year,Topic,Slogan,SKU\n"
        "high,7.0,a misty lake,Coffee Mugs,anglers,est. 1986,fishing,Gone fishing,A-1\n"
    )
    assert read(text).good == (
        Row("A-1", "Gone fishing", "fishing", "est. 1986", "anglers", "mug", "a misty lake", 7, 10),
    )


def test_a_line_that_names_the_delimiter_and_empty_lines_are_no_rows_but_are_counted():
    rows = read("sep=;\n\nid;text;product\n\n1;A, b;car\n;;\n2;C;mug\n")
    assert [str(one).split(":")[0] for one in rows.refused] == ["row 5 (1)"]
    assert [row.text for row in rows.good] == ["C"]


def test_without_an_id_a_row_is_called_by_its_number_and_without_text_by_its_keyword():
    rows = read("keyword\npumpkin carving\nlatte art\n")
    assert [(row.id, row.text, row.keyword) for row in rows.good] == [
        ("2", "pumpkin carving", "pumpkin carving"),
        ("3", "latte art", "latte art"),
    ]


def test_quotes_commas_and_newlines_inside_a_field_stay_in_it():
    rows = read('id,text\n1,"She said ""hi"", twice\r\nand left"\n2, "a, b" \n3,5" pipe\n')
    assert [row.text for row in rows.good] == ['She said "hi", twice and left', "a, b", '5" pipe']


def test_a_formula_stays_the_text_that_it_is_and_is_none_where_a_csv_is_written():
    rows = read("id,text\n1,\"=cmd|' /C calc'!A0\"\n2,@home\n")
    assert [row.text for row in rows.good] == ["=cmd|' /C calc'!A0", "@home"]
    written = csv_of(("id", "text"), [(row.id, row.text) for row in rows.good])
    assert [row[1] for row in csv.reader(io.StringIO(written.decode()))] == ["text", "'=cmd|' /C calc'!A0", "'@home"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "＝1", "－1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_neutralised(cell):
    assert neutral(cell) == f"'{cell}"


def test_numbers_and_plain_texts_are_written_as_they_are():
    assert [neutral(cell) for cell in (-5, 1.5, "Gone fishing", "a=b", "")] == [-5, 1.5, "Gone fishing", "a=b", ""]


def test_emoji_stay_and_a_text_of_nothing_else_is_refused():
    rows = read("id,text\n1,Frog 🐸👩‍🌾 club\n2,🐸🐸\n")
    assert rows.good[0].text == "Frog 🐸👩‍🌾 club"
    assert why("id,text\n1,x\n2,🐸🐸\n") == ["row 3 (2): its text has no letter and no digit"]


def test_prompts_in_eight_scripts_are_read_as_they_are():
    prompts = [
        "дом у озера",
        "湖のほとりの家",
        "湖边的房子",
        "호숫가 집",
        "بيت على البحيرة",
        "בית ליד האגם",
        "झील पर घर",
        "σπίτι",
    ]
    text = "id,text,prompt\n" + "".join(f"{at},x,{prompt}\n" for at, prompt in enumerate(prompts))
    assert [row.prompt for row in read(text).good] == prompts


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2,", "row 3 (2): it has no text: a letter or a digit at least"),
        (",x", "row 3: it has no id: every row needs its own"),
        ("2," + "x" * 2000, "row 3 (2): its text has 2,000 characters; at most 600 can be used"),
        ("1,again", "row 3 (1): its id stands already in row 2: every row needs its own"),
        ("2,x,y", "row 3 (2): 3 cells under 2 headings: put quotes around a text with commas or newlines"),
        ("2", "row 3 (2): 1 cells under 2 headings: put quotes around a text with commas or newlines"),
        ("2,a\x00b", "row 3 (2): its text has " + LOST),
        ("2,a\ufffdb", "row 3 (2): its text has " + LOST),
        ("2,Hentai club", "row 3 (2): it names what no shop prints"),
        ('2,"open', "row 3: a quote is opened and never closed"),
        ('2,"' + "x" * 30_000 + '"', "row 3: a quote is opened and never closed within 20,000 characters"),
        ('2,"a "b" c"', "row 3: after a closing quote stands more text: double the quotes inside a text"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_in_one_line_and_the_good_ones_around_it_go_on(row, told):
    text = f"id,text\n1,first\n{row}\n9,last\n"
    assert why(text) == [told]
    assert [good.id for good in read(text).good] == ["1", "9"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("car,", "its product 'car' is none of shirt"),
        ("postr,", "probably 'poster' is meant"),
        ("mug,1.5", "its seed '1.5' is no whole number"),
        ("mug,-1", "its seed -1 is not between 0 and 4,294,967,295"),
        ("mug,4294967296", "is not between 0 and"),
        ("mug,=1+1", "its seed '=1+1' is no whole number"),
    ],
)
def test_a_cell_that_is_not_of_its_kind_is_refused_and_says_what_is(cells, told):
    (line,) = why(f"{HEAD}1,x,,\n2,x,{cells}\n")
    assert told in line


def test_control_and_unseen_characters_are_taken_out():
    assert read("id,text\n1,a\x0b\u202eb\u200b c\n").good[0].text == "ab c"


def test_wrong_headings_are_told_with_those_wanted_and_those_meant():
    told = bad("sku,txt,Slogn\n1,a,b\n")
    assert told == (
        "designs.csv: no heading says what to draw: there are 'sku', 'txt', 'Slogn' ('txt' is probably 'text'; 'Slogn' "
        "is probably 'slogan'); wanted are text or keyword; "
        "if you like id, hook, audience, product, prompt, seed, priority"
    )


def test_a_column_that_fills_nothing_is_named_with_what_was_probably_meant():
    assert read("id,text,title,audiense,weight\n1,a,b,c,2\n").ignored == ("title", "audiense (audience?)", "weight")


def test_a_heading_that_stands_twice_is_refused():
    assert "the heading 'text' stands 2 times" in bad("id,text,Text\n1,a,b\n")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "designs.csv is empty"),
        (b"\n \n", "designs.csv is empty"),
        (b"id,text\n", "has headings and no rows: a batch has 1 to 500"),
        (b"id,text\n\n,\n", "has headings and no rows"),
        (b"PK\x03\x04...", "is an Excel or ZIP file, no CSV"),
        (b"%PDF-1.7", "is a PDF, no CSV"),
        (b"\xff\xfea", "begins as UTF-16 and is damaged at byte 2"),
        (b"id,text\n1,\x81\x8d", "is no text at byte 10"),
        (b'"id,text\n1,a\n', "its row of headings cannot be read: a quote is opened and never closed"),
        (b"id,text\n1,\n2,\n", "none of its 2 rows can be used: row 2 (1): it has no text"),
        (b"x" * (MOST_BYTES + 1), "has 4,000,001 bytes; a batch has at most 4,000,000"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_says_why(content, told):
    assert told in bad(content)


def test_ten_thousand_rows_are_too_many_and_five_hundred_are_not():
    lines = [f"{at},design {at}\n" for at in range(10_000)]
    assert bad("id,text\n" + "".join(lines)) == (
        "designs.csv has 10,000 rows; a batch has at most 500: split it into 20 files"
    )
    assert len(read("id,text\n" + "".join(lines[:500])).good) == 500


def test_a_file_of_far_too_many_lines_is_refused_unread():
    assert bad(b"id,text\n" + b'"a\n' * 900_000).startswith(
        "designs.csv has 900,001 lines; a batch has at most 500 rows"
    )


def test_fewer_rows_than_the_fewest_are_refused():
    with pytest.raises(BadBatch, match="at least 100"):
        read_rows(b"id,text\n1,a\n", "designs.csv", (100, 500))


CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\ufffd"), max_size=30)


@given(st.lists(CELLS, min_size=1, max_size=8))
def test_what_is_written_as_csv_is_read_back_cell_by_cell(texts):
    written = csv_of(("id", "text"), [(f"r{at}", f"a{text}") for at, text in enumerate(texts)])
    rows = read_rows(written, "designs.csv")
    assert [row.id for row in rows.good] == [f"r{at}" for at in range(len(texts))]
    assert rows.refused == ()


@given(st.binary(max_size=300))
def test_no_bytes_do_worse_than_a_bad_batch(content):
    try:
        rows = read_rows(b"id,text\n" + content, "designs.csv")
    except BadBatch as fault:
        assert "\n" not in str(fault)
    else:
        assert rows.good
        assert all("\n" not in str(one) for one in rows.refused)
        assert len({row.id.casefold() for row in rows.good}) == len(rows.good)


@given(st.text(alphabet='ab",;\n\r ', max_size=200))
def test_every_row_that_is_not_empty_is_good_or_refused(content):
    try:
        rows = read(HEAD.replace("id,", "") + content)
    except BadBatch:
        return
    lines = [row.id for row in rows.good] + [str(one.line) for one in rows.refused]
    assert len(lines) == len(set(lines))


def test_a_design_that_somebody_types_is_read_as_a_row_of_a_file():
    row = row_of({"text": "=Moss\x07  first", "keyword": "", "hook": "est. 1986", "product_format": "Mugs"})
    assert (row.id, row.text, row.hook, row.product_format) == ("1", "=Moss first", "est. 1986", "mug")
    with pytest.raises(BadBatch, match="its product 'spaceship' is none of shirt"):
        row_of({"text": "Moss", "product_format": "spaceship"})
