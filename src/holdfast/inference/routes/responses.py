"""`POST /v1/responses`: OpenAI's newer way to chat, over the same task."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import orjson
from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.errors import openai_body
from holdfast.http.responses import json_response
from holdfast.http.routing import Family, Route
from holdfast.inference.domain.chats import name_calls
from holdfast.inference.domain.responses import ResponseWriter, chat_request, words_of
from holdfast.inference.routes.reading import asked, model_of, read_fields, word_of_calls
from holdfast.inference.routes.sending import answer_object, events, while_connected
from holdfast.inference.routes.tasks import BASES
from holdfast.inference.service.answering import AnsweringService, Asked


@dataclass(frozen=True)
class ResponseRoutes:
    """Endpoints of responses."""

    answering: AnsweringService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        return tuple(
            Route("POST", f"{base}/v1/responses", self.respond, Permission.READ_REPO, Family.OPENAI)
            for base in ("", *BASES)
        )

    async def respond(self, call: Call) -> Response:
        """The next message of a conversation, as a response."""
        fields = await read_fields(call)
        repo_id = model_of(call, fields)
        request = chat_request(fields.values)
        head = {"id": f"resp_{secrets.token_hex(16)}", "created_at": int(time.time()), "model": str(repo_id)}
        writer = ResponseWriter(head, fields.values, f"msg_{secrets.token_hex(16)}")
        if fields.optional_flag("stream"):
            request = {**request, "stream_options": {"include_usage": True}}
            question = asked(call, repo_id, "chat-completion", request, words_of(fields.values))
            return await events(call, self._events(call, question, writer), openai_body)
        question = asked(call, repo_id, "chat-completion", request, words_of(fields.values))
        answer = answer_object(await while_connected(call, self.answering.predict(call.actor, question)))
        name_calls(answer["choices"][0], word_of_calls())
        return json_response(writer.whole(answer))

    async def _events(self, call: Call, question: Asked, writer: ResponseWriter) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.answering.stream(call.actor, question)) as chunks:
            is_first, word = True, word_of_calls()
            async for chunk in chunks:
                piece = orjson.loads(chunk)
                for choice in piece.get("choices") or ():
                    name_calls(choice, word)
                for event in writer.begin() if is_first else ():
                    yield orjson.dumps(event)
                is_first = False
                for event in writer.add(piece):
                    yield orjson.dumps(event)
        for event in writer.end():
            yield orjson.dumps(event)
