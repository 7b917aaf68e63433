import time

import pytest

from holdfast.base.ids import RepoId, RepoType
from holdfast.ui.rendering import NOWHERE, place_of, render_markdown
from holdfast.ui.rendering.deadline import Deadline
from holdfast.ui.rendering.markdown import MAX_CHARACTERS

PLACE = place_of("http://here.test/hub", RepoType.DATASET, RepoId.parse("alice/words"), "refs/pr/1", "docs/use.md")
RESOLVE = "/hub/datasets/alice/words/resolve/refs%2Fpr%2F1"
SLOWEST_SECONDS = 20
"""Of computing for one hostile text: many times what they take."""


def test_headings_come_one_level_lower_with_the_names_that_people_link_to():
    html = render_markdown("# How to use\n\n## How to use\n\n###### Ünïcode & more!")
    assert '<h2 id="user-content-how-to-use">' in html
    assert '<h3 id="user-content-how-to-use-1">' in html
    assert '<h6 id="user-content-ünïcode--more">' in html


def test_tables_are_aligned_without_styles_and_scroll_alone():
    html = render_markdown("|a|b|\n|:-|-:|\n|1|2|")
    assert '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>' in html
    assert '<td align="right">2</td>' in html
    assert "style" not in html


def test_tasks_are_disabled_boxes_with_a_name():
    html = render_markdown("- [x] done\n- [ ] open\n\n<input type=text value=x>")
    assert '<input type="checkbox" disabled aria-label="Done" checked>' in html
    assert html.count('aria-label="To do"') == 2
    assert "text" not in html


def test_alerts_footnotes_and_strikes():
    html = render_markdown("> [!NOTE]\n> careful\n\n~~x~~ y[^1]\n\n[^1]: foot")
    assert "markdown-alert-note" in html
    assert "<s>x</s>" in html
    assert 'href="#user-content-fn1"' in html
    assert 'id="user-content-fn1"' in html


def test_code_is_coloured_by_classes():
    html = render_markdown("```python title=x\nx = 1  # <b>\n```")
    assert '<span class="mi">1</span>' in html
    assert "# &lt;b&gt;" in html


@pytest.mark.parametrize("word", ["no-such-language", "x" * 500, '"><b>'])
def test_code_of_unknown_languages_stays_as_it_is(word):
    assert '<code class="hl">x = 1</code>' in render_markdown(f"```{word}\nx = 1\n```")


def test_formulas_become_mathml_and_prices_stay_prices():
    html = render_markdown(r"$x < y$ costs $5 and $10" + "\n\n$$\\frac{1}{2}$$")
    assert "<mo>&lt;</mo>" in html
    assert "costs $5 and $10" in html
    assert "<math" not in render_markdown("$5-$10")
    assert "<math" in render_markdown("$x$ is 5")
    assert '<math display="block">' in html


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("[a](other.md#use)", "/hub/datasets/alice/words/blob/refs%2Fpr%2F1/docs/other.md#user-content-use"),
        ("[a](../README.md)", "/hub/datasets/alice/words/blob/refs%2Fpr%2F1/README.md"),
        ("[a](../train.py#L3)", "/hub/datasets/alice/words/blob/refs%2Fpr%2F1/train.py#L3"),
        ("[a](./)", "/hub/datasets/alice/words/tree/refs%2Fpr%2F1/docs"),
        ("[a](<a b.md>)", "/hub/datasets/alice/words/blob/refs%2Fpr%2F1/docs/a%20b.md"),
        ("[a](#here)", "#user-content-here"),
        ("[a](/bob/bert)", "/hub/bob/bert"),
        ("[a](https://example.org/x?y#z)", "https://example.org/x?y#z"),
        ("[a](mailto:a@example.org)", "mailto:a@example.org"),
    ],
)
def test_links_lead_where_the_text_lies(written, address):
    assert f'<a href="{address}" rel="nofollow noopener">' in render_markdown(written, PLACE)


