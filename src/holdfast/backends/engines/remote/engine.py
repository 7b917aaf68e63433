"""Asks servers elsewhere over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import orjson

from holdfast.backends.engines.protocol import Answer, ModelSource, ModelState, ModelStatus, Question
from holdfast.backends.engines.remote.translations import Translation, translation
from holdfast.base.errors import HoldfastError, InvalidInput, ModelBusy, ModelFailed, UnusableModel

MAX_REPLY_CHARACTERS = 500
_END = "[DONE]"


class RemoteEngine:
    """An `Engine`. A source's location is the API's base url (`http://gpu:8000/v1`).

    Options: `model`, its name over there (none: the first that the server lists); `access_token`, the server's.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._models: list[RemoteModel] = []

    async def load(self, source: ModelSource) -> RemoteModel:
        """See `Engine.load`: nothing is loaded, but the server must be there and know the model."""
        spoken = translation(source.task)
        token = source.options.get("access_token")
        client = httpx2.AsyncClient(
            base_url=source.location.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx2.Timeout(self._timeout_seconds, connect=10.0),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,
        )
        try:
            name = await _check_model(client, source.options.get("model"))
        except BaseException:
            await client.aclose()
            raise
        model = RemoteModel(client, spoken, name)
        self._models.append(model)
        return model

    async def close(self) -> None:
        """See `Engine.close`."""
        models, self._models = self._models, []
        for model in models:
            await model.unload()


class RemoteModel:
    """A model on a server elsewhere; a `LoadedModel`. It is GONE only once it was unloaded: servers come back."""

    def __init__(self, client: httpx2.AsyncClient, spoken: Translation, name: str) -> None:
        self._client = client
        self._spoken = spoken
        self._name = name
        self._waiting = 0
        self._ended_by = ""

    async def predict(self, question: Question) -> Answer:
        """See `LoadedModel.predict`."""
        async with self._asked(question, streamed=False) as response:
            reply = _json(await response.aread())
        try:
            body = orjson.dumps(self._spoken_for(question).answer(reply))
        except (KeyError, IndexError, TypeError) as error:
            raise ModelFailed(reason="its server answered with something unknown") from error
        tokens = (reply.get("usage") or {}).get("prompt_tokens", 0)
        return Answer(body, tokens=tokens if isinstance(tokens, int) else 0)

    async def stream(self, question: Question) -> AsyncGenerator[bytes, None]:
        """See `LoadedModel.stream`."""
        count, spoken = 0, self._spoken_for(question)
        async with self._asked(question, streamed=True) as response:
            async for line in response.aiter_lines():
                data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
                if data == _END:
                    return
                chunk = spoken.chunk(_json(data.encode()), count) if data else None
                if chunk is not None:
                    count += 1
                    yield orjson.dumps(chunk)

    def status(self) -> ModelStatus:
        """See `LoadedModel.status`."""
        state = ModelState.GONE if self._ended_by else ModelState.READY
        facts = {"server": str(self._client.base_url), "model": self._name}
        return ModelStatus(state, 0, self._waiting, facts, self._ended_by)

    async def unload(self) -> None:
        """See `LoadedModel.unload`."""
        self._ended_by = "it was unloaded"
        await self._client.aclose()

    def _spoken_for(self, question: Question) -> Translation:
        return translation(question.task) if question.task else self._spoken

    @asynccontextmanager
    async def _asked(self, question: Question, *, streamed: bool) -> AsyncIterator[httpx2.Response]:
        if self._ended_by:
            raise ModelFailed(reason=self._ended_by)
        spoken = self._spoken_for(question)
        body = {**spoken.request(question), "model": self._name, "stream": streamed}
        body |= spoken.streamed if streamed else {}
        self._waiting += 1
        try:
            async with self._client.stream(
                "POST", spoken.path, content=orjson.dumps(body), headers={"Content-Type": "application/json"}
            ) as response:
                if response.status_code != 200:
                    raise _error_of(response.status_code, await response.aread())
                yield response
        except httpx2.HTTPError as error:
            raise ModelFailed(reason=self._ended_by or _unreachable(error)) from error
        finally:
            self._waiting -= 1


async def _check_model(client: httpx2.AsyncClient, wanted: str | None) -> str:
    try:
        response = await client.get("models")
    except httpx2.HTTPError as error:
        raise ModelFailed(reason=_unreachable(error)) from error
    if response.status_code in (401, 403):
        raise UnusableModel(problem="its server does not accept our access token")
    listed = _json(response.content).get("data") if response.status_code == 200 else None
    names = [str(row.get("id")) for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    if wanted is None and not names:
        raise UnusableModel(problem="its server lists no models; say which one is meant")
    return wanted or names[0]


def _unreachable(error: httpx2.HTTPError) -> str:
    return f"its server cannot be reached ({type(error).__name__})"


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ModelFailed(reason="its server answered with something unknown") from error
    if not isinstance(value, dict):
        raise ModelFailed(reason="its server answered with something unknown")
    return value


def _error_of(status: int, body: bytes) -> HoldfastError:
    """What the server's refusal means to who asked us."""
    words = body.decode("utf-8", "replace")[:MAX_REPLY_CHARACTERS]
    try:
        said = orjson.loads(body)["error"]
        words = str(said["message"] if isinstance(said, dict) else said)[:MAX_REPLY_CHARACTERS]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    if status == 429:
        return ModelBusy(retry_after_seconds=5)
    if status in (400, 413, 422):
        return InvalidInput(field="inputs", problem=f"were refused by the model's server: {words}")
    return ModelFailed(reason=f"its server answered {status}")
