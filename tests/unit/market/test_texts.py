"""Texts: drafts of twenty ideas in five languages on five products, read by rules as a person would read them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import regex

from market.bounds import bounds_of, load_bounds
from market.fields import fields_of, titled
from market.listing import body_of
from market.subject import grounds_of
from market.texts import MOST_TOKENS, Texts, texts_of
from market.words import FIELD, LANGUAGES, NoWords, words_of
from tests.drafting import drafted, every, listing, subject
from trends.fact import Fact, Facts
from trends.product import FORMATS
from trends.words import word_table

ETSY = bounds_of("etsy")
DRAFTS = [
    (number, name, locale, texts_of(drafted(number, name, locale), locale, ETSY, number))
    for number, name, locale in every()
]


def of(locale: str) -> list[Texts]:
    return [texts for _, _, language, texts in DRAFTS if language == locale]


def test_no_draft_has_what_a_reader_would_stumble_over():
    for _, _, locale, texts in DRAFTS:
        opened, closed = words_of(locale).quotes
        for text in texts.all:
            assert text and text == text.strip(), texts
            assert not regex.search(r"[{}]|  |\n\n\n| [,.]|,,|\.\.|\(\)|None", text), text
            assert text.count(opened) == text.count(closed) and text.count("（") == text.count("）"), text
            assert not regex.search(r"\b(\p{L}{3,}) \1\b", text, flags=regex.IGNORECASE), text
        assert not any(bullet.endswith((".", "。")) for bullet in texts.bullets), texts
        assert locale == "ja" or all(one[0].upper() == one[0] for one in (texts.title, *texts.bullets)), texts


def test_english_has_no_a_before_a_vowel_and_titles_in_title_case():
    for texts in of("en"):
        for text in texts.all:
            assert not regex.search(r"\ba [aeio]\w|\ban [bcdfgjklmnpqrstvwyz]\w", text, flags=regex.IGNORECASE), text
        plain = regex.sub("“[^”]*”", "", texts.title)
        small = [word for word in regex.findall(r"(?<![\w'-])[a-z]\w+", plain) if word not in words_of("en").small]
        assert not small, texts.title


def test_german_french_and_spanish_titles_are_sentences_and_quote_the_phrase():
    for locale in ("de", "fr", "es"):
        opened, closed = (sign.strip() for sign in words_of(locale).quotes)
        for texts in of(locale):
            assert opened in texts.title and closed in texts.title, texts.title
    for texts in of("fr"):
        for text in (texts.title, *texts.bullets, texts.description):
            assert not regex.search(r"[^\s\d][:;?!»](?:\s|$)|«\S", text), text


def test_japanese_has_its_own_signs_and_no_space_between_sentences():
    for texts in of("ja"):
        told = regex.sub("「[^」]*」", "", f"{texts.title}\n{texts.description}")
        assert not regex.search(r"[,;!?“”„«»]|\.(?!\d)|[。、] ", told), told
        assert regex.search(r"[\p{Hiragana}\p{Katakana}]", texts.description)
        assert all(part.endswith("。") for part in texts.description.split("\n\n"))


def test_no_draft_says_what_no_listing_says():
    for _, _, locale, texts in DRAFTS:
        assert not [text for text in texts.all if words_of(locale).never.search(text)], texts


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "The best mug, guaranteed"),
        ("en", "100% organic cotton"),
        ("es", "La mejor taza, garantizada"),
        ("de", "Die beste Tasse mit Garantie"),
        ("de", "aus Bio-Baumwolle"),
        ("fr", "Le meilleur mug, garanti"),
        ("ja", "最高品質を保証します"),
    ],
)
def test_praise_promises_and_materials_are_known_in_each_language(locale, text):
    assert words_of(locale).never.search(text)


def test_all_of_a_draft_is_within_256_tokens_and_the_bounds_of_every_marketplace():
    assert max(texts.tokens for *_, texts in DRAFTS) <= MOST_TOKENS
    for name, bounds in load_bounds().items():
        for locale in LANGUAGES:
            for number in (0, 5, 14):
                texts = texts_of(drafted(number, "shirt", locale, name), locale, bounds, number)
                assert bounds.title_least <= len(texts.title) <= bounds.title_most
                assert len(texts.bullets) <= (bounds.bullets or 5)
                told = listing(bullets=texts.bullets, description=texts.description)
                shown = body_of(told) if bounds.bullets is None else texts.description
                assert bounds.description_least <= len(shown) <= bounds.description_most
                assert bounds.takes_tags or not texts.tags


def test_a_draft_has_bullets_two_paragraphs_and_tags_and_the_phrase_leads_them():
    for number, name, _, texts in DRAFTS:
        assert 3 <= len(texts.bullets) <= 5 and len(set(texts.bullets)) == len(texts.bullets), texts
        assert texts.description.count("\n\n") == 1, texts
        assert len(texts.tags) >= 4 and len({tag.casefold() for tag in texts.tags}) == len(texts.tags), texts
        assert texts.tags[0].casefold() == fields_of(subject(number, name), "en")["phrase"].casefold()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_hundred_listings_of_one_shop_do_not_read_alike(locale):
    known = drafted(0, "mug", locale)
    made = [texts_of(known, locale, ETSY, seed) for seed in range(100)]
    assert len({texts.description for texts in made}) >= 40
    assert len({texts.title for texts in made}) >= 5
    assert max([texts.description for texts in made].count(texts.description) for texts in made) <= 8
    assert len({(texts.title, texts.bullets, texts.description) for texts in made}) >= 90


def test_the_same_seed_writes_the_same():
    known = drafted(3, "mug", "de")
    assert texts_of(known, "de", ETSY, 5) == texts_of(known, "de", ETSY, 5)
    assert texts_of(known, "de", ETSY, 5) != texts_of(known, "de", ETSY, 6)


def test_what_is_not_known_is_not_told():
    bare = replace(subject(0, "mug"), cost=None, style=(), audience="general audience", occasion="")
    bare = replace(bare, artwork=replace(bare.artwork, colours=(), width=0, height=0, text=""))
    for locale in LANGUAGES:
        for seed in range(30):
            texts = texts_of(bare, locale, ETSY, seed)
            assert {claim.fact for claim in texts.claims} <= {"design:d0", "design:d0#lettering"}
            assert not regex.search(r"\d", " ".join(texts.all)), texts
            assert texts.title and texts.description and texts.bullets


def test_a_picture_by_a_model_is_not_told_to_be_lettering_and_one_of_many_colours_names_none():
    drawn = drafted(5, "mug", "en")
    many = replace(
        drawn, artwork=replace(drawn.artwork, colours=("#101010", "#ffffff", "#d01f27", "#1f53c4", "#f7d822"))
    )
    for seed in range(40):
        texts = texts_of(many, "en", ETSY, seed)
        told = " ".join((texts.title, *texts.bullets, texts.description))
        assert "Feel the burn" not in told and "letter" not in told.casefold() and "blue" not in told, told


def test_a_fact_that_was_computed_from_the_cost_row_is_what_the_claim_names():
    known = subject(0, "mug")
    assert known.cost is not None
    fact = Fact("supply_chain.production_days", 2, "days", "test", None, "days", (known.cost.row,))  # type: ignore[arg-type]
    stranger = replace(fact, rows=("cost:other/mug",))
    for given, expected in ((fact, fact.id), (stranger, f"{known.cost.row}#production")):
        told = replace(known, facts=Facts([given]))
        facts = {claim.fact for seed in range(20) for claim in texts_of(told, "en", ETSY, seed).claims}
        assert expected in facts and expected in grounds_of(told)
    assert fact.id not in grounds_of(replace(known, facts=Facts([stranger])))


def test_a_translation_that_was_brought_stands_in_its_own_language_alone():
    known = replace(subject(0, "mug"), translations={"de": "Kürbisse schnitzen"})
    assert fields_of(known, "de")["phrase"] == "„Kürbisse schnitzen“"
    assert fields_of(known, "fr")["phrase"] == "« Pumpkin Carving »"
    assert fields_of(subject(17, "mug"), "ja")["phrase"] == "「DNA」"


def test_an_audience_that_a_language_has_no_word_for_is_left_out():
    assert "audience" not in fields_of(subject(19, "mug"), "fr")
    assert fields_of(subject(19, "mug"), "en")["audience"] == "iguana fans"


def test_titles_keep_the_capitals_that_are_there():
    english = words_of("en")
    assert titled("the art of t-shirt DNA", english) == "The Art of T-Shirt DNA"
    assert titled("the art", words_of("de")) == "the art"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_each_language_knows_every_product_and_its_wordings_name_fields_that_exist(locale):
    words, known = words_of(locale), drafted(0, "shirt", locale)
    assert set(words.products) == set(FORMATS)
    fields = {*fields_of(known, locale), "synonym", "tag", "on_product", "terms", "days_in"}
    wordings = [one for each in (words.parts, words.bullets) for part in each.values() for one in part]
    wordings += [part for title in words.titles for part in title]
    assert all(one.fields <= fields for one in wordings)
    assert all(set(FIELD.findall(tag)) <= fields for tag in words.tags)
    assert all(len(part) >= 3 for part in (words.parts["open"], words.parts["close"], words.bullets["gift"]))


@pytest.mark.parametrize("locale", [name for name in LANGUAGES if name != "en"])
def test_names_of_occasions_and_audiences_are_those_of_the_product(locale):
    words = words_of(locale)
    assert set(words.occasions) <= {row[0] for row in word_table("occasions")}
    assert set(words.audiences) <= {row[-1] for row in word_table("audiences")} | {"general audience", "musicians"}


def test_a_language_without_words_is_refused():
    with pytest.raises(NoWords, match="'nl'; there are words for en, es, de, fr, ja"):
        words_of("nl")
    with pytest.raises(ValueError, match="no words for the product 'sofa'"):
        fields_of(subject(0, "shirt").__class__("a", "b", "", "sofa", subject().artwork), "en")
