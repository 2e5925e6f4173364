"""SDXL on a tiny model of random weights, saved and loaded as a trained one is: the renderer's own code, all of it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.brand import Profile
from studio.drawing import Brief, Drawing, Knobs, Row, Size
from studio.errors import Failed, NotConfigured, RendererDown
from studio.renderers.sdxl import Sdxl, load
from studio.renderers.weights import Weights

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'bellwether[image]'")
pytest.importorskip("diffusers", reason="diffusers is not installed: pip install 'bellwether[image]'")

# torch 2.13 and numpy 2 disagree on a keyword, within a scheduler of diffusers.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

HOUSE = Profile("house", "classical", "1", (), ("#102030", "#f0e0c0"))
BRIEF = Brief(Row("1", "a bear"), HOUSE, "a bear by a lake", "blurry", 3, Size(90, 108), Knobs(steps=2))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny base model, an IP-Adapter and a ControlNet."""
    from tests.tiny import save_adapter, save_controlnet, save_lora, save_model

    folder = tmp_path_factory.mktemp("weights")
    pipeline = save_model(folder / "base")
    save_controlnet(folder / "edges", pipeline)
    save_adapter(folder / "adapter" / "ip.safetensors", pipeline)
    save_lora(folder / "lora" / "house.safetensors", pipeline)
    return folder


@pytest.fixture(scope="module")
def plain(saved: Path) -> Sdxl:
    """The base model alone, eight at once."""
    return sdxl(saved, at_once=8)


def sdxl(saved: Path, at_once: int | None = None, images: Sequence[Image.Image] = (), **parts: str) -> Sdxl:
    told = {part: str(saved / where) for part, where in parts.items()}
    return Sdxl(Weights(str(saved / "base"), licence="ours", **told), lambda _: images, 64 * 64, at_once)


def pixels(drawing: Drawing | Exception) -> np.ndarray[Any, Any]:
    assert isinstance(drawing, Drawing), drawing
    return np.asarray(drawing.image).astype(int)


def difference(one: Drawing | Exception, other: Drawing | Exception) -> int:
    """The largest, in levels of 255."""
    return int(np.abs(pixels(one) - pixels(other)).max())


def test_a_picture_has_exactly_the_size_asked_for_and_says_what_it_was_made_with(plain: Sdxl, saved: Path):
    (drawing,) = plain.draw([BRIEF])
    assert isinstance(drawing, Drawing)
    assert (drawing.image.size, drawing.image.mode, drawing.svg) == ((90, 108), "RGBA", None)
    made = drawing.made_with
    assert (made["model"], made["licence"], made["native"], made["steps"]) == ("base", "ours", [56, 72], 2)
    assert str(saved) not in repr(made)


def test_the_same_brief_gives_the_same_bytes_and_another_seed_another_picture(plain: Sdxl):
    first, again = plain.draw([BRIEF]), plain.draw([BRIEF])
    (other,) = plain.draw([replace(BRIEF, seed=4)])
    assert difference(first[0], again[0]) == 0
    assert difference(first[0], other) > 20


def test_a_picture_is_the_same_whatever_is_drawn_beside_it(plain: Sdxl):
    briefs = [replace(BRIEF, seed=seed) for seed in (3, 4, 5)]
    together = plain.draw(briefs)
    alone = [plain.draw([brief])[0] for brief in briefs]
    assert [difference(*pair) <= 1 for pair in zip(together, alone, strict=True)] == [True] * 3


def test_four_rows_in_one_call_are_the_pictures_of_four_calls_but_for_a_level_in_a_pixel_of_a_hundred(plain: Sdxl):
    briefs = [replace(BRIEF, seed=seed) for seed in range(4)]
    together = plain.draw(briefs)
    for one, brief in zip(together, briefs, strict=True):
        apart = np.abs(pixels(one) - pixels(plain.draw([brief])[0]))
        assert (apart.max() <= 1, bool((apart > 0).mean() < 0.01)) == (True, True)
    assert [each.made_with["drawn_together"] for each in together if isinstance(each, Drawing)] == [4] * 4


