"""Questions of the Hub's tasks as requests of the OpenAI API, and answers back. Pure: no network.

Source: the public task specifications (huggingface.js, packages/tasks) and platform.openai.com/docs/api-reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from holdfast.backends.engines.protocol import JSON, Question
from holdfast.base.errors import InvalidInput, UnknownTask

_SAME = ("temperature", "top_p", "top_k", "min_p", "stop", "seed")
_SAME_PENALTIES = ("frequency_penalty", "presence_penalty", "repetition_penalty")
_WORDS = {
    **{name: name for name in (*_SAME, *_SAME_PENALTIES)},
    "max_new_tokens": "max_tokens",
    "stop_sequences": "stop",
    "return_full_text": "echo",
    "top_n_tokens": "logprobs",
}
"""Parameters of tasks in the words of the API. Its own servers know no `top_k`, `min_p` or `repetition_penalty`; those
that people run themselves do, by these names."""
_HARMLESS = {"details": (True, False), "decoder_input_details": (False,), "watermark": (False,), "best_of": (1,)}
"""What need not be said, by name and value."""


class Translation(Protocol):
    """One task in the words of the API."""

    path: str
    """Below the base url."""
    streamed: Mapping[str, Any]
    """What a request says besides, where it asks for a stream."""

    def request(self, question: Question) -> dict[str, Any]:
        """The request's body, without `model` and `stream`. Raises InvalidInput."""
        ...

    def answer(self, reply: dict[str, Any]) -> Any:
        """The task's output."""
        ...

    def chunk(self, event: dict[str, Any], index: int) -> Any:
        """One chunk of the task's stream; None where the event says nothing that counts."""
        ...


class _Chat:
    path = "chat/completions"
    streamed: Mapping[str, Any] = {}

    def request(self, question: Question) -> dict[str, Any]:
        body = _object(question)
        if "messages" not in body and "inputs" in body:  # in the words of tasks, as `pipeline()` asks
            body = {"messages": body["inputs"], **_parameters(body)}
        if not isinstance(body.get("messages"), list):
            raise InvalidInput(field="messages", problem="must be a list")
        return {name: value for name, value in body.items() if name not in ("model", "stream")}

    def answer(self, reply: dict[str, Any]) -> Any:
        return reply

    def chunk(self, event: dict[str, Any], index: int) -> Any:  # noqa: ARG002 - the same for every task
        return event


class _Embeddings:
    path = "embeddings"
    streamed: Mapping[str, Any] = {}

    def request(self, question: Question) -> dict[str, Any]:
        inputs = _object(question).get("inputs")
        texts = inputs if isinstance(inputs, list) else [inputs]
        if not _are_texts(texts):
            raise InvalidInput(field="inputs", problem="must be a string or a list of strings")
        return {"input": texts, "encoding_format": "float"}

    def answer(self, reply: dict[str, Any]) -> Any:
        ordered = sorted(reply["data"], key=lambda row: row["index"])
        return [row["embedding"] for row in ordered]

    def chunk(self, event: dict[str, Any], index: int) -> Any:  # noqa: ARG002 - the same for every task
        raise InvalidInput(field="stream", problem="is not possible for this task")


class _Completions:
    path = "completions"
    streamed: Mapping[str, Any] = {"stream_options": {"include_usage": True}}

    def request(self, question: Question) -> dict[str, Any]:
        body = _object(question)
        prompts = body.get("inputs")
        if not isinstance(prompts, str) and not _are_texts(prompts):
            raise InvalidInput(field="inputs", problem="must be a string or a list of strings")
        return {"prompt": prompts, **_said(_parameters(body))}

    def answer(self, reply: dict[str, Any]) -> Any:
        choices = sorted(reply["choices"], key=lambda choice: choice["index"])
        made = (reply.get("usage") or {}).get("completion_tokens", 0)  # of all of them: no server says it for each
        return [
            {
                "generated_text": choice["text"],
                "details": _details(choice, 0 if index else made),
            }
            for index, choice in enumerate(choices)
        ]

    def chunk(self, event: dict[str, Any], index: int) -> Any:
        choice: Mapping[str, Any] = next(iter(event.get("choices") or ()), {})
        noted = {"logprobs": choice["logprobs"]} if choice.get("logprobs") else {}
        if choice.get("finish_reason"):
            noted["finish_reason"] = _reason(choice)
        usage = event.get("usage")
        if usage and not choice.get("text"):  # some servers count in every chunk; the last one's has no text
            noted |= {
                "generated_tokens": usage.get("completion_tokens", 0),
                "input_length": usage.get("prompt_tokens", 0),
            }
        if not noted and not choice.get("text"):
            return None
        said = {"text": choice.get("text", ""), "special": not choice}
        return {"index": index, "token": said, **({"details": noted} if noted else {})}


