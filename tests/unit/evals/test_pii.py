"""Counting what was taken out of texts: spans, kinds, tokens, and the file's layout."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evals import pii
from evals.pii import Span, Tally, f_of, is_gone, kind_of, taken_out
from trends.normalize import REDACTED, redact

MAIL = "write to ann@example.com or call +1-984-182-0190"


def row(text: str, *marked: tuple[str, str]) -> dict[str, object]:
    spans = [
        {"entity_type": kind, "entity_value": value, "start_position": text.index(value),
         "end_position": text.index(value) + len(value)}
        for kind, value in marked
    ]  # fmt: skip
    return {"full_text": text, "spans": spans}


def test_what_was_taken_out_is_found_where_it_stood():
    gone = taken_out(MAIL, redact(MAIL))
    assert [(MAIL[one.start : one.end], one.kind) for one in gone] == [
        ("ann@example.com", "email"),
        ("+1-984-182-0190", "phone"),
    ]


def test_a_text_that_lost_nothing_has_no_pieces_taken_out():
    assert taken_out("an owl (in wool)", "an owl (in wool)") == []


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("ann (at) example (dot) com", "email"),
        ("GB82 WEST 1234 5698 7654 32", "iban"),
        ("106.31.73.20", "ip"),
        ("4012 8888 8888 1881", "card"),
        ("(602)272-9781", "phone"),
    ],
)
def test_a_piece_tells_by_its_form_what_it_was_taken_out_as(piece, kind):
    assert kind_of(piece) == kind


def test_a_detail_of_which_a_digit_is_left_is_not_found():
    text = "call 555 0199 0"
    assert is_gone(text, Span(5, 13, "phone"), [Span(5, 13, "phone")])
    assert not is_gone(text, Span(5, 15, "phone"), [Span(5, 13, "phone")])


def test_kinds_and_tokens_are_counted_apart():
    tally = Tally()
    tally.add("Ann wrote to ann@example.com", [Span(0, 3, "PERSON"), Span(13, 28, "email")])
    assert (tally.kinds["email"].there, tally.kinds["email"].found, tally.kinds["email"].rightly) == (1, 1, 1)
    assert tally.unsought["PERSON"] == 1
    assert tally.everything.figures("pii") == {
        "pii_precision": 1.0,
        "pii_recall": 0.75,
        "pii_f": pytest.approx(15 / 19),
    }
    assert tally.sought.figures("sought")["sought_recall"] == 1.0


def test_the_published_figures_are_of_this_f():
    for kind in ("", "_customised"):
        of = [pii.PUBLISHED[f"pii_{name}{kind}"] for name in ("precision", "recall", "f")]
        assert f_of(of[0], of[1]) == pytest.approx(of[2], abs=0.001)
    assert f_of(None, 0.5) is None
    assert f_of(0.0, 0.0) == 0.0


def test_spans_are_found_again_in_the_cleaned_text(tmp_path: Path):
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([row("Tel:\n\n  +1-984-182-0190  &amp; more", ("PHONE_NUMBER", "+1-984-182-0190"))]))
    ((text, (span,)),) = list(pii.read(file))
    assert text == "Tel: +1-984-182-0190 & more"
    assert (text[span.start : span.end], span.kind) == ("+1-984-182-0190", "phone")


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_measured_plain_or_packed(tmp_path: Path, packed: bool):
    body = json.dumps([row(MAIL, ("EMAIL_ADDRESS", "ann@example.com"), ("PHONE_NUMBER", "+1-984-182-0190"))]).encode()
    file = tmp_path / "rows.json"
    file.write_bytes(gzip.compress(body) if packed else body)
    result = pii.run(file)
    assert result.figures["recall_contact"] == result.figures["precision_personal"] == 1.0
    assert result.figures["recall_card"] is None


@pytest.mark.parametrize("body", ["{}", "[1]", '[{"full_text": "x"}]', "no json"])
def test_another_layout_is_one_clear_line(tmp_path: Path, body: str):
    file = tmp_path / "rows.json"
    file.write_text(body)
    with pytest.raises(ValueError, match="a list of full_text and spans is needed"):
        pii.run(file)


def test_titles_that_lose_something_are_counted_once(tmp_path: Path):
    table = tmp_path / "titles.csv.gz"
    table.write_bytes(gzip.compress(f"title\nan owl\n{MAIL}\n{MAIL}\n".encode()))
    assert pii.titles_changed([table]) == (1, 2)
    assert REDACTED in redact(MAIL)


def test_contact_details_of_the_public_set_are_found_and_real_titles_are_left_alone(shared: Path):
    result = pii.run(shared / "data/eval/pii/presidio_synth_dataset_v2.json.gz")
    assert all(asked.is_met(result.figures[name]) for name, asked in result.asked.items())
    assert set(result.asked) == {"recall_contact", "titles_changed_ratio"}
