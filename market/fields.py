"""Fields: what the wordings of a language can be filled with, in the forms that it needs.

    product a_product this_product on_product    the format's name
    phrase, Phrase, audience, Audience           in a sentence, and in a title; other languages quote an English phrase
    occasion, Occasion, for_occasion
    words, Words                                 what is lettered, quoted; Words only where it is not the phrase itself
    tones, colours, pixels, terms                of the design: its colours by name, how many, its size, its style
    days, days_in, shipping                      of the cost row
    sizes, n_sizes, shades, n_shades             of what is offered

A field that is not known is not there, and no wording that needs it is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import regex

from market.costs import ProductCost
from market.subject import LETTERED, MOST_TONES, Subject
from market.words import FIELD, Words, words_of
from studio.colours import names_of
from trends.normalize import clean
from trends.words import word_list

MOST_WORDS_IN_TITLE = 40
MOST_WORDS = 90
"""Characters of a lettered text that is quoted in a sentence; a longer one stands on the picture alone."""


def fields_of(subject: Subject, locale: str) -> dict[str, str]:
    """What the wordings of a language can be filled with; a field that is not known is not there."""
    words, art = words_of(locale), subject.artwork
    found = _of_product(subject, words) | _of_phrase(subject, words) | _of_occasion(subject, words)
    text = clean(art.text)
    if text and len(text) <= MOST_WORDS and art.renderer in LETTERED:
        found["words"] = _quoted(text, words)
        if plain(text) != plain(subject.phrase) and len(text) <= MOST_WORDS_IN_TITLE:
            found["Words"] = _quoted(text, words)
    tones = [words.colours.get(name, name) for name in names_of(art.colours, MOST_TONES + 1)]
    if 0 < len(tones) <= MOST_TONES:
        found["tones"], found["colours"] = _listed(tones, words), _formed(len(tones), "colours", words)
    if art.width and art.height:
        found["pixels"] = f"{art.width} x {art.height} px"
    if subject.style and words.language == "en":
        found["terms"] = _listed(list(map(clean, subject.style[:3])), words)
    if subject.cost is not None:
        found |= _of_days(subject.cost, words)
    return {name: value for name, value in (found | _of_offer(subject, words)).items() if value}


def _of_product(subject: Subject, words: Words) -> dict[str, str]:
    known = words.products.get(subject.product_format)
    if known is None:
        raise ValueError(f"no words for the product {subject.product_format!r}; known are {', '.join(words.products)}")
    name = str(known["name"])
    return {
        "product": name,
        "Product": str(known.get("title", name if words.language == "ja" else capital(name))),
        "a_product": str(known["a"]),
        "this_product": str(known["this"]),
        "on_product": str(known.get("on", "")),
    }


def _of_phrase(subject: Subject, words: Words) -> dict[str, str]:
    phrase, audience = clean(subject.phrase), clean(subject.audience)
    if words.language == "en":
        audience = words.audiences.get(audience, audience)
        told = _with_proper(phrase, words)
        heads = {"Phrase": titled(told, words), "Audience": titled(audience, words)}
        return {"phrase": told, "audience": audience, **heads}
    told = clean(subject.translations.get(words.language, "")) or _in_english(phrase)
    audience = words.audiences.get(audience, "")
    return {"phrase": _quoted(told, words), "Phrase": _quoted(told, words), "audience": audience, "Audience": audience}


def _of_occasion(subject: Subject, words: Words) -> dict[str, str]:
    default = (subject.occasion, f"for {subject.occasion}") if words.language == "en" and subject.occasion else ("", "")
    name, whole = words.occasions.get(subject.occasion, default)
    return {"occasion": name, "Occasion": titled(name, words), "for_occasion": whole}


def _of_days(cost: ProductCost, words: Words) -> dict[str, str]:
    each = {"days": cost.production_days, "shipping": cost.shipping_days}
    found = {name: _formed(number, "days", words) for name, number in each.items() if number > 0}
    if cost.production_days > 0 and "days_in" in words.forms:
        found["days_in"] = _formed(cost.production_days, "days_in", words)
    return found


def _of_offer(subject: Subject, words: Words) -> dict[str, str]:
    sizes = [regex.sub(r"\bin$", words.inch, size) for size in subject.sizes]
    shades = [words.colours.get(shade, shade) for shade in subject.shades]
    found: dict[str, str] = {}
    if len(sizes) > 1:
        found |= {"sizes": words.comma.join(sizes), "n_sizes": _formed(len(sizes), "sizes", words)}
    if len(shades) > 1:
        found |= {"shades": _listed(shades, words), "n_shades": _formed(len(shades), "colours", words)}
    return found


def _quoted(text: str, words: Words) -> str:
    return f"{words.quotes[0]}{text}{words.quotes[1]}"


def _formed(number: int, form: str, words: Words) -> str:
    return words.forms[form][number != 1].replace("{n}", str(number))


def _listed(names: Sequence[str], words: Words) -> str:
    return words.last.join(filter(None, (words.comma.join(names[:-1]), names[-1])))


def plain(text: str) -> str:
    """The text as it is compared: small letters, one space."""
    return " ".join(text.casefold().split())


def _in_english(phrase: str) -> str:
    """An English phrase as another language quotes it."""
    english = words_of("en")
    return titled(_with_proper(phrase, english), english)


def _with_proper(phrase: str, words: Words) -> str:
    """The phrase with the capitals that its words have wherever they stand: "Christmas tree", "DNA"."""
    proper = words.proper | word_list("demonyms")
    each = (word.upper() if word in words.upper else word for word in phrase.split())
    return " ".join(capital(word) if word in proper else word for word in each)


def titled(text: str, words: Words) -> str:
    """As it stands in a title: "Pumpkin Carving and More"; capitals that are there stay, small words stay small."""
    if words.case != "title":
        return text
    each = text.split()
    last = len(each) - 1
    return " ".join(word if word in words.small and 0 < at < last else _capitals(word) for at, word in enumerate(each))


def _capitals(word: str) -> str:
    return "-".join(map(capital, word.split("-")))


def capital(text: str) -> str:
    """The text with a capital at its start, where that is a letter (or stands after ¿ or ¡)."""
    head = text[: len(text) - len(text.lstrip("¿¡"))]
    rest = text[len(head) :]
    return head + rest[:1].upper() + rest[1:]


def filled(template: str, fields: Mapping[str, str]) -> str:
    """The wording with its fields, each sentence with a capital. What is filled in is not read again."""

    def value(found: regex.Match[str]) -> str:
        starts = regex.search(r"(?:[.?!] |\A[¿¡]?)\Z", template[: found.start()])
        return capital(fields[found[1]]) if starts else fields[found[1]]

    return capital(FIELD.sub(value, template))
