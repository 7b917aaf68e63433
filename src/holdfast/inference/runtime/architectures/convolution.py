"""A small convolutional network for pictures: quick to train from nothing, and easy to understand.

Dimensions: B pictures, C channels (red, green, blue), H × W pixels, F features, L labels.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers import PreTrainedConfig, ViTImageProcessorPil
from transformers.activations import ACT2FN
from transformers.modeling_outputs import ImageClassifierOutputWithNoAttention

from holdfast.inference.runtime.architectures.network import OwnModel, check_activation


@strict
class CnnConfig(PreTrainedConfig):
    """How the network looks.

    Args:
        image_size: pictures are resized to so many pixels on each side.
        widths: channels after each stage; every stage halves the picture, so at most log2(image_size) of them.
        convolutions: in each stage.
        activation: a name that transformers knows: relu, gelu, silu, tanh, sigmoid …
        dropout: before the last layer.
        image_mean: subtracted from red, green and blue (0 … 1).
        image_std: they are divided by it then.
    """

    model_type = "holdfast-cnn"

    image_size: int = 32
    widths: list[int] | tuple[int, ...] = (32, 64, 128)
    convolutions: int = 1
    activation: str = "relu"
    dropout: float = 0.1
    image_mean: list[float] | tuple[float, ...] = (0.5, 0.5, 0.5)
    image_std: list[float] | tuple[float, ...] = (0.5, 0.5, 0.5)

    def validate_architecture(self) -> None:
        """Called by transformers with every new config. Source: transformers 5.23, PreTrainedConfig."""
        if 2 ** len(self.widths) > self.image_size:
            raise ValueError(f"{len(self.widths)} stages leave nothing of {self.image_size} pixels")
        check_activation(self.activation)


class CnnForImageClassification(OwnModel):
    """Stages, the mean over what is left of the picture, and one linear layer."""

    config_class = CnnConfig
    base_model_prefix = "cnn"
    main_input_name = "pixel_values"

    def __init__(self, config: CnnConfig) -> None:
        super().__init__(config)
        sizes = [3, *config.widths]
        self.stages = nn.ModuleList(_stage(*pair, config) for pair in pairwise(sizes))
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(sizes[-1], config.num_labels)
        self.post_init()

    def features(self, pixel_values_BCHW: torch.Tensor) -> torch.Tensor:
        """What the last layer sees of each picture: B × F, F the last of `widths`."""
        hidden = pixel_values_BCHW
        for stage in self.stages:
            hidden = stage(hidden)
        return hidden.mean(dim=(2, 3))

    def forward(
        self,
        pixel_values: torch.Tensor,
        labels: torch.Tensor | None = None,
        **_others: Any,
    ) -> ImageClassifierOutputWithNoAttention:
        """Logits (B × L), and with labels the loss that fits `config.problem_type`."""
        logits_BL = self.classifier(self.dropout(self.features(pixel_values)))
        loss = None if labels is None else self.loss_function(labels, logits_BL, self.config)
        return ImageClassifierOutputWithNoAttention(loss=loss, logits=logits_BL)

    def input_reader(self) -> ViTImageProcessorPil:
        size, config = self.config.image_size, self.config
        return ViTImageProcessorPil(
            size={"height": size, "width": size}, image_mean=list(config.image_mean), image_std=list(config.image_std)
        )


def _stage(inputs: int, outputs: int, config: CnnConfig) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in range(config.convolutions):
        layers += [
            nn.Conv2d(inputs if index == 0 else outputs, outputs, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            ACT2FN[config.activation],
        ]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


CONFIG = CnnConfig
HEADS = {"image-classification": CnnForImageClassification}
