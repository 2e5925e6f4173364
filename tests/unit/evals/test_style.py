"""Eval style: folders are read as they are labelled, and the figures follow from distances alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evals.drawn import drawn
from evals.style import Gallery, drawn_alike, histogram, locally, pair_auc, run, shared_colours


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two styles of one family that draw the same eight subjects."""
    data = tmp_path_factory.mktemp("styles")
    lines = ["path,style,concept"]
    for case in drawn(5, [1], 8, members=2):
        path = f"{case.style}-{case.subject}.png"
        case.image.save(data / path)
        lines.append(f"{path},{case.style},{case.subject}")
    (data / "index.csv").write_text("\n".join(lines), "utf-8")
    return data


def test_a_folder_gives_every_figure_with_its_baseline_and_twice_the_same(folder: Path) -> None:
    result = run(folder, seed=7, draws=2)
    again = run(folder, seed=7, draws=2)
    timeless = [{**each.figures, "look_ms": 0} for each in (result, again)]
    assert timeless[0] == timeless[1]
    assert {"pair_auc", "validator_auc", "worst_style_auc", "validator_auc_alone"} <= set(result.figures)
    assert {"pair_auc", "validator_auc"} <= set(result.baseline)
    assert result.figures["images"] == 16
    assert any("unlabelled" in note for note in result.notes)


@pytest.mark.parametrize(
    ("index", "said"), [(None, "no index.csv"), ("path,kind\na.png,b\n", "no column style, concept")]
)
def test_an_index_that_is_absent_or_lacks_columns_is_named(tmp_path: Path, index: str | None, said: str) -> None:
    if index is not None:
        (tmp_path / "index.csv").write_text(index, "utf-8")
    with pytest.raises(ValueError, match=said):
        run(tmp_path)


def test_near_pairs_of_one_style_give_one_and_the_same_subject_is_left_out() -> None:
    style, concept = np.array(["a", "a", "b", "b"]), np.array(["1", "2", "1", "3"])
    gallery = Gallery([None] * 4, np.zeros(4), np.zeros((4, 1)), style, concept, 0.0)  # type: ignore[list-item]
    apart = np.where(style[:, None] == style[None], 1.0, 2.0)
    apart[0, 2] = apart[2, 0] = 0.0
    assert pair_auc(gallery, apart) == 1.0


def test_local_scaling_makes_a_dense_and_a_loose_group_alike() -> None:
    places = np.concatenate([np.arange(10) * 0.01, 500 + np.arange(10) * 1.0])
    scaled = locally(np.abs(places[:, None] - places[None]))
    assert scaled[0, 1] == pytest.approx(scaled[10, 11], rel=1e-6)


def test_histograms_of_the_same_image_share_everything() -> None:
    one, two = histogram(Image.new("RGB", (8, 8), "red")), histogram(Image.new("RGB", (8, 8), "blue"))
    assert np.allclose(shared_colours(np.array([one, two])), np.eye(2))


def test_of_many_images_every_style_keeps_its_share() -> None:
    rows = [{"path": str(number), "style": str(number % 3), "concept": "x"} for number in range(900)]
    kept = drawn_alike(rows, np.random.default_rng(7))
    assert [sum(row["style"] == style for row in kept) for style in "012"] == [160, 160, 160]
