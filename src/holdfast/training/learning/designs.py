"""Networks for pictures, as they are before they learn: convolutions, and a transformer that looks at patches.

Source of the transformer: Dosovitskiy et al. 2020 (ViT), at the size of small pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.inference.runtime import architectures
from holdfast.inference.runtime.libraries import need

_WIDE, _DEEP = (32, 64, 128), (16, 32, 64, 128)
_LARGE = 48
"""Pixels on a side from which a fourth stage, and half the channels in the first, pay: a third of the work."""
_PATCHES = 8
"""On each side of a picture: 64 patches tell letters apart, and learn in a quarter of the time of 16 × 16."""
_CHANNELS = 3


@dataclass(frozen=True)
class Design:
    """How a network is made and written.

    Args:
        build: takes labels, pixels on each side and parameters; gives a model with random weights whose output has a
            `loss`. Channels are always three, levels between -1 and 1.
        save: writes it to a folder that inference serves.
        learning_rate: usual, at its highest.
    """

    build: Callable[[Sequence[str], int, Mapping[str, Any]], Any]
    save: Callable[[Any, Path], object]
    learning_rate: float


def _named(labels: Sequence[str]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}


def _convolution(labels: Sequence[str], size: int, parameters: Mapping[str, Any]) -> Any:
    """Parameters: `widths`, `convolutions`."""
    config = {
        "model_type": "holdfast-cnn",
        **_named(labels),
        "image_size": size,
        "widths": list(parameters.get("widths", _WIDE if size < _LARGE else _DEEP)),
        "convolutions": int(parameters.get("convolutions", 1)),
    }
    return architectures.build("image-classification", config)


def _transformer(labels: Sequence[str], size: int, parameters: Mapping[str, Any]) -> Any:
    """Parameters: `width`, `layers`, `patch_size`."""
    transformers = need("transformers")
    width = int(parameters.get("width", 96))
    config = transformers.ViTConfig(
        **_named(labels),
        image_size=size,
        patch_size=int(parameters.get("patch_size", max(1, size // _PATCHES))),
        num_channels=_CHANNELS,
        hidden_size=width,
        num_hidden_layers=int(parameters.get("layers", 4)),
        num_attention_heads=max(1, width // 32),
        intermediate_size=2 * width,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return transformers.ViTForImageClassification(config)


def _save_transformer(model: Any, folder: Path) -> None:
    model.save_pretrained(folder)
    size = model.config.image_size
    reader = need("transformers").ViTImageProcessorPil(size={"height": size, "width": size})
    reader.save_pretrained(folder)


CONVOLUTION = Design(_convolution, architectures.save, 3e-3)
TRANSFORMER = Design(_transformer, _save_transformer, 1e-3)
