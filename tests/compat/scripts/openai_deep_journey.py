"""All of the openai client that models here can do: `openai_deep_journey.py SERVER CHAT SEEING SPEECH PICTURE SOUND`.

CHAT writes any bytes, SEEING sees pictures, SPEECH writes down sounds; PICTURE and SOUND are files.
"""

import asyncio
import base64
import os
import sys
from pathlib import Path

import openai
import pydantic

SERVER, CHAT, SEEING, SPEECH, PICTURE, SOUND = sys.argv[1:]
SETTINGS = {"base_url": f"{SERVER}/v1", "api_key": os.environ["HF_TOKEN"], "max_retries": 10, "timeout": 300}
client = openai.OpenAI(**SETTINGS)
MESSAGES = [{"role": "user", "content": "hello"}]
TOOL = {
    "name": "look",
    "description": "Looks something up.",
    "parameters": {
        "type": "object",
        "properties": {"n": {"type": "integer", "maximum": 9, "minimum": 0}},
        "required": ["n"],
    },
}
ADDRESS = f"data:image/png;base64,{base64.b64encode(Path(PICTURE).read_bytes()).decode()}"
SEEN = [
    {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": ADDRESS}}, {"type": "text", "text": "what?"}],
    }
]


class Found(pydantic.BaseModel):
    model_config = {"extra": "forbid"}
    sure: bool
    digit: int = pydantic.Field(ge=0, le=9)


class Trip(pydantic.BaseModel):
    """Its schema names a part of itself."""

    model_config = {"extra": "forbid"}
    found: Found


