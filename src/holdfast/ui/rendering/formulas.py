r"""Formulas: LaTeX as MathML, which browsers set without scripts or fonts of ours.

latex2mathml gives a tree; it is written out here, element by element, because the library's own writer takes escapes
back (`\text{<script>}` would come out as an element).
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from latex2mathml import exceptions as latex_errors
from latex2mathml.converter import Converter
from markupsafe import Markup, escape

MAX_CHARACTERS = 2_000
"""Of one formula; longer ones are shown as they were written."""
MAX_DEPTH = 60

_MACRO = re.compile(r"\\(?:def|let|(?:re)?newcommand|providecommand|newenvironment|DeclareMathOperator)")
"""A few of them, one inside the other, make a formula of any length."""
_ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mlabeledtr",
    "mstyle", "mpadded", "mphantom", "menclose", "merror",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "largeop", "movablelimits",
    "accent", "accentunder", "linethickness", "columnalign", "rowalign", "columnlines", "rowlines", "columnspacing",
    "rowspacing", "width", "height", "depth", "voffset", "scriptlevel", "displaystyle", "minsize", "maxsize",
    "symmetric", "notation", "frame", "mathcolor", "mathsize",
})  # fmt: skip
_LIBRARY_ERRORS = (
    latex_errors.DenominatorNotFoundError,
    latex_errors.DoubleSubscriptsError,
    latex_errors.DoubleSuperscriptsError,
    latex_errors.ExtraLeftOrMissingRightError,
    latex_errors.InvalidAlignmentError,
    latex_errors.InvalidStyleForGenfracError,
    latex_errors.InvalidWidthError,
    latex_errors.LimitsMustFollowMathOperatorError,
    latex_errors.MissingEndError,
    latex_errors.MissingSuperScriptOrSubscriptError,
    latex_errors.NoAvailableTokensError,
    latex_errors.NumeratorNotFoundError,
    # What it also raises on nonsense, found by fuzzing.
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    StopIteration,
    RuntimeError,
    RecursionError,
    AssertionError,
)


@functools.lru_cache(maxsize=2048)
def render_formula(latex: str, *, block: bool) -> Markup:
    """The formula as MathML; as code when it is too long, or no LaTeX that can be understood."""
    if len(latex) <= MAX_CHARACTERS and _depth(latex) <= MAX_DEPTH and not _MACRO.search(latex):
        try:
            converter = Converter(display="block" if block else "inline")
            return Markup("").join(_written(converter.convert_to_element(latex)))
        except _LIBRARY_ERRORS:
            pass
    return Markup('<code class="formula">{}</code>').format(latex)


def _depth(latex: str) -> int:
    deepest = depth = 0
    for letter in latex:
        if letter == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter == "}":
            depth = max(0, depth - 1)
    return deepest


def _written(element: Element) -> Iterator[Markup]:
    known = element.tag in _ELEMENTS
    if known:
        yield Markup("<{}{}>").format(element.tag, Markup("").join(_attributes(element)))
    yield _text(element.text)
    for child in element:
        yield from _written(child)
        yield _text(child.tail)
    if known:
        yield Markup("</{}>").format(element.tag)


def _attributes(element: Element) -> Iterator[Markup]:
    for name, value in element.attrib.items():
        if name in _ATTRIBUTES:
            yield Markup(' {}="{}"').format(name, value)


def _text(text: str | None) -> Markup:
    # The tree holds character references as text.
    return escape(html.unescape(text)) if text else Markup("")