def test_briefs_with_other_knobs_or_sizes_come_back_in_the_order_they_were_given(plain: Sdxl):
    wide = replace(BRIEF, size=Size(120, 60))
    briefs = [BRIEF, wide, replace(BRIEF, knobs=Knobs(steps=3)), replace(wide, seed=9), BRIEF]
    drawn = plain.draw(briefs)
    assert [pixels(each).shape[:2] for each in drawn] == [(108, 90), (60, 120), (108, 90), (60, 120), (108, 90)]
    assert [each.seed for each in drawn if isinstance(each, Drawing)] == [3, 3, 3, 9, 3]
    assert difference(drawn[0], drawn[4]) == 0
    assert difference(drawn[0], drawn[2]) > 0


def test_guidance_changes_the_picture(plain: Sdxl):
    (mild,), (strict,) = plain.draw([BRIEF]), plain.draw([replace(BRIEF, knobs=Knobs(steps=2, guidance=9.0))])
    assert difference(mild, strict) > 2


def test_words_that_the_encoders_do_not_see_are_counted(plain: Sdxl):
    (drawing,) = plain.draw([replace(BRIEF, prompt="bear " * 60)])
    assert isinstance(drawing, Drawing)
    assert drawing.made_with["words_cut"] > 0


def test_it_draws_one_at_a_time_where_there_is_no_accelerator(saved: Path):
    if torch.cuda.is_available():
        pytest.skip("there is an accelerator")
    assert sdxl(saved).at_once == 1


def test_references_reach_the_picture_by_the_adapter_as_much_as_their_weight_says(saved: Path):
    warm, cold = Image.new("RGB", (64, 64), "#d04020"), Image.effect_noise((64, 64), 90).convert("RGB")
    seen = [warm]
    renderer = sdxl(saved, images=seen, ip_adapter="adapter/ip.safetensors")
    strong, weak = (replace(BRIEF, knobs=Knobs(steps=2, style_weight=weight)) for weight in (1.0, 0.0))
    (by_warm,), (by_none,) = renderer.draw([strong]), renderer.draw([weak])
    seen[:] = [cold, cold.rotate(90)]
    (by_cold,) = renderer.draw([strong])
    assert difference(by_warm, by_none) > 2
    assert difference(by_warm, by_cold) > 2
    assert isinstance(by_cold, Drawing)
    assert (by_cold.made_with["ip_adapter"], by_cold.made_with["references"]) == ("ip.safetensors", 2)


def test_a_profile_without_references_is_drawn_as_if_there_were_no_adapter(saved: Path, plain: Sdxl):
    (drawing,) = sdxl(saved, ip_adapter="adapter/ip.safetensors").draw([BRIEF])
    assert difference(drawing, plain.draw([BRIEF])[0]) <= 1


def test_the_edges_of_a_reference_reach_the_picture_by_the_controlnet(saved: Path, plain: Sdxl):
    noise = Image.effect_noise((64, 64), 90)
    briefs = [BRIEF, replace(BRIEF, seed=4)]
    steered = sdxl(saved, 2, [noise], controlnet="edges").draw(briefs)
    free = sdxl(saved, 2, controlnet="edges").draw(briefs)
    assert all(difference(*pair) > 2 for pair in zip(steered, free, strict=True))
    assert all(difference(*pair) <= 1 for pair in zip(free, plain.draw(briefs), strict=True))


def test_a_lora_changes_the_picture_and_is_named(saved: Path, plain: Sdxl):
    pytest.importorskip("peft", reason="peft is not installed: pip install 'bellwether[image]'")
    (drawing,) = sdxl(saved, lora="lora/house.safetensors").draw([BRIEF])
    assert difference(drawing, plain.draw([BRIEF])[0]) > 2
    assert isinstance(drawing, Drawing)
    assert drawing.made_with["lora"] == "house.safetensors"


def test_a_lora_without_the_package_for_it_is_not_configured(saved: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(NotConfigured, match="needs peft"):
        sdxl(saved, lora="lora/house.safetensors").draw([BRIEF])


class Crowded:
    """A pipeline on a device with room for a few: with more, it asks torch for memory that no machine has."""

    def __init__(self, pipeline: Any, room: int) -> None:
        self.pipeline, self.room = pipeline, room
        self.drawn: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pipeline, name)

    def __call__(self, **told: Any) -> Any:
        if len(told["prompt"]) > self.room:
            torch.empty(1 << 58, dtype=torch.uint8)
        self.drawn.append(len(told["prompt"]))
        return self.pipeline(**told)


