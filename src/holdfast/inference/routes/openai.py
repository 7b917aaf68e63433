"""OpenAI's API: chat, completions, embeddings, models.

Source: platform.openai.com/docs/api-reference; the unmodified `openai` client is what it is tested with.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from starlette.responses import Response

from holdfast.backends.engines.protocol import Answer
from holdfast.base.errors import InvalidInput, UnknownTask
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId
from holdfast.http.call import Call, Fields
from holdfast.http.errors import openai_body
from holdfast.http.responses import json_response
from holdfast.http.routing import Family, Route
from holdfast.inference import tasks
from holdfast.inference.domain.chats import name_calls
from holdfast.inference.domain.completions import WORDS, completion_requests, counted, text_choice, text_chunk
from holdfast.inference.domain.vectors import openai_embedding, sentence_vectors
from holdfast.inference.routes.reading import asked, model_of, read_fields, word_of_calls
from holdfast.inference.routes.sending import answer_object, events, while_connected
from holdfast.inference.routes.tasks import BASES
from holdfast.inference.service.answering import AnsweringService, Asked

DONE = b"[DONE]"
MOST_PROMPTS = 256
MOST_TEXTS = 2_048
_CHATS_WORDS = {"inputs": "messages", "parameters.": ""}
_EMBEDDINGS_WORDS = {"inputs": "input", "parameters.": ""}
_EMBEDDINGS_FIELDS = ("model", "input", "encoding_format", "dimensions", "truncate", "prompt_name", "user")


@dataclass(frozen=True)
class OpenAIRoutes:
    """Endpoints of that API, at `/v1` with the model in the body, and below each model's own address."""

    answering: AnsweringService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        posts = (("chat/completions", self.chat), ("completions", self.completions), ("embeddings", self.embeddings))
        bases = ("", *BASES)
        read, family = Permission.READ_REPO, Family.OPENAI
        return (
            *(Route("POST", f"{base}/v1/{path}", run, read, family) for base in bases for path, run in posts),
            *(Route("POST", f"{base}/v1/images/generations", self.images, read, family) for base in bases),
            Route("GET", "/v1/models", self.models, Permission.PUBLIC, family),
            Route("GET", "/v1/models/{repo}", self.model, read, family),
        )

    async def chat(self, call: Call) -> Response:
        """The next message of a conversation."""
        fields = await read_fields(call)
        repo_id = model_of(call, fields)
        head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": str(repo_id)}
        question = asked(call, repo_id, "chat-completion", fields.values, _CHATS_WORDS)
        if fields.optional_flag("stream"):
            chunks = self._chat_chunks(call, question, head)
            return await events(call, chunks, openai_body, last=DONE)
        answer = answer_object(await while_connected(call, self.answering.predict(call.actor, question)))
        name = word_of_calls()
        for choice in answer["choices"]:
            name_calls(choice, name)
        return json_response({**answer, **head})

    async def _chat_chunks(self, call: Call, question: Asked, head: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        name = word_of_calls()
        async with aclosing(self.answering.stream(call.actor, question)) as chunks:
            async for chunk in chunks:
                piece = orjson.loads(chunk)
                for choice in piece.get("choices") or ():
                    name_calls(choice, name)
                yield orjson.dumps({**piece, **head})

    async def completions(self, call: Call) -> Response:
        """How texts go on."""
        fields = await read_fields(call)
        repo_id, prompts = model_of(call, fields), _texts(fields, "prompt", MOST_PROMPTS)
        head = {
            "id": f"cmpl-{secrets.token_hex(12)}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": str(repo_id),
        }
        requests, logprobs = completion_requests(fields.values), fields.values.get("logprobs") is not None
        if fields.optional_flag("stream"):
            if len(prompts) > 1:
                raise InvalidInput(field="prompt", problem="must be a single string for a stream")
            question = asked(call, repo_id, "text-generation", {"inputs": prompts[0], **requests[0]}, WORDS)
            chunks = self._text_chunks(call, question, head, logprobs=logprobs, counts=_wants_counts(fields))
            return await events(call, chunks, openai_body, last=DONE)
        questions = [asked(call, repo_id, "text-generation", {"inputs": prompts, **one}, WORDS) for one in requests]
        answers = await while_connected(call, self._all(call.actor, questions))
        outputs = zip(*(orjson.loads(answer.body) for answer in answers), strict=True)  # each prompt's stand together
        choices = [text_choice(index, one, logprobs=logprobs) for index, one in enumerate(chain.from_iterable(outputs))]
        usage = _usage(answers[0].tokens, sum(made for _, made in choices))
        return json_response({**head, "choices": [choice for choice, _ in choices], "usage": usage})

    async def _all(self, actor: Actor, questions: list[Asked]) -> list[Answer]:
        tasks = [asyncio.create_task(self.answering.predict(actor, question)) for question in questions]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _text_chunks(
        self, call: Call, question: Asked, head: dict[str, Any], *, logprobs: bool, counts: bool
    ) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.answering.stream(call.actor, question)) as chunks:
            async for chunk in chunks:
                piece = orjson.loads(chunk)
                yield orjson.dumps({**head, "choices": [text_chunk(piece, logprobs=logprobs)]})
                if counts and (found := counted(piece)):
                    yield orjson.dumps({**head, "choices": [], "usage": _usage(*found)})

    async def embeddings(self, call: Call) -> Response:
        """Texts as vectors."""
        fields = await read_fields(call)
        repo_id, texts = model_of(call, fields), _texts(fields, "input", MOST_TEXTS)
        _refuse_unknown(fields)
        written = fields.text("encoding_format", "float")
        if written not in ("float", "base64"):
            raise InvalidInput(field="encoding_format", problem="must be float or base64")
        parameters = {name: fields.values.get(name) for name in ("dimensions", "truncate", "prompt_name")}
        question = asked(
            call, repo_id, "feature-extraction", {"inputs": texts, "parameters": parameters}, _EMBEDDINGS_WORDS
        )
        answer = await while_connected(call, self.answering.predict(call.actor, question))
        vectors = sentence_vectors(orjson.loads(answer.body))
        rows = [openai_embedding(index, vector, written) for index, vector in enumerate(vectors)]
        usage = {"prompt_tokens": answer.tokens, "total_tokens": answer.tokens}
        return json_response({"object": "list", "model": str(repo_id), "data": rows, "usage": usage})

    async def images(self, call: Call) -> Response:
        """Refused, with the tasks that there are: nothing here paints pictures."""
        fields = await read_fields(call)
        await self.answering.describe(call.actor, model_of(call, fields))
        raise UnknownTask(task="text-to-image", known=tasks.names())

    async def models(self, call: Call) -> Response:
        """Models in memory that the caller may use. Others work too: the first request loads them."""
        served = await self.answering.served(call.actor)
        names = dict.fromkeys(one.model.repo_id for one in served)
        return json_response({"object": "list", "data": [_model(name) for name in names]})

    async def model(self, call: Call) -> Response:
        """One model that the caller may use, loaded or not."""
        repo, _ = await self.answering.describe(call.actor, call.repo_id)
        return json_response(_model(repo.repo_id))


