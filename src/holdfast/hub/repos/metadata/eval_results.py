"""Evaluation results that a model keeps in `.eval_results/*.yaml`: a list of entries per file.

Source: the Hub's documentation, eval-results, and huggingface_hub 2.4.0 _eval_results.py, which reads the answer; what
it would stumble over is told here as an error of the file.
"""

from __future__ import annotations

from typing import Any

from holdfast.base.errors import InvalidCard
from holdfast.hub.repos.metadata.yaml_values import load_yaml

EVAL_RESULTS_FOLDER = ".eval_results"
MAX_ENTRIES = 1_000
"""Of one file."""

_DATASET_FIELDS = ("id", "task_id", "revision")
_SOURCE_FIELDS = ("url", "name", "user", "org")
_PLAIN_FIELDS = ("verifyToken", "date", "notes")


class _Unusable(Exception):
    """Says what is wrong with a file."""


def read_eval_results(path: str, text: str) -> list[dict[str, Any]]:
    """The file's entries in the API's form, or one item with an `error` where it can't be used."""
    try:
        return [{"filename": path, "verified": False, "data": _entry(entry)} for entry in _entries(load_yaml(text))]
    except _Unusable as error:
        return [{"filename": path, "error": str(error)}]
    except InvalidCard as error:
        return [{"filename": path, "error": " ".join(error.errors)}]


def _entries(value: Any) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ENTRIES:
        raise _Unusable(f"must be a list of 1 to {MAX_ENTRIES} results")
    return value


def _entry(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise _Unusable("holds a result that is no mapping")
    value = entry.get("value")
    if value is None or isinstance(value, dict | list):
        raise _Unusable("holds a result without a value")
    dataset = _strings(entry.get("dataset"), _DATASET_FIELDS)
    if not {"id", "task_id"} <= dataset.keys():
        raise _Unusable("holds a result whose dataset lacks `id` or `task_id`")
    source = _strings(entry.get("source"), _SOURCE_FIELDS)
    if source and "url" not in source:
        raise _Unusable("holds a result whose source lacks `url`")
    found: dict[str, Any] = {"dataset": dataset, "value": value, **_strings(entry, _PLAIN_FIELDS)}
    return {**found, "source": source} if source else found


def _strings(mapping: Any, names: tuple[str, ...]) -> dict[str, str]:
    """The named fields that are strings, numbers included; without a mapping none."""
    if not isinstance(mapping, dict):
        return {}
    named = {name: mapping.get(name) for name in names}
    return {name: str(value) for name, value in named.items() if isinstance(value, str | int | float)}
