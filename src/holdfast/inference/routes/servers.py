"""The addresses of text-embeddings-inference and text-generation-inference, with the model in the body or before them.

Source: docs/openapi.json of huggingface/text-embeddings-inference and of huggingface/text-generation-inference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

from holdfast import __version__
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call, Fields
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.inference import tasks
from holdfast.inference.domain.vectors import sentence_vectors
from holdfast.inference.routes.reading import asked, model_of, read_fields
from holdfast.inference.routes.sending import events, while_connected
from holdfast.inference.routes.tasks import BASES, stream_error
from holdfast.inference.service.answering import AnsweringService
from holdfast.inference.service.telemetry import CONTENT_TYPE

_ENCODERS = ("sentence-similarity", "feature-extraction")
_MOST_TEXTS = 1_000
_WORDS = {
    "inputs.sentences": "texts",
    "inputs.source_sentence": "query",
    "parameters.truncation_direction": "truncation_direction",
    "parameters.truncation": "truncate",
    "parameters.": "",
    "inputs.texts": "texts",
    "inputs.query": "query",
}
"""What requests to encoders call the fields of tasks; see `Asked.called`."""


@dataclass(frozen=True)
class ServerRoutes:
    """Endpoints that programs written for those servers call."""

    answering: AnsweringService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        posts = (
            ("embed", self.embed),
            ("rerank", self.rerank),
            ("predict", self.predict),
            ("generate", self.generate),
            ("generate_stream", self.generate_stream),
        )
        return (
            *(
                Route("POST", f"{base}/{path}", endpoint, Permission.READ_REPO)
                for base in ("", *BASES)
                for path, endpoint in posts
            ),
            Route("GET", "/info", self.info, Permission.PUBLIC),
            Route("GET", "/health", self.health, Permission.PUBLIC),
            Route("GET", "/metrics", self.metrics, Permission.SITE_ADMIN),
        )

    async def embed(self, call: Call) -> Response:
        """Texts as vectors: `{"inputs": …, "normalize": true}`."""
        fields = await read_fields(call)
        texts = _text_list(fields, "inputs")
        chosen = _given(fields, "normalize", "truncate", "prompt_name", "dimensions")
        parameters = {"normalize": True, **chosen, **_side(fields)}
        body = {"inputs": texts, "parameters": parameters}
        return json_response(sentence_vectors(await self._value(call, fields, "feature-extraction", body)))

    async def rerank(self, call: Call) -> Response:
        """Which texts answer a query best: `{"query": …, "texts": […]}`."""
        fields = await read_fields(call)
        query, texts = fields.text("query"), fields.texts("texts", _MOST_TEXTS)
        repo, _ = await self.answering.describe(call.actor, model_of(call, fields))
        if repo.task in _ENCODERS:
            chosen = {"truncate": fields.optional_flag("truncate") or False, **_side(fields)}
            body: dict[str, Any] = {"inputs": {"source_sentence": query, "sentences": texts}, "parameters": chosen}
            cosines = await self._value(call, fields, "sentence-similarity", body)
            order = sorted(range(len(texts)), key=lambda index: -cosines[index])
            shown = fields.optional_flag("return_text")
            rows = [{"index": i, "score": cosines[i]} | ({"text": texts[i]} if shown else {}) for i in order]
            return json_response(rows)
        body = {
            "inputs": {"query": query, "texts": texts},
            "parameters": {**_given(fields, "raw_scores", "return_text", "truncate"), **_side(fields)},
        }
        return json_response(await self._value(call, fields, "text-ranking", body))

    async def predict(self, call: Call) -> Response:
        """What texts, or pairs of them, are like: labels with scores, the best first."""
        fields = await read_fields(call)
        inputs = fields.values.get("inputs")
        is_batch = isinstance(inputs, list) and any(isinstance(one, list) for one in inputs)
        each = [_text_or_pair(one) for one in (inputs if is_batch and isinstance(inputs, list) else [inputs])]
        raw = {"function_to_apply": "none"} if fields.optional_flag("raw_scores") else {}
        parameters = {**raw, "truncation": fields.optional_flag("truncate") or False, **_side(fields)}
        found = await self._value(call, fields, "text-classification", {"inputs": each, "parameters": parameters})
        return json_response(found if is_batch else found[0])

    async def generate(self, call: Call) -> Response:
        """How a text goes on."""
        fields = await read_fields(call)
        found = await self._value(call, fields, "text-generation", _generation(fields))
        return json_response(found[0] if isinstance(found, list) else found)

    async def generate_stream(self, call: Call) -> Response:
        """The same, token by token."""
        fields = await read_fields(call)
        question = asked(call, model_of(call, fields), "text-generation", _generation(fields))
        return await events(call, self.answering.stream(call.actor, question), stream_error)

    async def info(self, _: Call) -> Response:
        """What this server is."""
        known = {"version": __version__, "router": "holdfast", "max_concurrent_requests": self.answering.limits.waiting}
        return json_response({**known, "tasks": list(tasks.names())})

    async def health(self, _: Call) -> Response:
        """200 while the server runs."""
        return Response(status_code=200)

    async def metrics(self, call: Call) -> Response:
        """Numbers for Prometheus."""
        return Response(self.answering.metrics(call.actor), media_type=CONTENT_TYPE)

    async def _value(self, call: Call, fields: Fields, task: str, body: dict[str, Any]) -> Any:
        called = {} if task == "text-generation" else _WORDS
        question = asked(call, model_of(call, fields), task, body, called)
        return orjson.loads((await while_connected(call, self.answering.predict(call.actor, question))).body)


def _generation(fields: Fields) -> dict[str, Any]:
    return {"inputs": fields.text("inputs"), "parameters": fields.values.get("parameters")}


def _given(fields: Fields, *names: str) -> dict[str, Any]:
    return {name: fields.values[name] for name in names if name in fields}


def _side(fields: Fields) -> dict[str, Any]:
    """Where a text is cut: these servers write the words large."""
    given = fields.optional_text("truncation_direction")
    return {} if given is None else {"truncation_direction": given.lower()}


def _text_list(fields: Fields, name: str) -> list[str]:
    value = fields.values.get(name)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise InvalidInput(field=name, problem="must be a string or a list of strings")
    if len(texts) > _MOST_TEXTS:
        raise InvalidInput(field=name, problem=f"must have at most {_MOST_TEXTS} entries")
    return texts


def _text_or_pair(value: Any) -> Any:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or len(texts) not in (1, 2) or not all(isinstance(text, str) for text in texts):
        raise InvalidInput(field="inputs", problem="must be a text, a pair of texts, or a list of such lists")
    return texts[0] if len(texts) == 1 else {"text": texts[0], "text_pair": texts[1]}
