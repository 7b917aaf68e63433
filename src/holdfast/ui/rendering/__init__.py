"""Turns what users wrote into HTML that can do no harm. Usable without a server.

    from holdfast.ui.rendering import place_of, render_markdown

    place = place_of("https://hub.example.org", RepoType.MODEL, RepoId.parse("alice/bert"), "main", "docs/use.md")
    html = render_markdown(text, place)

| function | takes | gives |
|---|---|---|
| `render_markdown(text, place)` | Markdown without front matter, HTML in it | sanitised HTML, formulas, colours |
| `render_notebook(content, place)` | the bytes of an `.ipynb` | cells and outputs; `CorruptObject` if it is none |
| `render_commit_message(message, place)` | plain text | escaped, with links |
| `render_formula(latex, block=…)` | LaTeX without dollars | MathML |
| `highlight`, `highlight_lines` | code, and what `language_of_path` or `language_named` gave | spans |
| `sanitize_html(html, place)` | HTML of whatever origin | sanitised HTML |
| `Remembered().get(key, render)` | what the HTML depends on, and how to make it | the HTML, kept in bounded memory |

All of it is bounded in size and in time: a text that takes too long is shown as it was written, and says so. All of it
is `Markup`: templates put it into the page as it is. Around prose belongs `class="prose"` (`static/css/prose.css`);
code takes its colours from `static/css/highlighting.css`. Headings come out one level lower: a page has its own `h1`.

What comes out loads nothing from elsewhere: a picture on another server becomes a link to it. Relative links lead to
`/blob/` and pictures to `/resolve/` of the place's repo and revision. Ids begin with `user-content-`.
"""

from __future__ import annotations

from markupsafe import Markup

from holdfast.ui.rendering.commit_messages import render_commit_message
from holdfast.ui.rendering.deadline import Deadline, TooSlow
from holdfast.ui.rendering.finishing import finish
from holdfast.ui.rendering.formulas import render_formula
from holdfast.ui.rendering.highlighting import highlight, highlight_lines, language_named, language_of_path
from holdfast.ui.rendering.markdown import as_written, render_markdown
from holdfast.ui.rendering.notebooks import render_notebook
from holdfast.ui.rendering.place import NOWHERE, Place, place_of
from holdfast.ui.rendering.remembered import Remembered
from holdfast.ui.rendering.sanitizing import sanitize
from holdfast.ui.rendering.slots import Slots

__all__ = [
    "NOWHERE",
    "Deadline",
    "Place",
    "Remembered",
    "TooSlow",
    "as_written",
    "highlight",
    "highlight_lines",
    "language_named",
    "language_of_path",
    "place_of",
    "render_commit_message",
    "render_formula",
    "render_markdown",
    "render_notebook",
    "sanitize_html",
]


def sanitize_html(html: str, place: Place = NOWHERE) -> Markup:
    """Clean HTML of whatever origin; see `sanitizing`."""
    slots = Slots()
    return finish(sanitize(html, place, slots), slots)
