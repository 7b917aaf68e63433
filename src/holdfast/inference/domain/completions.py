"""OpenAI's completions in the words of the task text-generation, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.generation import MOST_SEEDS
from holdfast.inference.domain.kinds import Integer

_PENALTIES = ("frequency_penalty", "presence_penalty", "repetition_penalty")
_SAME = ("temperature", "top_p", "top_k", "min_p", "seed", *_PENALTIES)
_READ_ELSEWHERE = ("model", "prompt", "stream", "stream_options", "user", "max_tokens", "echo", "stop", "logprobs", "n")
WORDS = {
    "inputs": "prompt",
    "parameters.max_new_tokens": "max_tokens",
    "parameters.top_n_tokens": "logprobs",
    "parameters.": "",
}
"""What a completion calls the fields of text-generation; see `Asked.called`."""
_FINISH = {"length": "length", "eos_token": "stop", "stop_sequence": "stop", "stop": "stop"}
_ONLY = {"best_of": 1, "suffix": None, "logit_bias": None}
"""What is not supported, with the value that means nothing."""
_USUAL_NEW_TOKENS = 16
"""Source: the API's own default for `max_tokens`."""
_COPIES = Integer(1, 16)
_SEED = Integer(-(2**63), 2**63 - 1)
_LIKELIEST = Integer(0, 5)
"""Source: the API's reference, `logprobs`."""


def completion_requests(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A completion's parameters as those of text-generation: once for each of the `n` ways to go on that are wanted.

    Raises:
        InvalidInput: something that is wrong or not supported.
    """
    for name, value in body.items():
        if name in _ONLY and value not in (None, _ONLY[name], {}):
            raise InvalidInput(field=name, problem="is not supported")
        if value is not None and name not in (*_SAME, *_READ_ELSEWHERE, *_ONLY):
            known = ", ".join((*_SAME, *_READ_ELSEWHERE))
            raise InvalidInput(field=name[:80], problem=f"is not known here; known are: {known}")
    parameters = {name: body[name] for name in _SAME if body.get(name) is not None}
    if "seed" in parameters:
        parameters["seed"] = _SEED.parse(parameters["seed"], "seed") % MOST_SEEDS
    asked = body.get("max_tokens")
    parameters["max_new_tokens"] = _USUAL_NEW_TOKENS if asked is None else asked
    parameters["details"] = True
    parameters["return_full_text"] = body.get("echo") is True
    if stop := body.get("stop"):
        parameters["stop"] = stop if isinstance(stop, list) else [stop]
    if (logprobs := _wanted_logprobs(body)) is not None:
        parameters["top_n_tokens"] = logprobs
    if parameters.get("temperature") == 0:
        del parameters["temperature"]  # 0 means: always the likeliest, as without it
        parameters.pop("top_p", None)
    return [{"parameters": copy} for copy in _copies(parameters, body)]


def _wanted_logprobs(body: Mapping[str, Any]) -> int | None:
    if body.get("logprobs") is None:
        return None
    if body.get("echo") is True:
        raise InvalidInput(field="logprobs", problem="is not possible with echo: only new tokens have them")
    return _LIKELIEST.parse(body["logprobs"], "logprobs")


def _copies(parameters: dict[str, Any], body: Mapping[str, Any]) -> list[dict[str, Any]]:
    count = 1 if body.get("n") is None else _COPIES.parse(body["n"], "n")
    if count == 1:
        return [parameters]
    if body.get("stream") is True:
        raise InvalidInput(field="n", problem="must be 1 for a stream")
    if body.get("temperature") is None:
        parameters = {**parameters, "do_sample": True}  # else all would be the same; the API's usual temperature is 1
    if (seed := parameters.get("seed")) is None:
        return [parameters] * count
    return [{**parameters, "seed": (seed + number) % MOST_SEEDS} for number in range(count)]


def text_choice(index: int, output: Any, *, logprobs: bool = False) -> tuple[dict[str, Any], int]:
    """One output as a choice, and how many tokens were made for it."""
    one = output[0] if isinstance(output, list) else output
    details = one.get("details") or {}
    reason = _FINISH.get(str(details.get("finish_reason")), "stop")
    noted = _noted(details, details.get("tokens", ()), details.get("top_tokens", ())) if logprobs else None
    choice = {"index": index, "text": one["generated_text"], "logprobs": noted, "finish_reason": reason}
    return choice, int(details.get("generated_tokens") or 0)


def text_chunk(chunk: Mapping[str, Any], *, logprobs: bool = False) -> dict[str, Any]:
    """One chunk of a stream as a choice."""
    token, details = chunk["token"], chunk.get("details") or {}
    reason = _FINISH.get(str(details["finish_reason"])) if details.get("finish_reason") else None
    text = "" if token.get("special") else token["text"]
    noted = _noted(details, [token], [chunk.get("top_tokens", ())]) if logprobs else None
    return {"index": 0, "text": text, "logprobs": noted, "finish_reason": reason}


def _noted(
    details: Mapping[str, Any], tokens: Sequence[Mapping[str, Any]], tops: Sequence[Sequence[Mapping[str, Any]]]
) -> dict[str, Any] | None:
    """Tokens with their log-probabilities, as another server said them or as ours are; None where nobody tells."""
    if "logprobs" in details:
        said: dict[str, Any] = details["logprobs"]
        return said
    if not tokens or not all("logprob" in token for token in tokens):
        return None
    # Offsets are those in the text that is made: `accumulate` begins with 0 and gives one more than there are tokens.
    offsets = list(accumulate((len(token["text"]) for token in tokens), initial=0))[:-1]
    return {
        "tokens": [token["text"] for token in tokens],
        "token_logprobs": [token["logprob"] for token in tokens],
        "top_logprobs": [{one["text"]: one["logprob"] for one in top} for top in tops] if any(tops) else None,
        "text_offset": offsets,
    }


def counted(chunk: Mapping[str, Any]) -> tuple[int, int] | None:
    """Tokens read and made, as a stream's last chunk tells; None for the others."""
    details = chunk.get("details") or {}
    if "generated_tokens" not in details:
        return None
    return int(details.get("input_length") or 0), int(details["generated_tokens"] or 0)
