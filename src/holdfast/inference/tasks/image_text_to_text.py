"""image-text-to-text: models that see pictures and write about them, by an instruction or in a conversation.

Pictures come inside of messages as data URLs (`data:image/png;base64,…`), or beside one text; the server never fetches
addresses. The public task pages have no schema for it; messages are those of chat-completion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.inference.domain.chats import MESSAGES, as_template_messages
from holdfast.inference.domain.generation import generation_fields, generation_options
from holdfast.inference.domain.kinds import Either, Field, ListOf, Record, Text
from holdfast.inference.domain.pictures import IMAGE, pictures_in
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.images import decode_image
from holdfast.inference.runtime.networks import Network
from holdfast.inference.runtime.rows import size_of
from holdfast.inference.runtime.seeing import SeeingModel, load_seeing_model, with_batch_dimension
from holdfast.inference.runtime.writing import Writer

_QUESTION = Record(
    {
        "text": Field(Text(min_characters=1), "What to do.", required=True, also_called=("prompt",)),
        "image": Field(IMAGE, "A picture."),
        "images": Field(ListOf(IMAGE, min_items=1, max_items=32), "Several pictures."),
    }
)

SPEC = TaskSpec(
    name="image-text-to-text",
    summary="Writes about pictures, as asked.",
    inputs=Either((MESSAGES, _QUESTION), "a list of messages, or an object with `text` and `image`"),
    parameters=Record(generation_fields()),
    output=Record({"generated_text": Field(Text(), required=True)}),
    shape=Shape.LISTED,
    batches=False,
)
_USUAL_NEW_TOKENS = 100


class ImageTextToText(Predictor):
    """A vision-language model with its processor."""

    spec = SPEC

    def __init__(self, model: SeeingModel) -> None:
        self.placement = model.loaded.placement
        self._model = model
        self._writer = Writer(model.loaded, model.processor.tokenizer)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        messages = inputs if isinstance(inputs, list) else [as_message(inputs)]
        pictures = [decode_image(data, name) for name, data in pictures_in(messages, "inputs")]
        row = self._model.row(as_template_messages(messages, with_images=True), pictures)
        return Item(None, parameters, [row], size_of(row), notes=generation_options(parameters))

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> dict[str, Any]:
        loaded = self._writer.loaded
        tensors = Network(loaded).tensors(with_batch_dimension(item.rows[0]))
        options = dict(item.notes)
        options.setdefault("do_sample", "temperature" in options or "top_p" in options or "top_k" in options)
        asked = options.pop("max_new_tokens", None) or options.pop("max_length", None) or _USUAL_NEW_TOKENS
        skipped = 0 if loaded.config.is_encoder_decoder else tensors["input_ids"].shape[1]
        return {"generated_text": self._writer.write(tensors, options, asked, skip=skipped)[0].text.strip()}


def as_message(question: Mapping[str, Any]) -> dict[str, Any]:
    """A text with pictures as a message."""
    pictures = question.get("images", []) + ([question["image"]] if "image" in question else [])
    parts = [{"type": "image", "image": picture} for picture in pictures]
    return {"role": "user", "content": [*parts, {"type": "text", "text": question["text"]}]}


def load(folder: Path, wish: Wish) -> ImageTextToText:
    """Load a vision-language model. See `tasks.load` for errors."""
    return ImageTextToText(load_seeing_model(folder, wish))
