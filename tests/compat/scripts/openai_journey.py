"""The openai client at one's own server: `openai_journey.py SERVER CHAT TEXT VECTORS`, three model ids."""

import os
import sys

import openai

SERVER, CHAT, TEXT, VECTORS = sys.argv[1:]
MESSAGES = [{"role": "user", "content": "hello"}]
client = openai.OpenAI(base_url=f"{SERVER}/v1", api_key=os.environ["HF_TOKEN"], max_retries=0)


def chats():
    answer = client.chat.completions.create(model=CHAT, messages=MESSAGES, max_tokens=3)
    assert answer.choices[0].message.role == "assistant"
    assert answer.usage.total_tokens > 0
    assert (answer.model, answer.object) == (CHAT, "chat.completion")
    stream = client.chat.completions.create(model=CHAT, messages=MESSAGES, max_tokens=3, stream=True)
    assert len([chunk.choices[0].delta for chunk in stream if chunk.choices]) >= 2


def responses():
    answer = client.responses.create(model=CHAT, input="hello", max_output_tokens=3)
    assert isinstance(answer.output_text, str)
    assert answer.output[0].role == "assistant"
    assert answer.usage.output_tokens > 0
    kinds = []
    pieces = []
    with client.responses.create(model=CHAT, input=MESSAGES, max_output_tokens=3, stream=True) as stream:
        for event in stream:
            kinds.append(event.type)
            if event.type == "response.output_text.delta":
                pieces.append(event.delta)
    assert (kinds[0], kinds[-1].partition(".")[0]) == ("response.created", "response")
    assert event.response.output_text == "".join(pieces)


def texts():
    answer = client.completions.create(model=TEXT, prompt="hello", max_tokens=3)
    assert isinstance(answer.choices[0].text, str)
    several = client.completions.create(model=TEXT, prompt=["hello", "a model"], max_tokens=3)
    assert [choice.index for choice in several.choices] == [0, 1]
    ways = client.completions.create(model=TEXT, prompt=["hello", "a model"], max_tokens=3, n=2, seed=1, logprobs=2)
    assert [choice.index for choice in ways.choices] == [0, 1, 2, 3]
    noted = ways.choices[0].logprobs
    assert len(noted.tokens) == len(noted.token_logprobs) == len(noted.text_offset) >= 1
    assert all(1 <= len(top) <= 2 for top in noted.top_logprobs), "texts of two tokens may be the same"
    again = client.completions.create(model=TEXT, prompt=["hello", "a model"], max_tokens=3, n=2, seed=1)
    assert [choice.text for choice in again.choices] == [choice.text for choice in ways.choices]
    stream = client.completions.create(
        model=TEXT, prompt="hello", max_tokens=3, stream=True, stream_options={"include_usage": True}
    )
    *pieces, last = stream
    assert pieces
    assert 1 <= last.usage.completion_tokens <= 3


def vectors():
    found = client.embeddings.create(model=VECTORS, input=["one", "a longer one"])
    assert [row.index for row in found.data] == [0, 1]
    plain = client.embeddings.create(model=VECTORS, input="one", encoding_format="float")
    assert max(abs(a - b) for a, b in zip(plain.data[0].embedding, found.data[0].embedding, strict=True)) < 1e-5


def models():
    assert {CHAT, TEXT, VECTORS} <= {model.id for model in client.models.list()}
    assert client.models.retrieve(CHAT).id == CHAT


def errors():
    assert refusal(client, model="alice/nothing", messages=MESSAGES) == (openai.NotFoundError, "RepoNotFound")
    assert refusal(client, model=CHAT, messages="none") == (openai.BadRequestError, "InvalidInput")
    stranger = openai.OpenAI(base_url=f"{SERVER}/v1", api_key="hf_wrong", max_retries=0)
    assert refusal(stranger, model=CHAT, messages=MESSAGES) == (openai.AuthenticationError, "InvalidAccessToken")


def refusal(of, **request):
    try:
        of.chat.completions.create(**request)
    except openai.APIStatusError as error:
        return type(error), error.code
    return None


chats()
responses()
texts()
vectors()
models()
errors()
