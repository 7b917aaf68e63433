"""What the Markdown below a card's front matter gives: plain words for search, an excerpt, a citation, papers.

Every pass over the text is linear, however the text is made. It does not render Markdown.
"""

from __future__ import annotations

import re

MAX_READ_CHARACTERS = 32_000
"""Of a longer body only the start is looked at; papers are searched in all of it."""
MAX_SEARCH_CHARACTERS = 4_000
MAX_EXCERPT_CHARACTERS = 300
MAX_CITATION_CHARACTERS = 4_000
MAX_PAPERS = 50

_ARXIV = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|arxiv:\s?|huggingface\.co/papers/|hf\.co/papers/)(\d{4}\.\d{4,5})(?!\d)", re.I
)
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,1000}\)")
_LINK = re.compile(r"\[([^\]\n]{0,300})\]\([^)\n]{0,1000}\)")
_TAG = re.compile(r"<[a-zA-Z/][^<>\n]{0,500}>")
_MARKS = re.compile(r"[*_`~|#>]+")
_BIBTEX = re.compile(r"^\s*@[a-zA-Z]+\s*\{", re.M)


def arxiv_ids(body: str) -> tuple[str, ...]:
    """Papers that the body links or names, in order, without repeats."""
    return tuple(dict.fromkeys(_ARXIV.findall(body)))[:MAX_PAPERS]


def plain_text(body: str) -> str:
    """The body's words on one line, without code, comments, tables, pictures and marks."""
    return " ".join(" ".join(_paragraphs(body)).split())[:MAX_SEARCH_CHARACTERS]


def excerpt(body: str) -> str | None:
    """The first sentences that are not headings, at most `MAX_EXCERPT_CHARACTERS`; None without any."""
    text = next((words for words in _paragraphs(body, skip_headings=True) if len(words) >= 20), None)
    if text is None or len(text) <= MAX_EXCERPT_CHARACTERS:
        return text
    return text[: MAX_EXCERPT_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def citation(body: str) -> str | None:
    """The first fenced block that holds a BibTeX entry; None without one."""
    for block in body[:MAX_READ_CHARACTERS].split("```")[1::2]:
        text = block.partition("\n")[2].strip()
        if _BIBTEX.match(text):
            return text[:MAX_CITATION_CHARACTERS]
    return None


def _paragraphs(body: str, *, skip_headings: bool = False) -> list[str]:
    text = _without_comments(body[:MAX_READ_CHARACTERS])
    prose = "\n".join(text.split("```")[0::2])
    paragraphs = []
    for block in prose.replace("\r\n", "\n").split("\n\n"):
        lines = [line for line in block.split("\n") if not line.lstrip().startswith("|")]
        if skip_headings:
            lines = [line for line in lines if not line.lstrip().startswith("#")]
        words = _words("\n".join(lines))
        if words:
            paragraphs.append(words)
    return paragraphs


def _words(markdown: str) -> str:
    text = _LINK.sub(r"\1", _IMAGE.sub(" ", markdown))
    return " ".join(_MARKS.sub(" ", _TAG.sub(" ", text)).split())


def _without_comments(text: str) -> str:
    first, *rest = text.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)
