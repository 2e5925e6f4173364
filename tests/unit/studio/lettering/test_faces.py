from __future__ import annotations

import pytest

from studio.errors import Failed, NotConfigured
from studio.lettering.faces import PACKAGES, ROLES, SCRIPTS, find, for_role, installed, licence_of, scripts_of


def test_a_family_is_found_by_the_name_in_its_file_and_its_nearest_weight():
    face = find("Source Sans Pro", 850)
    assert (face.family, face.weight, face.licence) == ("Source Sans Pro", 900, "OFL-1.1")
    assert find("Caladea", 700, italic=True).italic


def test_a_missing_family_is_an_error_that_names_its_package():
    with pytest.raises(NotConfigured, match="'Comic Neue'"):
        find("Comic Neue")


@pytest.mark.usefixtures("only_pip")
def test_a_debian_family_that_is_not_there_names_what_to_install():
    with pytest.raises(NotConfigured, match="apt install fonts-bebas-neue"):
        find("Bebas Neue")


@pytest.mark.usefixtures("only_pip")
@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_face_among_those_of_pip(role: str):
    face = for_role(role, "Since 1986, naïve & bold!")
    assert face.source.startswith("pip ")
    assert face.has("Since 1986, naïve & bold!")


@pytest.mark.usefixtures("only_pip")
def test_a_face_that_lacks_a_letter_gives_way_to_one_that_has_it():
    assert for_role("round", "Fredoka").family == "Fredoka One"
    assert for_role("round", "Горы").has("Горы")


@pytest.mark.usefixtures("only_pip")
def test_a_script_without_a_face_fails_the_row_and_names_the_package():
    with pytest.raises(Failed, match=r"U\+0642.*fonts-hosny-amiri") as failed:
        for_role("display", "قهوة")
    assert failed.value.reason == "text"


def test_only_free_licences_are_taken():
    assert all(face.licence for face in installed())
    assert licence_of("This Font Software is licensed under the SIL Open Font License, Version 1.1") == "OFL-1.1"
    assert licence_of("© 2020 A Foundry. All rights reserved.") is None


def test_every_family_that_may_be_asked_for_has_a_package():
    wants = [want for wants in (*ROLES.values(), *SCRIPTS.values()) for want in wants]
    assert {want.family for want in wants} <= set(PACKAGES)


def test_scripts_are_told_by_their_letters_alone():
    assert scripts_of("קפה 1986, first!") == ["Hebr", "Latn"]


@pytest.mark.usefixtures("only_pip")
@pytest.mark.parametrize("text", ["ภูเขา", "পাহাড়", "மலை", "մեծ", "𓂀𓃭"])
def test_a_script_that_debian_has_a_face_for_is_named_with_its_package(text: str):
    with pytest.raises(Failed, match="apt install fonts-noto-core, then retry") as failed:
        for_role("heavy", text)
    assert failed.value.reason == "text"
