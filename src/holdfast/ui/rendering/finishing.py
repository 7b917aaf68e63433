"""The last pass over sanitised HTML: fills the slots, fits the text into a page, keeps foreign pictures out.

It reads tags by their spelling, which is safe on what `sanitize` gives and on nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlsplit

from markupsafe import Markup

from holdfast.ui.rendering.slots import Slots

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_SLOT = re.compile(r'<span class="(slot-[0-9a-f]+-\d+)"></span>')
_SHIFTED = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6", "h6": "h6"}


def finish(html: str, slots: Slots) -> Markup:
    """Turn sanitised HTML into what stands in the page."""
    marked = _TAG.sub(_Pass().replace, html)
    filled = _SLOT.sub(lambda match: slots.get(match[1]) or "", marked)
    return Markup(filled)  # noqa: S704 - sanitised, and what the slots hold was made safe by its maker


@dataclass
class _Pass:
    links: int = 0
    tables: int = 0
    paragraphs: list[str] = field(default_factory=list)

    def replace(self, match: re.Match[str]) -> str:
        closing, tag, attributes = match[1], match[2], match[3]
        if tag in _SHIFTED:
            return f"<{closing}{_SHIFTED[tag]}{attributes}>"  # the page has an h1 of its own
        if tag == "a":
            self.links += -1 if closing else 1
        elif tag == "img":
            return self._picture(attributes)
        elif tag == "input":
            return _task_box(attributes)
        elif tag == "table":
            return self._table(closing, match[0])
        elif tag == "pre" and not closing:
            return f'<pre tabindex="0"{attributes}>'
        return match[0]

    def _picture(self, attributes: str) -> str:
        values = dict(_ATTRIBUTE.findall(attributes))
        address = unescape(values.get("src", ""))
        if not address.lower().startswith(("http://", "https://")):
            described = attributes if "alt" in values else f'{attributes} alt=""'
            return f'<img{described} loading="lazy">' if address else str(_missing(values))
        return str(_foreign_picture(address, unescape(values.get("alt", "")), inside_link=self.links > 0))

    def _table(self, closing: str, text: str) -> str:
        self.tables += -1 if closing else 1
        if closing:
            return f"{text}</div>" if self.tables == 0 else text
        return f'<div class="scroll" tabindex="0" role="region" aria-label="Table">{text}' if self.tables == 1 else text


def _task_box(attributes: str) -> str:
    done = ' checked=""' in attributes
    label = "Done" if done else "To do"
    return f'<input type="checkbox" disabled aria-label="{label}"{" checked" if done else ""}>'


def _missing(values: dict[str, str]) -> Markup:
    text = unescape(values.get("alt", ""))
    return Markup('<span class="foreign-picture">{}</span>').format(text) if text else Markup("")


def _foreign_picture(address: str, text: str, *, inside_link: bool) -> Markup:
    shown = text or _host(address)
    if inside_link:
        return Markup('<span class="foreign-picture" title="{}">{}</span>').format(address, shown)
    return Markup(
        '<a class="foreign-picture" href="{}" rel="nofollow noopener noreferrer" title="Picture on {}">{}</a>'
    ).format(address, _host(address), shown)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or "another server"
    except ValueError:
        return "another server"
