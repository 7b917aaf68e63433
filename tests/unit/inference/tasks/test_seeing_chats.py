"""Chats with models that see pictures: whole, streamed, with grammars; the same text as image-text-to-text gives."""

from __future__ import annotations

import base64
import json

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from tests.factories import tiny_models

ADDRESS = "data:image/png;base64," + base64.b64encode(tiny_models.picture()).decode()
SEEN = {"type": "image_url", "image_url": {"url": ADDRESS}}
MESSAGES = [{"role": "user", "content": [SEEN, {"type": "text", "text": "what is this?"}]}]
GREEDY = {"max_tokens": 8, "temperature": 0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.llava(tmp_path_factory.mktemp("seeing"))


@pytest.fixture(scope="module")
def chat(folder):
    return tasks.load("chat-completion", folder, device="cpu", said="image-text-to-text")


def said(answer) -> str:
    return answer["choices"][0]["message"]["content"]


def test_a_chat_says_what_the_task_says_and_streams_it(folder, chat):
    written = tasks.load("image-text-to-text", folder, device="cpu")
    assert written._model.loaded is chat._seeing.loaded  # the weights are in memory once
    answer = chat.predict(MESSAGES, GREEDY)
    [given] = [written.predict(MESSAGES, {"max_new_tokens": 8})]
    assert said(answer).strip() == given["generated_text"]
    pieces = list(chat.stream(chat.prepare(MESSAGES, chat.spec.parse_parameters(GREEDY))))
    assert "".join(one["choices"][0]["delta"].get("content") or "" for one in pieces) == said(answer)
    assert said(chat.predict([{"role": "user", "content": "hello"}], GREEDY)) != said(answer)


def test_several_answers_grammars_and_tools(chat):
    several = chat.predict(MESSAGES, {"max_tokens": 4, "n": 2, "seed": 1, "temperature": 1.0, "logprobs": True})
    assert [one["index"] for one in several["choices"]] == [0, 1]
    shape = {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": shape}}
    assert isinstance(
        json.loads(said(chat.predict(MESSAGES, {"max_tokens": 60, "response_format": form})))["sure"], bool
    )
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    called = chat.predict(MESSAGES, {"max_tokens": 60, "tools": [tool], "tool_choice": "required", "temperature": 0})
    assert called["choices"][0]["finish_reason"] in ("tool_calls", "length")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x.png", "file:///etc/passwd", "data:image/png;base64,AAAA", "", "data:,x"]
)
def test_nothing_is_fetched_from_anywhere(chat, address):
    content = [{"type": "image_url", "image_url": {"url": address}}]
    with pytest.raises(InvalidInput, match=r"messages\[0\].content\[0\]"):
        chat.predict([{"role": "user", "content": content}], GREEDY)


def test_biases_make_tokens_likely_or_impossible(tmp_path):
    chat = tasks.load("chat-completion", tiny_models.gpt2(tmp_path), device="cpu")
    hello = [{"role": "user", "content": "hello"}]
    biased = chat.predict(hello, {**GREEDY, "logit_bias": {"70": 100}})
    assert len(set(said(biased))) == 1
    first = chat.predict(hello, {**GREEDY, "logprobs": True})["choices"][0]["logprobs"]["content"][0]["token"]
    banned = {str(chat._model.reader.tokenizer.encode(first)[0]): -100}
    assert not said(chat.predict(hello, {**GREEDY, "logit_bias": banned})).startswith(first)
    for wrong in ({"999999": 1}, {"x": 1}, {"-1": 1}):
        with pytest.raises(InvalidInput, match="logit_bias"):
            chat.predict(hello, {**GREEDY, "logit_bias": wrong})
