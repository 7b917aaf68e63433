"""Which task a request means where it does not say. Pure."""

from __future__ import annotations

import orjson

_SIMILARITY, _FEATURES = "sentence-similarity", "feature-extraction"
_ENCODERS = (_SIMILARITY, _FEATURES)


def meant_task(repo_task: str | None, json_body: bytes | None) -> str | None:
    """The repo's task; an encoder of sentences is asked for whichever of its two tasks the inputs are for.

    Args:
        repo_task: what the repo says.
        json_body: None for media files.
    """
    if repo_task not in _ENCODERS or json_body is None:
        return repo_task
    try:
        body = orjson.loads(json_body)
    except orjson.JSONDecodeError:
        return repo_task
    if not isinstance(body, dict):
        return repo_task
    compares = isinstance(body.get("inputs"), dict) or "source_sentence" in body
    return _SIMILARITY if compares else _FEATURES
