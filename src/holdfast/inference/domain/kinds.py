"""Kinds of values: each checks what a stranger sent, names what is wrong with it, and describes itself as JSON Schema.

`parse` takes a value as it came (parsed JSON, or Python objects) and returns it ready for use; parsing what was parsed
before changes nothing. `schema` is the same rule for readers and for forms. They know no task and no model.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from holdfast.base.errors import InvalidInput, TooLarge

MAX_TEXT_CHARACTERS = 1_000_000
MAX_ITEMS = 10_000
MAX_BINARY_BYTES = 64 * 1024 * 1024


class Kind(Protocol):
    """A rule for one value."""

    def parse(self, value: Any, name: str) -> Any:
        """The value as tasks use it.

        Args:
            value: as it came.
            name: where it stood (`parameters.top_k`), for the error.

        Raises:
            InvalidInput: it is of another kind, or out of bounds.
            TooLarge: it is over a limit of size.
        """
        ...

    def schema(self) -> dict[str, Any]:
        """The rule as JSON Schema (draft 2020-12)."""
        ...


@dataclass(frozen=True)
class Text:
    """A string of Unicode characters; half of a surrogate pair is none."""

    min_characters: int = 0
    max_characters: int = MAX_TEXT_CHARACTERS

    def parse(self, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise InvalidInput(field=name, problem=f"must be a string, not {_kind_of(value)}")
        if len(value) > self.max_characters:
            raise TooLarge(what=f"`{name}`", limit=f"{self.max_characters} characters")
        if len(value) < self.min_characters:
            raise InvalidInput(field=name, problem="must not be empty")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInput(field=name, problem="has characters that are not valid Unicode") from None
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds; None means no bound."""

    minimum: int | None = None
    maximum: int | None = 2**31 - 1

    def parse(self, value: Any, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidInput(field=name, problem=f"must be a whole number, not {_kind_of(value)}")
        _check_bounds(value, self.minimum, self.maximum, name)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", **_bounds(self.minimum, self.maximum)}


@dataclass(frozen=True)
class Number:
    """A finite number within bounds; None means no bound."""

    minimum: float | None = None
    maximum: float | None = None

    def parse(self, value: Any, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidInput(field=name, problem=f"must be a number, not {_kind_of(value)}")
        if abs(value) > 1e300 or not math.isfinite(value):
            raise InvalidInput(field=name, problem="must be a finite number")
        _check_bounds(value, self.minimum, self.maximum, name)
        return float(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "number", **_bounds(self.minimum, self.maximum)}


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def parse(self, value: Any, name: str) -> bool:
        if not isinstance(value, bool):
            raise InvalidInput(field=name, problem=f"must be true or false, not {_kind_of(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def parse(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise InvalidInput(field=name, problem=f"must be one of {', '.join(self.words)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Cell:
    """A value of a table: text, number, true, false or null."""

    def parse(self, value: Any, name: str) -> Any:
        if value is None or isinstance(value, bool):
            return value
        return Text().parse(value, name) if isinstance(value, str) else Number().parse(value, name)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean", "null"]}


@dataclass(frozen=True)
class Anything:
    """Any JSON value, passed on as it is."""

    def parse(self, value: Any, name: str) -> Any:  # noqa: ARG002 - every value is right
        return value

    def schema(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Binary:
    """Bytes of a media file, as they are or as base64 (with or without `data:…;base64,` before it)."""

    media: str
    max_bytes: int = MAX_BINARY_BYTES

    def parse(self, value: Any, name: str) -> bytes:
        if isinstance(value, str):
            value = self._decode(value, name)
        if not isinstance(value, bytes):
            raise InvalidInput(field=name, problem=f"must be {self.media} data as base64, not {_kind_of(value)}")
        if len(value) > self.max_bytes:
            raise TooLarge(what=f"`{name}`", limit=f"{self.max_bytes} bytes")
        if not value:
            raise InvalidInput(field=name, problem=f"holds no {self.media} data")
        return value

    def _decode(self, text: str, name: str) -> bytes:
        if len(text) > self.max_bytes * 4 // 3 + 200:
            raise TooLarge(what=f"`{name}`", limit=f"{self.max_bytes} bytes")
        payload = text.partition(",")[2] if text.startswith("data:") else text
        try:
            return base64.b64decode(payload, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput(field=name, problem=f"must be {self.media} data as base64") from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64", "contentMediaType": f"{self.media}/*"}


@dataclass(frozen=True)
class ListOf:
    """A list whose elements are all of one kind."""

    kind: Kind
    min_items: int = 0
    max_items: int = MAX_ITEMS

    def parse(self, value: Any, name: str) -> list[Any]:
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            raise InvalidInput(field=name, problem=f"must be a list, not {_kind_of(value)}")
        if len(value) > self.max_items:
            raise TooLarge(what=f"`{name}`", limit=f"{self.max_items} elements")
        if len(value) < self.min_items:
            raise InvalidInput(field=name, problem=f"must have at least {self.min_items} elements")
        return [self.kind.parse(element, f"{name}[{index}]") for index, element in enumerate(value)]

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "array", "items": self.kind.schema()}
        return found | ({"minItems": self.min_items} if self.min_items else {})


@dataclass(frozen=True)
class MapOf:
    """An object with any keys and values of one kind."""

    kind: Kind
    max_items: int = MAX_ITEMS

    def parse(self, value: Any, name: str) -> dict[str, Any]:
        checked = _check_object(value, name)
        if len(checked) > self.max_items:
            raise TooLarge(what=f"`{name}`", limit=f"{self.max_items} keys")
        return {key: self.kind.parse(element, f"{name}.{key[:80]}") for key, element in checked.items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.kind.schema()}


@dataclass(frozen=True)
class Either:
    """A value of one of several kinds: the first that takes it."""

    kinds: tuple[Kind, ...]
    words: str
    """What may stand here, for the error: `a string or a list of strings`."""

    def parse(self, value: Any, name: str) -> Any:
        for kind in self.kinds:
            try:
                return kind.parse(value, name)
            except InvalidInput:
                continue
        raise InvalidInput(field=name, problem=f"must be {self.words}")

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [kind.schema() for kind in self.kinds]}


@dataclass(frozen=True)
class Field:
    """One named value of a record. A value of null is as good as none."""

    kind: Kind
    meaning: str = ""
    required: bool = False
    also_called: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """An object with named fields, and no others; null asks for nothing, whatever its name."""

    fields: Mapping[str, Field] = field(default_factory=dict)

    def parse(self, value: Any, name: str) -> dict[str, Any]:
        given = self._by_own_names(_check_object(value, name), name)
        for wanted, rule in self.fields.items():
            if rule.required and wanted not in given:
                raise InvalidInput(field=f"{name}.{wanted}", problem="is required")
        return {key: self.fields[key].kind.parse(found, f"{name}.{key}") for key, found in given.items()}

    def _by_own_names(self, value: Mapping[str, Any], name: str) -> dict[str, Any]:
        own_names = {other: key for key, rule in self.fields.items() for other in (key, *rule.also_called)}
        for key, found in value.items():
            if key not in own_names and found is not None:
                known = ", ".join(self.fields) or "none"
                raise InvalidInput(field=f"{name}.{key[:80]}", problem=f"is not known here; known are: {known}")
        return {own_names[key]: found for key, found in value.items() if found is not None}

    def schema(self) -> dict[str, Any]:
        properties = {
            key: rule.kind.schema() | ({"description": rule.meaning} if rule.meaning else {})
            for key, rule in self.fields.items()
        }
        required = [key for key, rule in self.fields.items() if rule.required]
        return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def _check_object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidInput(field=name, problem=f"must be an object, not {_kind_of(value)}")
    return value


def _check_bounds(value: float, minimum: float | None, maximum: float | None, name: str) -> None:
    if minimum is not None and value < minimum:
        raise InvalidInput(field=name, problem=f"must be at least {minimum}")
    if maximum is not None and value > maximum:
        raise InvalidInput(field=name, problem=f"must be at most {maximum}")


def _bounds(minimum: float | None, maximum: float | None) -> dict[str, float]:
    bounds = {"minimum": minimum, "maximum": maximum}
    return {word: bound for word, bound in bounds.items() if bound is not None and bound != 2**31 - 1}


_KINDS = {bool: "a boolean", int: "a number", float: "a number", str: "a string", bytes: "bytes"}


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "an object"
    return _KINDS.get(type(value), "a list" if isinstance(value, Sequence) else type(value).__name__)
