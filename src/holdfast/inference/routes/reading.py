"""Reads questions out of requests: JSON, or the bytes of an image or sound, as clients send them."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from typing import Any

import orjson

from holdfast.backends.engines.protocol import JSON, USUAL_URGENCY, Question
from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoId
from holdfast.http.call import Call, Fields
from holdfast.inference.service.answering import Asked

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_ANONYMOUS_BODY_BYTES = 8 * 1024 * 1024
FOR_EVER_SECONDS = 24 * 3600.0
_MEDIA = ("image/", "audio/", "video/", "application/octet-stream")
_URGENCY = re.compile(r"(?:^|,)\s*u=([0-7])\s*(?:[,;]|$)")
_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_BEGINS_JSON = (b"{", b"[", b'"')


async def read_question(call: Call) -> Question:
    """The body, whatever it is.

    Raises:
        TooLarge: more than the caller may send.
    """
    body, urgency = await read_body(call), urgency_of(call)
    given = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if given.startswith(_MEDIA):
        return Question(body, given, urgency)
    # curl calls everything a form, and some clients say nothing at all.
    if given in ("", "application/x-www-form-urlencoded") and not body.lstrip()[:1].startswith(_BEGINS_JSON):
        return Question(body, "application/octet-stream", urgency)
    return Question(body, JSON, urgency)


async def read_body(call: Call) -> bytes:
    """All of it, as far as the caller may send so much."""
    return await call.limited_body(MAX_ANONYMOUS_BODY_BYTES if call.actor.is_anonymous else MAX_BODY_BYTES)


async def read_fields(call: Call) -> Fields:
    """The body as a JSON object.

    Raises:
        InvalidInput, TooLarge.
    """
    return Fields(json_object(await read_body(call)))


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        InvalidInput: something else.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(field="body", problem=f"is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidInput(field="body", problem="must be a JSON object")
    return value


def wants_stream(question: Question) -> bool:
    """Whether a JSON body says `"stream": true`."""
    if question.media_type != JSON or b'"stream"' not in question.body:
        return False
    return json_object(question.body).get("stream") is True


def wait_seconds(call: Call) -> float | None:
    """How long the caller waits for a model that is being loaded; None when it does not say.

    Source: the Hub's Inference API, whose clients send `x-wait-for-model: 1`.
    """
    word = (call.header(b"x-wait-for-model") or "").lower()
    return FOR_EVER_SECONDS if word in ("1", "true") else 0.0 if word in ("0", "false") else None


def urgency_of(call: Call) -> int:
    """How urgent the caller says its question is: header `Priority: u=0` (most) to `u=7` (least).

    Source: RFC 9218, section 4.1; what is not understood is ignored, as it demands. Strangers may say that they have
    time, but not that they are in a hurry.
    """
    said = _URGENCY.search(call.header(b"priority") or "")
    urgency = USUAL_URGENCY if said is None else int(said.group(1))
    return max(urgency, USUAL_URGENCY) if call.actor.is_anonymous else urgency


def model_of(call: Call, fields: Fields) -> RepoId:
    """The model that a path or a body names."""
    return call.repo_id if "repo" in call.words else RepoId.parse(fields.text("model"), "model")


def asked(
    call: Call, repo_id: RepoId, task: str | None, body: dict[str, Any], called: Mapping[str, str] | None = None
) -> Asked:
    """A question made of values of ours; `called` as in `Asked`."""
    question = Question(orjson.dumps(body), JSON, urgency_of(call))
    return Asked(repo_id, task, question, wait_seconds(call), called or {})


def word_of_calls() -> str:
    """What the ids of one answer's tool calls begin with, see `name_calls`."""
    return "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(6))
