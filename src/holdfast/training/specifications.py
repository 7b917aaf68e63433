"""Specs as people write them: YAML, JSON, options of a command line; and back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.specification import Budget, DataSource, Output, TrainingSpec

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LEAST_SECONDS = 1.0
_PARTS: Mapping[str, type] = {"data": DataSource, "test": DataSource, "budget": Budget, "output": Output}


def read_spec(fields: Mapping[str, Any]) -> TrainingSpec:
    """A spec of plain values, as YAML and JSON have it; what is left out has its default.

    Raises:
        InvalidInput: a field that is unknown, missing or of the wrong kind; names it.
    """
    known = {field.name for field in dataclasses.fields(TrainingSpec)}
    _only(fields, known, "")
    if "task" not in fields or "data" not in fields:
        raise InvalidInput(field="task" if "task" not in fields else "data", problem="must be given")
    values = {name: value for name, value in fields.items() if value is not None}
    for name, kind in _PARTS.items():
        if name in values:
            values[name] = _part(kind, values[name], name)
    for name in ("columns", "params", "labels"):
        values[name] = dict(_mapping(values.get(name) or {}, name))
    if "candidates" in values:
        values["candidates"] = tuple(str(family) for family in _list(values["candidates"], "candidates"))
    if "param_grid" in values:
        grid = _mapping(values["param_grid"], "param_grid")
        values["param_grid"] = {name: tuple(_list(choices, f"param_grid.{name}")) for name, choices in grid.items()}
    return TrainingSpec(**values)


def spec_fields(spec: TrainingSpec) -> dict[str, Any]:
    """A spec as plain values, without what is as by default: `read_spec` gives it back."""
    return _plain(_without_defaults(spec))


def read_spec_file(path: Path) -> TrainingSpec:
    """A spec of a YAML or JSON file.

    Raises:
        InvalidInput: there is no such file, or it holds no spec.
    """
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(field="spec", problem=f"cannot be read: {str(error)[:200]}") from None
    return read_spec(_mapping(fields, "spec"))


def source_of(text: str) -> DataSource:
    """`file.csv`, a folder, or a dataset as `owner/name`, `owner/name@revision`, `owner/name:config:split`."""
    if Path(text).exists():
        return DataSource(path=text)
    found = re.fullmatch(r"(?:datasets/)?([\w.-]+/[\w.-]+)(?:@([\w./-]+))?(?::([\w.-]*))?(?::([\w.-]+))?", text)
    if found is None or Path(text).suffix.lower() in (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx", ".zip"):
        return DataSource(path=text)
    repo_id, revision, config, split = found.groups()
    return DataSource(repo_id=repo_id, revision=revision, config=config or None, split=split)


def seconds_of(text: str | float) -> float:
    """`60s`, `10m`, `1h` or a number of seconds.

    Raises:
        InvalidInput: it is none of these, or less than a second.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|)\s*", str(text))
    if found is None or float(found[1]) * _UNITS[found[2]] < _LEAST_SECONDS:
        raise InvalidInput(field="budget", problem="must be a time such as 60s, 10m or 1h")
    return float(found[1]) * _UNITS[found[2]]


def _part(kind: type, value: Any, name: str) -> Any:
    if kind is DataSource and isinstance(value, str):
        return source_of(value)
    if kind is Budget and isinstance(value, (str, int, float)):
        return Budget(seconds_of(value))
    fields = dict(_mapping(value, name))
    _only(fields, {field.name for field in dataclasses.fields(kind)}, f"{name}.")
    if kind is Budget and "seconds" in fields:
        fields["seconds"] = seconds_of(fields["seconds"])
    return kind(**fields)


def _only(fields: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(fields) - known)
    if unknown:
        raise InvalidInput(field=f"{where}{unknown[0]}", problem=f"is unknown; there are {', '.join(sorted(known))}")


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(field=name, problem="must be an object with names and values")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, (list, tuple)):
        raise InvalidInput(field=name, problem="must be a list")
    return list(value)


def _without_defaults(value: Any) -> Any:
    if not dataclasses.is_dataclass(value):
        return value
    found = {}
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default  # type: ignore[misc]
        if given != default:
            found[field.name] = _without_defaults(given)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value
