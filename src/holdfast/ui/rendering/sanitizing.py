"""Lets only harmless HTML through: known elements, known attributes, addresses that lead where they may.

What it gives is in the form of one serializer: attributes in double quotes, every `<`, `>`, `&` and `"` of a value or a
text escaped. `finishing` relies on that.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import nh3

from holdfast.ui.rendering.place import ID_PREFIX, Place, link_address, picture_address
from holdfast.ui.rendering.slots import Slots

_BLOCKS = {
    "p", "div", "section", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "br", "blockquote", "pre", "ul", "ol", "li", "dl",
    "dt", "dd", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td", "details",
    "summary", "figure", "figcaption", "center",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "img", "input", "ins", "kbd", "mark", "q",
    "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
    "audio", "video", "source",
}  # fmt: skip
_DROPPED_WHOLE = {"script", "style", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math"}
_ALIGNED = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "th", "td", "img", "col"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"id", "title", "lang", "dir", "class"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "audio": {"src", "controls"},
    "video": {"src", "controls", "width", "height", "loop", "muted", "poster"},
    "source": {"src", "type"},
    "input": {"type", "checked", "disabled"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "th": {"colspan", "rowspan", "scope", "width"},
    "td": {"colspan", "rowspan", "width"},
    "col": {"span", "width"},
    "table": {"width"},
    "details": {"open"},
    "q": {"cite"},
    "blockquote": {"cite"},
    "del": {"datetime"},
    "ins": {"datetime"},
}
for _tag in _ALIGNED:
    _ATTRIBUTES.setdefault(_tag, set()).add("align")
_CLASSES = frozenset({
    "contains-task-list", "task-list-item", "task-list-item-checkbox",
    "footnote-ref", "footnotes", "footnotes-list", "footnotes-sep", "footnote-item", "footnote-backref",
    "markdown-alert", "markdown-alert-title", "markdown-alert-note", "markdown-alert-tip", "markdown-alert-important",
    "markdown-alert-warning", "markdown-alert-caution",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9%./ :+-]{1,60}")
_SOURCES = ("src", "poster")

Filter = Callable[[str, str, str], "str | None"]


def sanitize(html: str, place: Place, slots: Slots | None = None) -> str:
    """Clean HTML of whatever origin.

    Addresses come out absolute on this server or leading elsewhere (http, https, mailto); a picture that lies elsewhere
    keeps its address, for `finishing` to make a link of.
    """
    cleaner = nh3.Cleaner(
        tags=_BLOCKS | _INLINE,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute_filter(place, slots or Slots()),
        link_rel="nofollow noopener",
        url_schemes={"http", "https", "mailto", "data"},
        id_prefix=ID_PREFIX,
    )
    return cleaner.clean(html)


def _attribute_filter(place: Place, slots: Slots) -> Filter:
    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return link_address(place, value)
        if name in _SOURCES:
            found = picture_address(place, value)
            return value if found is None and tag == "img" and _is_foreign(value) else found
        if name == "class":
            return _known_classes(value, slots)
        if name in ("id", "title", "alt"):
            return value[:1000]
        if tag == "input":
            return _task_box(name)
        return value if name in ("controls", "open") or _WORD.fullmatch(value) else None

    return keep


def _is_foreign(address: str) -> bool:
    return address.lower().startswith(("http://", "https://")) and len(address) <= 2_000


def _known_classes(value: str, slots: Slots) -> str | None:
    return " ".join(name for name in value.split()[:10] if name in _CLASSES or slots.has(name)) or None


def _task_box(name: str) -> str | None:
    return {"type": "checkbox", "checked": "", "disabled": ""}.get(name)
