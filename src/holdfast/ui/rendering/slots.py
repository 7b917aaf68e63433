"""Holds what must not pass the sanitiser (formulas, coloured code) until the sanitised text is finished.

In the text stands an empty element with a class that nobody can guess; after sanitising, that element, and only where
it is an element, becomes the HTML that was put away. In an attribute or a comment it stays what it is: harmless text.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass
class Slots:
    """Those of one text."""

    name: str = field(default_factory=lambda: f"slot-{secrets.token_hex(8)}-")
    contents: list[Markup] = field(default_factory=list)

    def put(self, content: Markup) -> str:
        """Put HTML away; returns the element to write instead."""
        self.contents.append(content)
        return f'<span class="{self.name}{len(self.contents) - 1}"></span>'

    def has(self, class_name: str) -> bool:
        """Whether an element of this class is one of ours."""
        return self.get(class_name) is not None

    def get(self, class_name: str) -> Markup | None:
        """What was put away under the class; None for any other class."""
        number = class_name.removeprefix(self.name)
        if number == class_name or not number.isdecimal() or int(number) >= len(self.contents):
            return None
        return self.contents[int(number)]
