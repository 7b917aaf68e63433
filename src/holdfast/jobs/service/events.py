"""Reads what commands tell: one JSON object a line, written by somebody whom nobody checked."""

from __future__ import annotations

import math
from typing import Any

import orjson

from holdfast.base.json_values import nests_too_deep
from holdfast.jobs.domain.jobs import Progress

_SENTENCE_LENGTH = 500


def read_event(text: str) -> dict[str, Any]:
    """The object of a line; a line that is none comes as `{"text": …}`."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {"text": text}
    return value if isinstance(value, dict) and not nests_too_deep(value) else {"text": text}


def progress_in(fields: dict[str, Any]) -> Progress | None:
    """The progress that an event tells, None when it tells another thing."""
    if "progress" not in fields:
        return None
    fraction, eta_seconds = _number(fields["progress"]), _number(fields.get("eta_seconds"))
    sentence = fields.get("sentence")
    return Progress(
        fraction=None if fraction is None else min(1.0, max(0.0, fraction)),
        sentence=sentence[:_SENTENCE_LENGTH] if isinstance(sentence, str) else None,
        eta_seconds=None if eta_seconds is None else min(max(0.0, eta_seconds), 1e9),
    )


def refusal_in(fields: dict[str, Any]) -> str | None:
    """Why no attempt can succeed, where an event tells that."""
    sentence = fields.get("refused")
    return sentence[:_SENTENCE_LENGTH] if isinstance(sentence, str) and sentence else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
