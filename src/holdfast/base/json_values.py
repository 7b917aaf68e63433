"""What JSON from strangers may look like: no deeper than everything that writes it again can follow."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 64
"""Objects and lists within each other. orjson reads 1024 levels, but writes only 254."""


def nests_too_deep(value: Any) -> bool:
    """Whether a parsed value has more than `MAX_DEPTH` levels of objects and lists."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for outer in level
            for child in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
