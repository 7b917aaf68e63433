"""A repo's card: README.md as front matter and body.

It knows where the YAML block begins and ends and what it parses to, not what its fields mean (`card_rules`, `tags`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from holdfast.base.errors import InvalidCard
from holdfast.hub.repos.metadata.yaml_values import JsonValue, load_yaml

CARD_PATH = "README.md"
MAX_CARD_BYTES = 10 * 1024 * 1024
"""A longer README.md is served, but nobody looks for metadata in it."""

_FENCE = "---"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Card:
    """`data` is the front matter, empty when there is none; `body` the Markdown below it."""

    data: dict[str, JsonValue] = field(default_factory=dict)
    body: str = ""


def split_card(content: str) -> tuple[str | None, str]:
    """Cut a README.md into its YAML block, without fences, and the body.

    The block is None when there is none: the first line that is not blank must be `---`, and a later line too. Directly
    repeated fences are skipped, so an empty block before the real one does no harm. Lines may end in LF, CRLF or CR.

    Source: huggingface_hub 2.4.0 repocard.py, whose regular expression finds the same block.
    """
    lines = _LINE.findall(content.removeprefix("\ufeff"))
    start = _first_line_with_text(lines)
    if start == len(lines) or lines[start].strip() != _FENCE:
        return None, content
    start += 1
    if start < len(lines) and lines[start].rstrip() == _FENCE and _has_fence(lines, start + 1):
        start += 1
    for end in range(start, len(lines)):
        if lines[end].rstrip() == _FENCE:
            return "".join(lines[start:end]), "".join(lines[end + 1 :])
    return None, content


def _first_line_with_text(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.strip()), len(lines))


def _has_fence(lines: list[str], start: int) -> bool:
    return any(line.rstrip() == _FENCE for line in lines[start:])


def read_card(content: str) -> Card:
    """Parse a README.md.

    Raises:
        InvalidCard: the block is not YAML, not a mapping, or over a limit of `yaml_values`.
    """
    block, body = split_card(content)
    data = None if block is None else load_yaml(block)
    if data is None:
        return Card(body=body)
    if not isinstance(data, dict):
        raise InvalidCard(errors=("The YAML block must be a mapping of fields.",))
    return Card(data, body)
