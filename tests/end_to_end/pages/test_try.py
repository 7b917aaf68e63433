"""Trying models on their pages: with a server attached that answers, with models of our own where torch is, without."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.end_to_end.pages.conftest import ALICE
from tests.end_to_end.raw_client import RawClient, put_file
from tests.factories.openai_server import openai_server_in_thread
from tests.live_server import LiveServer, live_server

HAS_LIBRARIES = all(find_spec(name) for name in ("torch", "transformers"))
WRITER, TALKER, LOOKER, POEMS = "alice/writer", "alice/talker", "alice/looker", "alice/poems"
SORTER, SLEEPER, UNTOUCHED = SORTERS = ("alice/sorter", "alice/sleeper", "alice/untouched")
CARD = "---\npipeline_tag: {task}\n{more}---\n# A model\n\nSome words about it.\n"
WIDGET = "widget:\n- text: First text\n  example_title: The first\n- text: Second text\n  example_title: The second\n"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HOSTILE = """<img id="hostile" src="x" onerror="alert(1)">'"`"""
WIDGET += f"- text: {json.dumps(HOSTILE)}\n  example_title: {json.dumps(HOSTILE)}\n"
TEMPLATE = b'{"chat_template": "{% for message in messages %}{{ message.content }}{% endfor %}"}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with openai_server_in_thread() as elsewhere:
        attached = " ".join(f"{name}={elsewhere.url}" for name in (WRITER, TALKER, LOOKER))
        environment = {"HOLDFAST_INFERENCE_ATTACHED": attached}
        with live_server(tmp_path_factory.mktemp("site"), users=[ALICE], environment=environment) as running:
            _fill(RawClient(running.url, ALICE.token), tmp_path_factory.mktemp("models"))
            yield running


def _fill(client: RawClient, folder: Path) -> None:
    files = [put_file("README.md", CARD.format(task="text-classification", more="").encode()), *_weights(folder)]
    with contextlib.closing(client):  # from here on without a pause: servers end connections that rest
        for name in (WRITER, TALKER, LOOKER, POEMS, *SORTERS):
            client.create_repo(name)
        client.commit(WRITER, put_file("README.md", CARD.format(task="text-generation", more=WIDGET).encode()))
        client.commit(
            TALKER,
            put_file("README.md", CARD.format(task="text-generation", more="").encode()),
            put_file("config.json", b'{"model_type": "gpt2"}'),
            put_file("tokenizer_config.json", TEMPLATE),
        )
        client.commit(LOOKER, put_file("README.md", CARD.format(task="image-classification", more="").encode()))
        client.commit(POEMS, put_file("README.md", CARD.format(task="text-to-3d", more="").encode()))
        for name in SORTERS:
            client.commit(name, *files)


def _weights(folder: Path) -> list:
    """Of a tiny classifier, where one can be made."""
    if not HAS_LIBRARIES:
        return []
    from tests.factories import tiny_models  # noqa: PLC0415 - needs torch

    labels = {"id2label": {0: "calm", 1: "stormy"}, "label2id": {"calm": 0, "stormy": 1}}
    built = tiny_models.bert(folder / "sorter", **labels)
    return [put_file(path.name, path.read_bytes()) for path in built.iterdir()]


def _panel(page):
    return page.locator("#try")


def test_a_question_is_answered_without_leaving_the_page(new_visitor):
    visitor = new_visitor(ALICE)
    page = visitor.open(f"/{WRITER}")
    page.get_by_label("Text", exact=True).fill("Once upon a time")
    _panel(page).get_by_role("button", name="Compute").click()
    page.locator(".try-answer").get_by_text("Once upon a time").wait_for()
    page.wait_for_url(lambda url: url.endswith(f"/{WRITER}"))
    expect(_panel(page).get_by_role("status")).to_have_text("Done. The answer is below.")


