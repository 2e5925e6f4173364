"""CLIP: style by the image encoder of a CLIP model, where its weights are on this machine; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.brand import Calibration, Likeness, Look, Vector
from studio.descriptors.colour import palette_distance
from studio.descriptors.edges import edge_features
from studio.descriptors.layout import composition_features
from studio.descriptors.view import view_of
from studio.errors import NotConfigured

if TYPE_CHECKING:
    from PIL.Image import Image

UNMEASURED = Calibration(
    style=0.85,
    palette_de=15.0,
    edge=0.80,
    overall=0.85,
    false_accept=1.0,
    false_reject=1.0,
    data="not measured with these weights: the lines are SPEC's on plain cosines, and nothing is promised of them",
)
PALETTE_SCALE = 15.0
"""CIEDE2000 at which a palette is half as like as it could be."""
MIX = {"style": 0.6, "edge": 0.2, "palette": 0.2}


class Clip:
    """Loads a folder, or a hub id that is already in the local cache; the first look takes seconds."""

    name = "clip"

    def __init__(self, weights: str, calibration: Calibration = UNMEASURED) -> None:
        self._model, self._processor = _loaded(weights)
        self.version = f"clip:{weights.rstrip('/').rsplit('/', 1)[-1]}"
        self.calibration = calibration

    def look(self, image: Image) -> Look:
        """The palette, the directions of edges, the composition, and the embedding, of length 1 ("clip")."""
        view = view_of(image)
        parts = {"clip": self._embedded(image), "edge": edge_features(view), "composition": composition_features(view)}
        return Look(view.palette, parts)

    def compare(self, look: Look, references: Sequence[Look]) -> Likeness:
        """Cosines to the mean of the references' embeddings and edges, not below 0; the nearest palette."""
        if not references:
            raise ValueError("no references: at least one is needed to compare with")
        style = _cosine(look, references, "clip")
        edge = _cosine(look, references, "edge")
        palette_de = min(palette_distance(look.palette, reference.palette) for reference in references)
        palette = 1 / (1 + (palette_de / PALETTE_SCALE) ** 2)
        return Likeness(style, palette_de, edge, MIX["style"] * style + MIX["edge"] * edge + MIX["palette"] * palette)

    def _embedded(self, image: Image) -> Vector:
        import torch

        pixels = self._processor(images=_on_white(image), return_tensors="pt")
        with torch.inference_mode():
            pooled = self._model.vision_model(pixel_values=pixels["pixel_values"]).pooler_output
            vector = self._model.visual_projection(pooled)[0].double().numpy()
        return np.asarray(vector / np.linalg.norm(vector))


def _cosine(look: Look, references: Sequence[Look], part: str) -> float:
    one = look.parts[part]
    mean = np.mean([reference.parts[part] for reference in references], axis=0)
    return float(np.clip(one @ mean / max(np.linalg.norm(one) * np.linalg.norm(mean), 1e-12), 0, 1))


def _on_white(image: Image) -> Image:
    from PIL import Image as Images

    clear = image.convert("RGBA")
    return Images.alpha_composite(Images.new("RGBA", clear.size, "white"), clear).convert("RGB")


def _loaded(weights: str) -> tuple[Any, Any]:
    """Model and processor; NotConfigured names what is missing and how to bring it."""
    try:
        from transformers import CLIPImageProcessor, CLIPModel
    except ImportError as error:
        raise NotConfigured("descriptor clip needs torch and transformers: pip install torch transformers") from error
    try:
        model = CLIPModel.from_pretrained(weights, local_files_only=True)
        processor = CLIPImageProcessor.from_pretrained(weights, local_files_only=True)
    except (OSError, ValueError) as error:
        raise NotConfigured(
            f"descriptor clip: no CLIP weights at {weights!r}; name a folder that holds them, or fetch the hub id first"
        ) from error
    return model.train(False), processor
