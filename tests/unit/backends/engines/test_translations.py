"""Questions of tasks in the words of the OpenAI API, and answers that fit the tasks' own specifications."""

import json

import pytest

from holdfast.backends.engines.protocol import JSON, Question
from holdfast.backends.engines.remote.translations import translation
from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks

MESSAGES = [{"role": "user", "content": "Hello"}]


def question(body):
    return Question(json.dumps(body).encode(), JSON)


def test_chats_are_asked_in_either_words():
    chat = translation("chat-completion")
    wanted = {"messages": MESSAGES, "max_tokens": 5}
    assert chat.request(question({"inputs": MESSAGES, "parameters": {"max_tokens": 5}})) == wanted
    assert chat.request(question({"messages": MESSAGES, "max_tokens": 5, "model": "m", "stream": True})) == wanted


@pytest.mark.parametrize("body", [{}, {"messages": "Hello"}, {"inputs": "Hello"}])
def test_chats_are_lists(body):
    with pytest.raises(InvalidInput) as refused:
        translation("chat-completion").request(question(body))
    assert refused.value.field == "messages"


@pytest.mark.parametrize("task", ["chat-completion", "text-generation"])
def test_parameters_are_objects(task):
    with pytest.raises(InvalidInput) as refused:
        translation(task).request(question({"inputs": MESSAGES if "chat" in task else "a", "parameters": 5}))
    assert refused.value.field == "parameters"


@pytest.mark.parametrize("reason", ["length", "stop", None])
def test_answers_fit_the_task(reason):
    reply = {"choices": [{"index": 0, "text": "world", "finish_reason": reason}], "usage": {"completion_tokens": 2}}
    (answer,) = translation("text-generation").answer(reply)
    assert tasks.spec("text-generation").output.parse(answer, "output") == answer
    assert answer["details"]["generated_tokens"] == 2
    assert (answer["details"]["finish_reason"] == "length") is (reason == "length")
