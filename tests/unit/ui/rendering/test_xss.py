"""The corpus of hostile texts against the sanitiser alone: parse what comes out, and look at every element."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from holdfast.base.ids import RepoId, RepoType
from holdfast.ui.rendering import (
    highlight,
    place_of,
    render_commit_message,
    render_formula,
    render_markdown,
    render_notebook,
    sanitize_html,
)
from tests.end_to_end.pages.xss.vectors import FOREIGN, MARKDOWN, PLAIN, notebook

PLACE = place_of("http://here.test/hub", RepoType.MODEL, RepoId.parse("alice/m"), "main", "docs/x.md")
FORBIDDEN = {
    "script", "style", "iframe", "object", "embed", "form", "button", "textarea", "select", "svg", "base", "meta",
    "link", "template", "noscript", "frame", "frameset", "portal", "area", "map", "marquee", "title", "body",
    "annotation-xml",
}  # fmt: skip
LOADED = ("src", "srcset", "poster", "data", "background", "xlink:href")


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag in FORBIDDEN:
            self.problems.append(tag)
        for name, value in attrs:
            self._check(tag, name, value or "")

    def _check(self, tag, name, value):
        if name.startswith(("on", "hx-", "data-")) or name in ("style", "srcdoc", "formaction", "name", "ping"):
            self.problems.append(f"{tag} {name}")
        if name in LOADED and not value.startswith(("/hub/alice/m/resolve/", "data:image/png;base64,")):
            self.problems.append(f"{tag} {name}={value}")
        if name == "href" and not value.startswith(("/hub/", "#user-content-", "http://", "https://", "mailto:")):
            self.problems.append(f"{tag} {name}={value}")
        if name == "id" and not value.startswith("user-content-"):
            self.problems.append(f"{tag} id={value}")
        if tag == "input" and (name, value) == ("type", "text"):
            self.problems.append("input")


def problems(html: str) -> list[str]:
    return _Elements(html).problems


@pytest.mark.parametrize("text", (MARKDOWN | PLAIN).values(), ids=MARKDOWN | PLAIN)
def test_markdown(text):
    assert problems(render_markdown(text, PLACE)) == []


@pytest.mark.parametrize("text", (MARKDOWN | PLAIN).values(), ids=MARKDOWN | PLAIN)
def test_html(text):
    assert problems(sanitize_html(text, PLACE)) == []


@pytest.mark.parametrize("text", (MARKDOWN | PLAIN).values(), ids=MARKDOWN | PLAIN)
def test_sanitising_twice_changes_nothing(text):
    """What a second parser would read differently is where mutation attacks live."""
    once = sanitize_html(text, PLACE)
    assert problems(sanitize_html(once, PLACE)) == []


@pytest.mark.parametrize("text", (MARKDOWN | PLAIN).values(), ids=MARKDOWN | PLAIN)
def test_code_messages_and_formulas(text):
    for language in (None, "html", "python", "json", "markdown", "javascript"):
        assert "<img" not in highlight(text, language)
        assert "<script" not in highlight(text, language)
    assert problems(render_commit_message(text, PLACE)) == []
    for latex in (text, r"\text{" + text + "}", r"\frac{1}{\mathrm{" + text + "}}"):
        assert problems(render_formula(latex, block=False)) == []


def test_all_of_them_in_one_text():
    assert problems(render_markdown("\n\n".join(MARKDOWN.values()), PLACE)) == []


def test_notebook():
    html = render_notebook(notebook(), PLACE)
    assert problems(html) == []
    assert f"src={FOREIGN}" not in html


def test_the_check_finds_what_it_should():
    assert problems("<img src=http://x.test/ onerror=x><a href='javascript:x'>") == [
        "img src=http://x.test/",
        "img onerror",
        "a href=javascript:x",
    ]
