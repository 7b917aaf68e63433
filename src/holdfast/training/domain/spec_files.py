"""A `TrainingSpec` as YAML or JSON, and back. Strict: what is misspelt is refused, and the error names the field.

task: tabular-classification
data: churn.csv                      # a file, or {repo_id: acme/churn, revision: main, split: train}
columns: {target: churn}
budget: {seconds: 60}                # or 60s, 10m, 1h
output: {repo_id: acme/churn-model}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

import yaml

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.specification import Budget, ChosenTrial, DataSource, Output, TrainingSpec

KINDS = ("number", "category", "text", "date", "ignore")
"""What people may say that a column holds."""
_LARGEST = 1_000_000
_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|m|min|h)?")
_EXPONENT = re.compile(r"[+-]?\d+(\.\d+)?[eE][+-]?\d+")
_PLAIN = (str, int, float, bool, type(None))
_Part = TypeVar("_Part", DataSource, Budget, Output, ChosenTrial)


def read_spec(text: str) -> TrainingSpec:
    """A spec of the YAML or JSON that it is written in.

    Raises:
        InvalidInput: it is neither, or a field is missing, unknown or of the wrong kind; names the field.
    """
    return spec_of(parse(text))


def parse(text: str) -> Mapping[str, Any]:
    """The mapping that a YAML or JSON text holds.

    Raises:
        InvalidInput: it holds none.
    """
    if len(text) > _LARGEST:
        raise InvalidInput(field="spec", problem="must be shorter than 1 MB")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise InvalidInput(field="spec", problem=f"is neither YAML nor JSON{place}") from error
    except (RecursionError, ValueError) as error:
        raise InvalidInput(field="spec", problem="is neither YAML nor JSON") from error
    if not isinstance(found, dict):
        raise InvalidInput(field="spec", problem="must be a mapping with `task` and `data`")
    return found


def with_numbers(value: Any) -> Any:
    """Values with `2e-5` as the number that it is meant to be: YAML 1.1 takes it for text."""
    if isinstance(value, dict):
        return {name: with_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_numbers(inner) for inner in value]
    return float(value) if isinstance(value, str) and _EXPONENT.fullmatch(value) else value


def spec_of(values: Mapping[str, Any]) -> TrainingSpec:
    """A spec of a parsed mapping.

    Raises:
        InvalidInput: a field is missing, unknown or of the wrong kind; names it.
    """
    _known(values, [field.name for field in fields(TrainingSpec)], "")
    for needed in ("task", "data"):
        if values.get(needed) is None:
            raise InvalidInput(field=needed, problem="is missing")
    read = {name: _READERS[name](value, name) for name, value in values.items() if value is not None}
    return TrainingSpec(**read)


def mapping_of(spec: TrainingSpec) -> dict[str, Any]:
    """What `spec_of` reads back as the same spec; only what is not as it would be anyway."""
    plain = asdict(spec)
    standard = asdict(TrainingSpec(spec.task, DataSource()))
    kept = {name: _changed(value, standard[name]) for name, value in plain.items() if value != standard[name]}
    return {"task": spec.task, "data": {}} | {name: _listed(value) for name, value in kept.items()}


def write_spec(spec: TrainingSpec) -> str:
    """A spec as YAML, in the order in which people read it."""
    return str(yaml.safe_dump(mapping_of(spec), sort_keys=False, allow_unicode=True))


def seconds_of(value: Any, field: str = "budget") -> float:
    """A duration: a number of seconds, or `90s`, `10m`, `1h`.

    Raises:
        InvalidInput: it is none, or nothing.
    """
    match = _DURATION.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    seconds = float(match[1]) * _UNITS[match[2] or ""] if match else 0.0
    if seconds <= 0:
        raise InvalidInput(field=field, problem="must be a time such as 60s, 10m or 1h")
    return seconds


def _changed(value: Any, standard: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(standard, dict) or not standard:
        return value
    return {name: inner for name, inner in value.items() if inner != standard[name]}


def _listed(value: Any) -> Any:
    """YAML has no tuples."""
    if isinstance(value, Mapping):
        return {name: _listed(inner) for name, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, list | tuple) else value


def _known(values: Mapping[Any, Any], names: list[str], where: str) -> None:
    for name in values:
        if name not in names:
            raise InvalidInput(field=f"{where}{name}", problem=f"is no field of a spec; there are {', '.join(names)}")


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(field=field, problem="must be text; put it in quotes if it looks like a number")
    return value


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(field=field, problem="must be true or false")
    return value


def _whole(value: Any, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput(field=field, problem="must be a whole number")
    return value


def _above_nothing(value: Any, field: str) -> int:
    if _whole(value, field) == 0:
        raise InvalidInput(field=field, problem="must be 1 or more")
    return int(value)


def _texts_by_name(value: Any, field: str) -> dict[str, str]:
    return {name: _text(inner, f"{field}.{name}") for name, inner in _mapping(value, field).items()}


def _kinds(value: Any, field: str) -> dict[str, str]:
    found = _texts_by_name(value, field)
    for name, kind in found.items():
        if kind not in KINDS:
            raise InvalidInput(field=f"{field}.{name}", problem=f"must be one of {', '.join(KINDS)}")
    return found


def _mapping(value: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(field=field, problem="must be a mapping: {name: value}")
    for name in value:
        if not isinstance(name, str):
            raise InvalidInput(field=f"{field}.{name}", problem="must have text as its name; put it in quotes")
    return value


def _texts(value: Any, field: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidInput(field=field, problem="must be a list")
    return tuple(_text(inner, f"{field}[{place}]") for place, inner in enumerate(value))


def _grid(value: Any, field: str) -> dict[str, tuple[Any, ...]]:
    grid = {}
    for name, choices in _mapping(value, field).items():
        if not isinstance(choices, list) or not choices or not all(isinstance(choice, _PLAIN) for choice in choices):
            raise InvalidInput(field=f"{field}.{name}", problem="must be a list of values to try")
        grid[name] = tuple(with_numbers(choices))
    return grid


def _params(value: Any, field: str) -> dict[str, Any]:
    return {name: with_numbers(inner) for name, inner in _mapping(value, field).items()}


def _source(value: Any, field: str) -> DataSource:
    if isinstance(value, str):
        return DataSource(path=_text(value, field))
    source = _part(DataSource, value, field)
    if (source.path is None) == (source.repo_id is None):
        raise InvalidInput(field=field, problem="must have either `path` (a file) or `repo_id` (a dataset of the Hub)")
    return source


def _budget(value: Any, field: str) -> Budget:
    return _part(Budget, value, field) if isinstance(value, dict) else Budget(seconds=seconds_of(value, field))


def _output(value: Any, field: str) -> Output:
    return _part(Output, value, field)


def _trial(value: Any, field: str) -> ChosenTrial:
    for needed in ("number", "family"):
        if _mapping(value, field).get(needed) is None:
            raise InvalidInput(field=f"{field}.{needed}", problem="is missing")
    return _part(ChosenTrial, value, field)


def _part(kind: type[_Part], value: Any, field: str) -> _Part:
    inner = _mapping(value, field)
    readers = _PARTS[kind]
    _known(inner, list(readers), f"{field}.")
    read = {name: readers[name](given, f"{field}.{name}") for name, given in inner.items() if given is not None}
    return kind(**read)


Reader = Callable[[Any, str], Any]
_PARTS: dict[type, dict[str, Reader]] = {
    DataSource: dict.fromkeys(("path", "repo_id", "revision", "config", "split"), _text),
    Budget: {"seconds": seconds_of, "trials": _above_nothing, "memory_mb": _above_nothing},
    Output: {"folder": _text, "repo_id": _text, "branch": _text, "private": _flag, "deploy": _flag},
    ChosenTrial: {"number": _whole, "family": _text, "parameters": _params, "rung": _whole, "run": _text},
}
_READERS: dict[str, Reader] = {
    "task": _text,
    "data": _source,
    "test": _source,
    "columns": _texts_by_name,
    "kinds": _kinds,
    "metric": _text,
    "base_model": _text,
    "candidates": _texts,
    "param_grid": _grid,
    "params": _params,
    "labels": _texts_by_name,
    "budget": _budget,
    "seed": _whole,
    "trial": _trial,
    "output": _output,
}
