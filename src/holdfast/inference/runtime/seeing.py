"""Language models that see: pictures and a prompt become one row, and rows are generated token by token, each alone.

How pictures lie in a model's inputs differs from model to model (patches of all pictures in one tensor, sizes beside
them), so rows with pictures are never put together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.generation import Generated, Plan
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.causal import LanguageModel
from holdfast.inference.runtime.generation import MOST_THREADS, Generator
from holdfast.inference.runtime.loading import Loaded, load_model, load_part
from holdfast.inference.runtime.rows import Row
from holdfast.inference.runtime.sharing import shared
from holdfast.inference.runtime.texts import load_text_reader
from holdfast.inference.runtime.whole_batch import WholeBatch


@dataclass(frozen=True)
class SeeingModel:
    """A vision-language model with its processor, which has a chat template."""

    loaded: Loaded
    processor: Any
    folder: Path

    def row(self, messages: Sequence[Mapping[str, Any]], pictures: Sequence[Any], **options: Any) -> Row:
        """A conversation as the model's inputs: those of its tokens without a batch dimension, all others as they are.

        Args:
            messages: as chat templates want them, with parts.
            pictures: PIL images in the order of the parts.
            options: for the chat template, e.g. `tools`.

        Raises:
            InvalidInput: the template refuses them, or the numbers of pictures and their places differ.
        """
        try:
            prompt = self.processor.apply_chat_template(
                list(messages), add_generation_prompt=True, tokenize=False, **options
            )
        except jinja2.TemplateError as error:
            raise InvalidInput(field="messages", problem=f"do not fit this model's chat template: {error}") from None
        try:
            made = self.processor(images=list(pictures) or None, text=[prompt], return_tensors="np")
        except ValueError as error:
            raise InvalidInput(field="messages", problem=f"cannot be read by this model: {error}") from None
        return {
            name: np.asarray(values)[0] if name in _OF_TOKENS else np.asarray(values) for name, values in made.items()
        }

    @property
    def language_model(self) -> LanguageModel:
        """The same as what chats need of a model."""
        generator = SeeingGenerator(self.loaded, self.processor.tokenizer)
        return LanguageModel(generator, load_text_reader(self.folder, self.loaded))


_OF_TOKENS = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")


@dataclass(frozen=True)
class SeeingGenerator(Generator):
    """Generates for rows with pictures."""

    def generate(self, rows: Sequence[Row], plans: Sequence[Plan]) -> list[Generated]:
        """See `Generator.generate`; one after the other."""
        return [self._whole([row], [plan]).run()[0] for row, plan in zip(rows, plans, strict=True)]

    def joins(self, plan: Plan) -> bool:  # noqa: ARG002 - none does
        """See `Generator.joins`."""
        return False

    @property
    def batching(self) -> str:
        """See `Generator.batching`."""
        return "by whole answers, since it sees pictures"

    def has_room(self, rows: Sequence[Row], plan: Plan) -> bool:  # noqa: ARG002 - all are alike
        """See `Generator.has_room`."""
        return len(self._threads) < MOST_THREADS

    def _whole(self, rows: Sequence[Row], plans: Sequence[Plan], **more: Any) -> WholeBatch:
        growing = [self._growing(row, plan) for row, plan in zip(rows, plans, strict=True)]
        return _SeeingBatch(self.loaded, self.tokenizer.pad_token_id, rows, growing, **more)


class _SeeingBatch(WholeBatch):
    """One row, whose pictures already have the dimensions that the model wants."""

    def stacked(self) -> dict[str, Any]:
        """See `WholeBatch.stacked`."""
        [row] = self._rows
        return with_batch_dimension(row)


def with_batch_dimension(row: Row) -> dict[str, Any]:
    """A row as the model's inputs."""
    return {name: array[None] if name in _OF_TOKENS else array for name, array in row.items()}


def load_seeing_model(folder: Path, wish: Wish) -> SeeingModel:
    """Load a vision-language model, or take the one that another task has loaded. Raises as `load_model`."""
    return shared(_load, folder, wish)


def _load(folder: Path, wish: Wish) -> SeeingModel:
    loaded = load_model(folder, "AutoModelForImageTextToText", wish)
    processor = load_part(folder, "AutoProcessor")
    if not getattr(processor, "chat_template", None):
        raise UnusableModel(problem="its processor has no chat template; for plain captions, use image-to-text")
    return SeeingModel(loaded, processor, folder)
