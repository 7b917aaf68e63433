"""A picture for whoever has uploaded none: the first letters of the name on a colour that follows from it."""

from __future__ import annotations

import hashlib
from xml.sax.saxutils import escape

_COLOURS = (
    ("#0a675d", "#8fd3c7"),
    ("#8a3b12", "#f2b48c"),
    ("#3b3fa6", "#b9bcf7"),
    ("#7a1f5c", "#eaa6d1"),
    ("#1d5c8a", "#a3cfee"),
    ("#5d6b0f", "#d6e08a"),
    ("#6b3fa0", "#d1b5f0"),
    ("#9a1b2f", "#f3a5b1"),
)
_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80" width="80" height="80" role="img" aria-label="{label}">\
<rect width="80" height="80" fill="{ground}"/>\
<circle cx="{x}" cy="{y}" r="{r}" fill="{shade}" opacity="0.35"/>\
<text x="40" y="41" fill="#ffffff" font-family="system-ui, sans-serif" font-size="34" font-weight="700" \
text-anchor="middle" dominant-baseline="central">{letters}</text></svg>
"""


def draw_avatar(name: str) -> str:
    """The SVG; the same for the same name in any case."""
    digest = hashlib.sha256(name.lower().encode()).digest()
    ground, shade = _COLOURS[digest[0] % len(_COLOURS)]
    return _SVG.format(
        label=escape(name, {'"': "&quot;"}),
        ground=ground,
        shade=shade,
        x=digest[1] % 80,
        y=digest[2] % 80,
        r=20 + digest[3] % 25,
        letters=escape(initials(name)),
    )


def initials(name: str) -> str:
    """One or two capitals: `BO` for `bob`, `HD` for `holdfast-demo`."""
    words = [word for word in name.replace("_", "-").replace(".", "-").split("-") if word]
    if not words:
        return "?"
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[1][0]
    return letters.upper()
