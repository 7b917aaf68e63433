"""A bounded YAML reader that yields only what JSON can say.

It reads the parser's events and builds the values itself, so that size, depth and the expansion of aliases are
limited before anything grows, and no tag can construct an object. Scalars follow YAML 1.2's core schema: `no` and
`2024-05-01` are strings, as they are for the Hub. It does not know what a card is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from holdfast.base.errors import InvalidCard

MAX_YAML_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 200_000
"""Scalars and collections, each counted again wherever an alias repeats it."""

JsonValue = Any
"""None, bool, int, float, str, or lists and string-keyed dicts of them."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_LARGEST_EXACT_INTEGER = 2**63 - 1


def load_yaml(text: str) -> JsonValue:
    """Parse one YAML document; an empty one is None.

    Raises:
        InvalidCard: not YAML, more than one document, repeated keys, or over a limit.
    """
    try:
        size_bytes = len(text.encode())
        if size_bytes > MAX_YAML_BYTES:
            raise InvalidCard(errors=(f"The YAML block is larger than {MAX_YAML_BYTES} bytes.",))
        return _Builder(yaml.parse(text, Loader=_Loader)).document()
    except UnicodeEncodeError:
        raise InvalidCard(errors=("The YAML block is not valid Unicode.",)) from None
    except yaml.MarkedYAMLError as error:
        raise InvalidCard(errors=(_describe(error),)) from None
    except yaml.YAMLError as error:
        raise InvalidCard(errors=(f"YAML: {error}",)) from None


def _describe(error: yaml.MarkedYAMLError) -> str:
    place = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
    return f"YAML: {error.problem or error.context or 'cannot be read'}{place}"


@dataclass
class _Builder:
    events: Iterator[yaml.Event]
    values: int = 0
    anchors: dict[str, tuple[JsonValue, int]] = field(default_factory=dict)

    def document(self) -> JsonValue:
        value: JsonValue = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise InvalidCard(errors=("The YAML block holds more than one document.",))
                value = self.node(next(self.events), 0)
        return value

    def node(self, event: yaml.Event, depth: int) -> JsonValue:
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        before = self.values
        self.count(1)
        value = self.content(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.values - before)
        return value

    def content(self, event: yaml.Event, depth: int) -> JsonValue:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if depth >= MAX_DEPTH:
            raise InvalidCard(errors=(f"The YAML block is nested deeper than {MAX_DEPTH} levels.",))
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(depth + 1)
        return self.mapping(depth + 1)

    def sequence(self, depth: int) -> list[JsonValue]:
        items: list[JsonValue] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth))
        return items

    def mapping(self, depth: int) -> dict[str, JsonValue]:
        pairs: dict[str, JsonValue] = {}
        merged: dict[str, JsonValue] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = _key(event)
            value = self.node(next(self.events), depth)
            if key == "<<" and isinstance(value, dict):
                merged.update(value)
            elif key in pairs:
                raise InvalidCard(errors=(f'YAML: duplicated mapping key "{key[:100]}"{_line(event)}',))
            else:
                pairs[key] = value
        return {**merged, **pairs}

    def alias(self, event: yaml.AliasEvent) -> JsonValue:
        if event.anchor not in self.anchors:
            raise InvalidCard(errors=(f'YAML: unidentified alias "{event.anchor[:100]}"{_line(event)}',))
        value, size = self.anchors[event.anchor]
        self.count(size)
        return value

    def count(self, size: int) -> None:
        self.values += size
        if self.values > MAX_VALUES:
            raise InvalidCard(errors=(f"The YAML block holds more than {MAX_VALUES} values.",))


def _line(event: yaml.Event) -> str:
    return f" (line {event.start_mark.line + 1})"


def _key(event: yaml.Event) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise InvalidCard(errors=(f"YAML: a mapping key must be a plain word{_line(event)}",))
    return _text(event.value)


def _scalar(event: yaml.ScalarEvent) -> JsonValue:
    is_plain = event.implicit[0] or event.tag in _PLAIN_TAGS
    return _plain(event.value) if is_plain else _text(event.value)


def _plain(word: str) -> JsonValue:
    if word in _NULLS:
        return None
    if word in _TRUTHS:
        return _TRUTHS[word]
    if len(word) <= 400 and _INTEGER.fullmatch(word):
        number = int(word)
        return number if abs(number) <= _LARGEST_EXACT_INTEGER else _finite(word)
    if len(word) <= 400 and _FLOAT.fullmatch(word):
        return _finite(word)
    return _text(word)


def _finite(word: str) -> float | str:
    number = float(word)
    return number if math.isfinite(number) else word


def _text(word: str) -> str:
    """Without the two things that JSON or a database may choke on: lone surrogates and NUL."""
    if word.isascii() and "\0" not in word:
        return word
    return word.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