class _Sight(_Chat):
    def request(self, question: Question) -> dict[str, Any]:
        body = _object(question)
        inputs = body.get("inputs")
        messages = [_seen(inputs)] if isinstance(inputs, Mapping) else inputs
        if not isinstance(messages, list):
            raise InvalidInput(
                field="inputs", problem="must be a list of messages, or an object with `text` and `image`"
            )
        return {"messages": messages, **_said(_parameters(body))}

    def answer(self, reply: dict[str, Any]) -> Any:
        return [{"generated_text": reply["choices"][0]["message"]["content"]}]


def _seen(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A text with pictures in base64 as a message."""
    pictures = [*(inputs.get("images") or ()), *([inputs["image"]] if inputs.get("image") else [])]
    if not all(isinstance(picture, str) for picture in pictures):
        raise InvalidInput(field="inputs.image", problem="must be a picture as base64")
    addresses = [one if one.startswith("data:") else f"data:image/png;base64,{one}" for one in pictures]
    parts = [{"type": "image_url", "image_url": {"url": address}} for address in addresses]
    return {"role": "user", "content": [*parts, {"type": "text", "text": inputs.get("text") or inputs.get("prompt")}]}


TRANSLATIONS: Mapping[str, Translation] = {
    "image-text-to-text": _Sight(),
    "chat-completion": _Chat(),
    "feature-extraction": _Embeddings(),
    "text-generation": _Completions(),
}


def translation(task: str) -> Translation:
    """How a task is said in that API.

    Raises:
        UnknownTask: it cannot be.
    """
    found = TRANSLATIONS.get(task)
    if found is None:
        raise UnknownTask(task=task[:80], known=tuple(TRANSLATIONS))
    return found


def _said(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in the words of the API.

    Raises:
        InvalidInput: it has no word for one of them, and to leave it out would give another answer.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    samples = given.pop("do_sample", True)
    unknown = [name for name in given if name not in _WORDS and given[name] not in _HARMLESS.get(name, ())]
    if unknown:
        raise InvalidInput(
            field=f"parameters.{unknown[0]}", problem="is not possible: the model runs on another server"
        )
    said = {theirs: given[ours] for ours, theirs in _WORDS.items() if ours in given}
    return said if samples else {**said, "temperature": 0}


def _details(choice: dict[str, Any], made: int) -> dict[str, Any]:
    """Why it ended and how much it made. The API numbers no tokens, so what it says of them keeps its own form."""
    noted = {"logprobs": choice["logprobs"]} if choice.get("logprobs") else {}
    return {"finish_reason": _reason(choice), "generated_tokens": made, "prefill": [], "tokens": [], **noted}


def _reason(choice: Mapping[str, Any]) -> str:
    return "length" if choice.get("finish_reason") == "length" else "eos_token"


def _parameters(body: dict[str, Any]) -> Mapping[str, Any]:
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise InvalidInput(field="parameters", problem="must be an object")
    return parameters


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)


def _object(question: Question) -> dict[str, Any]:
    try:
        body = orjson.loads(question.body) if question.media_type == JSON else None
    except orjson.JSONDecodeError as error:
        raise InvalidInput(field="body", problem="is not valid JSON") from error
    if not isinstance(body, dict):
        raise InvalidInput(field="body", problem="must be a JSON object")
    return body
