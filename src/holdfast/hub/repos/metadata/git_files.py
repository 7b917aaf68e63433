"""What a repo's own `.gitattributes` and `.gitignore` say about a path.

Only the files at the repo's root are looked at, as on the Hub. It does not know sizes or contents (`upload_mode`).
Source: git's gitattributes(5) and gitignore(5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.base.errors import TooLarge
from holdfast.hub.repos.metadata.path_patterns import PathPattern, is_literal

MAX_FILE_BYTES = 1024 * 1024
MAX_WILDCARD_RULES = 2_000
"""Rules that must be tried one after another; rules without wildcards are looked up and not limited."""


def _bounded_lines(text: str, name: str) -> list[str]:
    if len(text) > MAX_FILE_BYTES:
        raise TooLarge(what=name, limit=f"{MAX_FILE_BYTES} bytes")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")


@dataclass(frozen=True)
class _WildcardRule:
    number: int
    pattern: PathPattern
    value: bool
    folders_only: bool = False


class _RuleSet:
    """Numbered rules; the last that matches a path decides."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._wildcards: list[_WildcardRule] = []
        self._paths: dict[str, tuple[int, bool]] = {}
        self._names: dict[str, tuple[int, bool]] = {}
        self._count = 0

    def add(self, pattern: str, *, value: bool, folders_only: bool = False) -> None:
        self._count += 1
        if is_literal(pattern) and not folders_only and not pattern.endswith("/"):
            known = self._paths if "/" in pattern else self._names
            known[pattern.strip("/")] = (self._count, value)
            return
        if len(self._wildcards) >= MAX_WILDCARD_RULES:
            raise TooLarge(what=self._name, limit=f"{MAX_WILDCARD_RULES} rules with wildcards")
        self._wildcards.append(_WildcardRule(self._count, PathPattern(pattern), value, folders_only))

    def paths(self) -> list[str]:
        """The paths that rules without wildcards name and answer with True, from the root."""
        return [path for path, (_, value) in self._paths.items() if value]

    def verdict(self, path: str, *, is_folder: bool = False) -> bool | None:
        """The value of the last matching rule; None if no rule matches."""
        nothing: tuple[int, bool | None] = (0, None)
        by_path = self._paths.get(path, nothing)
        by_name = self._names.get(path.rpartition("/")[2], nothing)
        number, value = max(by_path, by_name, key=lambda rule: rule[0])
        for rule in reversed(self._wildcards):
            if rule.number < number:
                break
            if (is_folder or not rule.folders_only) and rule.pattern.matches(path):
                return rule.value
        return value


class Attributes:
    """A `.gitattributes`: which paths have `filter=lfs`."""

    def __init__(self, text: str) -> None:
        """Read the file's text.

        Raises:
            TooLarge: over `MAX_FILE_BYTES` or `MAX_WILDCARD_RULES`.
        """
        self._rules = _RuleSet(".gitattributes")
        macros: dict[str, bool] = {}
        for pattern, words in _attribute_lines(text):
            value = _filter_value(words, macros)
            if value is None:
                continue
            if pattern.startswith("[attr]"):
                macros[pattern.removeprefix("[attr]")] = value
            elif not pattern.startswith("!") and not pattern.endswith("/"):  # forbidden, and matching nothing, in git
                self._rules.add(pattern, value=value)

    def is_lfs(self, path: str) -> bool | None:
        """True and False are explicit; None when no line says anything about the path's filter."""
        return self._rules.verdict(path)

    def lfs_paths(self) -> list[str]:
        """The single files that rules take for large ones, named from the root and without wildcards."""
        return self._rules.paths()


def _attribute_lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in _bounded_lines(text, ".gitattributes"):
        stripped = line.strip(" \t\r")
        if not stripped or stripped.startswith("#"):
            continue
        pattern, rest = _quoted_pattern(stripped) if stripped.startswith('"') else _first_word(stripped)
        if pattern:
            yield pattern, rest.split()


def _first_word(line: str) -> tuple[str, str]:
    words = line.split(maxsplit=1)
    return words[0], words[1] if len(words) > 1 else ""


def _quoted_pattern(line: str) -> tuple[str, str]:
    """A pattern in C-style quotes, as git writes names with spaces; empty if the quotes do not close."""
    characters: list[str] = []
    position = 1
    while position < len(line) and line[position] != '"':
        if line[position] == "\\" and position + 1 < len(line):
            position += 1
            characters.append({"t": "\t", "n": "\n"}.get(line[position], line[position]))
        else:
            characters.append(line[position])
        position += 1
    return ("".join(characters), line[position + 1 :]) if position < len(line) else ("", "")


def _filter_value(words: list[str], macros: dict[str, bool]) -> bool | None:
    """What the attributes of one line say about LFS: the last word that concerns the filter decides."""
    value: bool | None = None
    for word in words:
        if word.startswith("filter="):
            value = word == "filter=lfs"
        elif word in ("filter", "-filter", "!filter"):
            value = False
        elif word in macros:
            value = macros[word]
    return value


class Ignores:
    """A `.gitignore`: which paths git would leave out."""

    def __init__(self, text: str) -> None:
        """Read the file's text.

        Raises:
            TooLarge: over `MAX_FILE_BYTES` or `MAX_WILDCARD_RULES`.
        """
        self._rules = _RuleSet(".gitignore")
        for line in _bounded_lines(text, ".gitignore"):
            pattern = _without_trailing_spaces(line)
            if pattern and not pattern.startswith("#"):
                self._add(pattern)

    def _add(self, pattern: str) -> None:
        ignored = not pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        folders_only = pattern.endswith("/")
        pattern = pattern[:-1] if folders_only else pattern
        if pattern:
            self._rules.add(pattern, value=ignored, folders_only=folders_only)

    def matches(self, path: str) -> bool:
        """Whether the file at `path` is ignored; a file below an ignored folder always is."""
        names = path.split("/")
        folders = ("/".join(names[:depth]) for depth in range(1, len(names)))
        if any(self._rules.verdict(folder, is_folder=True) for folder in folders):
            return True
        return bool(self._rules.verdict(path))


def _without_trailing_spaces(line: str) -> str:
    stripped = line.rstrip(" ")
    if stripped.endswith("\\") and len(stripped) < len(line):
        return stripped + " "
    return stripped
