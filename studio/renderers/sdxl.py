"""SDXL: pictures by Stable Diffusion XL on this machine's accelerator, in the brand's style, through `diffusers`.

The prompt says what is drawn; the style comes from the words that a brief brings, from an IP-Adapter that sees the
profile's references, and from a ControlNet that sees the edges of one of them, where those weights are given. A
picture is drawn at about a megapixel, which SDXL was trained for, and enlarged to the size that is printed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage

from studio.brand import Profile
from studio.drawing import Brief, Drawing, Size, company
from studio.errors import Failed, NotConfigured, RendererDown
from studio.renderers.weights import Place, Weights, fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

VERSION = "1"
NATIVE_PX = 1024 * 1024
"""The area that SDXL was trained on."""
MOST = 8
GIB = 1 << 30
WEIGHTS_BYTES = 7 * GIB
"""Of SDXL at half precision: 3.5 billion parameters."""
DECODE_BYTES = 5 * GIB
"""What decoding one picture of a megapixel takes at its peak: the VAE overflows at half precision, so it runs whole."""
PICTURE_BYTES = 2 * GIB
"""What each picture more takes while it is drawn, guided (twice the batch) and rounded up."""
TILE_BELOW_BYTES = 8 * GIB
"""With less than this free beside the weights, the VAE decodes in tiles."""
EDGE_SHARE = 0.08
"""The strongest edges that a ControlNet is shown, as a share of the pixels."""
FLAT = 1.5 / 255
"""A picture whose channels vary less than this (standard deviation) shows nothing."""
MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory|ALLOC_FAILED", re.IGNORECASE)
DEVICE = re.compile(r"CUDA|cuDNN|cuBLAS|NCCL", re.IGNORECASE)
"""How torch names what is no fault of the program."""

References = Callable[[Profile], Sequence["Picture"]]
Pixels = NDArray[np.float32]


def no_references(_: Profile) -> Sequence[Picture]:
    """Where nobody keeps the images that a profile was seen in."""
    return ()


def load(weights: Weights) -> Any:
    """The pipeline, on the accelerator at half precision where there is one, else on the processor at full.

    Raises NotConfigured where torch, diffusers or weights are missing.
    """
    torch, diffusers, places = _package("torch"), _package("diffusers"), dict(weights.places())
    if "lora" in places:
        _package("peft")
    _hush(diffusers, _package("transformers"))
    half = torch.cuda.is_available()
    # The invisible watermark would make the bytes depend on whether one more package is installed.
    told: dict[str, Any] = {"dtype": torch.float16 if half else torch.float32, "add_watermarker": False}
    model, edges = places["model"], places.get("controlnet")
    if half and model.local and any(Path(model.where).glob("unet/*.fp16.safetensors")):
        told["variant"] = "fp16"
    kind = diffusers.StableDiffusionXLControlNetPipeline if edges else diffusers.StableDiffusionXLPipeline
    try:
        if edges:
            read = diffusers.ControlNetModel.from_pretrained
            told["controlnet"] = read(edges.where, dtype=told["dtype"], local_files_only=edges.local)
        pipeline = kind.from_pretrained(model.where, local_files_only=model.local, **told)
        _dress(pipeline, places)
    except (OSError, LookupError, ValueError, ImportError) as fault:
        said = str(fault).partition("\n")[0][:300]
        raise NotConfigured(f"renderer sdxl: the weights of {model.name!r} cannot be loaded: {said}") from None
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to("cuda" if half else "cpu")


def _hush(*libraries: Any) -> None:
    """What they tell a terminal (bars, words cut off) a drawing tells in `made_with`, and a batch as progress."""
    for library in libraries:
        library.utils.logging.disable_progress_bar()
        library.utils.logging.set_verbosity_error()


def _dress(pipeline: Any, places: Mapping[str, Place]) -> None:
    """Put on what changes the style: a LoRA, an IP-Adapter."""
    if (lora := places.get("lora")) is not None:
        pipeline.load_lora_weights(
            lora.where, weight_name=lora.file, subfolder=lora.inside or None, local_files_only=lora.local
        )
        pipeline.fuse_lora()
    if (seen := places.get("ip_adapter")) is not None:
        pipeline.load_ip_adapter(
            seen.where, seen.inside, seen.file, image_encoder_folder="image_encoder", local_files_only=seen.local
        )


class Sdxl:
    """Draws briefs with the weights given; they are loaded at the first drawing and kept."""

    name = "sdxl"

    def __init__(
        self,
        weights: Weights,
        references: References = no_references,
        native_px: int = NATIVE_PX,
        at_once: int | None = None,
        load: Callable[[Weights], Any] = load,
    ) -> None:
        """`references` gives the images of a profile; `at_once` is how many are drawn together, if not what fits."""
        self._weights = weights
        self._references = references
        self._native_px = native_px
        self._room = at_once
        """How many are drawn together; lowered for good where the device could not hold them. None: not known yet."""
        self._load = load

    @cached_property
    def version(self) -> str:
        """Of this code, of what draws, and of the weights: other weights, another version. Loads nothing."""
        parts = [VERSION, *(f"{name} {_installed(name)}" for name in ("diffusers", "torch"))]
        return " ".join([*parts, fingerprint(self._weights)[:12], str(self._native_px)])

    @property
    def at_once(self) -> int:
        """As many as fit into the accelerator's free memory; one where there is none."""
        if self._room is None:
            torch = _package("torch")
            if not torch.cuda.is_available():
                return 1
            beside = 0 if "_pipeline" in vars(self) else WEIGHTS_BYTES
            return batch_for(torch.cuda.mem_get_info()[0] - beside, self._native_px)
        return self._room

    def draw(self, briefs: Sequence[Brief]) -> list[Drawing | Exception]:
        """One for each, in order. A brief's picture depends on its seed and not on what is drawn beside it.

        To one level of 255 in a few pixels, that is: a device adds up in another order in another batch.
        Raises RendererDown where the device failed for all of them.
        """
        done: dict[int, Drawing | Exception] = {}
        for left in _alike(briefs):
            while left:
                batch, left = left[: self._fit()], left[self._fit() :]
                done |= zip(batch, self._draw([briefs[at] for at in batch]), strict=True)
        results = [done[at] for at in range(len(briefs))]
        down = [result for result in results if isinstance(result, RendererDown)]
        if down and len(down) == len(results):
            raise down[0]
        return results

    @cached_property
    def _pipeline(self) -> Any:
        with device_faults():
            pipeline = self._load(self._weights)
        # Picture after picture: the decoder's memory does not grow with the batch.
        pipeline.vae.enable_slicing()
        torch = _package("torch")
        if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] < TILE_BELOW_BYTES:
            pipeline.vae.enable_tiling()
        return pipeline

    def _fit(self) -> int:
        """How many are drawn together: counted once the weights are in memory, then kept."""
        if self._room is None and self._pipeline is not None:
            self._room = self.at_once
        return self._room or 1

    def _draw(self, briefs: Sequence[Brief]) -> list[Drawing | Exception]:
        """Briefs that go together: halved and tried again where memory runs out."""
        try:
            pictures = self.pictures(briefs)
        except RendererDown as down:
            if not isinstance(down, NoRoom) or len(briefs) == 1:
                return [down for _ in briefs]
            half = (len(briefs) + 1) // 2
            self._room = min(self._fit(), half)
            return [*self._draw(briefs[:half]), *self._draw(briefs[half:])]
        return [self._finished(*pair, len(briefs)) for pair in zip(briefs, pictures, strict=True)]

    def pictures(self, briefs: Sequence[Brief]) -> Pixels:
        """(n, height, width, 3) in [0, 1], as the decoder gave them; NaN where it broke."""
        with device_faults():
            found: Pixels = self._pipeline(**self._asked(briefs)).images
        return found

    def _asked(self, briefs: Sequence[Brief]) -> dict[str, Any]:
        """What the pipeline is asked; a generator for each brief, on the processor: one noise on every device."""
        torch, first = _package("torch"), briefs[0]
        width, height = native_size(first.size, self._native_px)
        return {
            "prompt": [brief.prompt for brief in briefs],
            "negative_prompt": [brief.negative for brief in briefs],
            "width": width,
            "height": height,
            "num_inference_steps": first.knobs.steps,
            "guidance_scale": first.knobs.guidance,
            "generator": [torch.Generator("cpu").manual_seed(brief.seed) for brief in briefs],
            "output_type": "np",
            **self._style(briefs, (width, height)),
        }

    def _style(self, briefs: Sequence[Brief], size: tuple[int, int]) -> dict[str, Any]:
        """Conditions of style. A profile with no references is drawn as if there were neither adapter nor edges."""
        images = [image.convert("RGB") for image in self._references(briefs[0].profile)]
        weight = briefs[0].knobs.style_weight if images else 0.0
        told: dict[str, Any] = {}
        if self._weights.ip_adapter:
            self._pipeline.set_ip_adapter_scale(weight)
            told["ip_adapter_image"] = [images or [Image.new("RGB", size, "white")]]
        if self._weights.controlnet:
            shown = images or [Image.new("RGB", size)]
            told["image"] = [edges_of(shown[brief.seed % len(shown)], size) for brief in briefs]
            # Half of what the adapter gets: edges at full weight would copy the reference, line by line.
            told["controlnet_conditioning_scale"] = weight / 2
        return told

    def _finished(self, brief: Brief, pixels: Pixels, beside: int) -> Drawing | Failed:
        if not np.isfinite(pixels).all():
            return Failed("artefacts", f"renderer sdxl: seed {brief.seed} gave numbers that are no colours (NaN)")
        if float(pixels.std(axis=(0, 1)).max()) < FLAT:
            return Failed("artefacts", f"renderer sdxl: seed {brief.seed} gave one flat colour")
        native = Image.fromarray((pixels * 255).round().astype(np.uint8))
        image = enlarged(native, brief.size)
        return Drawing(image, None, self.name, self.version, brief.seed, self._made_with(brief, native, beside))

    def _made_with(self, brief: Brief, native: Picture, beside: int) -> dict[str, Any]:
        return {
            **{part: place.name for part, place in self._weights.places()},
            "licence": self._weights.licence,
            "prompt": brief.prompt,
            "negative": brief.negative,
            "steps": brief.knobs.steps,
            "guidance": brief.knobs.guidance,
            "style_weight": brief.knobs.style_weight,
            "native": list(native.size),
            "references": len(self._references(brief.profile)),
            "words_cut": self._words_cut(brief.prompt),
            "drawn_together": beside,
        }

    def _words_cut(self, prompt: str) -> int:
        """How many tokens of a prompt the text encoders do not see: they take 77, two of which are marks."""
        tokenizer = self._pipeline.tokenizer
        return max(0, len(tokenizer(prompt, truncation=False).input_ids) - int(tokenizer.model_max_length))


