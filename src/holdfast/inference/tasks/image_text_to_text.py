"""image-text-to-text: models that see pictures and write about them, by an instruction or in a conversation.

Pictures come inside of messages as data URLs (`data:image/png;base64,…`), or beside one text; the server never fetches
addresses. The public task pages have no schema for it; messages are those of chat-completion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.chats import MESSAGES, as_template_messages
from holdfast.inference.domain.generation import generation_fields, generation_options
from holdfast.inference.domain.kinds import Binary, Either, Field, ListOf, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.images import decode_image
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model, load_part
from holdfast.inference.runtime.writing import Writer

_IMAGE = Binary("image")
_QUESTION = Record(
    {
        "text": Field(Text(min_characters=1), "What to do.", required=True, also_called=("prompt",)),
        "image": Field(_IMAGE, "A picture."),
        "images": Field(ListOf(_IMAGE, min_items=1, max_items=32), "Several pictures."),
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

    def __init__(self, loaded: Loaded, processor: Any) -> None:
        self.placement = loaded.placement
        self._processor = processor
        self._writer = Writer(loaded, processor.tokenizer)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        messages = inputs if isinstance(inputs, list) else [as_message(inputs)]
        pictures = [decode_image(data, name) for name, data in pictures_in(messages)]
        made = self._processor(images=pictures or None, text=[self._prompt(messages)], return_tensors="pt")
        return Item(None, parameters, [dict(made)], made["input_ids"].shape[1], notes=generation_options(parameters))

    def _prompt(self, messages: Sequence[Mapping[str, Any]]) -> str:
        plain = as_template_messages(messages, with_images=True)
        try:
            prompt: str = self._processor.apply_chat_template(plain, add_generation_prompt=True, tokenize=False)
        except jinja2.TemplateError as error:
            raise InvalidInput(field="inputs", problem=f"do not fit this model's chat template: {error}") from None
        return prompt

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> dict[str, Any]:
        torch, loaded = need("torch"), self._writer.loaded
        dtype = getattr(torch, self.placement.dtype)
        placed = {name: tensor.to(self.placement.device) for name, tensor in item.rows[0].items()}
        tensors = {name: one.to(dtype) if one.is_floating_point() else one for name, one in placed.items()}
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


def pictures_in(messages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, bytes]]:
    """Pictures of a conversation, each with the name of its place.

    Raises:
        InvalidInput: an address instead of a picture: nothing is fetched from anywhere.
    """
    for index, message in enumerate(messages):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else []):
            name = f"inputs[{index}].content[{place}]"
            if part["type"] == "image":
                yield name, _IMAGE.parse(part.get("image"), f"{name}.image")
            elif part["type"] == "image_url":
                yield name, _from_url(part.get("image_url"), f"{name}.image_url")


def _from_url(given: Any, name: str) -> bytes:
    url = given.get("url") if isinstance(given, Mapping) else given
    if not isinstance(url, str) or not url.startswith("data:"):
        raise InvalidInput(field=name, problem="must be a data URL (data:image/png;base64,…); no address is fetched")
    return _IMAGE.parse(url, name)


def load(folder: Path, wish: Wish) -> ImageTextToText:
    """Load a vision-language model. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForImageTextToText", wish)
    processor = load_part(folder, "AutoProcessor")
    if not getattr(processor, "chat_template", None):
        raise UnusableModel(problem="its processor has no chat template; for plain captions, use image-to-text")
    return ImageTextToText(loaded, processor)
