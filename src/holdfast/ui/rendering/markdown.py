"""Markdown as HTML that can do no harm, in bounded time."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, MutableMapping, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.dollarmath.index import math_inline_dollar
from mdit_py_plugins.gfm import gfm_plugin

from holdfast.ui.rendering.deadline import Deadline, TooSlow
from holdfast.ui.rendering.finishing import finish
from holdfast.ui.rendering.formulas import render_formula
from holdfast.ui.rendering.highlighting import highlight, language_named
from holdfast.ui.rendering.place import NOWHERE, Place
from holdfast.ui.rendering.sanitizing import sanitize
from holdfast.ui.rendering.slots import Slots
from holdfast.ui.rendering.slugs import Slugs

MAX_CHARACTERS = 250_000
"""Of a longer text, the beginning is shown and the reader told."""
MAX_SECONDS = 2.0
MAX_ELEMENTS = 20_000
"""Written as HTML. A sanitiser walks up from each element, so many of them, one inside the other, take long."""
MAX_FORMULAS = 1_000
MAX_CODE_CHARACTERS = 100_000
"""Coloured in one text, all blocks together."""

_WRITTEN_HTML = ("html_block", "html_inline")
_ELEMENT = re.compile(r"<[a-zA-Z]")
_ALIGNMENT = re.compile(r"text-align:(left|right|center)")
_DOLLARS: dict[str, bool] = {  # so that prices stay prices
    "allow_labels": False,
    "allow_space": False,
    "allow_digits": False,
    "allow_blank_lines": False,
    "double_inline": True,
}
Env = MutableMapping[str, Any]


def render_markdown(text: str, place: Place = NOWHERE, deadline: Deadline | None = None) -> Markup:
    """Markdown with GitHub's extensions, formulas and coloured code; HTML in it is sanitised.

    Args:
        text: without front matter; that is data, not prose.
        place: what relative links and pictures start from.
        deadline: of a larger whole that this is a part of; None gives it `MAX_SECONDS` of its own.
    """
    shown = text[:MAX_CHARACTERS].replace("\0", "\ufffd")
    slots = Slots()
    try:
        html = _rendered(shown, slots, deadline or Deadline(MAX_SECONDS))
    except TooSlow:
        return as_written(shown, "This text is too intricate to be set. It is shown as it was written.")
    finished = finish(sanitize(html, place, slots), slots)
    if len(text) > MAX_CHARACTERS:
        finished += Markup('<p class="notice">The text goes on: only its beginning is shown here.</p>')
    return finished


def as_written(text: str, reason: str) -> Markup:
    """The text without any form, below a sentence that says why."""
    return Markup('<p class="notice">{}</p><pre tabindex="0">{}</pre>').format(reason, text)


def _rendered(text: str, slots: Slots, deadline: Deadline) -> str:
    env: Env = {"slots": slots, "deadline": deadline, "code_left": MAX_CODE_CHARACTERS, "formulas_left": MAX_FORMULAS}
    parser = _parser()
    tokens = parser.parse(text, env)
    deadline.check()
    _count_elements(tokens)
    slugs = Slugs()
    for token, following in pairwise(tokens):
        if token.type in ("th_open", "td_open"):
            _align(token)
        elif token.type == "heading_open":
            token.attrs["id"] = slugs.name(_words_of(following))
    return str(parser.renderer.render(tokens, parser.options, env))


def _count_elements(tokens: Sequence[Token]) -> None:
    written = (part for token in tokens for part in (token, *(token.children or ())) if part.type in _WRITTEN_HTML)
    if sum(len(_ELEMENT.findall(part.content)) for part in written) > MAX_ELEMENTS:
        raise TooSlow


def _words_of(heading: Token) -> str:
    return "".join(part.content for part in heading.children or () if part.type in ("text", "code_inline"))


def _align(cell: Token) -> None:
    # Pages allow no style attributes.
    style = _ALIGNMENT.fullmatch(str(cell.attrs.pop("style", "")))
    if style:
        cell.attrs["align"] = style[1]


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "xhtmlOut": False}, renderer_cls=_Renderer)
    parser.use(gfm_plugin)
    parser.use(dollarmath_plugin, **_DOLLARS)
    parser.inline.ruler.at("math_inline", _dollar_rule())
    for rule, block in (("math_inline", False), ("math_inline_double", True), ("math_block", True)):
        parser.add_render_rule(rule, _formula_rule(block=block))
    parser.inline.ruler.before("text", "deadline", _check_inline)
    parser.block.ruler.before("table", "deadline", _check_block, {"alt": ["paragraph", "reference", "blockquote"]})
    return parser


def _dollar_rule() -> Callable[[StateInline, bool], bool]:
    """The plugin's rule, which at the start of a text takes its last letter for the one before."""
    strict = math_inline_dollar(allow_space=False, allow_digits=False, allow_double=True)
    at_start = math_inline_dollar(allow_space=False, allow_digits=True, allow_double=True)

    def parse(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the shape of a rule
        start = state.pos
        if start > 0 or not at_start(state, True):  # noqa: FBT003 - as above
            return start > 0 and strict(state, silent)
        end, state.pos = state.pos, start
        return not state.src[end : end + 1].isdigit() and at_start(state, silent)

    return parse


def _check_inline(state: StateInline, silent: bool) -> bool:  # noqa: ARG001, FBT001 - the shape of a rule
    state.env["deadline"].check()
    return False


def _check_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001, FBT001 - as above
    state.env["deadline"].check()
    return False


class _Renderer(RendererHTML):
    """Puts code into slots."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:  # noqa: ARG002
        words = tokens[idx].info.split()
        return _code(tokens[idx].content, words[0] if words else "", env)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:  # noqa: ARG002
        return _code(tokens[idx].content, "", env)


def _code(content: str, word: str, env: Env) -> str:
    content = content.removesuffix("\n")
    env["code_left"] -= len(content)
    env["deadline"].check()
    language = language_named(word) if word and env["code_left"] >= 0 else None
    coloured = highlight(content, language, env["deadline"])
    block = Markup('<pre tabindex="0"><code class="hl">{}</code></pre>').format(coloured)
    return str(env["slots"].put(block)) + "\n"


def _formula_rule(*, block: bool) -> Callable[..., str]:
    def render(_: RendererHTML, tokens: Sequence[Token], idx: int, __: OptionsDict, env: Env) -> str:
        return _formula(tokens[idx].content, env, block=block)

    return render


def _formula(latex: str, env: Env, *, block: bool) -> str:
    env["formulas_left"] -= 1
    env["deadline"].check()
    if env["formulas_left"] < 0:
        return f"<code>{escape(latex)}</code>"
    formula = render_formula(latex.strip(), block=block)
    if block:
        formula = Markup('<span class="formula-block" tabindex="0">{}</span>').format(formula)
    return str(env["slots"].put(formula))
