"""Answers for clients that read an older shape of them: huggingface_hub before 1.0 is what transformers 4 comes with.

Source: huggingface_hub 0.36.2, inference/_client.py, `zero_shot_classification`; 1.0 reads the shape of the task's
specification.
"""

from __future__ import annotations

import re
from dataclasses import replace

import orjson

from holdfast.backends.engines.protocol import JSON, Answer
from holdfast.http.call import Call

RESHAPED_TASK = "zero-shot-classification"
_BEFORE_1_0 = re.compile(r"\bhf_hub/0\.")


def is_older(call: Call) -> bool:
    """Whether the caller says that it is such a client."""
    return _BEFORE_1_0.search(call.header(b"user-agent") or "") is not None


def reshaped(answer: Answer) -> Answer:
    """Labels with scores as `{"labels": […], "scores": […]}`; of several inputs, one such object for each."""
    found = orjson.loads(answer.body) if answer.media_type == JSON else None
    if not isinstance(found, list):
        return answer
    several = [_columns(one) for one in found] if found and isinstance(found[0], list) else _columns(found)
    return replace(answer, body=orjson.dumps(several))


def _columns(labels: list[dict[str, object]]) -> dict[str, list[object]]:
    return {f"{name}s": [one[name] for one in labels] for name in ("label", "score")}
