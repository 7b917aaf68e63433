"""Colours for code: Pygments' classes, which the stylesheets `code-*.css` give colours to.

Only languages that people keep in repos, whose lexers are known to take linear time: a lexer is a heap of regular
expressions that hold the interpreter while they run. Whatever is too long, or of another language, stays plain.
"""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Iterator

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

from holdfast.ui.rendering.deadline import Deadline, TooSlow

MAX_CHARACTERS = 100_000
MAX_LINE_CHARACTERS = 2_000
SMALL_CHARACTERS = 5_000
"""Of longer texts, those that compress to a thirtieth are not coloured: code never does, hostile texts do."""
MAX_SECONDS = 1.0
LANGUAGES = frozenset({
    "bash", "batch", "bibtex", "c", "cmake", "console", "cpp", "csharp", "css", "cuda", "cython", "dart", "diff",
    "docker", "elixir", "fortran", "fsharp", "go", "graphql", "groovy", "haskell", "hcl", "html", "html+jinja",
    "ini", "java", "javascript", "jinja", "json", "jsonnet", "julia", "kotlin", "latex", "tex", "lua", "make",
    "markdown", "matlab", "nix", "objective-c", "ocaml", "php", "powershell", "properties", "protobuf",
    "python", "pycon", "pytb", "r", "rst", "ruby", "rust", "scala", "sql", "swift", "systemverilog", "toml",
    "typescript", "verilog", "vim", "xml", "yaml", "zig", "splus", "nasm", "gas", "llvm", "text",
})  # fmt: skip
_DESERT = re.compile(r"\s{500}")
_FILE_NAMES = {
    ".gitignore": "text",
    ".gitattributes": "text",
    "dockerfile": "docker",
    "makefile": "make",
    "requirements.txt": "text",
}


def language_of_path(path: str) -> str | None:
    """The language of a file by its name; None when it is not one of `LANGUAGES`."""
    name = path.rpartition("/")[2].lower()
    if name in _FILE_NAMES:
        return _FILE_NAMES[name]
    return _language_of_suffix(name.rpartition(".")[2]) if "." in name else None


def language_named(word: str) -> str | None:
    """The language that people call `word`, as after ``` in Markdown; None when it is not one of `LANGUAGES`."""
    return _language_named(word.lower()) if len(word) <= 40 else None


def highlight(text: str, language: str | None, deadline: Deadline | None = None) -> Markup:
    """The text as HTML, with classes where its language is known and the time allows.

    `deadline` is that of a larger whole; None gives the text `MAX_SECONDS` of its own.
    """
    return Markup("\n").join(highlight_lines(text, language, deadline))


def highlight_lines(text: str, language: str | None, deadline: Deadline | None = None) -> list[Markup]:
    """The same, cut at line ends: every piece of HTML is whole in itself."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if language is not None and language != "text" and _is_tame(text):
        try:
            coloured = list(_coloured(text, language, deadline or Deadline(MAX_SECONDS)))
        except TooSlow:
            coloured = []
        if len(coloured) == text.count("\n") + 1:
            return coloured
    return [escape(line) for line in text.split("\n")]


def _is_tame(text: str) -> bool:
    """Not so long or so uniform that a lexer could get lost: one expression may walk over all of it again and again."""
    if len(text) > MAX_CHARACTERS or max(map(len, text.split("\n"))) > MAX_LINE_CHARACTERS or _DESERT.search(text):
        return False
    return len(text) <= SMALL_CHARACTERS or len(zlib.compress(text.encode(errors="replace"), 1)) * 30 > len(text)


def _coloured(text: str, language: str, deadline: Deadline) -> Iterator[Markup]:
    line: list[str] = []
    # Lexers of sessions lose a last line without an end.
    for number, (kind, value) in enumerate(_lexer(language).get_tokens(f"{text}\n")):
        if number % 64 == 0:
            deadline.check()
        first, *others = value.split("\n")
        line.append(_span(kind, first))
        for other in others:
            yield Markup("").join(line)
            line = [_span(kind, other)]


def _span(kind: _TokenType, value: str) -> Markup:
    if not value:
        return Markup("")
    name = _class(kind)
    return Markup('<span class="{}">{}</span>').format(name, value) if name else escape(value)


@functools.lru_cache(maxsize=1024)
def _class(kind: _TokenType) -> str:
    known = kind
    while known not in STANDARD_TYPES and known.parent is not None:
        known = known.parent
    return str(STANDARD_TYPES.get(known, ""))


@functools.lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


@functools.lru_cache(maxsize=512)
def _language_named(word: str) -> str | None:
    try:
        return _allowed(get_lexer_by_name(word))
    except ClassNotFound:
        return None


@functools.lru_cache(maxsize=512)
def _language_of_suffix(suffix: str) -> str | None:
    found = find_lexer_class_for_filename(f"x.{suffix}")
    return None if found is None else _allowed(found())


def _allowed(lexer: Lexer) -> str | None:
    return next((alias for alias in lexer.aliases if alias in LANGUAGES), None)