@pytest.mark.parametrize(
    "written",
    [
        "[a](../../x)",
        "[a](//evil.test/x)",
        "<a href='ftp://x.test'>a</a>",
        "<a href='/&#9;/evil.test/x'>a</a>",
        "<a href='/&#10;&#92;evil.test/x'>a</a>",
        "<a href='/&#92;evil.test/x'>a</a>",
    ],
)
def test_links_that_lead_nowhere_are_no_links(written):
    assert "href" not in render_markdown(written, PLACE)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("![a](img/x.png)", f"{RESOLVE}/docs/img/x.png"),
        ("![a](../x.png)", f"{RESOLVE}/x.png"),
        ("<img src='x.png'>", f"{RESOLVE}/docs/x.png"),
        ("![a](http://here.test/hub/bob/bert/blob/main/x.png)", "/hub/bob/bert/resolve/main/x.png"),
        ("![a](/bob/bert/raw/main/x.png)", "/hub/bob/bert/resolve/main/x.png"),
        ("![a](data:image/png;base64,aGk=)", "data:image/png;base64,aGk="),
    ],
)
def test_pictures_of_this_server_are_shown(written, address):
    assert f'src="{address}"' in render_markdown(written, PLACE)


@pytest.mark.parametrize("src", ["http://far.test/x.png", "HTTPS://far.test/x.png"])
def test_pictures_of_other_servers_become_links(src):
    html = render_markdown(f"![a chart]({src})\n\n<img src='{src}'>", PLACE)
    assert "<img" not in html
    assert f'href="{src}"' in html
    assert ">a chart</a>" in html
    assert ">far.test</a>" in html


def test_a_badge_inside_a_link_stays_inside_it():
    html = render_markdown("[![build](https://far.test/b.svg)](https://example.org)", PLACE)
    assert html.count("<a ") == 1
    assert '<span class="foreign-picture" title="https://far.test/b.svg">build</span>' in html


@pytest.mark.parametrize(
    "src",
    [
        "//far.test/x.png",
        "/&#9;/far.test/resolve/x.png",
        "/&#10;/far.test/raw/x.png",
        "/logout",
        "/api/models",
        "/a/b/resolve/main/%2e%2e/../x",
        "data:image/svg+xml,<svg>",
        "x:y",
        "",
    ],
)
def test_other_pictures_are_left_out(src):
    assert "<img" not in render_markdown(f"<img src='{src}'>", PLACE)


def test_without_a_repo_relative_addresses_lead_nowhere():
    html = render_markdown("[a](x.md) ![b](x.png)", NOWHERE)
    assert "href" not in html
    assert "src" not in html


HOSTILE = {
    "brackets": "[" * 60_000,
    "pictures": "![a](" * 20_000,
    "emphasis": "*a **b " * 20_000,
    "quotes": "> " * 60_000,
    "nested lists": "\n".join(" " * depth + "- a" for depth in range(600)),
    "many headings": "# a\n" * 30_000,
    "nested elements": "<div>" * 60_000,
    "ampersands": "&" * 250_000,
    "wide table": "|" + "a|" * 30_000 + "\n|" + "-|" * 30_000,
    "footnotes": "[^1] " * 30_000 + "\n\n[^1]: x",
    "formulas": "$a$ " * 30_000,
    "ticks": "".join("`" * length + " " for length in range(1, 600)),
    "references": "".join(f"[a{number}]: /x\n" for number in range(10_000)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_end(text):
    started = time.thread_time()
    render_markdown(text, PLACE)
    assert time.thread_time() - started < SLOWEST_SECONDS


def test_what_takes_too_long_is_shown_as_it_was_written():
    html = render_markdown("<div>" * 60_000)
    assert "too intricate" in html
    assert "&lt;div&gt;&lt;div&gt;" in html


def test_of_a_very_long_text_the_beginning_is_shown():
    html = render_markdown("word\n" * MAX_CHARACTERS, deadline=Deadline(SLOWEST_SECONDS))
    assert len(html) < 2 * MAX_CHARACTERS
    assert "only its beginning is shown" in html
