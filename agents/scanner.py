"""Scanner: what it is, in a shop's words: category, key terms, and the advantages people claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pydantic import Field

from agents.brief import Brief
from agents.figures import Figures, clean_text, idea_rows, mention_rows, percent, stance
from agents.lexicon import known, lists, read, texts_of
from agents.specialist import Abstain, Report, Specialist
from trends.fact import Fact, Facts

CATEGORIES: Mapping[str, str] = {
    "shirt": "Apparel & Accessories > Clothing > Shirts & Tops",
    "hoodie": "Apparel & Accessories > Clothing > Shirts & Tops",
    "mug": "Home & Garden > Kitchen & Dining > Tableware > Drinkware > Mugs",
    "poster": "Home & Garden > Decor > Artwork > Posters, Prints, & Visual Artwork",
    "tote": "Luggage & Bags > Shopping Totes",
    "sticker": "Arts & Entertainment > Hobbies & Creative Arts > Arts & Crafts > Art & Crafting Materials > "
    "Embellishments & Trims > Decorative Stickers",
    "ornament": "Home & Garden > Decor > Seasonal & Holiday Decorations > Holiday Ornaments",
    "pillow": "Home & Garden > Decor > Throw Pillows",
    "phone_case": "Electronics > Communications > Telephony > Mobile Phone Accessories > Mobile Phone Cases",
    "hat": "Apparel & Accessories > Clothing Accessories > Hats",
    "notebook": "Office Supplies > General Office Supplies > Paper Products > Notebooks & Notepads",
    "apron": "Home & Garden > Kitchen & Dining > Kitchen Tools & Utensils > Aprons",
    "blanket": "Home & Garden > Linens & Bedding > Bedding > Blankets",
}
"""Node of each format in the Google product taxonomy (names (c) Google, https://www.google.com/basepages/producttype)."""
MOST_TERMS = 8
LEAST_TEXTS = 2
"""A key term stands in at least this many distinct texts."""
COMMON_ZIPF = 5.5
"""Words at least this common in English (Zipf scale of wordfreq) name nothing."""


class ScannerReport(Report):
    """What it is and how to find it."""

    category: str = Field(max_length=200, description="Copied from scanner.category.")
    keywords: list[str] = Field(
        max_length=12, description="What a buyer would type: from the phrase and scanner.key_terms, best first."
    )
    advantage: str = Field(max_length=300, description="What people say is good about it; empty where nobody does.")


def facts(brief: Brief) -> list[Fact]:
    """The product's category, key terms beside the phrase, claims of advantage."""
    path = CATEGORIES.get(brief.idea.product_format)
    if path is None:
        raise Abstain(
            f"no category is known for a {clean_text(brief.idea.product_format, 40)!r}; "
            f"known are {', '.join(sorted(CATEGORIES))}"
        )
    if not clean_text(brief.idea.phrase):
        raise Abstain("the idea has no phrase that can be read")
    figures, own = Figures("scanner"), idea_rows(brief)
    figures.add("category", path, "text", "node of the Google product taxonomy", own)
    figures.add("phrase", brief.idea.phrase, "text", "the idea's phrase", own)
    texts = texts_of(brief.evidence.mentions)
    if not texts:
        return figures.facts
    rows = mention_rows(brief.evidence.mentions, brief.as_of)
    words = [known(text).words for text in texts]
    figures.add("texts", len(texts), "count", "distinct texts read", rows)
    terms = key_terms(words, read(brief.idea.phrase))
    figures.add("key_terms", ", ".join(terms), "text", "words that go with the phrase, strongest first", rows)
    claims = Counter(word for held in words for word in held & lists()["claims"])
    claiming = sum(not held.isdisjoint(lists()["claims"]) for held in words)
    figures.add("claim_share", claiming / len(texts), "share", "texts that claim an advantage", rows)
    ranked = sorted(claims, key=lambda word: (-claims[word], word))
    figures.add("claims", ", ".join(ranked[:5]), "text", "advantages claimed, most frequent first", rows)
    communities = Counter(m.community for m in brief.evidence.mentions if m.community)
    if communities:
        name, count = min(communities.items(), key=lambda item: (-item[1], item[0]))
        figures.add("community", name, "text", "community that speaks of it most", rows)
        share = count / len(brief.evidence.mentions)
        figures.add("community_share", share, "share", "signals from that community", rows)
    return figures.facts


def key_terms(texts: Sequence[frozenset[str]], phrase: Sequence[str]) -> list[str]:
    """Words in two texts or more, by texts times rarity in English; none of the phrase, common, or with digits."""
    counts = Counter(word for held in texts for word in held)
    ranked = [
        (count * (8 - rarity), word)
        for word, count in counts.most_common(400)
        if count >= LEAST_TEXTS
        and len(word) > 2
        and not any(char.isdigit() for char in word)
        and word not in phrase
        and (rarity := _zipf(word)) < COMMON_ZIPF
    ]
    ranked.sort(key=lambda pair: (-pair[0], pair[1]))
    return [clean_text(word, 30) for _, word in ranked[:MOST_TERMS]]


@lru_cache(maxsize=50_000)
def _zipf(word: str) -> float:
    """How common a word is in English: log10 of occurrences in a billion words; 0 where it is not known."""
    from wordfreq import zipf_frequency  # its lists take a moment to load

    return float(zipf_frequency(word, "en"))


def rule(facts: Facts) -> ScannerReport:
    """Neutral on its own: a little for it where its words and claims are clear."""
    phrase, used = facts.text("scanner.phrase"), ["scanner.category", "scanner.phrase"]
    terms = facts.text("scanner.key_terms").split(", ") if "scanner.key_terms" in facts else []
    claims = facts.text("scanner.claims") if "scanner.claims" in facts else ""
    said = f"It belongs under {facts.text('scanner.category').rsplit(' > ', 1)[-1]}."
    if terms:
        used.append("scanner.key_terms")
        said += f" It goes with {', '.join(terms[:4])}."
    if claims:
        used += ["scanner.claims", "scanner.claim_share"]
        said += f" {percent(facts.number('scanner.claim_share'))} of the texts claim an advantage ({claims})."
    return ScannerReport(
        summary=clean_text(said, 600),
        stance=stance(0.1 * bool(terms) + 0.1 * bool(claims)),
        facts=used,
        category=facts.text("scanner.category"),
        keywords=[phrase, *terms],
        advantage=claims,
    )


SCANNER = Specialist("scanner", tier="versatile", facts=facts, report=ScannerReport, rule=rule)