def text_of(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def options_of_chats():
    make = lambda **more: client.chat.completions.create(model=CHAT, messages=MESSAGES, max_tokens=6, **more)  # noqa: E731
    greedy = make(temperature=0)
    several = make(n=3, seed=7, temperature=1.0)
    assert [choice.index for choice in several.choices] == [0, 1, 2]
    again = make(n=3, seed=7, temperature=1.0)
    assert [one.message.content for one in several.choices] == [one.message.content for one in again.choices]
    told = make(logprobs=True, top_logprobs=2, temperature=0).choices[0].logprobs.content
    assert len(told) <= 6
    assert all(len(one.top_logprobs) == 2 and one.logprob <= 0 for one in told)
    biased = make(logit_bias={"70": 100}, temperature=0, logprobs=True).choices[0]
    assert set(biased.message.content) == {"a"} or len(set(biased.message.content)) == 1
    letter = biased.message.content[0]
    stopped = make(logit_bias={"70": 100}, temperature=0, stop=[letter * 2]).choices[0]
    assert (stopped.finish_reason, stopped.message.content) == ("stop", "")
    stream = list(make(stream=True, stream_options={"include_usage": True}, temperature=0))
    assert stream[-1].usage.completion_tokens == greedy.usage.completion_tokens
    assert text_of(stream) == greedy.choices[0].message.content


def parsed(model, messages):
    answer = client.chat.completions.parse(model=model, messages=messages, response_format=Found, max_tokens=60)
    assert isinstance(answer.choices[0].message.parsed, Found)
    tools = [{"type": "function", "function": TOOL}]
    asked = {"model": model, "messages": messages, "max_tokens": 60, "tools": tools, "tool_choice": "required"}
    called = client.chat.completions.create(**asked)
    assert called.choices[0].finish_reason == "tool_calls"
    assert called.choices[0].message.tool_calls[0].function.name == "look"
    with client.chat.completions.stream(**asked) as stream:
        for _ in stream:
            pass
        last = stream.get_final_completion()
    assert last.choices[0].message.tool_calls[0].function.name == "look"


def conversations():
    """Calls with arguments of models within models, their answers, and messages as the client dumps them."""
    asked = {"model": CHAT, "max_tokens": 80, "tools": [openai.pydantic_function_tool(Trip)], "tool_choice": "required"}
    said = [client.chat.completions.parse(messages=MESSAGES, **asked).choices[0].message for _ in range(2)]
    calls = [message.tool_calls[0] for message in said]
    assert all(isinstance(call.function.parsed_arguments, Trip) for call in calls)
    assert calls[0].id != calls[1].id
    result = {"role": "tool", "tool_call_id": calls[0].id, "content": "3"}
    history = [*MESSAGES, said[0].model_dump(), result]
    assert client.chat.completions.create(model=CHAT, messages=history, max_tokens=2, store=False, user="u").choices


def pictures():
    whole = client.chat.completions.create(model=SEEING, messages=SEEN, max_tokens=8, temperature=0)
    stream = client.chat.completions.create(model=SEEING, messages=SEEN, max_tokens=8, temperature=0, stream=True)
    assert text_of(stream) == whole.choices[0].message.content
    assert whole.usage.prompt_tokens > 16
    blind = client.chat.completions.create(model=SEEING, messages=MESSAGES, max_tokens=8, temperature=0)
    assert blind.usage.prompt_tokens < whole.usage.prompt_tokens
    for address in ("http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:image/png;base64,AAAA"):
        content = [{"type": "image_url", "image_url": {"url": address}}]
        refused(openai.BadRequestError, model=SEEING, messages=[{"role": "user", "content": content}])
    refused(openai.BadRequestError, model=CHAT, messages=SEEN)


def refused(kind, **asked):
    try:
        client.chat.completions.create(**asked)
    except kind as error:
        return error
    raise AssertionError(asked)


def responses():
    asked = {"model": CHAT, "input": "hello", "max_output_tokens": 6, "temperature": 0}
    plain = client.responses.create(**asked)
    pieces = list(client.responses.create(**asked, stream=True))
    assert pieces[-1].response.output_text == plain.output_text
    with client.responses.stream(model=CHAT, input="hello", max_output_tokens=60, text_format=Found) as stream:
        kinds = [event.type for event in stream]
        last = stream.get_final_response()
    assert isinstance(last.output_parsed, Found)
    for kind in ("created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
                 "output_text.done", "content_part.done", "output_item.done"):  # fmt: skip
        assert f"response.{kind}" in kinds, kind
    found = client.responses.parse(model=CHAT, input="hello", text_format=Found, max_output_tokens=60)
    assert isinstance(found.output_parsed, Found)
    tools = [{"type": "function", **TOOL}]
    calling = {"model": CHAT, "input": "hello", "tools": tools, "tool_choice": "required", "max_output_tokens": 60}
    for choice in ("required", {"type": "function", "name": "look"}):
        [call] = client.responses.create(**{**calling, "tool_choice": choice}).output
        assert (call.type, call.name) == ("function_call", "look")
    noted = client.responses.create(**asked, include=["message.output_text.logprobs"], top_logprobs=2)
    assert all(len(one.top_logprobs) == 2 for one in noted.output[0].content[0].logprobs)
    with client.responses.stream(**calling) as stream:
        kinds = [event.type for event in stream]
        [call] = stream.get_final_response().output
    assert (call.type, call.name) == ("function_call", "look")
    assert "response.function_call_arguments.done" in kinds
    back = [{"role": "user", "content": "hello"}, call.to_dict(),
            {"type": "function_call_output", "call_id": call.call_id, "output": "3"}]  # fmt: skip
    assert client.responses.create(model=CHAT, input=back, tools=tools, max_output_tokens=5).output
    part = {"type": "input_image", "image_url": ADDRESS}
    seen = client.responses.create(model=SEEING, input=[{"role": "user", "content": [part]}], max_output_tokens=5)
    assert isinstance(seen.output_text, str)


def sounds():
    hear = lambda kind, **more: client.audio.transcriptions.create(  # noqa: E731
        model=SPEECH, file=Path(SOUND), response_format=kind, **more
    )
    assert isinstance(hear("json").text, str)
    assert isinstance(hear("text"), str)
    assert list(hear("json", stream=True))[-1].text == hear("json").text
    verbose = hear("verbose_json", language="en")
    assert verbose.segments is not None
    assert hear("vtt").startswith("WEBVTT")
    srt = hear("srt", language="en")
    assert srt.count(" --> ") == len(verbose.segments)


def paintings():
    error = painting_error()
    assert error.code == "UnknownTask"
    assert "text-generation" in error.message


def painting_error():
    try:
        client.images.generate(model=CHAT, prompt="a cat")
    except openai.BadRequestError as error:
        return error
    raise AssertionError


async def asynchronously():
    other = openai.AsyncOpenAI(**SETTINGS)
    stream = await other.chat.completions.create(model=SEEING, messages=SEEN, max_tokens=4, stream=True)
    assert [chunk async for chunk in stream]
    answers = await asyncio.gather(
        *(other.chat.completions.create(model=CHAT, messages=MESSAGES, max_tokens=4) for _ in range(4))
    )
    assert len({answer.id for answer in answers}) == 4


options_of_chats()
parsed(CHAT, MESSAGES)
conversations()
parsed(SEEING, SEEN)
pictures()
responses()
sounds()
paintings()
asyncio.run(asynchronously())
