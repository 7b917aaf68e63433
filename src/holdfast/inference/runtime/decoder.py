"""A decoder, one forward pass at a time, over rows of different lengths; and whether it can do that at all.

Tensors are named by their dimensions: B rows, C columns, V numbers of the vocabulary.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.inference.runtime.key_values import bytes_per_token, merged, new_cache
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.live_adapters import LiveAdapter, LiveAdapters
from holdfast.inference.runtime.loading import Loaded

_NEEDED = frozenset({"input_ids", "attention_mask", "position_ids", "past_key_values"})
_PLAIN_LAYERS = frozenset({"full_attention", "sliding_attention"})
_ROTATIONS_OF_THE_BATCH = frozenset({"dynamic", "longrope"})
"""These turn all rows by the length of the longest: a row's tokens would depend on its neighbours."""
_TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1, "float16": 0.02, "int8": 0.02}
"""Between a row beside others and the same row alone, in standard deviations of its logits."""

KnownBC = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Decoder:
    """A language model without a loop."""

    loaded: Loaded

    def read(
        self, prompts: Sequence[Sequence[int]], adapters: Sequence[LiveAdapter | None] = ()
    ) -> tuple[Any, Any, KnownBC]:
        """Read prompts: the logits behind each in float32, their keys and values, and which columns are filled."""
        widest = max(len(prompt) for prompt in prompts)
        tokens_BC = np.zeros((len(prompts), widest), dtype=np.int64)
        known_BC = np.zeros((len(prompts), widest), dtype=bool)
        for index, prompt in enumerate(prompts):
            tokens_BC[index, widest - len(prompt) :] = prompt
            known_BC[index, widest - len(prompt) :] = True
        cache = new_cache()
        return self.forward(tokens_BC, known_BC, cache, adapters), cache, known_BC

    def forward(
        self,
        tokens_BC: np.ndarray[Any, Any],
        known_BC: KnownBC,
        cache: Any,
        adapters: Sequence[LiveAdapter | None] = (),
    ) -> Any:
        """The logits behind the last column in float32.

        Args:
            tokens_BC: of the last columns.
            known_BC: which columns, from the first on, hold a token of the row.
            cache: of the columns before; it gets the new ones.
            adapters: one for each row, where some have any.
        """
        torch = need("torch")
        device = self.loaded.placement.device
        places_BC = np.maximum(known_BC.cumsum(axis=1) - 1, 0)[:, -tokens_BC.shape[1] :]
        mask = None if known_BC.all() else torch.from_numpy(known_BC).to(device)
        with torch.inference_mode(), self.adapters.at_work(adapters):
            found = self.loaded.model(
                input_ids=torch.from_numpy(tokens_BC).to(device),
                attention_mask=mask,
                position_ids=torch.from_numpy(places_BC).to(device),
                past_key_values=cache,
                use_cache=True,
                **self._only_last,
            )
            return found.logits[:, -1].float()

    @cached_property
    def adapters(self) -> LiveAdapters:
        """Those that work on this model."""
        return LiveAdapters(self.loaded.model)

    @cached_property
    def _only_last(self) -> dict[str, int]:
        takes = inspect.signature(self.loaded.model.forward).parameters
        return {"logits_to_keep": 1} if "logits_to_keep" in takes else {}

    @cached_property
    def token_bytes(self) -> int:
        """What one token of one row takes in the cache."""
        return bytes_per_token(self.read([[0]])[1])

    @cached_property
    def why_not(self) -> str:
        """Why rows cannot join and leave a batch of this model; empty if they can.

        What is known to depend on a row's neighbours is refused by name; everything else is tried.
        """
        model = self.loaded.model
        if model.config.is_encoder_decoder or getattr(model, "_is_stateful", False):
            return "it is no plain decoder"
        lacks = _NEEDED - set(inspect.signature(model.forward).parameters)
        if lacks:
            return f"its forward pass does not take {', '.join(sorted(lacks))}"
        config = model.config.get_text_config()
        if not set(getattr(config, "layer_types", None) or ()) <= _PLAIN_LAYERS:
            return "it has layers that are not attention"
        if _rotations(config) & _ROTATIONS_OF_THE_BATCH:
            return "it turns positions by the longest row of a batch"
        return self._tried()

    def _tried(self) -> str:
        """Compare rows that joined each other with the same rows alone."""
        size = self.loaded.model.get_input_embeddings().weight.shape[0]
        first, second = (
            [(7 * number + 1) % size for number in range(9)],
            [(5 * number + 2) % size for number in range(3)],
        )
        try:
            found = self._beside(first, second)
            alone = [self.read([tokens])[0][0] for tokens in ([*first, 1], [*second, 1])]
        except (
            RuntimeError,
            TypeError,
            ValueError,
            AttributeError,
            IndexError,
            KeyError,
            NotImplementedError,
        ) as error:
            return f"a trial failed: {str(error)[:100]}"
        limit = _TOLERANCE[self.loaded.placement.dtype]
        for ours, plain in zip(found, alone, strict=True):
            if float((ours - plain).abs().max()) > limit * float(plain.std()):
                return "a row beside others answered differently"
        return ""

    def _beside(self, first: list[int], second: list[int]) -> Any:
        _, cache, known_BC = self.read([first])
        _, other, _ = self.read([second])
        both = merged(cache, other)
        known_BC = np.concatenate([known_BC, known_BC])
        known_BC[1, : len(first) - len(second)] = False
        known_BC = np.pad(known_BC, ((0, 0), (0, 1)), constant_values=True)
        return self.forward(np.array([[1], [1]]), known_BC, both)


def _rotations(config: Any) -> set[str]:
    said = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    each = [said, *(value for value in said.values() if isinstance(value, dict))]
    return {str(one["rope_type"]) for one in each if "rope_type" in one}
