"""Tool calls in what a chat model writes: found, hidden from the visible text, and read. Pure.

Models write them in a few ways, all JSON with a name and arguments: between `<tool_call>` tags (Qwen, Hermes), behind
`[TOOL_CALLS]` (Mistral), or as the whole answer (Llama 3). Source: the chat templates of these families.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

_MARKERS = ("<tool_call>", "[TOOL_CALLS]", "<|python_tag|>")
_CLOSING = "</tool_call>"


@dataclass(frozen=True)
class ToolCall:
    """One call; `arguments` is JSON text, as OpenAI's API has it."""

    name: str
    arguments: str


def read_tool_calls(text: str, names: Collection[str]) -> list[ToolCall]:
    """Calls of known tools in a text that holds nothing else; empty if it is something else."""
    for marker in (*_MARKERS, _CLOSING):
        text = text.replace(marker, "\n")
    decoder = json.JSONDecoder()
    values, place = [], 0
    while rest := text[place:].lstrip(" \n\t;"):
        try:
            value, length = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return []
        values += value if isinstance(value, list) else [value]
        place = len(text) - len(rest) + length
    calls = [_call(value, names) for value in values]
    found = [call for call in calls if call is not None]
    return found if len(found) == len(calls) else []


def _call(value: Any, names: Collection[str]) -> ToolCall | None:
    if not isinstance(value, dict) or value.get("name") not in names:
        return None
    arguments = value.get("arguments", value.get("parameters", {}))
    return ToolCall(value["name"], arguments if isinstance(arguments, str) else json.dumps(arguments))


class ToolCallFilter:
    """Text in pieces: shows what is meant for people, and keeps back what may be a tool call.

    Args:
        names: of the tools that may be called; none: everything is shown.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._waiting = ""
        self._is_call = False
        self._has_shown = False

    def add(self, piece: str) -> str:
        """One more piece; returns what can be shown now."""
        self._waiting += piece
        if not self._names:
            return self._show(len(self._waiting))
        if self._is_call:
            return ""
        if not self._has_shown and self._waiting.lstrip()[:1] in ("{", "["):
            self._is_call = True
            return ""
        places = [self._waiting.find(marker) for marker in _MARKERS if marker in self._waiting]
        self._is_call = bool(places)
        return self._show(min(places) if places else len(self._waiting) - self._beginning_of_marker())

    def finish(self) -> tuple[str, list[ToolCall]]:
        """The rest of what is shown, and the calls."""
        calls = read_tool_calls(self._waiting, self._names) if self._is_call else []
        return ("" if calls else self._show(len(self._waiting))), calls

    def _show(self, length: int) -> str:
        shown, self._waiting = self._waiting[:length], self._waiting[length:]
        self._has_shown = self._has_shown or bool(shown.strip())
        return shown

    def _beginning_of_marker(self) -> int:
        for length in range(min(len(self._waiting), max(map(len, _MARKERS))), 0, -1):
            if any(marker.startswith(self._waiting[-length:]) for marker in _MARKERS):
                return length
        return 0
