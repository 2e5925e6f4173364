"""Bench sdxl: pictures a minute of the true SDXL architecture, batch by batch, through the studio's own renderer.

The weights are random numbers of the real shapes (UNet 2.57 billion, text encoders .82 billion, VAE 84 million): time
and memory are those of trained ones, the pictures are noise. Drawn at 1024 x 1024, 30 steps, guided, at half precision
on CUDA, which the full size needs; `--small` runs a tiny model wherever it is. What is drawn is then seen and compared
as a design is, and the bench says what share of a drawing's time that takes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from evals.report import Asked, Figure, Result
from studio.brand import Profile
from studio.descriptors.classical import Classical
from studio.drawing import Brief, Drawing, Knobs, Row, Size
from studio.errors import NotConfigured
from studio.inspect import inspect
from studio.renderers.sdxl import NATIVE_PX, Sdxl, enlarged
from studio.renderers.weights import Weights

BATCHES = (1, 2, 4, 8)
STEPS = 30
SIDE = 1024
ASKED = {"images_per_min": Asked(least=100 / 30)}
"""A hundred assets in half an hour (SPEC 4)."""
MODELS = ("unet", "vae", "text_encoder", "text_encoder_2")
MARKS = ("<|startoftext|>", "<|endoftext|>")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model; the full one as stabilityai/stable-diffusion-xl-base-1.0 states them."""

    text: Mapping[str, Any]
    text_2: Mapping[str, Any]
    unet: Mapping[str, Any]
    vae: Mapping[str, Any]


