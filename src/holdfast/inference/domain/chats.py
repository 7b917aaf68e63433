"""Chats: messages in, messages out, as OpenAI's API and the public specification have them. Pure.

Source: huggingface.js, tasks/chat-completion/spec; OpenAI API reference, Chat Completions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.generation import GENERATION, Generated, Token
from holdfast.inference.domain.kinds import (
    Anything,
    Choice,
    Either,
    Field,
    Flag,
    Integer,
    Kind,
    ListOf,
    MapOf,
    Number,
    Record,
    Text,
)
from holdfast.inference.domain.tool_calls import ToolCall

_PART = Record(
    {
        "type": Field(Choice(("text", "image_url", "image")), required=True),
        "text": Field(Text()),
        "image_url": Field(
            Either((Text(), Record({"url": Field(Text(), required=True), "detail": Field(Text())})), "a URL")
        ),
        "image": Field(Anything()),
    }
)
_FUNCTION_CALLED = Record(
    {
        "name": Field(Text(), required=True),
        "arguments": Field(Anything()),
        "description": Field(Text()),
        "parsed_arguments": Field(Anything()),
    }
)
_CALL = Record(
    {
        "id": Field(Text()),
        "type": Field(Text()),
        "function": Field(_FUNCTION_CALLED, required=True),
        "index": Field(Integer()),
    }
)
MESSAGES: Kind = ListOf(
    Record(
        {
            "role": Field(Choice(("system", "developer", "user", "assistant", "tool")), required=True),
            "content": Field(Either((Text(), ListOf(_PART)), "a string or a list of parts of type text or image_url")),
            "name": Field(Text()),
            "tool_calls": Field(ListOf(_CALL)),
            "tool_call_id": Field(Text()),
            "reasoning": Field(Text()),
            "reasoning_content": Field(Text()),
            "refusal": Field(Text()),
            "annotations": Field(ListOf(Anything())),
            "parsed": Field(Anything()),
        }
    ),
    min_items=1,
)
_TOOL = Record(
    {
        "type": Field(Choice(("function",)), required=True),
        "function": Field(
            Record(
                {
                    "name": Field(Text(min_characters=1), required=True),
                    "description": Field(Text()),
                    "parameters": Field(Anything()),
                    "strict": Field(Flag()),
                }
            ),
            required=True,
        ),
    }
)

_NAMED = Record(
    {
        "type": Field(Choice(("function",))),
        "function": Field(Record({"name": Field(Text(), required=True)}), required=True),
    }
)
_FORMAT = Record(
    {
        "type": Field(Choice(("text", "json_object", "json_schema")), required=True),
        "json_schema": Field(
            Record(
                {
                    "name": Field(Text()),
                    "description": Field(Text()),
                    "schema": Field(Anything(), required=True),
                    "strict": Field(Flag()),
                }
            )
        ),
        "value": Field(Anything(), "With json_object: a schema."),
    }
)

_STOP = Text(min_characters=1)
_NOT_USED = ("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prediction")
"""What tells OpenAI's servers how to keep, count or speed up an answer, and changes nothing of it."""

PARAMETERS = Record(
    {
        "max_tokens": Field(
            Integer(1, 100_000),
            "Most tokens of an answer; without it, what fits.",
            also_called=("max_completion_tokens",),
        ),
        "temperature": Field(
            Number(0, 2), "0 always takes the likeliest token; without it, what the model's makers chose."
        ),
        "top_p": GENERATION.fields["top_p"],
        "top_k": GENERATION.fields["top_k"],
        "min_p": GENERATION.fields["min_p"],
        "repetition_penalty": GENERATION.fields["repetition_penalty"],
        "n": Field(Integer(1, 16), "How many answers."),
        "stop": Field(
            Either((_STOP, ListOf(_STOP, max_items=16)), "a string, or up to 16 of them; none of them empty")
        ),
        "seed": Field(Integer(-(2**63), 2**63 - 1), "Makes draws repeatable."),
        "logprobs": Field(Flag(), "Give log-probabilities."),
        "top_logprobs": Field(Integer(0, 20), "With logprobs: the likeliest tokens at each step."),
        "presence_penalty": Field(Number(-2, 2), "Makes tokens less likely, once they came."),
        "frequency_penalty": Field(Number(-2, 2), "Makes tokens less likely, each time they come."),
        "tools": Field(ListOf(_TOOL, max_items=128), "Functions that the model may call."),
        "tool_choice": Field(
            Either((Choice(("auto", "none", "required")), _NAMED), "auto, none, required, or a function"),
            "Whether it may, must, or must call this one.",
        ),
        "tool_prompt": Field(Text(), "Not supported: the chat template says how tools are offered."),
        "parallel_tool_calls": Field(Flag(), "False: at most one call in an answer."),
        "response_format": Field(_FORMAT, "Text, any JSON object, or JSON of a schema."),
        "logit_bias": Field(MapOf(Number(-100, 100)), "Added to the logits of tokens, by their numbers."),
        "stream_options": Field(
            Record({"include_usage": Field(Flag()), "include_obfuscation": Field(Flag(), "Not used.")}),
            "Whether a stream ends with token counts.",
        ),
        "modalities": Field(ListOf(Choice(("text",))), "Only text."),
        **{name: Field(Anything(), "Not used.") for name in _NOT_USED},
    }
)

