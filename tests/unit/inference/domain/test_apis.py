"""Requests of other APIs in the words of tasks, and answers back."""

import base64
import struct

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.choosing import meant_task
from holdfast.inference.domain.completions import completion_requests, counted, text_choice, text_chunk
from holdfast.inference.domain.responses import ResponseWriter, chat_request
from holdfast.inference.domain.vectors import openai_embedding, sentence_vectors

HEAD = {"id": "resp_1", "created_at": 1, "model": "alice/chat"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CALL = {"id": "call_0", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def test_a_completion_becomes_a_generation():
    body = {"prompt": "x", "max_tokens": 5, "stop": ".", "temperature": 0.5, "top_p": 0.9, "echo": True, "n": 1}
    [request] = completion_requests(body)
    assert request["parameters"] == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_new_tokens": 5,
        "details": True,
        "return_full_text": True,
        "stop": ["."],
    }


def test_a_temperature_of_zero_means_no_drawing():
    [request] = completion_requests({"temperature": 0, "top_p": 0.5})
    parameters = request["parameters"]
    assert "temperature" not in parameters
    assert "top_p" not in parameters
    assert parameters["max_new_tokens"] == 16


def test_several_ways_to_go_on_are_drawn_apart():
    seeds = [request["parameters"]["seed"] for request in completion_requests({"n": 3, "seed": 5})]
    assert seeds == [5, 6, 7]
    drawn, other = completion_requests({"n": 2})
    assert drawn["parameters"]["do_sample"]
    assert drawn == other


@pytest.mark.parametrize(
    "body",
    [
        {"best_of": 3},
        {"suffix": "x"},
        {"logit_bias": {"1": 2}},
        {"n": 17},
        {"n": "2"},
        {"n": 2, "stream": True},
        {"seed": "x", "n": 2},
        {"logprobs": 6},
        {"logprobs": True},
        {"logprobs": 1, "echo": True},
    ],
)
def test_what_is_not_supported_is_refused_by_name(body):
    with pytest.raises(InvalidInput) as caught:
        completion_requests(body)
    assert caught.value.field in body


def test_generations_become_choices():
    details = {"finish_reason": "eos_token", "generated_tokens": 7}
    choice, made = text_choice(2, {"generated_text": "words", "details": details})
    assert (choice["index"], choice["text"], choice["finish_reason"], made) == (2, "words", "stop", 7)
    assert text_choice(0, [{"generated_text": "words"}])[1] == 0
    assert text_chunk({"token": {"text": "a", "special": False}})["finish_reason"] is None
    last = text_chunk({"token": {"text": "</s>", "special": True}, "details": {"finish_reason": "length"}})
    assert (last["text"], last["finish_reason"]) == ("", "length")


def test_logprobs_stand_beside_their_tokens():
    tokens = [{"text": "a ", "logprob": -0.5, "special": False}, {"text": "word", "logprob": -1.0, "special": False}]
    top = [[{"text": "a ", "logprob": -0.5}], [{"text": "word", "logprob": -1.0}]]
    said = {"generated_text": "a word", "details": {"tokens": tokens, "top_tokens": top}}
    choice, _ = text_choice(0, said, logprobs=True)
    assert choice["logprobs"] == {
        "tokens": ["a ", "word"],
        "token_logprobs": [-0.5, -1.0],
        "top_logprobs": [{"a ": -0.5}, {"word": -1.0}],
        "text_offset": [0, 2],
    }
    chunk = {"token": tokens[0], "details": {"finish_reason": "length", "input_length": 3, "generated_tokens": 1}}
    assert text_chunk(chunk, logprobs=True)["logprobs"]["top_logprobs"] is None
    assert counted(chunk) == (3, 1)


def test_vectors_of_tokens_become_one_for_the_text():
    assert sentence_vectors([[1.0, 2.0]]) == [[1.0, 2.0]]
    assert sentence_vectors([[[1.0, 2.0], [3.0, 6.0]]]) == [[2.0, 4.0]]
    assert sentence_vectors([[]]) == [[]]


def test_vectors_as_base64_are_little_endian_floats():
    row = openai_embedding(1, [1.0, -2.5], "base64")
    assert struct.unpack("<2f", base64.b64decode(row["embedding"])) == (1.0, -2.5)
    assert openai_embedding(0, [1.0], "float") == {"object": "embedding", "index": 0, "embedding": [1.0]}


def test_other_repos_do_what_they_say():
    assert meant_task("fill-mask", b'{"inputs": {"source_sentence": "a"}}') == "fill-mask"
    assert meant_task(None, b"{}") is None
    assert meant_task("feature-extraction", None) == "feature-extraction"
    assert meant_task("feature-extraction", b"[1]") == "feature-extraction"


def test_a_conversation_becomes_messages():
    body = {
        "instructions": "be brief",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "hello"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]},
            {"type": "function_call", "call_id": "call_0", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_0", "output": "a cat"},
        ],
        "max_output_tokens": 9,
        "temperature": 0.1,
        "tools": [{"type": "function", "name": "look", "parameters": {}}],
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}},
    }
    asked = chat_request(body)
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "user", "assistant", "tool"]
    assert asked["messages"][1]["content"] == [{"type": "text", "text": "hello"}]
    assert asked["messages"][2]["content"] == [{"type": "image_url", "image_url": {"url": "data:,"}}]
    assert asked["messages"][3]["tool_calls"] == [CALL]
    assert (asked["max_tokens"], asked["temperature"], asked["tool_choice"]) == (9, 0.1, "auto")
    assert asked["tools"] == [{"type": "function", "function": {"name": "look", "parameters": {}}}]
    assert asked["response_format"] == {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": []},
        {"input": 5},
        {"input": ["x"]},
        {"input": [{"type": "mystery"}]},
        {"input": [{"role": "user", "content": [{"type": "input_file"}]}]},
        {"input": "x", "previous_response_id": "resp_0"},
        {"input": "x", "background": True},
        {"input": "x", "tools": [{"type": "web_search"}]},
    ],
)
def test_what_makes_no_conversation_is_refused(body):
    with pytest.raises(InvalidInput):
        chat_request(body)


