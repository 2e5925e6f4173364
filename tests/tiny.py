"""A tiny SDXL of random weights with an IP-Adapter and a ControlNet, and a tiny CLIP, saved as trained ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel
from diffusers.models.embeddings import ImageProjection
from safetensors.torch import save_file
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from evals.bench.sdxl import LETTERS, MARKS, TINY, build

SEEN = 32
"""Numbers that the image encoder says of an image."""
KEY = 64
"""Numbers of a word, as the UNet's attention takes it."""


def save_model(folder: Path, seed: int = 7) -> Any:
    """The base model; the pipeline that was saved."""
    pipeline = build(TINY, seed)
    pipeline.save_pretrained(folder)
    return pipeline


def save_controlnet(folder: Path, pipeline: Any) -> None:
    """A ControlNet that listens: its last layers, which start at zero, are drawn at random."""
    torch.manual_seed(11)
    net = ControlNetModel.from_unet(pipeline.unet, conditioning_embedding_out_channels=(16, 32))
    for layer in (*net.controlnet_down_blocks, net.controlnet_mid_block, net.controlnet_cond_embedding.conv_out):
        torch.nn.init.normal_(layer.weight, std=0.3)
    net.save_pretrained(folder)


def save_adapter(file: Path, pipeline: Any) -> None:
    """An IP-Adapter in its published layout: one file of weights, the image encoder in a folder beside it."""
    torch.manual_seed(12)
    weights = dict(ImageProjection(SEEN, KEY, 4).state_dict())
    weights = {f"image_proj.{_published(name)}": tensor for name, tensor in weights.items()}
    crossed = [name for name in pipeline.unet.attn_processors if "attn2" in name]
    for at, name in enumerate(crossed):
        width = pipeline.unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
        for part in ("to_k_ip", "to_v_ip"):
            weights[f"ip_adapter.{2 * at + 1}.{part}.weight"] = torch.randn(width, KEY)
    file.parent.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, file)
    vision = CLIPVisionConfig(hidden_size=32, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
                              image_size=32, patch_size=8, projection_dim=SEEN)  # fmt: skip
    CLIPVisionModelWithProjection(vision).save_pretrained(file.parent / "image_encoder")


def save_clip(folder: Path, seed: int = 7) -> None:
    """A CLIP of two towers that see 32 x 32 pixels and read letters, with its processor and its tokenizer."""
    torch.manual_seed(seed)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    marks = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    config = CLIPConfig(
        text_config={**small, "vocab_size": 99, **marks},
        vision_config={**small, "image_size": 32, "patch_size": 8},
        projection_dim=24,
    )
    CLIPModel(config).save_pretrained(folder)
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    CLIPImageProcessor(**size).save_pretrained(folder)
    letters = f"{LETTERS}.,:“”'"  # what is not among them would be the mark that ends a text
    vocabulary = (*MARKS, *letters, *(f"{letter}</w>" for letter in letters))
    vocab = {token: at for at, token in enumerate(vocabulary)}
    CLIPTokenizer(vocab=vocab, merges=[], model_max_length=77).save_pretrained(folder)


def save_lora(file: Path, pipeline: Any) -> None:
    """A LoRA of rank 4 on the keys of every attention of the UNet, in the layout of diffusers."""
    torch.manual_seed(13)
    weights = {}
    for name in pipeline.unet.attn_processors:
        layer = f"{name.removesuffix('.processor')}.to_k"
        wide = pipeline.unet.get_submodule(layer)
        weights[f"unet.{layer}.lora_A.weight"] = torch.randn(4, wide.in_features)
        weights[f"unet.{layer}.lora_B.weight"] = torch.randn(wide.out_features, 4)
    file.parent.mkdir(parents=True)
    save_file(weights, file)


def _published(name: str) -> str:
    return name.replace("image_embeds.", "proj.")