OUTPUT = Record(
    {
        "id": Field(Text(), required=True),
        "object": Field(Text()),
        "created": Field(Integer(0, 2**53), required=True),
        "model": Field(Text(), required=True),
        "system_fingerprint": Field(Text(), required=True),
        "choices": Field(ListOf(Anything(), min_items=1), required=True),
        "usage": Field(MapOf(Integer(0)), required=True),
    }
)

_CLIENTS_OWN = ("annotations", "parsed", "parsed_arguments")
"""What openai's client notes in messages, and sends back; models are not shown it."""
_OWN_ID = re.compile(r"call_(\d{1,2})")
_FINISH = {"length": "length", "eos_token": "stop", "stop_sequence": "stop"}


def as_template_messages(messages: Sequence[Mapping[str, Any]], *, with_images: bool) -> list[dict[str, Any]]:
    """Messages as chat templates want them: text parts joined, or parts kept for models that see images.

    Raises:
        InvalidInput: an image for a model that sees none.
    """
    return [
        {
            **{name: value for name, value in message.items() if name not in _CLIENTS_OWN},
            **({"tool_calls": [_read_call(call) for call in message["tool_calls"]]} if "tool_calls" in message else {}),
            "content": _content(message.get("content"), f"messages[{index}].content", with_images=with_images),
        }
        for index, message in enumerate(messages)
    ]


def _read_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call with its arguments as an object: templates write them as JSON, and would quote what is JSON already.

    Source: transformers, "Tool use": a call's arguments are a dict, and not a string as with OpenAI's API.
    """
    arguments = call["function"].get("arguments")
    if isinstance(arguments, str):
        with suppress(ValueError, RecursionError):
            read = json.loads(arguments)
            arguments = read if isinstance(read, dict) else arguments
    function = {name: value for name, value in call["function"].items() if name not in _CLIENTS_OWN}
    return {**call, "function": {**function, "arguments": arguments}}


def _content(content: Any, name: str, *, with_images: bool) -> Any:
    if not isinstance(content, list):
        return [{"type": "text", "text": content}] if with_images and content is not None else (content or "")
    if any(part["type"] != "text" for part in content) and not with_images:
        raise InvalidInput(field=name, problem="holds an image, which this model cannot see")
    if with_images:
        return [{"type": "image"} if part["type"] != "text" else part for part in content]
    return "".join(part.get("text", "") for part in content)


def choice(index: int, text: str, calls: Sequence[ToolCall], generated: Generated, *, logprobs: bool) -> dict[str, Any]:
    """One finished answer."""
    message: dict[str, Any] = {"role": "assistant", "content": text or None if calls else text}
    if calls:
        message["tool_calls"] = tool_calls_of(calls)
    reason = "tool_calls" if calls else _FINISH[generated.finish_reason]
    noted = {"content": [logprob_of(token) for token in generated.tokens]} if logprobs else None
    return {"index": index, "message": message, "finish_reason": reason, "logprobs": noted}


def delta(content: str | None, calls: Sequence[ToolCall], *, is_first: bool) -> dict[str, Any]:
    """What a chunk adds to the answer."""
    found: dict[str, Any] = {"role": "assistant"} if is_first else {}
    if content is not None:
        found["content"] = content
    if calls:
        found["tool_calls"] = [{"index": index, **call} for index, call in enumerate(tool_calls_of(calls))]
    return found


def finish_reason(generated: Generated, calls: Sequence[ToolCall]) -> str:
    """Why an answer ended, in OpenAI's words."""
    return "tool_calls" if calls else _FINISH[generated.finish_reason]


def name_calls(choice: Any, word: str) -> None:
    """Give the calls of an answer ids that are unique: whoever takes part in a conversation finds results by them.

    Args:
        choice: of a whole answer or of a stream's chunk; changed in place. Servers elsewhere give ids of their own.
        word: of this answer, six letters and digits. With three more ids are as Mistral's templates want them.
    """
    message = (choice.get("message") or choice.get("delta")) if isinstance(choice, dict) else None
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    for call in calls if isinstance(calls, list) else ():
        if own := _OWN_ID.fullmatch(str(call.get("id"))) if isinstance(call, dict) else None:
            call["id"] = f"{word}{choice['index']:x}{int(own[1]):02x}"


def tool_calls_of(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Calls as the specification has them; ids are unique within one answer, see `name_calls`."""
    return [
        {"id": f"call_{index}", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for index, call in enumerate(calls)
    ]


def logprob_of(token: Token) -> dict[str, Any]:
    """A token with its log-probability, as the specification has it."""
    top = [{"token": text, "logprob": logprob} for _, text, logprob in token.top]
    return {"token": token.text, "logprob": token.logprob, "top_logprobs": top}


def usage(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    """Token counts."""
    total = prompt_tokens + completion_tokens
    return {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}
