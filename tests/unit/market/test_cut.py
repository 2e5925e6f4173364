"""Cut: no grapheme, no word and no pair of signs is broken; tokens are counted so that no model counts more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bounds import bounds_of
from market.cut import cut, graphemes, sentences, shortened, tokens_of
from market.texts import texts_of
from tests.drafting import drafted, every

FLAG, FAMILY = "🇩🇪", "👨‍👩‍👧"


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("Pumpkin carving mug", 19, "Pumpkin carving mug"),
        ("Pumpkin carving mug", 18, "Pumpkin carving"),
        ("Gift for home crafters and families", 27, "Gift for home crafters"),
        ("Mug, gift, idea", 11, "Mug, gift"),
        ("A T-shirt", 5, ""),
        ("Preis 24,99 Euro", 8, "Preis"),
        ("Tasse „Pumpkin Carving“ für", 20, "Tasse"),
        ("x" * 30, 10, ""),
        ("かぼちゃを彫る人への贈り物", 8, "かぼちゃを彫る"),
        ("ハロウィンのマグカップ", 9, "ハロウィンの"),
        ("東京都庁舎前", 4, "東京都庁"),
        ("日本の latte art が好き", 8, "日本の"),
        (f"Flag {FLAG}{FLAG}", 8, f"Flag {FLAG}"),
        ("भाषा भाषा", 5, "भाषा"),
    ],
)
def test_a_text_is_cut_between_words(text, most, kept):
    assert cut(text, most, {"a", "and", "for"}) == kept


@given(st.text(alphabet="ab é́ーアあ漢字 ,-’“”«»🇩🇪👨‍👩", max_size=60), st.integers(0, 60))
def test_what_is_kept_is_short_enough_begins_the_text_and_breaks_no_grapheme(text, most):
    kept = cut(text, most)
    assert len(kept) <= most and text.strip().startswith(kept)
    ends, at = {0}, 0
    for one in graphemes(text.strip()):
        at += len(one)
        ends.add(at)
    assert len(kept) in ends


def test_a_family_is_one_grapheme():
    assert len(graphemes(f"{FAMILY}{FLAG}é")) == 3


def test_sentences_end_where_readers_end_them():
    assert sentences("It costs 3.50 now. “Fine.” Yes!") == ["It costs 3.50 now.", "“Fine.”", "Yes!"]
    assert sentences("かぼちゃです。「はい。」どうぞ。") == ["かぼちゃです。", "「はい。」", "どうぞ。"]


def test_a_description_loses_whole_sentences_from_its_end_and_keeps_its_paragraphs():
    text = "One here. Two here.\n\nThree here. Four here."
    assert shortened(text, 100) == text
    assert shortened(text, 33) == "One here. Two here.\n\nThree here."
    assert shortened(text, 7) == "One"


def test_our_count_of_a_listing_is_not_under_that_of_a_vocabulary_of_32000():
    tokenizers = pytest.importorskip("tokenizers")
    wordllama = pytest.importorskip("wordllama")
    path = Path(wordllama.__file__).parent / "tokenizers" / "l2_supercat_tokenizer_config.json"
    vocabulary = tokenizers.Tokenizer.from_file(str(path))
    for number, product_format, locale in every():
        if number % 4:
            continue
        texts = texts_of(drafted(number, product_format, locale), locale, bounds_of("etsy"), number)
        theirs = sum(len(vocabulary.encode(text, add_special_tokens=False).ids) for text in texts.all)
        assert theirs <= texts.tokens * (1.25 if locale == "ja" else 1), (theirs, texts)


def test_what_a_text_counts_by_hand():
    assert tokens_of("かぼちゃ彫り") == 6
    assert tokens_of("4500 x 5400 px") == 12
    assert tokens_of("Mug, gift") == 4
    assert tokens_of("") == 0
