"""Opposites: words of style of which one speaks against the other. A small English list of our own."""

from __future__ import annotations

from functools import lru_cache

PAIRS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("warm",), ("cool", "cold", "icy", "frosty")),
    (("muted", "faded", "pastel", "soft", "earthy"), ("neon", "vivid", "saturated", "fluorescent", "garish")),
    (
        ("flat", "vector", "screen print", "line art"),
        ("photorealistic", "photorealism", "photograph", "realistic", "hyperrealistic", "3d", "3d render"),
    ),
    (("minimal", "minimalist", "sparse", "airy", "clean"), ("ornate", "busy", "cluttered", "baroque", "crowded")),
    (("symmetric", "symmetrical", "centred", "centered"), ("asymmetric", "asymmetrical", "off-centre", "off-center")),
    (("vintage", "retro", "worn", "distressed"), ("futuristic", "cyberpunk", "high-tech", "glossy")),
    (("dark", "moody"), ("light", "bright", "sunlit")),
    (("monoline", "thin", "delicate", "fine"), ("bold", "heavy", "thick", "chunky")),
    (("smooth",), ("grainy", "rough", "textured", "gritty")),
    (("organic", "hand-drawn", "flowing"), ("geometric", "mechanical", "angular")),
    (("high contrast",), ("low contrast",)),
    (("monochrome", "black and white"), ("colourful", "colorful", "rainbow", "multicoloured", "multicolored")),
    (("playful", "cheerful"), ("sombre", "grim", "gloomy")),
)


@lru_cache(maxsize=1)
def _against() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for one, other in PAIRS:
        for words, opposed in ((one, other), (other, one)):
            for word in words:
                found.setdefault(word, set()).update(opposed)
    return {word: frozenset(opposed) for word, opposed in found.items()}


def against(term: str) -> frozenset[str]:
    """The words that speak against a term of style; none where it is on no list."""
    return _against().get(term.casefold(), frozenset())
