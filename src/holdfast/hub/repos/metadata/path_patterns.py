"""Patterns of `.gitattributes` and `.gitignore` against paths, in time that no pattern can blow up.

Translated to one regular expression, `*a*a*a*b` against a long name takes minutes; cut at slashes and matched greedily,
the cost stays near pattern × path. It knows patterns only, not what they are good for.
Source: git's gitignore(5) "PATTERN FORMAT" and gitattributes(5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

ANY_FOLDERS = "**"

_WILDCARDS = frozenset("*?[\\")
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "xdigit": "0-9a-fA-F",
    "space": " \t\r\n\f\v", "blank": " \t", "punct": "!-/:-@\\[-`{-~",
}  # fmt: skip
_NAMED_CLASS = re.compile(r"\[:([a-z]+):\]")


class PathPattern:
    """One pattern: without a slash it matches a name at any depth, else the whole path from the root."""

    def __init__(self, pattern: str) -> None:
        segments = pattern.strip("/").split("/") if pattern != "/" else []
        is_anchored = "/" in pattern.rstrip("/")
        if not is_anchored:
            segments = [ANY_FOLDERS, *segments]
        if segments and segments[-1] == ANY_FOLDERS:
            segments.append("*")  # "dir/**" means everything inside, not dir itself
        self._segments: list[Callable[[str], bool] | None] = [
            None if segment == ANY_FOLDERS else _segment_matcher(segment) for segment in segments
        ]

    def matches(self, path: str) -> bool:
        """Whether exactly this path matches, not whether a folder above it does."""
        return _matches_segments(self._segments, path.split("/"))


def is_literal(pattern: str) -> bool:
    """Whether the pattern has no wildcard, so that a dictionary can look it up."""
    return _WILDCARDS.isdisjoint(pattern)


def _matches_segments(pattern: Sequence[Callable[[str], bool] | None], names: Sequence[str]) -> bool:
    """Greedy match; on failure only the last `**` takes one more name, which is enough."""
    at, name, retry_at, retry_name = 0, 0, -1, 0
    while name < len(names):
        matcher = pattern[at] if at < len(pattern) else _matches_nothing
        if matcher is None:
            at, retry_at, retry_name = at + 1, at + 1, name
        elif matcher(names[name]):
            at, name = at + 1, name + 1
        elif retry_at >= 0:
            retry_name += 1
            at, name = retry_at, retry_name
        else:
            return False
    return all(matcher is None for matcher in pattern[at:])


def _matches_nothing(_name: str) -> bool:
    return False


@lru_cache(maxsize=4096)
def _segment_matcher(segment: str) -> Callable[[str], bool]:
    if is_literal(segment):
        return segment.__eq__
    try:
        expression = re.compile(_expression(segment), re.DOTALL)
    except re.error:  # a range that runs backwards
        return _matches_nothing
    return lambda name: expression.fullmatch(name) is not None


def _expression(segment: str) -> str:
    """A regular expression whose stars are atomic, each taking the first place where what follows it fits."""
    first, *rest = _chunks(segment)
    if not rest:
        return first
    return first + "".join(f"(?>.*?{chunk})" for chunk in rest[:-1]) + f".*{rest[-1]}"


def _chunks(segment: str) -> list[str]:
    """The pieces between stars, as regular expressions."""
    chunks = [""]
    position = 0
    while position < len(segment):
        character = segment[position]
        end = _bracket_end(segment, position) if character == "[" else -1
        if character == "*":
            chunks.append("")
        elif end > 0:
            chunks[-1] += _bracket(segment[position + 1 : end])
            position = end
        elif character == "\\" and position + 1 < len(segment):
            position += 1
            chunks[-1] += re.escape(segment[position])
        else:
            chunks[-1] += "." if character == "?" else re.escape(character)
        position += 1
    return chunks


def _bracket_end(segment: str, start: int) -> int:
    """Index of the `]` that closes the bracket opened at `start`, or -1."""
    position = start + 1
    if segment[position : position + 1] in ("!", "^"):
        position += 1
    if segment[position : position + 1] == "]":
        position += 1
    while position < len(segment) and segment[position] != "]":
        if named := _NAMED_CLASS.match(segment, position):
            position = named.end()
        else:
            position += 2 if segment[position] == "\\" else 1
    return position if position < len(segment) else -1


def _bracket(content: str) -> str:
    negation = "^" if content[0] in "!^" else ""
    position = len(negation)
    members = ""
    while position < len(content):
        named = _NAMED_CLASS.match(content, position)
        if named:
            members += _CLASSES.get(named[1], "")
            position = named.end()
            continue
        if content[position] == "\\" and position + 1 < len(content):
            position += 1
        members += content[position] if content[position] == "-" else re.escape(content[position])
        position += 1
    return f"[{negation}{members}]"
