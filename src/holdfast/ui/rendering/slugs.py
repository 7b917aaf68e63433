"""Names of headings, as in the addresses that people share: `#how-to-use`.

Source: what GitHub and the public Hub make of a heading, so that links in existing cards go on working.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

MAX_CHARACTERS = 200

_DROPPED = re.compile(r"[^\w\- ]")


@dataclass
class Slugs:
    """Those of one text; each name is given once."""

    _given: Counter[str] = field(default_factory=Counter)

    def name(self, heading: str) -> str:
        """The name of the next heading."""
        name = _DROPPED.sub("", heading.strip().lower()).replace(" ", "-")[:MAX_CHARACTERS]
        self._given[name] += 1
        repeats = self._given[name] - 1
        return f"{name}-{repeats}" if repeats else name
