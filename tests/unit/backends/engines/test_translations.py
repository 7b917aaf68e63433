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


def test_what_is_said_of_tokens_is_passed_on():
    noted = {"tokens": ["world"], "token_logprobs": [-0.5], "top_logprobs": [{"world": -0.5}], "text_offset": [0]}
    texts = translation("text-generation")
    (answer,) = texts.answer({"choices": [{"index": 0, "text": "world", "logprobs": noted}]})
    assert answer["details"]["logprobs"] == noted
    assert texts.chunk({"choices": [{"text": "world", "logprobs": noted}]}, 0)["details"]["logprobs"] == noted


def test_streams_tell_why_they_end_and_how_long_they_were():
    texts = translation("text-generation")
    assert texts.chunk({"choices": [{"text": "", "finish_reason": None}]}, 0) is None
    assert texts.chunk({"choices": [{"text": "", "finish_reason": "length"}]}, 0)["details"] == {
        "finish_reason": "length"
    }
    last = texts.chunk({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, 3)
    assert last["details"] == {"generated_tokens": 2, "input_length": 1}
    counting = texts.chunk({"choices": [{"text": "a"}, {"text": "b"}], "usage": {"completion_tokens": 1}}, 0)
    assert counting == {"index": 0, "token": {"text": "a", "special": False}}


def test_parameters_are_said_or_refused():
    def asked(**parameters):
        return translation("text-generation").request(question({"inputs": "a", "parameters": parameters}))

    assert asked(top_n_tokens=0, return_full_text=True, presence_penalty=1, details=True, top_k=None) == {
        "prompt": "a",
        "logprobs": 0,
        "echo": True,
        "presence_penalty": 1,
    }
    assert asked(do_sample=False)["temperature"] == 0
    with pytest.raises(InvalidInput) as refused:
        asked(truncate=5)
    assert refused.value.field == "parameters.truncate"