def _texts(fields: Fields, name: str, most: int) -> list[str]:
    value = fields.values.get(name)
    texts: list[Any] = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise InvalidInput(field=name, problem=f"must be a string or a list of strings{_about_tokens(texts)}")
    if len(texts) > most:
        raise InvalidInput(field=name, problem=f"must have at most {most} entries")
    return texts


def _about_tokens(texts: list[Any]) -> str:
    """Some clients send numbers of tokens, as OpenAI's models have them."""
    has_any = any(isinstance(text, (int, list)) for text in texts)
    return ". Send the text itself: every model numbers its tokens otherwise" if has_any else ""


def _refuse_unknown(fields: Fields) -> None:
    """What is not known would be left out silently."""
    for name in fields.values:
        if name in fields and name not in _EMBEDDINGS_FIELDS:
            known = ", ".join(_EMBEDDINGS_FIELDS)
            raise InvalidInput(field=name[:80], problem=f"is not known here; known are: {known}")


def _wants_counts(fields: Fields) -> bool:
    options = fields.values.get("stream_options") or {}
    if not isinstance(options, dict):
        raise InvalidInput(field="stream_options", problem="must be an object")
    return options.get("include_usage") is True


def _usage(read: int, made: int) -> dict[str, int]:
    return {"prompt_tokens": read, "completion_tokens": made, "total_tokens": read + made}


def _model(repo_id: str) -> dict[str, Any]:
    return {"id": repo_id, "object": "model", "created": 0, "owned_by": RepoId.parse(repo_id).namespace or ""}
