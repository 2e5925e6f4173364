"""Bench sdxl: what it measures is the true architecture, and it says where it cannot."""

from __future__ import annotations

import pytest

from evals.bench.sdxl import FULL, discs, models_of, parameters, run, validated
from studio.drawing import Size
from studio.errors import NotConfigured

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'bellwether[image]'")
pytest.importorskip("diffusers", reason="diffusers is not installed: pip install 'bellwether[image]'")


def test_the_full_shape_has_as_many_numbers_as_the_model_that_was_published():
    with torch.device("meta"):
        counted = {name: parameters(model) for name, model in models_of(FULL).items()}
    assert counted == {
        "text_encoder": 123_060_480,
        "text_encoder_2": 694_659_840,
        "unet": 2_567_463_684,
        "vae": 83_653_863,
    }


def test_the_full_size_says_in_one_line_that_it_needs_a_device():
    if torch.cuda.is_available():
        pytest.skip("there is a device")
    with pytest.raises(NotConfigured, match=r"^the full size needs a CUDA device[^\n]*$"):
        run()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_small_size_runs_anywhere_and_every_picture_is_one():
    torch.set_num_threads(1)
    figures = run(small=True).figures
    assert (figures["b1_finite"], figures["b2_finite"]) == (1.0, 1.0)
    best = max(float(str(figures[f"b{batch}_images_per_min"])) for batch in (1, 2))
    assert figures["batched_speedup"] == best / float(str(figures["b1_images_per_min"]))
    assert all(isinstance(figures[name], float) for name in ("images_per_min", "validate_s", "validate_share"))


def test_what_stands_for_a_drawing_is_compared():
    assert discs(7).tobytes() == discs(7).tobytes() != discs(8).tobytes()
    assert float(str(validated(Size(450, 540), 7)["validate_s"])) > 0
