"""CLIP: style by the two encoders of a CLIP model: the one sees images, the other reads whether a prompt says the same.

The weights are a folder, or `hub:owner/name`, which is fetched because somebody named it; with no setting nothing is.
Its lines belong to the weights: `evals.fit_clip` draws them on drawn styles, a brand carries them with it.

A prompt is held against the brand's own words: how far its likeness to the references lies below the one that those
words reach alone. So a brand that CLIP has no words for is not refused for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from studio import brief as briefs
from studio.brand import Calibration, Likeness, Look, Profile, Vector
from studio.brief import PromptCheck
from studio.descriptors.classical import Slope
from studio.descriptors.colour import palette_distance
from studio.descriptors.edges import edge_features
from studio.descriptors.layout import composition_features
from studio.descriptors.view import view_of
from studio.drawing import Brief, Row
from studio.errors import NotConfigured
from studio.renderers.weights import Weights, find_folder, fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

PALETTE_SCALE = 15.0
"""CIEDE2000 at which a palette is half as like as it could be."""
MIX = {"style": 0.6, "edge": 0.2, "palette": 0.2}


@dataclass(frozen=True, slots=True)
class Measured:
    """What drawn styles said of one set of weights: the lines of images, and of prompts."""

    lines: Calibration
    prompt: Slope
    """From how far a prompt falls below the brand's own words, in cosine, to a confidence."""
    prompt_lines: briefs.Calibration


UNMEASURED = Measured(
    Calibration(
        style=0.85,
        palette_de=15.0,
        edge=0.80,
        overall=0.85,
        false_accept=1.0,
        false_reject=1.0,
        data="not measured with these weights: the lines are SPEC's on plain cosines, and nothing is promised of them",
    ),
    Slope.through((0.05, briefs.SURE), (0.0, 0.95)),
    briefs.Calibration(briefs.SURE, 1.0, 1.0, "not measured with these weights"),
)


def pack(found: Measured) -> dict[str, Any]:
    """As JSON holds it."""
    return {
        "lines": {name: getattr(found.lines, name) for name in Calibration.__slots__},
        "prompt": [found.prompt.middle, found.prompt.steepness],
        "prompt_lines": asdict(found.prompt_lines),
    }


def unpack(packed: Mapping[str, Any]) -> Measured:
    """What was packed."""
    prompt_lines = briefs.Calibration(**packed["prompt_lines"])
    return Measured(Calibration(**packed["lines"]), Slope(*packed["prompt"]), prompt_lines)


class Clip:
    """Loads its weights at the first look, which takes seconds, and keeps them for the process."""

    name = "clip"

    def __init__(self, weights: str, measured: Measured = UNMEASURED) -> None:
        """NotConfigured where a path leads to no folder."""
        self._weights = weights
        self.measured = measured
        self.version = version_of(weights)

    @property
    def calibration(self) -> Calibration:
        return self.measured.lines

    def look(self, image: Image) -> Look:
        """The palette, the directions of edges, the composition, and the embedding, of length 1 ("clip")."""
        view = view_of(image)
        parts = {"clip": self._seen(image), "edge": edge_features(view), "composition": composition_features(view)}
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

    def check(self, brief: Brief, profile: Profile) -> PromptCheck:
        """How sure it is that a prompt describes the brand; what is missing and the mending are the checklist's."""
        by_list = briefs.check(brief, profile)
        confidence = self.measured.prompt.score(self.below(briefs.speech(brief), profile))
        if confidence >= briefs.SURE:
            return PromptCheck(confidence, "", brief.prompt, self.version)
        gap = by_list.gap or f"it reads like another style: {confidence:.2f}, at least {briefs.SURE:.2f}"
        return PromptCheck(confidence, gap, by_list.proposal, self.version)

    def below(self, speech: str, profile: Profile) -> float:
        """How much less like the references a speech is than the brand's own words, as a difference of cosines."""
        own = briefs.speech(briefs.brief_of(Row("", ""), profile))
        seen = np.mean([look.parts["clip"] for look in profile.looks], axis=0)
        one, other = self._read([speech, own]) @ (seen / max(float(np.linalg.norm(seen)), 1e-12))
        return float(other - one)

    @cached_property
    def _loaded(self) -> tuple[Any, Any, Any]:
        place = find_folder("clip", self._weights)
        return _loaded(place.where, place.local)

    def _seen(self, image: Image) -> Vector:
        import torch

        model, processor, _ = self._loaded
        pixels = processor(images=_on_white(image), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            pooled = model.vision_model(pixel_values=pixels.to(model.device)).pooler_output
            vector = model.visual_projection(pooled)[0].double().cpu().numpy()
        return np.asarray(vector / np.linalg.norm(vector))

    def _read(self, texts: Sequence[str]) -> Vector:
        """(texts, dimensions), each of length 1; what is beyond the encoder's 77 tokens is not read."""
        import torch

        model, _, tokenizer = self._loaded
        told = tokenizer(list(texts), padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt")
        with torch.inference_mode():
            pooled = model.text_model(**told.to(model.device)).pooler_output
            vectors = model.text_projection(pooled).double().cpu().numpy()
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


MOST_TOKENS = 77
"""That a CLIP reads, two marks among them."""


def version_of(weights: str) -> str:
    """Of the weights: other weights, another version. Loads nothing; NotConfigured where a path leads to no folder."""
    find_folder("clip", weights)
    return f"clip:{fingerprint(Weights(weights))[:12]}"


def _cosine(look: Look, references: Sequence[Look], part: str) -> float:
    one = look.parts[part]
    mean = np.mean([reference.parts[part] for reference in references], axis=0)
    return float(np.clip(one @ mean / max(np.linalg.norm(one) * np.linalg.norm(mean), 1e-12), 0, 1))


def _on_white(image: Image) -> Image:
    from PIL import Image as Images

    clear = image.convert("RGBA")
    return Images.alpha_composite(Images.new("RGBA", clear.size, "white"), clear).convert("RGB")


@cache
def _loaded(where: str, local: bool) -> tuple[Any, Any, Any]:
    """Model, processor of images and tokenizer; NotConfigured names what is missing and how to bring it."""
    try:
        torch, library = import_module("torch"), import_module("transformers")
    except ModuleNotFoundError as missing:
        raise NotConfigured(f"descriptor clip needs {missing.name}: pip install 'bellwether[image]'") from None
    library.utils.logging.disable_progress_bar()
    library.utils.logging.set_verbosity_error()
    try:
        model = library.CLIPModel.from_pretrained(where, local_files_only=local)
        processor = library.CLIPImageProcessor.from_pretrained(where, local_files_only=local)
        tokenizer = library.AutoTokenizer.from_pretrained(where, local_files_only=local)
    except (OSError, ValueError, LookupError, ImportError) as error:
        said = str(error).partition("\n")[0][:200]
        raise NotConfigured(f"descriptor clip: no CLIP weights can be read at {where!r}: {said}") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.train(False).to(device), processor, tokenizer
