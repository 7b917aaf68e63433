"""OpenAI's audio: sounds to texts, and texts to sounds.

Source: platform.openai.com/docs/api-reference/audio.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import PlainTextResponse, Response

from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call, Fields
from holdfast.http.errors import openai_body
from holdfast.http.multipart_forms import FormLimits, ReceivedForm, receive_form
from holdfast.http.responses import json_response
from holdfast.http.routing import Family, Route
from holdfast.inference.domain.subtitles import SUBTITLES, subtitles, timed_pieces
from holdfast.inference.routes.reading import (
    MAX_ANONYMOUS_BODY_BYTES,
    MAX_BODY_BYTES,
    asked,
    model_of,
    read_fields,
)
from holdfast.inference.routes.sending import events, while_connected, whole
from holdfast.inference.routes.tasks import BASES
from holdfast.inference.service.answering import AnsweringService, Asked

_WRITTEN = ("json", "text", "verbose_json", "srt", "vtt")
_TIMED = ("verbose_json", "srt", "vtt")
_FORMS_FIELDS = (
    "model",
    "response_format",
    "language",
    "temperature",
    "stream",
    "timestamp_granularities",
    "chunking_strategy",
)
_FORMS_WORDS = {"inputs": "file", "parameters.": ""}
_ONE_VOICE = {"speed": 1, "instructions": None, "stream_format": "audio"}
"""What would change how a text is read, with the value that does not."""


@dataclass(frozen=True)
class AudioRoutes:
    """Endpoints of sounds.

    Args:
        answering: who answers.
        folder: for sounds on their way in.
    """

    answering: AnsweringService
    folder: Path

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        posts = (("transcriptions", self.transcribe), ("speech", self.speak))
        return tuple(
            Route("POST", f"{base}/v1/audio/{path}", endpoint, Permission.READ_REPO, Family.OPENAI)
            for base in ("", *BASES)
            for path, endpoint in posts
        )

    async def transcribe(self, call: Call) -> Response:
        """What is said in a sound: a form with `file` and `model`."""
        limit = MAX_ANONYMOUS_BODY_BYTES if call.actor.is_anonymous else MAX_BODY_BYTES
        form = await receive_form(call, self.folder, FormLimits(limit, max_files=1))
        try:
            sound = await call.run(_sound, form)
        finally:
            form.close()
        fields = Fields({name.removesuffix("[]"): texts[-1] for name, texts in form.values.items()})
        written = fields.text("response_format", "json")
        if written not in _WRITTEN:
            raise InvalidInput(field="response_format", problem=f"must be {', '.join(_WRITTEN)}")
        if "word" in form.values.get("timestamp_granularities[]", ()):
            raise InvalidInput(field="timestamp_granularities", problem="must be segment: words have no times here")
        body = {"inputs": sound, "parameters": _parameters(fields, written)}
        question = asked(call, model_of(call, fields), "automatic-speech-recognition", body, _FORMS_WORDS)
        if fields.text("stream", "false").lower() == "true":
            return await events(call, self._text_events(call, question), openai_body)
        heard = orjson.loads((await while_connected(call, self.answering.predict(call.actor, question))).body)
        return _transcription(heard, written)

    async def _text_events(self, call: Call, question: Asked) -> AsyncGenerator[bytes, None]:
        """A text is known only when it is whole, so it comes in one piece."""
        text = orjson.loads((await self.answering.predict(call.actor, question)).body)["text"]
        yield orjson.dumps({"type": "transcript.text.delta", "delta": text})
        yield orjson.dumps({"type": "transcript.text.done", "text": text})

    async def speak(self, call: Call) -> Response:
        """A text read aloud, as a WAV file."""
        fields = await read_fields(call)
        if fields.text("response_format", "wav") != "wav":
            raise InvalidInput(field="response_format", problem="must be wav")
        for name, usual in _ONE_VOICE.items():
            if fields.values.get(name) not in (None, usual, ""):
                raise InvalidInput(field=name, problem="is not supported: leave it out")
        body = {"inputs": fields.text("input")}
        question = asked(call, model_of(call, fields), "text-to-speech", body, {"inputs": "input"})
        return whole(await while_connected(call, self.answering.predict(call.actor, question)))


def _parameters(fields: Fields, written: str) -> dict[str, Any]:
    """Those of the task, out of a form's texts."""
    for name in fields.values:
        if name in fields and fields.values[name] and name not in _FORMS_FIELDS:
            known = ", ".join(_FORMS_FIELDS)
            raise InvalidInput(field=name[:80], problem=f"is not supported here; known are: {known}")
    parameters: dict[str, Any] = {"return_timestamps": True} if written in _TIMED else {}
    if "language" in fields:
        parameters["language"] = fields.text("language")
    try:
        temperature = float(fields.text("temperature", "") or 0)
    except ValueError:
        raise InvalidInput(field="temperature", problem="must be a number") from None
    return {**parameters, **({"temperature": temperature, "do_sample": True} if temperature else {})}


def _sound(form: ReceivedForm) -> str:
    found = next((file for file in form.files if file.field == "file"), None)
    if found is None:
        raise InvalidInput(field="file", problem="is missing")
    return base64.b64encode(found.content.read()).decode("ascii")


def _transcription(heard: dict[str, Any], written: str) -> Response:
    if written == "text":
        return PlainTextResponse(heard["text"] + "\n")
    if written == "json":
        return json_response({"text": heard["text"]})
    pieces = timed_pieces(heard.get("chunks") or ())
    if written in SUBTITLES:
        return Response(subtitles(pieces, written), media_type=SUBTITLES[written])
    segments = [
        {"id": index, "text": piece.text, "start": piece.start_seconds, "end": piece.end_seconds}
        for index, piece in enumerate(pieces)
    ]
    duration = segments[-1]["end"] if segments else None
    return json_response(
        {"task": "transcribe", "language": "", "duration": duration or 0.0, "text": heard["text"], "segments": segments}
    )
