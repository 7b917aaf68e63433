"""Things in pictures with their boxes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.inference.domain.kinds import Field, Integer, ListOf, Number, Record, Text

_CORNERS = ("xmin", "ymin", "xmax", "ymax")

BOXES = ListOf(
    Record(
        {
            "label": Field(Text(), required=True),
            "score": Field(Number(), required=True),
            "box": Field(Record({side: Field(Integer(), required=True) for side in _CORNERS}), required=True),
        }
    )
)
"""Output of every detection."""


def box_of(corners: Sequence[float]) -> dict[str, int]:
    """A box from its left, upper, right and lower side, in whole pixels."""
    return dict(zip(_CORNERS, map(int, corners), strict=True))
