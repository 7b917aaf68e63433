"""InferenceClient at a model of one's own server: `inference_journey.py SERVER CHAT TEXT VECTORS`, three model ids."""

import asyncio
import os
import sys

from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError

SERVER, CHAT, TEXT, VECTORS = sys.argv[1:]
MESSAGES = [{"role": "user", "content": "hello"}]


def chats(client):
    answer = client.chat_completion(MESSAGES, max_tokens=3)
    assert isinstance(answer.choices[0].message.content, str)
    assert answer.model == CHAT
    pieces = list(client.chat_completion(MESSAGES, max_tokens=3, stream=True))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) is not None
    assert len(pieces) >= 2
    assert client.chat.completions.create(messages=MESSAGES, max_tokens=3).choices[0].message.role == "assistant"


def texts(client):
    assert isinstance(client.text_generation("hello", max_new_tokens=3), str)
    assert len(list(client.text_generation("hello", max_new_tokens=3, stream=True))) >= 1


def vectors(client):
    found = client.feature_extraction(["a sentence", "another"])
    assert found.shape[0] == 2
    assert found.ndim == 2


def refusals():
    assert status_of(f"{SERVER}/models/alice/nothing") == 404
    assert status_of(f"{SERVER}/models/{TEXT}/pipeline/mind-reading") == 400


def status_of(url):
    try:
        InferenceClient(model=url).text_generation("hello")
    except HfHubHTTPError as error:
        return error.response.status_code
    return 200


async def asynchronously():
    client = AsyncInferenceClient(base_url=f"{SERVER}/models/{CHAT}", api_key=os.environ["HF_TOKEN"])
    answers = await asyncio.gather(*(client.chat_completion(MESSAGES, max_tokens=3) for _ in range(4)))
    assert len({answer.id for answer in answers}) == 4
    stream = await client.chat_completion(MESSAGES, max_tokens=3, stream=True)
    assert len([piece async for piece in stream]) >= 2
    text = AsyncInferenceClient(model=f"{SERVER}/models/{TEXT}")
    assert isinstance(await text.text_generation("hello", max_new_tokens=3), str)


chats(InferenceClient(base_url=f"{SERVER}/models/{CHAT}", api_key=os.environ["HF_TOKEN"]))
chats(InferenceClient(model=f"{SERVER}/models/{CHAT}"))
texts(InferenceClient(model=f"{SERVER}/models/{TEXT}"))
vectors(InferenceClient(model=f"{SERVER}/models/{VECTORS}/pipeline/feature-extraction"))
refusals()
asyncio.run(asynchronously())
