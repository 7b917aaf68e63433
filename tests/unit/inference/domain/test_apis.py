"""Requests of other APIs in the words of tasks, and answers back."""

import base64
import struct

import pytest

from holdfast.backends.engines.protocol import Question
from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoId
from holdfast.inference.domain.chats import as_template_messages, name_calls
from holdfast.inference.domain.choosing import meant_task
from holdfast.inference.domain.completions import completion_requests, counted, text_choice, text_chunk
from holdfast.inference.domain.responses import ResponseWriter, chat_request, words_of
from holdfast.inference.domain.vectors import openai_embedding, sentence_vectors
from holdfast.inference.service.answering import Asked

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
        {"mystery": 1},
        {"seed": 1.5},
    ],
)
def test_what_is_not_supported_is_refused_by_name(body):
    with pytest.raises(InvalidInput) as caught:
        completion_requests(body)
    assert caught.value.field in body


def test_zero_tokens_are_not_taken_for_none_and_seeds_may_be_negative():
    [request] = completion_requests({"max_tokens": 0, "seed": -1, "top_k": 3, "mystery": None})
    assert request["parameters"]["max_new_tokens"] == 0  # for the task to refuse
    assert request["parameters"]["seed"] == 2**63 - 1
    assert request["parameters"]["top_k"] == 3


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
        {"input": "x", "conversation": "c"},
        {"input": "x", "prompt": {"id": "p"}},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
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


TOOL = {"type": "function", "name": "look", "parameters": {}}


def test_a_named_function_is_meant_by_its_name():
    asked = chat_request({"input": "x", "tools": [TOOL], "tool_choice": {"type": "function", "name": "look"}})
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "look"}}


def test_a_conversation_of_another_model_goes_on_here():
    """What clients send back: thoughts, refusals, results in parts. Errors count places as the request does."""
    said = [
        {"role": "user", "content": "x"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "a cat"}]},
    ]
    body = {"instructions": "be brief", "input": said}
    messages = chat_request(body)["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "assistant", "tool"]
    assert [messages[place]["content"] for place in (2, 4)] == [
        [{"type": "text", "text": "no"}],
        [{"type": "text", "text": "a cat"}],
    ]
    asked = Asked(RepoId.parse("alice/m"), None, Question(b""), called=words_of(body))
    assert asked.name_of("inputs[2].content") == "input[2].content"
    assert asked.name_of("messages[1].content[0].image_url") == "input[0].content[0].image_url"
    assert asked.name_of("inputs[0].content") == "instructions"
    assert asked.name_of("parameters.max_tokens") == "max_output_tokens"
    assert asked.name_of("parameters.temperature") == "temperature"
    asked = Asked(RepoId.parse("alice/m"), None, Question(b""), called=words_of({"input": "x"}))
    assert asked.name_of("inputs[0].content") == "input"


def test_log_probabilities_of_a_response():
    assert chat_request({"input": "x", "include": ["message.output_text.logprobs"]})["logprobs"]
    assert chat_request({"input": "x", "top_logprobs": 2})["logprobs"]
    assert "logprobs" not in chat_request({"input": "x"})
    noted = {"token": "hé", "logprob": -0.5, "top_logprobs": [{"token": "a", "logprob": -0.7}]}
    expected = {
        "token": "hé",
        "logprob": -0.5,
        "bytes": [104, 195, 169],
        "top_logprobs": [{"token": "a", "logprob": -0.7, "bytes": [97]}],
    }
    choice = {"message": {"content": "hé"}, "logprobs": {"content": [noted]}, "finish_reason": "stop"}
    whole = ResponseWriter(HEAD, {}, "msg_1").whole({"choices": [choice]})
    assert whole["output"][0]["content"][0]["logprobs"] == [expected]
    writer = ResponseWriter(HEAD, {}, "msg_1")
    chunk = {"choices": [{"delta": {"content": "hé"}, "logprobs": {"content": [noted]}, "finish_reason": "stop"}]}
    events = [*writer.begin(), *writer.add(chunk), *writer.end()]
    told = [event["logprobs"] for event in events if "logprobs" in event]
    assert told == [[expected], [expected]]


def test_calls_of_two_answers_have_different_ids():
    """Nine letters and digits: Mistral's templates want no other."""
    choices = [{"index": index, "message": {"tool_calls": [{"id": "call_0"}, {"id": "call_1"}]}} for index in (0, 1)]
    chunk = {"index": 1, "delta": {"tool_calls": [{"index": 1, "id": "call_1"}, {"index": 0}]}}
    foreign = {"message": {"tool_calls": [{"id": "toolu_1"}, "x", {"id": None}]}}
    for choice in (*choices, chunk, foreign, None, {}, {"delta": "x"}, {"message": {"tool_calls": 5}}):
        name_calls(choice, "abcDEF")
    ids = [call["id"] for choice in choices for call in choice["message"]["tool_calls"]]
    assert ids == ["abcDEF000", "abcDEF001", "abcDEF100", "abcDEF101"]
    assert chunk["delta"]["tool_calls"] == [{"index": 1, "id": "abcDEF101"}, {"index": 0}]
    assert foreign["message"]["tool_calls"][0] == {"id": "toolu_1"}


def test_templates_get_arguments_as_objects():
    """As JSON they would be quoted once more."""
    for given, expected in (('{"city": "rome"}', {"city": "rome"}), ("rome", "rome"), ("[1]", "[1]"), ({}, {})):
        call = {"id": "c", "function": {"name": "look", "arguments": given, "parsed_arguments": {"city": 1}}}
        said = {"role": "assistant", "tool_calls": [call], "parsed": {}, "annotations": []}
        [message] = as_template_messages([said], with_images=False)
        assert message.keys() == {"role", "content", "tool_calls"}
        assert message["tool_calls"] == [{"id": "c", "function": {"name": "look", "arguments": expected}}]
