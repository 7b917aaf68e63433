"""OpenAI's audio: sounds to texts, and texts to sounds.

Source: platform.openai.com/docs/api-reference/audio.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import PlainTextResponse, Response

from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call, Fields
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
from holdfast.inference.routes.sending import while_connected, whole
from holdfast.inference.routes.tasks import BASES
from holdfast.inference.service.answering import AnsweringService

_WRITTEN = ("json", "text", "verbose_json", "srt", "vtt")
_TIMED = ("verbose_json", "srt", "vtt")


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
        fields = Fields({name: texts[-1] for name, texts in form.values.items()})
        written = fields.text("response_format", "json")
        if written not in _WRITTEN:
            raise InvalidInput(field="response_format", problem=f"must be {', '.join(_WRITTEN)}")
        verbose = {"return_timestamps": True} if written in _TIMED else {}
        spoken = {"language": fields.text("language")} if "language" in fields else {}
        body = {"inputs": sound, "parameters": {**verbose, **spoken}}
        question = asked(call, model_of(call, fields), "automatic-speech-recognition", body)
        heard = orjson.loads((await while_connected(call, self.answering.predict(call.actor, question))).body)
        return _transcription(heard, written)

    async def speak(self, call: Call) -> Response:
        """A text read aloud, as a WAV file."""
        fields = await read_fields(call)
        if fields.text("response_format", "wav") != "wav":
            raise InvalidInput(field="response_format", problem="must be wav")
        body = {"inputs": fields.text("input")}
        question = asked(call, model_of(call, fields), "text-to-speech", body)
        return whole(await while_connected(call, self.answering.predict(call.actor, question)))


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
