"""Normalise: what is stored is clean, holds no contact details, and ordinary titles come through untouched."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from trends.normalize import REDACTED, clean, is_iban, is_nsfw, passes_luhn, redact


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("an\x00 owl\x07 ", "an owl"),
        ("  a \t b\r\nc ", "a b c"),
        ("cafe\u0301", "café"),
        ("MÃ©nage Ã\xa0 trois", "Ménage à trois"),
        ("donâ€™t", "don’t"),
        ("owls &amp; moths&#39; mugs", "owls & moths' mugs"),
        ("ann&#64;example &copy AT&T;", "ann@example &copy AT&T;"),
        ("right\u202eleft", "rightleft"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("Ã la carte", "Ã la carte"),
        ("👩‍🎨 paints", "👩‍🎨 paints"),
        ("ann＠example．com", "ann@example.com"),
    ],
)
def test_text_is_cleaned(raw: str, kept: str) -> None:
    assert clean(raw) == kept


@pytest.mark.parametrize(
    "detail",
    [
        "ann.example+shop@mail.example.com",
        "ann (at) example (dot) com",
        "+1-984-182-0190",
        "(602)272-9781",
        "0490 75 40 81",
        "03.93.92.16.85",
        "467 3395",
        "345-899-3560x4587",
        "4012 8888 8888 1881",
        "378282246310005",
        "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000",
        "106.31.73.20",
        "2001:db8:85a3::8a2e:370:7334",
        "ann at mail dot example dot com",
        "DE89-3704-0044-0532-0130-00",
        "4012.8888.8888.1881",
        "4012–8888–8888–1881",
        "０９０-１２３４-５６７８",
        "090–1234–5678",
        "+46 (0)179 459 33",
        "(11) 98765-4321",
    ],
)
def test_a_contact_detail_is_taken_out_and_the_words_around_it_stay(detail: str) -> None:
    assert redact(f"write to {detail} today") == f"write to {REDACTED} today"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Tel. 3660170548", f"Tel. {REDACTED}"),
        ("3660170548-Fax", f"{REDACTED}-Fax"),
        ("my address is 106.31.73.20.", f"my address is {REDACTED}."),
        ("office,07700 063 966", f"office,{REDACTED}"),
        ("GB82 WEST 1234 5698 7654 32 is my account", f"{REDACTED} is my account"),
    ],
)
def test_what_stands_beside_a_number_says_what_it_is(text: str, kept: str) -> None:
    assert redact(text) == kept


@pytest.mark.parametrize(
    "title",
    [
        "Mobile 2000000 users",
        "1234567 mobile games",
        "the iPhone 1234567 times",
        "polka dot and a cat at home",
        "Hotline Miami 1989 2012",
        "10 Fun Facts About Owls 2017",
        "Live 2017-10-05 at 20:30",
        "05/10/2017 or 5.10.2017",
        "1 000 000 subscribers",
        "100,000,000 views",
        "299 792 458 people watched",
        "World War II 1939-1945",
        "The Eleventh Hour 1914 - 1918",
        "Version 10.14393.577 is out",
        "@crafty_ann shows her mug",
        "iPhone 8 vs 7 vs 6 vs 5",
        "23/7: the 1080p, 60fps & 4K test",
        "$1,250,000 house",
        "https://youtu.be/dQw4w9WgXcQ",
        "#100happydays 24-7",
    ],
)
def test_an_ordinary_title_stays_as_it_is(title: str) -> None:
    assert redact(title) == title


def test_checksums_decide_what_is_a_card_or_an_account() -> None:
    assert passes_luhn("4012888888881881")
    assert not passes_luhn("4012888888881882")
    assert not passes_luhn("0000000000000000")
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB83WEST12345698765432")


def test_only_clear_cases_are_nsfw() -> None:
    assert is_nsfw("NSFW: look at this")
    assert is_nsfw("the best Hentai mugs")
    for title in (
        "nude lipstick haul",
        "shot on my phone",
        "Essex and Sussex",
        "food porn",
        "job interview",
        "damn fine",
    ):
        assert not is_nsfw(title)


def test_recall_on_synthetic_personal_data_is_at_least_95_percent(shared: Path) -> None:
    path = shared / "data" / "eval" / "pii" / "presidio_synth_dataset_v2.json.gz"
    found: dict[str, list[bool]] = {}
    for sentence in json.loads(gzip.decompress(path.read_bytes())):
        kept = redact(clean(sentence["full_text"]))
        for span in sentence["spans"]:
            found.setdefault(span["entity_type"], []).append(clean(span["entity_value"]) not in kept)
    for kind in ("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS"):
        assert sum(found[kind]) >= 0.95 * len(found[kind]), kind
