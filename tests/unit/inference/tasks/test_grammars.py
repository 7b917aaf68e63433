"""Texts that must look like something: JSON of a schema, a regular expression, a call of a tool."""

import json
import re
import threading

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from tests.factories import tiny_models

SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["paris", "rome"]}, "stars": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["city", "stars"],
    "additionalProperties": False,
}
HELLO = [{"role": "user", "content": "where?"}]
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
CLOCK = {
    "type": "function",
    "function": {"name": "clock", "parameters": {"type": "object", "additionalProperties": False}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.gpt2(tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="module")
def writer(folder):
    return tasks.load("text-generation", folder)


@pytest.fixture(scope="module")
def chat(folder):
    return tasks.load("chat-completion", folder)


def fits(text):
    value = json.loads(text)
    return value.keys() == {"city", "stars"} and value["city"] in ("paris", "rome") and 1 <= value["stars"] <= 5


@pytest.mark.parametrize("sampling", [{}, {"temperature": 2.0, "seed": 3, "top_k": 5, "top_p": 0.5}])
@pytest.mark.parametrize(
    "grammar",
    [
        {"type": "json", "value": SCHEMA},
        {"type": "json_schema", "value": {"name": "hotel", "schema": SCHEMA}},
    ],
)
def test_json_of_a_schema(writer, grammar, sampling):
    given = {"grammar": grammar, "max_new_tokens": 60, "details": True, **sampling}
    found = writer.predict("a hotel: ", given)
    assert fits(found["generated_text"])
    assert found["details"]["finish_reason"] == "eos_token"


def test_a_regular_expression(writer):
    given = {"grammar": {"type": "regex", "value": "[0-9]{3}-(red|green)"}, "max_new_tokens": 30}
    assert re.fullmatch("[0-9]{3}-(red|green)", writer.predict("a", given)["generated_text"])


def test_each_item_of_a_batch_has_its_own(writer):
    red = {"grammar": {"type": "regex", "value": "red+"}, "max_new_tokens": 12}
    free = {"max_new_tokens": 12}
    items = [writer.prepare("a", one) for one in (red, free, {**red, "grammar": {"type": "regex", "value": "blue"}})]
    found = [one["generated_text"] for one in writer.run(items)]
    assert re.fullmatch("red*", found[0])
    assert found[1] == writer.predict("a", free)["generated_text"]
    assert found[2] == "blue"


@pytest.mark.parametrize(
    "response_format",
    [
        {"type": "json_schema", "json_schema": {"name": "hotel", "schema": SCHEMA, "strict": True}},
        {"type": "json_object", "value": SCHEMA},
    ],
)
def test_a_chat_answers_in_json(chat, response_format):
    found = chat.predict(HELLO, {"response_format": response_format, "max_tokens": 60})
    assert fits(found["choices"][0]["message"]["content"])


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_tool_that_must_be_called(chat, choice):
    tools = [WEATHER] if choice == "required" else [CLOCK, WEATHER]
    found = chat.predict(HELLO, {"tools": tools, "tool_choice": choice, "max_tokens": 66})
    [answer] = found["choices"]
    [call] = answer["message"]["tool_calls"]
    assert (answer["finish_reason"], answer["message"]["content"]) == ("tool_calls", None)
    assert call["function"]["name"] == "weather"
    assert fits(call["function"]["arguments"])


def test_a_tool_call_in_a_stream_is_never_shown_as_text(chat):
    item = chat.prepare(HELLO, {"tools": [WEATHER], "tool_choice": "required", "max_tokens": 80})
    chunks = [chunk["choices"][0] for chunk in chat.stream(item)]
    assert not "".join(chunk["delta"].get("content") or "" for chunk in chunks)
    assert chunks[-1]["finish_reason"] == "tool_calls"
    assert fits(chunks[-1]["delta"]["tool_calls"][0]["function"]["arguments"])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"response_format": {"type": "json_schema"}}, "parameters.response_format.json_schema.schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "wood"}}}},
            "parameters.response_format",
        ),
        ({"tool_choice": "required"}, "parameters.tool_choice"),
        ({"tools": [CLOCK], "tool_choice": {"function": {"name": "weather"}}}, "parameters.tool_choice"),
        (
            {"tools": [CLOCK], "tool_choice": "required", "response_format": {"type": "json_object"}},
            "parameters.response_format",
        ),
    ],
)
def test_grammars_that_cannot_be(chat, given, field):
    with pytest.raises(InvalidInput) as caught:
        chat.predict(HELLO, given)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "grammar", [{"type": "regex", "value": "("}, {"type": "regex", "value": 3}, {"type": "json", "value": 3}]
)
def test_grammars_that_are_none(writer, grammar):
    with pytest.raises(InvalidInput, match=r"parameters\.grammar\.value"):
        writer.predict("a", {"grammar": grammar})