def test_a_chat_answer_becomes_a_response():
    message = {"role": "assistant", "content": "hello", "tool_calls": [CALL]}
    answer = {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": USAGE}
    response = ResponseWriter(HEAD, {"temperature": 0.1}, "msg_1").whole(answer)
    assert (response["status"], response["temperature"], response["object"]) == ("completed", 0.1, "response")
    assert response["output"][0]["content"][0]["text"] == "hello"
    assert response["output"][1]["call_id"] == "call_0"
    assert response["usage"]["input_tokens"] == 3
    assert response["usage"]["total_tokens"] == 5


def test_an_answer_that_was_cut_is_incomplete():
    answer = {"choices": [{"message": {"content": "he"}, "finish_reason": "length"}]}
    response = ResponseWriter(HEAD, {}, "msg_1").whole(answer)
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})


def test_a_streamed_answer_comes_in_numbered_events_that_add_up():
    writer = ResponseWriter(HEAD, {}, "msg_1")
    chunks = [
        {"choices": [{"delta": {"role": "assistant", "content": "hel"}, "finish_reason": None}]},
        {"choices": [{"delta": {"content": "lo"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": USAGE},
    ]
    events = [*writer.begin(), *(event for chunk in chunks for event in writer.add(chunk)), *writer.end()]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert deltas == ["hel", "lo"]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "hello"
    assert events[-1]["response"]["usage"]["output_tokens"] == 2
    assert events[0]["response"]["output"] == []


def test_a_response_that_only_calls_functions_has_no_message():
    writer = ResponseWriter(HEAD, {}, "msg_1")
    events = [*writer.begin()]
    events += writer.add(
        {"choices": [{"delta": {"tool_calls": [{"index": 0, **CALL}]}, "finish_reason": "tool_calls"}]}
    )
    events += writer.end()
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    [call] = events[-1]["response"]["output"]
    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "look", "{}")
