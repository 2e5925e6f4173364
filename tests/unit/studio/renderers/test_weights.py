"""Where weights are, and which they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.errors import NotConfigured
from studio.renderers.weights import Place, Weights, find_file, find_folder, fingerprint


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "base" / "unet").mkdir(parents=True)
    (tmp_path / "base" / "model_index.json").write_text("{}")
    (tmp_path / "base" / "unet" / "weights.safetensors").write_bytes(bytes(200_000))
    return tmp_path / "base"


def test_a_path_is_looked_for_on_this_machine_alone(model: Path):
    place = find_folder("model", str(model))
    assert (place.local, place.where, place.name) == (True, str(model), "base")
    with pytest.raises(NotConfigured, match="no folder 'stabilityai/sdxl'"):
        find_folder("model", "stabilityai/sdxl")


def test_a_file_of_weights_is_told_by_its_folder_and_its_name(model: Path):
    place = find_file("lora", str(model / "unet" / "weights.safetensors"))
    assert (place.where, place.file, place.name) == (str(model / "unet"), "weights.safetensors", "weights.safetensors")
    with pytest.raises(NotConfigured, match=r"weights of lora: no file"):
        find_file("lora", str(model / "unet"))


def test_the_hub_is_asked_only_where_the_address_says_so():
    assert find_folder("model", "hub:stabilityai/sdxl") == Place("stabilityai/sdxl", local=False)
    assert find_file("ip_adapter", "hub:h94/IP-Adapter/sdxl_models/ip-adapter_sdxl.safetensors") == Place(
        "h94/IP-Adapter", "sdxl_models", "ip-adapter_sdxl.safetensors", local=False
    )


@pytest.mark.parametrize("told", ["hub:", "hub:sdxl", "hub:/sdxl", "hub:a/b/c"])
def test_half_an_address_is_refused(told: str):
    with pytest.raises(NotConfigured, match="hub:owner/name"):
        find_folder("model", told)


def test_an_address_of_a_file_needs_a_file():
    with pytest.raises(NotConfigured, match=r"hub:owner/name/file\.safetensors"):
        find_file("lora", "hub:owner/name")


def test_the_same_weights_elsewhere_are_the_same_weights(model: Path, tmp_path: Path):
    before = fingerprint(Weights(str(model)))
    moved = model.rename(tmp_path / "moved")
    assert fingerprint(Weights(str(moved))) == before


def test_other_numbers_other_parts_and_other_addresses_are_other_weights(model: Path):
    file = model / "unet" / "weights.safetensors"
    base = Weights(str(model))
    seen = {fingerprint(base), fingerprint(Weights(str(model), lora=str(file))), fingerprint(Weights("hub:a/b"))}
    file.write_bytes(bytes(199_999) + b"\1")
    seen |= {fingerprint(base), fingerprint(Weights("hub:a/c"))}
    assert len(seen) == 5
