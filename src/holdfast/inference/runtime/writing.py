"""Texts from models that see or hear: transformers' generation as it is, for models with loops of their own (BLIP).

`generation` watches token by token, which these loops do not allow; here the whole comes at the end.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model, load_tokenizer


@dataclass(frozen=True)
class Written:
    """A text with how likely the model found it: the product of its tokens' probabilities; 0 with beams, unknown."""

    text: str
    probability: float


@dataclass(frozen=True)
class Writer:
    """A generating model with its tokenizer."""

    loaded: Loaded
    tokenizer: Any

    def write(
        self,
        tensors: Mapping[str, Any],
        options: Mapping[str, Any],
        max_new_tokens: int | None,
        *,
        skip: int = 0,
        raw: bool = False,
    ) -> list[Written]:
        """One text for each row of a batch.

        Args:
            tensors: the model's inputs.
            options: for transformers' GenerationConfig, beyond the model's own.
            max_new_tokens: most tokens; None: as the model's makers chose.
            skip: tokens of the prompt, which decoders repeat before their own.
            raw: keep special tokens in the text.
        """
        config = copy.deepcopy(self.loaded.model.generation_config)
        config.update(**options)
        if max_new_tokens is not None:
            config.update(max_new_tokens=max_new_tokens, max_length=None)
        config.update(return_dict_in_generate=True, output_logits=(config.num_beams or 1) == 1)
        with need("torch").inference_mode():
            found = self.loaded.model.generate(**tensors, generation_config=config)
        lines = found.sequences.tolist()
        logits = getattr(found, "logits", None)
        probabilities = self._probabilities(found.sequences, logits) if logits else [0.0] * len(lines)
        texts = [self.tokenizer.decode(line[skip:], skip_special_tokens=not raw) for line in lines]
        return [Written(text, probability) for text, probability in zip(texts, probabilities, strict=True)]

    def _probabilities(self, sequences: Any, logits: Sequence[Any]) -> list[float]:
        torch = need("torch")
        tokens = sequences[:, -len(logits) :]
        steps = torch.stack([torch.log_softmax(step.float(), dim=-1) for step in logits], dim=1)
        logprobs = steps.gather(2, tokens[:, :, None])[:, :, 0]
        padding = self.tokenizer.pad_token_id
        after_end = tokens == padding if padding is not None else torch.zeros_like(tokens, dtype=torch.bool)
        found: list[float] = logprobs.masked_fill(after_end, 0.0).sum(dim=1).exp().tolist()
        return found


def load_writer(folder: Path, auto_class: str, wish: Wish) -> Writer:
    """Load a generating model with its tokenizer. Raises what `load_model` raises."""
    return Writer(load_model(folder, auto_class, wish), load_tokenizer(folder))