def crowded(saved: Path, room: int) -> tuple[Sdxl, Crowded]:
    weights = Weights(str(saved / "base"))
    device = Crowded(load(weights), room)
    return Sdxl(weights, native_px=64 * 64, at_once=8, load=lambda _: device), device


def test_where_memory_runs_out_it_halves_the_batch_and_remembers(saved: Path, plain: Sdxl):
    renderer, device = crowded(saved, room=2)
    briefs = [replace(BRIEF, seed=seed) for seed in range(6)]
    drawn = renderer.draw(briefs)
    assert all(difference(*pair) <= 1 for pair in zip(drawn, plain.draw(briefs), strict=True))
    assert (renderer.at_once, max(device.drawn)) == (2, 2)
    device.drawn.clear()
    renderer.draw(briefs)
    assert device.drawn == [2, 2, 2]


def test_no_room_for_one_picture_is_a_renderer_that_is_down(saved: Path):
    renderer, _ = crowded(saved, room=0)
    with pytest.raises(RendererDown, match="memory"):
        renderer.draw([BRIEF, replace(BRIEF, seed=4)])


def test_no_room_for_the_weights_is_a_renderer_that_is_down():
    renderer = Sdxl(Weights("large"), load=lambda _: torch.empty(1 << 58, dtype=torch.uint8))
    with pytest.raises(RendererDown, match="memory"):
        renderer.draw([BRIEF])


def test_a_fault_of_the_program_stays_what_it_is(saved: Path):
    renderer, device = crowded(saved, room=1)
    device.pipeline.unet.conv_in = torch.nn.Conv2d(1, 1, 1)
    with pytest.raises(RuntimeError, match="channels") as raised:
        renderer.draw([BRIEF])
    assert not isinstance(raised.value, RendererDown)


@pytest.mark.parametrize("said", ["CUDA error: unspecified launch failure\nmore", "cuDNN error: EXECUTION_FAILED"])
def test_a_fault_of_the_device_is_a_renderer_that_is_down(saved: Path, said: str):
    def breaks(**_: Any) -> Any:
        raise RuntimeError(said)

    renderer, device = crowded(saved, room=1)
    device.pipeline = type("Broken", (), {"vae": device.pipeline.vae, "__call__": lambda self, **told: breaks()})()
    with pytest.raises(RendererDown, match=said.partition("\n")[0]):
        renderer.draw([BRIEF])


@pytest.mark.parametrize(
    ("bias", "said"), [(float("nan"), "NaN"), (-9.0, "one flat colour")], ids=["not a number", "black"]
)
def test_what_is_no_picture_is_a_failure_of_the_row(saved: Path, bias: float, said: str):
    weights = Weights(str(saved / "base"))

    def broken(told: Weights) -> Any:
        pipeline = load(told)
        torch.nn.init.zeros_(pipeline.vae.decoder.conv_out.weight)
        torch.nn.init.constant_(pipeline.vae.decoder.conv_out.bias, bias)
        return pipeline

    results = Sdxl(weights, native_px=64 * 64, at_once=2, load=broken).draw([BRIEF, replace(BRIEF, seed=4)])
    assert [isinstance(each, Failed) and each.reason for each in results] == ["artefacts", "artefacts"]
    assert said in str(results[0])


def test_weights_of_another_kind_are_not_configured(tmp_path: Path):
    (tmp_path / "model_index.json").write_text("{}")
    with pytest.raises(NotConfigured, match="cannot be loaded"):
        Sdxl(Weights(str(tmp_path))).draw([BRIEF])


def test_an_adapter_for_another_model_is_not_configured(saved: Path, tmp_path: Path):
    from safetensors.torch import save_file

    save_file({"ip_adapter.1.to_k_ip.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    weights = Weights(str(saved / "base"), ip_adapter=str(tmp_path / "other.safetensors"))
    with pytest.raises(NotConfigured, match="cannot be loaded"):
        Sdxl(weights).draw([BRIEF])


def test_nothing_is_asked_of_the_network_where_paths_are_given(saved: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    renderer = sdxl(saved, ip_adapter="adapter/ip.safetensors", controlnet="edges")
    assert isinstance(renderer.draw([BRIEF])[0], Drawing)
