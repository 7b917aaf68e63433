"""Notebooks (Jupyter's nbformat 3 and 4) as HTML: read as data, nothing of them runs.

Source: nbformat.readthedocs.io/en/latest/format_description.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from markupsafe import Markup

from holdfast.base.errors import CorruptObject
from holdfast.base.json_values import nests_too_deep
from holdfast.ui.rendering.deadline import Deadline
from holdfast.ui.rendering.finishing import finish
from holdfast.ui.rendering.formulas import render_formula
from holdfast.ui.rendering.highlighting import highlight, language_named
from holdfast.ui.rendering.markdown import MAX_ELEMENTS, render_markdown
from holdfast.ui.rendering.place import NOWHERE, Place
from holdfast.ui.rendering.sanitizing import sanitize
from holdfast.ui.rendering.slots import Slots

MAX_BYTES = 20_000_000
MAX_CELLS = 500
MAX_OUTPUTS = 50
"""Of one cell."""
MAX_TEXT_CHARACTERS = 20_000
"""Of one output."""
MAX_PICTURE_CHARACTERS = 8_000_000
"""Of all pictures together, as base64."""
MAX_SECONDS = 4.0

_ANSI = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|\r(?!\n)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_WORDS = re.compile(r"[^<>\s]")
_TAGS = re.compile(r"<[^>]{0,10000}>")

_Json = dict[str, Any]


def render_notebook(content: bytes, place: Place = NOWHERE) -> Markup:
    """The cells of a notebook with their outputs.

    Raises:
        CorruptObject: no notebook, or too large a one.
    """
    notebook = _parse(content)
    cells = _cells(notebook)
    writer = _Writer(place, _language(notebook))
    shown = Markup("\n").join(writer.cell(cell) for cell in cells[:MAX_CELLS])
    if len(cells) > MAX_CELLS:
        shown += Markup('<p class="notice">{} more cells are not shown.</p>').format(len(cells) - MAX_CELLS)
    return Markup('<div class="notebook">{}</div>').format(shown)


def _parse(content: bytes) -> _Json:
    if len(content) > MAX_BYTES:
        raise CorruptObject(problem=f"is larger than the {MAX_BYTES} bytes that are shown of a notebook")
    try:
        notebook = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise CorruptObject(problem="is a notebook that is not valid JSON") from None
    if not isinstance(notebook, dict) or nests_too_deep(notebook):
        raise CorruptObject(problem="is not a notebook, or is nested too deep")
    return notebook


def _cells(notebook: _Json) -> list[_Json]:
    cells = notebook.get("cells")
    if cells is None and "worksheets" in notebook:  # nbformat 3
        sheets = [sheet for sheet in _list(notebook["worksheets"]) if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        raise CorruptObject(problem="is not a notebook: it has no cells")
    return [cell for cell in cells if isinstance(cell, dict)]


def _language(notebook: _Json) -> str | None:
    metadata = _dict(notebook.get("metadata"))
    named = _dict(metadata.get("language_info")).get("name") or _dict(metadata.get("kernelspec")).get("language")
    return language_named(named) if isinstance(named, str) else language_named("python")


@dataclass
class _Writer:
    place: Place
    language: str | None
    deadline: Deadline = field(default_factory=lambda: Deadline(MAX_SECONDS))
    pictures_left: int = MAX_PICTURE_CHARACTERS

    def cell(self, cell: _Json) -> Markup:
        kind = cell.get("cell_type")
        source = _text(cell.get("source", cell.get("input", "")))
        if kind == "markdown":
            body = render_markdown(source, self.place, self.deadline)
            return Markup('<section class="cell prose">{}</section>').format(body)
        if kind == "heading":
            return Markup('<section class="cell prose"><h3>{}</h3></section>').format(source[:1000])
        if kind != "code":
            return Markup('<section class="cell"><pre tabindex="0">{}</pre></section>').format(_cut(source))
        outputs = Markup("").join(self._outputs(_list(cell.get("outputs"))))
        return Markup(
            '<section class="cell cell-code"><span class="cell-number">{}</span>'
            '<pre tabindex="0"><code class="hl">{}</code></pre>{}</section>'
        ).format(_number(cell), highlight(_cut(source), self.language, self.deadline), outputs)

    def _outputs(self, outputs: list[Any]) -> Iterator[Markup]:
        for output in outputs[:MAX_OUTPUTS]:
            if isinstance(output, dict):
                yield Markup('<div class="cell-output">{}</div>').format(self._output(output))

    def _output(self, output: _Json) -> Markup:
        kind = output.get("output_type")
        if kind == "stream":
            return _plain(output.get("text"))
        if kind in ("error", "pyerr"):
            return _plain("\n".join(_text(line) for line in _list(output.get("traceback"))), "cell-error")
        return self._rich(_dict(output.get("data")) or _old_data(output))

    def _rich(self, data: _Json) -> Markup:
        for kind in _PICTURES:
            picture = self._picture(kind, _text(data.get(kind)))
            if picture is not None:
                return picture
        if "text/html" in data:
            html = self._html(_text(data["text/html"]))
            if html is not None:
                return html
        if "text/markdown" in data:
            return render_markdown(_text(data["text/markdown"]), self.place, self.deadline)
        if "text/latex" in data and "text/plain" not in data:
            return render_formula(_text(data["text/latex"]).strip().strip("$").strip(), block=True)
        return _plain(data.get("text/plain"))

    def _picture(self, kind: str, content: str) -> Markup | None:
        content = "".join(content.split())
        if not content or len(content) > self.pictures_left or not _BASE64.fullmatch(content):
            return None
        self.pictures_left -= len(content)
        return Markup('<img src="data:{};base64,{}" alt="Picture that this cell drew" loading="lazy">').format(
            kind, content
        )

    def _html(self, html: str) -> Markup | None:
        """Sanitised; None when nothing to read is left, as of a drawing by a script."""
        html = html[: 10 * MAX_TEXT_CHARACTERS]
        if html.count("<") > MAX_ELEMENTS // 4:
            return None
        slots = Slots()
        cleaned = finish(sanitize(html, self.place, slots), slots)
        return Markup('<div class="prose">{}</div>').format(cleaned) if _says_something(cleaned) else None


def _says_something(html: Markup) -> bool:
    return "<img" in html or _WORDS.search(_TAGS.sub(" ", html)) is not None


def _old_data(output: _Json) -> _Json:
    """What nbformat 3 keeps beside `output_type`, under the names of nbformat 4."""
    names = {"png": "image/png", "jpeg": "image/jpeg", "html": "text/html", "text": "text/plain", "latex": "text/latex"}
    return {new: output[old] for old, new in names.items() if old in output}


def _plain(value: Any, kind: str = "cell-text") -> Markup:
    return Markup('<pre class="{}" tabindex="0">{}</pre>').format(kind, _cut(_ANSI.sub("", _text(value))))


def _number(cell: _Json) -> str:
    count = cell.get("execution_count", cell.get("prompt_number"))
    return f"[{count}]" if isinstance(count, int) else "[ ]"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARACTERS else text[:MAX_TEXT_CHARACTERS] + "\n…"


def _text(value: Any) -> str:
    """Texts are strings or lists of lines."""
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> _Json:
    return value if isinstance(value, dict) else {}
