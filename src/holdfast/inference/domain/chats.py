"""Chats: messages in, messages out, as OpenAI's API and the public specification have them. Pure.

Source: huggingface.js, tasks/chat-completion/spec; OpenAI API reference, Chat Completions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.generation import Generated, Token
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
    {"name": Field(Text(), required=True), "arguments": Field(Anything()), "description": Field(Text())}
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
            "content": Field(Either((Text(), ListOf(_PART)), "a string or a list of parts")),
            "name": Field(Text()),
            "tool_calls": Field(ListOf(_CALL)),
            "tool_call_id": Field(Text()),
            "reasoning": Field(Text()),
            "refusal": Field(Text()),
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
        "top_p": Field(Number(0, 1), "Draw from the likeliest tokens that make up this probability."),
        "n": Field(Integer(1, 16), "How many answers."),
        "stop": Field(
            Either((Text(min_characters=1), ListOf(Text(min_characters=1), max_items=16)), "a string or strings")
        ),
        "seed": Field(Integer(0, 2**63 - 1), "Makes draws repeatable."),
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
        "parallel_tool_calls": Field(Flag(), "Taken as true."),
        "response_format": Field(_FORMAT, "Text, any JSON object, or JSON of a schema."),
        "logit_bias": Field(MapOf(Number(-100, 100)), "Added to the logits of tokens, by their numbers."),
        "stream_options": Field(Record({"include_usage": Field(Flag())}), "Whether a stream ends with token counts."),
        "user": Field(Text(), "Not used."),
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

_FINISH = {"length": "length", "eos_token": "stop", "stop_sequence": "stop"}


def as_template_messages(messages: Sequence[Mapping[str, Any]], *, with_images: bool) -> list[dict[str, Any]]:
    """Messages as chat templates want them: text parts joined, or parts kept for models that see images.

    Raises:
        InvalidInput: an image for a model that sees none.
    """
    return [
        {**message, "content": _content(message.get("content"), f"messages[{index}].content", with_images=with_images)}
        for index, message in enumerate(messages)
    ]


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


def tool_calls_of(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Calls as the specification has them; ids are unique within one answer."""
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
