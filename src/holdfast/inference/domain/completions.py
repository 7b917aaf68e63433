"""OpenAI's completions in the words of the task text-generation, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.base.errors import InvalidInput

_SAME = ("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty")
_FINISH = {"length": "length", "eos_token": "stop", "stop_sequence": "stop", "stop": "stop"}
_ONLY = {"n": 1, "best_of": 1, "logprobs": None, "suffix": None, "logit_bias": None}
"""What is not supported, with the value that means nothing."""
_USUAL_NEW_TOKENS = 16
"""Source: the API's own default for `max_tokens`."""


def completion_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a completion as those of text-generation.

    Raises:
        InvalidInput: something that is not supported.
    """
    for name, harmless in _ONLY.items():
        if body.get(name) not in (None, harmless, {}):
            raise InvalidInput(field=name, problem="is not supported")
    parameters = {name: body[name] for name in _SAME if body.get(name) is not None}
    parameters["max_new_tokens"] = body.get("max_tokens") or _USUAL_NEW_TOKENS
    parameters["details"] = True
    parameters["return_full_text"] = body.get("echo") is True
    stop = body.get("stop")
    if stop:
        parameters["stop"] = stop if isinstance(stop, list) else [stop]
    if parameters.get("temperature") == 0:
        del parameters["temperature"]  # 0 means: always the likeliest, as without it
        parameters.pop("top_p", None)
    return {"parameters": parameters}


def text_choice(index: int, output: Any) -> tuple[dict[str, Any], int]:
    """One output as a choice, and how many tokens were made for it."""
    one = output[0] if isinstance(output, list) else output
    details = one.get("details") or {}
    reason = _FINISH.get(str(details.get("finish_reason")), "stop")
    choice = {"index": index, "text": one["generated_text"], "logprobs": None, "finish_reason": reason}
    return choice, int(details.get("generated_tokens") or 0)


def text_chunk(chunk: Mapping[str, Any]) -> dict[str, Any]:
    """One chunk of a stream as a choice."""
    token, details = chunk["token"], chunk.get("details") or {}
    reason = _FINISH.get(str(details["finish_reason"])) if details.get("finish_reason") else None
    text = "" if token.get("special") else token["text"]
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason}
