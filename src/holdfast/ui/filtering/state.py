"""What a list's address asks for, and the addresses that differ from it by one choice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from urllib.parse import urlencode

from holdfast.base.ids import RepoType

SEARCH = "search"
SORT = "sort"
_OF_THE_PAGE = frozenset({"cursor", "from", "limit"})
_NOT_FILTERS = frozenset({SEARCH, SORT})
MAX_CHOICES = 100
MAX_CHARACTERS = 4_000
"""Of all choices together: a page repeats them in some hundred links."""


@dataclass(frozen=True)
class ListState:
    """The parameters of a list's address, in order; those that only turn pages are not kept.

    Args:
        path: the page, e.g. `/models`.
        choices: name and value of each parameter, without empty ones.
    """

    path: str
    choices: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, path: str, parameters: Iterable[tuple[str, str]]) -> ListState:
        """Read a query string's pairs."""
        cleaned = [(name.removesuffix("[]"), value.replace("\0", " ").strip()) for name, value in parameters]
        kept = [(name.replace("\0", " "), value) for name, value in cleaned if value]
        chosen = tuple(dict.fromkeys(pair for pair in kept if pair[0] not in _OF_THE_PAGE))[:MAX_CHOICES]
        lengths = accumulate(len(name) + len(value) for name, value in chosen)
        return cls(path, tuple(pair for pair, length in zip(chosen, lengths, strict=True) if length <= MAX_CHARACTERS))

    @property
    def address(self) -> str:
        """The list's first page."""
        return f"{self.path}?{self.query}" if self.choices else self.path

    @property
    def query(self) -> str:
        """The parameters, encoded."""
        return urlencode(self.choices)

    @property
    def filters(self) -> tuple[tuple[str, str], ...]:
        """The choices that narrow the list and can be taken back one by one."""
        return tuple(pair for pair in self.choices if pair[0] not in _NOT_FILTERS)

    def value(self, name: str) -> str:
        """The first value of a parameter, or an empty text."""
        return next((value for known, value in self.choices if known == name), "")

    def values(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for known, value in self.choices if known == name]

    def having(self, name: str, value: str) -> ListState:
        """With one more value."""
        return replace(self, choices=(*self.choices, (name, value)))

    def without(self, name: str, value: str | None = None) -> ListState:
        """Without one value of a parameter, or without any when that is None."""
        kept = tuple(pair for pair in self.choices if pair[0] != name or (value is not None and pair[1] != value))
        return replace(self, choices=kept)

    def cleared(self) -> ListState:
        """Without filters; what is searched for and the order stay."""
        return replace(self, choices=tuple(pair for pair in self.choices if pair[0] in _NOT_FILTERS))


def list_path(repo_type: RepoType) -> str:
    """The list page of a type."""
    return f"/{repo_type.plural}"