def test_streams_beside_each_other_do_not_mix(writer):
    """Each in a thread of its own, with one model: tokens and log-probabilities are those of a single stream."""
    given = [{"max_new_tokens": 25}, {"max_new_tokens": 25, "grammar": {"type": "json", "value": SCHEMA}}]
    alone = [list(writer.stream(writer.prepare("hello", one))) for one in given]
    found = {}

    def work(index):
        found[index] = list(writer.stream(writer.prepare("hello", given[index % 2])))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in range(4):
        assert [said(chunk) for chunk in found[index]] == [said(chunk) for chunk in alone[index % 2]]


def said(chunk):
    """What a chunk says; numbers of rows that are computed together differ in their last digits."""
    token = {**chunk["token"], "logprob": pytest.approx(chunk["token"]["logprob"], abs=1e-4)}
    return token, chunk["generated_text"]


NESTED = {
    "type": "object",
    "$defs": {
        "Stars": {"type": "integer", "minimum": 1, "maximum": 5},
        "Hotel": {
            "type": "object",
            "properties": {"stars": {"$ref": "#/$defs/Stars"}},
            "required": ["stars"],
            "additionalProperties": False,
        },
    },
    "properties": {"hotel": {"$ref": "#/$defs/Hotel"}},
    "required": ["hotel"],
    "additionalProperties": False,
}


def tool(name, parameters):
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@pytest.mark.parametrize("names", [("book",), ("book", "cancel")])
def test_parts_that_a_schema_names_are_found_within_a_call(chat, names):
    """As pydantic writes schemas of models within models."""
    given = {"tools": [tool(name, NESTED) for name in names], "tool_choice": "required", "max_tokens": 65}
    [call] = chat.predict(HELLO, given)["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] in names
    assert 1 <= json.loads(call["function"]["arguments"])["hotel"]["stars"] <= 5


def test_what_answers_in_a_format_may_call_a_tool_first(chat):
    form = {"type": "json_schema", "json_schema": {"name": "hotel", "schema": SCHEMA}}
    given = {"tools": [tool("book", NESTED)], "response_format": form, "max_tokens": 65}
    tokenizer = chat._model.reader.tokenizer
    city, name = ({str(tokenizer.convert_tokens_to_ids(letter)): 100} for letter in "cn")  # how the ways begin
    [choice] = chat.predict(HELLO, {**given, "logit_bias": name})["choices"]
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "book"
    for more in ({"logit_bias": city}, {"logit_bias": name, "tool_choice": "none"}):
        assert fits(chat.predict(HELLO, {**given, **more})["choices"][0]["message"]["content"])


@pytest.mark.parametrize("parameters", [5, "x", {"$ref": 7}, {"$ref": "#/nowhere"}, {"$defs": 5, "type": "nothing"}])
def test_tools_that_take_nonsense_are_refused(chat, parameters):
    for more in ({"tool_choice": "required"}, {"response_format": {"type": "json_object"}}):
        with pytest.raises(InvalidInput, match=r"parameters\.(tools|response_format)"):
            chat.predict(HELLO, {"tools": [tool("x", parameters)], **more})