FULL = Shape(
    text={"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12,
          "projection_dim": 768, "vocab_size": 49408, "hidden_act": "quick_gelu"},
    text_2={"hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 20, "num_hidden_layers": 32,
            "projection_dim": 1280, "vocab_size": 49408, "hidden_act": "gelu"},
    unet={"sample_size": 128, "block_out_channels": (320, 640, 1280), "layers_per_block": 2,
          "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
          "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
          "transformer_layers_per_block": (1, 2, 10), "attention_head_dim": (5, 10, 20), "cross_attention_dim": 2048,
          "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816},
    vae={"sample_size": 1024, "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2,
         "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
         "scaling_factor": 0.13025},
)  # fmt: skip
TINY = Shape(
    text={"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2,
          "projection_dim": 32, "vocab_size": 128},
    text_2={"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2,
            "projection_dim": 32, "vocab_size": 128},
    unet={"sample_size": 32, "block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 1,
          "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
          "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
          "transformer_layers_per_block": (1, 1), "attention_head_dim": (2, 4), "cross_attention_dim": 64,
          "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 80},
    vae={"sample_size": 64, "block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 1,
         "down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2},
)  # fmt: skip


def run(seed: int = 7, small: bool = False) -> Result:
    """Draws each batch twice and times the second; NotConfigured where the full size finds no CUDA."""
    torch = _torch()
    cuda = torch.cuda.is_available()
    if not cuda and not small:
        raise NotConfigured("the full size needs a CUDA device, and torch sees none; --small runs a tiny model")
    shape, side, batches = (TINY, 64, BATCHES[:2]) if small else (FULL, SIDE, BATCHES)
    started = perf_counter()
    pipeline = build(shape, seed)
    figures: dict[str, Figure] = {
        "build_s": perf_counter() - started,
        "parameters": sum(parameters(getattr(pipeline, name)) for name in MODELS),
        "device": torch.cuda.get_device_name() if cuda else "cpu",
    }
    for batch in batches:
        figures |= measure(pipeline, batch, side, seed)
    rates = {batch: float(str(figures[f"b{batch}_images_per_min"])) for batch in batches}
    best = max(batches, key=rates.__getitem__)
    figures |= {"images_per_min": rates[best], "batch": best, "batched_speedup": rates[best] / rates[1]}
    figures |= validated(Size(450, 540) if small else Size(), seed)
    figures["validate_share"] = float(str(figures["validate_s"])) * rates[best] / 60
    return Result(
        "bench sdxl",
        figures,
        {"images_per_min": rates[1], "batch": 1},
        f"random weights of {'a tiny' if small else 'the true'} SDXL, {side} x {side}, {STEPS} steps",
        seed,
        (
            "baseline: one picture at a time; time and memory are those of trained weights, the pictures are noise",
            "validate_s: a picture at its printed size, seen and compared on one core; share of the best batch's time",
        ),
        {} if small else ASKED,
        tuple(f"b{batch}" for batch in batches),
    )


def measure(pipeline: Any, batch: int, side: int, seed: int) -> dict[str, Figure]:
    """Pictures a minute, the most memory, and how many came out as pictures, of one batch that is warm."""
    torch = _torch()
    area = side * side if side != SIDE else NATIVE_PX
    renderer = Sdxl(Weights("random"), native_px=area, at_once=batch, load=lambda _: pipeline)
    briefs = [brief(seed + at, side) for at in range(batch)]
    renderer.pictures(briefs)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    started = perf_counter()
    pixels = renderer.pictures(briefs)
    seconds = perf_counter() - started
    peak = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else None
    return {
        f"b{batch}_images_per_min": 60 * batch / seconds,
        f"b{batch}_s_per_image": seconds / batch,
        f"b{batch}_peak_gib": peak,
        f"b{batch}_finite": float(np.isfinite(pixels).all(axis=(1, 2, 3)).mean()),
    }


def validated(size: Size, seed: int) -> dict[str, Figure]:
    """Seconds to enlarge a picture to the print and to inspect it; noise has no style, so discs stand for a drawing."""
    descriptor, native = Classical(), discs(seed)
    started = perf_counter()
    image = enlarged(native, size)
    between = perf_counter()
    looks = (descriptor.look(native), descriptor.look(native.rotate(90)))
    profile = Profile("bench", descriptor.name, descriptor.version, looks, ("#000000",))
    drawing = Drawing(image, None, "sdxl", "1", seed, {})
    told = Brief(Row("1", "discs"), profile, "", "", seed, size)
    inspect(drawing, told, descriptor)
    again = perf_counter()
    found = inspect(drawing, told, descriptor)
    if found.likeness is None:
        raise AssertionError(f"what was to be compared was not: {[miss.kind for miss in found.misses]}")
    return {"enlarge_s": between - started, "validate_s": perf_counter() - again}


def discs(seed: int) -> Image.Image:
    """A picture of SDXL's size: discs of a few colours on paper."""
    draw, sheet = random.Random(seed), Image.new("RGB", (936, 1120), "#f4ead6")
    for _ in range(40):
        x, y, radius = draw.randrange(120, 816), draw.randrange(120, 1000), draw.randrange(10, 90)
        ink = draw.choice(("#d04020", "#203050", "#e0a030", "#307060"))
        ImageDraw.Draw(sheet).ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    return sheet


def brief(seed: int, side: int) -> Brief:
    """A brief like a batch's, with a negative prompt; the encoders take 77 tokens whatever is said."""
    profile = Profile("bench", "none", "1", (), ("#000000",))
    words = "a retro badge of a bear by a lake under pines and stars"
    knobs = Knobs(steps=STEPS, guidance=7.5)
    return Brief(Row(str(seed), words), profile, words, "blurry, watermark, photo", seed, Size(side, side), knobs)


def build(shape: Shape, seed: int) -> Any:
    """A pipeline of random weights, as the renderer would load it: at half precision on CUDA, else at full.

    The vocabulary is letters, kept in memory.
    """
    torch, diffusers, transformers = _torch(), import_module("diffusers"), import_module("transformers")
    device, dtype = ("cuda", torch.float16) if torch.cuda.is_available() else ("cpu", torch.float32)
    torch.manual_seed(seed)
    with torch.device(device):
        models = {name: model.to(dtype=dtype) for name, model in models_of(shape).items()}
    vocabulary = (*MARKS, *LETTERS, *(f"{letter}</w>" for letter in LETTERS))
    tokenizer = transformers.CLIPTokenizer(
        vocab={token: at for at, token in enumerate(vocabulary)}, merges=[], model_max_length=77
    )
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1
    )
    pipeline = diffusers.StableDiffusionXLPipeline(
        **models, tokenizer=tokenizer, tokenizer_2=tokenizer, scheduler=scheduler, add_watermarker=False
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def models_of(shape: Shape) -> dict[str, Any]:
    """The models of an SDXL pipeline, made from their sizes, by their names in it."""
    diffusers, transformers = import_module("diffusers"), import_module("transformers")
    marks = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    return {
        "text_encoder": transformers.CLIPTextModel(transformers.CLIPTextConfig(**shape.text, **marks)),
        "text_encoder_2": transformers.CLIPTextModelWithProjection(
            transformers.CLIPTextConfig(**shape.text_2, **marks)
        ),
        "unet": diffusers.UNet2DConditionModel(
            in_channels=4, out_channels=4, addition_embed_type="text_time", use_linear_projection=True, **shape.unet
        ),
        "vae": diffusers.AutoencoderKL(latent_channels=4, force_upcast=True, **shape.vae),
    }


def parameters(model: Any) -> int:
    """How many numbers a model holds."""
    return sum(weight.numel() for weight in model.parameters())


def _torch() -> Any:
    try:
        return import_module("torch")
    except ModuleNotFoundError:
        raise NotConfigured("torch is not installed: pip install 'bellwether[image]'") from None
