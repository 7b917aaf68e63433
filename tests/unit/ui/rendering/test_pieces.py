"""The smaller parts of rendering: code, formulas, commit messages, notebooks, what is remembered."""

import json

import pytest
from markupsafe import Markup

from holdfast.base.errors import CorruptObject
from holdfast.base.ids import RepoId, RepoType
from holdfast.ui.rendering import (
    Remembered,
    highlight,
    highlight_lines,
    language_named,
    language_of_path,
    place_of,
    render_commit_message,
    render_formula,
    render_notebook,
)
from holdfast.ui.rendering.highlighting import LANGUAGES, MAX_CHARACTERS

PLACE = place_of("http://here.test", RepoType.MODEL, RepoId.parse("alice/m"), "main")


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a/train.py", "python"),
        ("config.json", "json"),
        ("Dockerfile", "docker"),
        ("x.YAML", "yaml"),
        ("no-suffix", None),
        ("x.unheard-of", None),
        ("a.py/b", None),
    ],
)
def test_languages_of_files(path, language):
    assert language_of_path(path) == language


def test_languages_that_people_name():
    assert language_named("py") == "python"
    assert language_named("Bash") == "bash"
    assert language_named("klingon") is None


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_a_lexer(language):
    text = "$ x <b>\n>>> y = 1\n\n  z"
    assert highlight(text, language).striptags().split() == text.split()
    assert len(highlight_lines(text, language)) == 4


def test_lines_are_whole_in_themselves():
    lines = highlight_lines('x = """a\nb\n"""\n', "python")
    assert len(lines) == 4
    assert all(line.count("<span") == line.count("</span>") for line in lines)


@pytest.mark.parametrize("text", ["x = 1\n" * MAX_CHARACTERS, "x" * 50_000, "x\n" + " \n" * 9_000, "(" * 9_000])
def test_code_in_which_a_lexer_could_get_lost_stays_plain(text):
    assert "<span" not in highlight(text, "python")


def test_formulas():
    assert render_formula("x^2", block=False).startswith('<math display="inline">')
    assert render_formula(r"\frac{", block=False) == '<code class="formula">\\frac{</code>'
    assert "<code" in render_formula("x" * 5_000, block=True)
    assert "<code" in render_formula("{" * 500 + "}" * 500, block=True)
    assert "<code" in render_formula(r"\newcommand{\a}{\a\a}\a", block=True)


def test_the_text_of_a_formula_stays_text():
    html = render_formula(r"\text{<img src=x onerror=alert(1)>}", block=False)
    assert "&lt;img" in html
    assert "<img" not in html


def test_commit_messages_link_addresses_and_commits():
    oid = "0123456789abcdef0123456789abcdef01234567"
    html = render_commit_message(f"Fix <b>, see https://example.org/x). As in {oid}", PLACE)
    assert "&lt;b&gt;" in html
    assert '<a href="https://example.org/x" rel="nofollow noopener noreferrer">https://example.org/x</a>)' in html
    assert f'<a class="mono" href="/alice/m/commit/{oid}">0123456</a>' in html


def test_long_commit_messages_are_cut():
    assert len(render_commit_message("x" * 100_000)) < 30_000


def notebook(*outputs, source="x = 1"):
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {"cell_type": "code", "source": source, "execution_count": 3, "outputs": list(outputs)},
    ]
    return json.dumps({"cells": cells, "nbformat": 4}).encode()


def test_notebook_cells():
    html = render_notebook(notebook())
    assert '<h2 id="user-content-title">' in html
    assert '<span class="cell-number">[3]</span>' in html
    assert '<span class="mi">1</span>' in html


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ({"output_type": "stream", "text": "\x1b[31mred\x1b[0m"}, "red</pre>"),
        ({"output_type": "error", "traceback": ["a\n", "\x1b[1mb"]}, "b</pre>"),
        ({"output_type": "display_data", "data": {"image/png": "aGk=\n"}}, 'src="data:image/png;base64,aGk="'),
        ({"output_type": "display_data", "data": {"image/png": "no base64!", "text/plain": "p"}}, "p</pre>"),
        ({"output_type": "display_data", "data": {"text/html": "<table><td>1</table>"}}, "<td>1</td>"),
        ({"output_type": "display_data", "data": {"text/html": "<script>x</script>", "text/plain": "p"}}, "p</pre>"),
        ({"output_type": "display_data", "data": {"text/latex": ["$x^2$"]}}, "<msup>"),
        ({"output_type": "pyout", "png": "aGk="}, "data:image/png"),
    ],
)
def test_notebook_outputs(output, shown):
    html = render_notebook(notebook(output))
    assert shown in html
    assert "\x1b" not in html


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"cells": 1}', b'{"worksheets": 1, "cells": 2}', b"[" * 10_000, b"\xff" * 10],
)
def test_what_is_no_notebook(content):
    with pytest.raises(CorruptObject):
        render_notebook(content)


def test_odd_values_in_notebooks_do_no_harm():
    odd = {"cell_type": "code", "source": {"a": 1}, "outputs": [1, {"data": 2}, {"output_type": []}, {"text": [1]}]}
    assert "<section" in render_notebook(json.dumps({"cells": [odd, 5, None], "metadata": [1]}).encode())


def test_what_is_rendered_is_remembered_within_bounds():
    remembered, made = Remembered(max_characters=100), []

    def html(name: str, size: int = 10) -> Markup:
        def make() -> Markup:
            made.append(name)
            return Markup(name[0] * size)

        return remembered.get(name, make)

    for name in ("a", "b", "a", "b"):
        html(name)
    assert made == ["a", "b"]
    for number in range(10):
        html(f"c{number}")
    html("a")
    assert made[-1] == "a"
    html("huge", 1_000)
    html("huge", 1_000)
    assert made[-2:] == ["huge", "huge"]