def test_a_question_is_answered_without_scripts(new_visitor):
    page = new_visitor(java_script_enabled=False).open(f"/{WRITER}")
    page.get_by_label("Text", exact=True).fill("Once upon a time")
    _panel(page).get_by_role("button", name="Compute").click()
    expect(page.locator(".try-answer")).to_have_text("Once upon a time")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Once upon a time")
    expect(page.get_by_role("heading", name="A model")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/try-it#try$"))


@pytest.mark.parametrize("scripts", [True, False])
def test_examples_of_the_card_fill_the_form(new_visitor, scripts):
    page = new_visitor(java_script_enabled=scripts).open(f"/{WRITER}")
    text = page.get_by_label("Text", exact=True)
    expect(text).to_have_value("First text")
    page.get_by_role("link", name="The second").click()
    expect(text).to_have_value("Second text")


def test_examples_and_answers_are_text_and_nothing_else(new_visitor):
    page = new_visitor().open(f"/{WRITER}")
    page.get_by_role("link", name="hostile").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value(HOSTILE)
    _panel(page).get_by_role("button", name="Compute").click()
    page.locator(".try-answer").wait_for()
    expect(page.locator(".try-answer")).to_have_text(HOSTILE)
    expect(page.locator("#hostile")).to_have_count(0)


def test_a_problem_is_said_in_words(new_visitor):
    page = new_visitor().open(f"/{WRITER}")
    page.get_by_label("Text", exact=True).fill("refuse")
    _panel(page).get_by_role("button", name="Compute").click()
    assert "no such prompt" in page.get_by_role("alert").text_content()
    page.get_by_label("Longest answer").fill("many")
    _panel(page).get_by_role("button", name="Compute").click()
    page.get_by_role("alert").get_by_text("Longest answer must be a whole number").wait_for()


def test_a_conversation_comes_word_by_word_and_goes_on(new_visitor):
    page = new_visitor().open(f"/{TALKER}")
    _talk(page, "Hello")
    page.locator(".try-assistant").get_by_text("HelloHelloHello").wait_for()
    _talk(page, "More")
    page.locator(".try-assistant").get_by_text("MoreMoreMore").wait_for()
    expect(page.locator(".try-turn")).to_have_count(4)
    expect(page.get_by_label("Message")).to_have_value("")


def test_a_conversation_without_scripts(new_visitor):
    page = new_visitor(java_script_enabled=False).open(f"/{TALKER}")
    for said in ("Hello", "More"):
        _talk(page, said)
    expect(page.locator(".try-turn p")).to_have_text(["Hello", "Hello", "More", "More"])


def _talk(page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_long_answer_can_be_stopped(new_visitor):
    page = new_visitor().open(f"/{TALKER}")
    _talk(page, "long")
    page.locator(".try-assistant").get_by_text("longlong").wait_for()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Escape")  # the button moves while the answer grows
    page.get_by_text("Stopped.").wait_for()
    _talk(page, "Hello")
    page.locator(".try-assistant").get_by_text("HelloHelloHello").wait_for()


def test_code_names_this_server_and_the_model(new_visitor, server):
    page = new_visitor().open(f"/{TALKER}")
    code = "\n".join(page.locator(".try-way code").all_text_contents())
    assert code.count(server.url) >= 4
    assert code.count(TALKER) >= 4
    for program in ("curl", "huggingface_hub", "openai", "holdfast"):
        assert program in code


@pytest.mark.parametrize(("model", "program"), [(WRITER, "curl"), (WRITER, "huggingface_hub"), (TALKER, "curl")])
def test_the_code_runs_as_it_stands(new_visitor, model, program):
    page = new_visitor().open(f"/{model}")
    assert page.locator("#try textarea").input_value() in _ran(page, program)


@pytest.mark.skipif(not HAS_LIBRARIES, reason="models run where their libraries are")
@pytest.mark.parametrize("program", ["curl", "huggingface_hub", "holdfast"])
def test_code_for_a_model_of_ones_own_runs_as_it_stands(new_visitor, program):
    assert "stormy" in _ran(new_visitor().open(f"/{SORTER}"), program)


def _ran(page, program: str) -> str:
    ways = page.locator(".try-way")
    titles = ways.locator("summary").all_text_contents()
    code = ways.locator("code").all_text_contents()[titles.index(program)]
    command = ["sh", "-c", code] if program == "curl" else [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("path", [f"/{WRITER}", f"/{TALKER}", f"/{SORTER}", f"/{POEMS}"])
def test_no_barriers_in_any_size_or_colour(new_visitor, path):
    visitor = new_visitor(width=360, color_scheme="dark")
    page = visitor.open(path)
    for details in page.locator("#try details").all():
        details.evaluate("element => element.open = true")
    assert not visitor.overflows()
    assert visitor.violations() == []


def test_answers_have_no_barriers(new_visitor):
    visitor = new_visitor(java_script_enabled=True)
    page = visitor.open(f"/{TALKER}")
    page.evaluate("document.getElementById('try-form').submit()")  # as without scripts
    page.locator(".try-assistant").wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_looking_at_a_page_loads_no_model(new_visitor, server):
    page = new_visitor().open(f"/{UNTOUCHED}")
    told = page.evaluate("async path => (await (await fetch(path)).json()).deployments", f"/models/{UNTOUCHED}/info")
    assert told == []


def test_tasks_that_nothing_here_can_do_say_so(new_visitor):
    page = new_visitor().open(f"/{POEMS}")
    expect(page.get_by_text("can't run models for this task yet")).to_be_visible()
    expect(page.locator("#try-form")).to_have_count(0)


@pytest.mark.skipif(HAS_LIBRARIES, reason="the libraries are installed")
def test_a_server_without_libraries_says_so_instead_of_showing_a_form(new_visitor):
    page = new_visitor().open(f"/{SORTER}")
    expect(page.get_by_text("not set up to run models")).to_be_visible()
    expect(page.locator("#try-form")).to_have_count(0)


@pytest.mark.skipif(not HAS_LIBRARIES, reason="models run where their libraries are")
def test_a_model_of_ones_own_is_loaded_and_answers(new_visitor):
    visitor = new_visitor()
    page = visitor.open(f"/{SLEEPER}")
    page.get_by_label("Text", exact=True).fill("a good film")
    _panel(page).get_by_role("button", name="Compute").click()
    page.get_by_text("Loading the model…").wait_for()
    page.locator(".try-bars").wait_for(timeout=120_000)
    expect(page.locator("meter")).to_have_count(2)
    assert sorted(page.locator(".try-label").all_inner_texts()) == ["calm", "stormy"]
    shares = [float(value) for value in page.locator("meter").evaluate_all("all => all.map(one => one.value)")]
    assert sum(shares) == pytest.approx(1, abs=0.001)


def test_a_conversation_by_keyboard_is_read_aloud_once_it_is_whole(new_visitor):
    page = new_visitor().open(f"/{TALKER}")
    message = page.get_by_label("Message")
    message.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Hel")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("lo")
    page.keyboard.press("Enter")
    expect(page.locator(".try-user p")).to_have_text("Hel\nlo")
    expect(page.locator("#try-spoken")).to_contain_text("The model: Hel")
    expect(message).to_be_focused()
    expect(message).to_have_value("")


def test_a_picture_is_seen_before_it_is_asked_about(new_visitor):
    visitor = new_visitor()
    page = visitor.open(f"/{LOOKER}")
    picture = {"name": "dot.png", "mimeType": "image/png", "buffer": base64.b64decode(DOT)}
    page.get_by_label("Picture").set_input_files(picture)
    expect(page.get_by_role("img", name="The picture that you chose")).to_be_visible()
    page.get_by_label("Picture").set_input_files([])
    expect(page.get_by_role("img", name="The picture that you chose")).to_have_count(0)
    assert visitor.violations() == []
