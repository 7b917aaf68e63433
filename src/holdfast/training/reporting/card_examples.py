"""What a run's card lets people try: the model's example as code, and as what stands in the form of its page.

Source: `widget:` of model cards (huggingface.js, packages/tasks/src/widget-example.ts).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.training.reporting.records import clean

_LONGEST = 1_500
_DIGITS = 6
_NAMES = {"table": "structured_data", "question": "text"}
"""What a task calls its inputs, where a card's examples call it otherwise."""


def example_code(task: str, value: Any) -> str | None:
    """The example as Python; a file by a name to replace; None for one that is too long to be read."""
    if isinstance(value, bytes):
        return f'open("{"sound.wav" if "audio" in task else "picture.png"}", "rb").read()'
    text = repr(_rounded(clean(value)))
    return None if len(text) > _LONGEST else text


def widget(value: Any) -> list[dict[str, Any]]:
    """A card's `widget:` with the example; empty for what no form can hold."""
    parts = value.values() if isinstance(value, Mapping) else (value,)
    shown = _rounded(clean(value))
    if any(isinstance(part, bytes) for part in parts) or len(repr(shown)) > _LONGEST:
        return []
    if isinstance(shown, str):
        return [{"text": shown}]
    if isinstance(shown, Mapping):
        return [{_NAMES.get(str(name), str(name)): part for name, part in shown.items()}]
    if isinstance(shown, list) and shown and all(isinstance(turn, Mapping) for turn in shown):
        return [{"messages": shown}]
    return []


def _rounded(value: Any) -> Any:
    """Numbers with as many digits as people read."""
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