class NoRoom(RendererDown):
    """The device's memory is full."""


@contextmanager
def device_faults() -> Iterator[None]:
    """A fault of the device as RendererDown, NoRoom where its memory is full; any other fault as it is."""
    torch = _package("torch")
    try:
        yield
    except RuntimeError as fault:
        said = str(fault).partition("\n")[0][:200]
        full = isinstance(fault, torch.OutOfMemoryError) or MEMORY.search(said) is not None
        if not full and not DEVICE.search(said):
            raise
        if full and torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise (NoRoom if full else RendererDown)(f"renderer sdxl: the device failed: {said}") from None


def batch_for(free_bytes: int, native_px: int = NATIVE_PX, most: int = MOST) -> int:
    """How many pictures fit beside the weights into what is free: at least 1, at most `most`."""
    share = native_px / NATIVE_PX
    left = free_bytes - DECODE_BYTES * share
    return int(max(1, min(most, left // (PICTURE_BYTES * share))))


def native_size(size: Size, area_px: int = NATIVE_PX) -> tuple[int, int]:
    """Width and height in multiples of 8 with the aspect of `size`, and about `area_px` pixels.

    Within half a step of the wanted side each, so the aspect is off by under 1 % at a megapixel.
    """
    width = (area_px * size.width / size.height) ** 0.5
    height = width * size.height / size.width
    return max(8, round(width / 8) * 8), max(8, round(height / 8) * 8)


def enlarged(picture: Picture, size: Size) -> Picture:
    """RGBA of exactly the size: covered by Lanczos resampling; what the aspect differs by is cut at the edges."""
    return ImageOps.fit(picture, (size.width, size.height), Image.Resampling.LANCZOS).convert("RGBA")


def edges_of(picture: Picture, size: tuple[int, int]) -> Picture:
    """White edges on black, as a ControlNet for edges was trained on: the steepest EDGE_SHARE of a smoothed grey."""
    grey = np.asarray(ImageOps.fit(picture.convert("L"), size, Image.Resampling.LANCZOS), np.float64)
    steep = ndimage.gaussian_gradient_magnitude(grey, 1.0)
    line = max(float(np.quantile(steep, 1 - EDGE_SHARE)), 1e-6)
    return Image.fromarray(np.where(steep > line, 255, 0).astype(np.uint8)).convert("RGB")


def _alike(briefs: Sequence[Brief]) -> Iterable[list[int]]:
    """Places of the briefs that one call can draw: of one brand, one size, and with the same knobs."""
    groups: dict[object, list[int]] = {}
    for at, brief in enumerate(briefs):
        groups.setdefault(company(brief), []).append(at)
    return groups.values()


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        raise NotConfigured(f"renderer sdxl needs {missing.name}: pip install 'bellwether[image]'") from None


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        raise NotConfigured(f"renderer sdxl needs {name}: pip install 'bellwether[image]'") from None
