"""Roles: each may what those before it may, and a refusal says who may."""

from __future__ import annotations

import pytest

from graphs.people import MAY, Deed, Forbidden, Person, Role


def person(role: Role) -> Person:
    return Person("default", "ana", role, "pro")


def test_every_deed_has_the_role_that_it_takes():
    assert set(MAY) == set(Deed)


@pytest.mark.parametrize("deed", list(Deed))
def test_whoever_has_more_may_what_whoever_has_less_may(deed: Deed):
    may = [person(role).may(deed) for role in Role]
    assert may == sorted(may) and may[-1], "an admin may everything"


def test_a_refusal_says_what_it_takes_and_what_they_have():
    with pytest.raises(Forbidden, match=r"^to decide takes the role business or more; ana has creator$"):
        person(Role.CREATOR).check(Deed.DECIDE)
    person(Role.BUSINESS).check(Deed.DECIDE)


def test_a_creator_looks_and_notes_and_decides_nothing():
    may = {deed for deed in Deed if person(Role.CREATOR).may(deed)}
    assert may == {Deed.LOOK, Deed.SEARCH, Deed.NOTE, Deed.SIGN_IN}
