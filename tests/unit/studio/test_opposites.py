"""Words of style that speak against each other."""

from __future__ import annotations

from studio.opposites import PAIRS, against


def test_opposites_are_mutual_and_none_is_its_own():
    for pair in PAIRS:
        for word in (*pair[0], *pair[1]):
            assert word not in against(word)
            assert all(word in against(other) for other in against(word))


def test_case_does_not_matter_and_an_unknown_term_has_no_opposite():
    assert "neon" in against("Muted")
    assert against("monogrammed") == frozenset()
